/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.daxref.Machine;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxFile;
import org.daxref.design.RefcountDesign;
import org.daxref.memory.ActingWords;
import org.daxref.memory.CountingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.daxref.mm.PageTableDescriptor;
import org.daxref.mm.Vma;
import org.daxref.page.PageDescriptor;
import org.daxref.pagemap.PagemapAreaDescriptor;
import org.daxref.pagemap.PagemapType;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.daxref.sync.WaitTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** S37 to S41 and S47: counts at their limits, put wrong, taken back; and what a second range costs. */
class CounterScenariosTest {
    private static final long NOBODY = 4096;

    static Stream<String> designs() {
        return Scenarios.find("S37").orElseThrow().designs().stream();
    }

    private static Story play(final String id, final String design) throws Exception {
        return Scenarios.find(id).orElseThrow().play(design);
    }

    private static int refcount(final Story story, final String action, final String page) {
        return story.after(action).page(page).refcount();
    }

    /** Whether mappings are counted, and 512 pages under one entry are one folio. */
    private static boolean countsMappings(final String design) {
        return List.of("fs-held", "fs-held-drain").contains(design);
    }

    private static boolean idlesAtOne(final String design) {
        return List.of("pre-518", Machine.LOST_WAKEUP, "dev-pagemap").contains(design);
    }

    private static TestMachine open(final String design, final long pages, final UnaryOperator<Words> wrap) {
        return new Setup(design, "cas", WordsKind.SEGMENT).open(pages, wrap);
    }

    /** S37: 2 097 152 pins are admitted, whether the page rests at 1 or, with two mappings counted, at 2. */
    @ParameterizedTest
    @MethodSource("designs")
    void s37ShouldAdmitPinsUntilTheCountIsNegative(final String design) throws Exception {
        final Story story = play("S37", design);

        final int base = countsMappings(design) ? 2 : 1;
        assertEquals(base, refcount(story, "writes to it as well", "page"));
        assertEquals("2097151 pins", story.after("pins it 2097151 times").result());
        assertEquals(2_147_482_624 + base, refcount(story, "pins it 2097151 times", "page"));
        assertEquals("1 page", story.after("pins it once more").result());
        assertEquals(Integer.MIN_VALUE + base, refcount(story, "pins it once more", "page"));
        assertEquals("maybe", story.after("asks whether it may be pinned").result());
        assertEquals("0 pages", story.after("pins it when it is full").result());
        assertEquals(List.of("walk returns -ENOMEM"), story.after("pins it under locks").ended());
        assertEquals(2_147_482_624 + base, refcount(story, "unpins it once", "page"));
        assertEquals("1 page", story.after("pins it in its place").result());
        assertEquals(base, refcount(story, "unpins all", "page"));
    }

    /**
     * S38: unpinned twice in one list, which is one step of the count: 1025 to -1023, or, where the truncate has taken
     * the mapping's or the entry's reference away, 1024 to -1024. It passes over the idle count in every design.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s38ShouldForgetTheTruncateWhenAPageIsUnpinnedTwiceAtOnce(final String design) throws Exception {
        final Story story = play("S38", design);

        final Story.Step unpinned = story.after("unpins it, twice in one list");
        assertEquals(idlesAtOne(design) ? -1023 : -1024, unpinned.page("page").refcount());
        assertEquals(List.of("truncate"), unpinned.asleep());
        assertEquals(0, unpinned.overdue(), "what it waits for never comes");
        assertEquals(-1023, refcount(story, "writes to it again", "page"));
        assertEquals("0 pages", story.after("pins it").result());
        assertEquals(List.of("walk returns -ENOMEM"), story.after("pins it under locks").ended());
        assertEquals(List.of("truncate"), story.after("pins it under locks").asleep());
    }

    /** S38: unpinned twice one after the other, which takes another driver's pin away (I1) in every design. */
    @ParameterizedTest
    @MethodSource("designs")
    void s38bShouldFreeTheBlockUnderTheOtherPin(final String design) throws Exception {
        final Story story = play("S38b", design);

        assertEquals(List.of("truncate"), story.after("unpins it").asleep());
        final Story.Step twice = story.after("unpins it once more");
        assertEquals(idlesAtOne(design) ? 1 : 0, twice.page("page").refcount());
        if (design.equals(Machine.LOST_WAKEUP)) {
            assertEquals(List.of("truncate"), twice.asleep());
            assertEquals(1, twice.overdue());
        } else {
            assertEquals(List.of("truncate returns"), twice.ended());
            assertEquals("block free", twice.page("page").state());
        }
        assertEquals(idlesAtOne(design) ? -1023 : -1024, refcount(story, "unpins it in its turn", "page"));
    }

    /**
     * S39: a reference dropped as a pin leaves -1023, a pin dropped as a reference +1023, and either count misses the
     * idle one for ever. A large folio has a right count and a wrong number of pins.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s39ShouldLeaveAResidueOrAWrongNumberOfPins(final String design) throws Exception {
        final Story story = play("S39", design);

        final int idle = idlesAtOne(design) ? 1 : 0;
        assertEquals(idle - 1023, refcount(story, "drops that of A as a pin", "A"));
        assertEquals(idle + 1023, refcount(story, "drops that of B as a reference", "B"));
        final Story.Step last = story.after("drops that of C as a pin");
        assertEquals(0, last.overdue());
        if (countsMappings(design)) {
            assertEquals(List.of("truncate of C returns"), last.ended());
            assertEquals(List.of("truncate of A", "truncate of B"), last.asleep());
            assertEquals(0, last.page("C").refcount());
            assertEquals(-1, last.page("C").pincount());
        } else {
            assertEquals(List.of("truncate of A", "truncate of B", "truncate of C"), last.asleep());
            assertEquals(idle - 1023, last.page("C").refcount());
            assertEquals(0, last.page("C").pincount());
        }
    }

    /** S39: the wrong number of pins ends with the folio; {@code prep_compound_page} starts the next one at 0. */
    @Test
    void s39ShouldStartTheNextFolioAtNoPins() throws Exception {
        try (TestMachine machine = new Setup("fs-held", "cas", WordsKind.SEGMENT).openEmpty(1024)) {
            final DaxFile file = machine.fileSystem().create(512);
            final Vma vma = file.mmap(machine.table(0), 0, 512, 0);
            assertTrue(file.faultPmd(machine.cpu(), vma, 0, true));
            final long pfn = file.pfn(0);
            final long[] got = new long[1];
            assertEquals(1, machine.gup().getFast(machine.cpu(), machine.table(0), 0, 1, true, got));
            machine.gup().unpin(machine.cpu(), got, 1);
            assertEquals(-1, machine.counter().pincount(machine.memmap().page(pfn)));
            file.truncate(machine.cpu(), 0);
            final DaxFile next = machine.fileSystem().create(512);
            final Vma other = next.mmap(machine.table(1), 0, 512, 0);

            assertTrue(next.faultPmd(machine.cpu(), other, 0, true));

            assertEquals(pfn, next.pfn(0));
            assertEquals(0, machine.counter().pincount(machine.memmap().page(pfn)));
        }
    }

    /** S40: the old walk gives a table's pages back when a dying device refuses one; a new walk asks none. */
    @ParameterizedTest
    @MethodSource("designs")
    void s40ShouldGiveBackWhatADyingDeviceEnds(final String design) throws Exception {
        final Story story = play("S40", design);

        final boolean undone = idlesAtOne(design);
        final Story.Step walked = story.after("pins all 200 pages for reading");
        assertEquals(List.of("removal"), walked.asleep());
        assertEquals(undone ? "0 pages, 0 marked as referenced" : "200 pages, 100 marked as referenced",
            walked.result());
        for (final String page : List.of("1st", "100th")) {
            assertEquals(undone ? 1 : 1025, walked.page(page).refcount(), page);
        }
        assertEquals(design.equals("pre-518") ? 0 : undone ? 1 : 1025, walked.page("101st").refcount());
        assertEquals("100 pages", story.after("pins the 100 pages of the living device").result());
        assertEquals(undone ? 1025 : 2049, refcount(story, "pins the 100 pages of the living device", "100th"));
    }

    /**
     * S41: fork raises its sequence while a page is pinned, and the other pin goes: the walk gives the page back and
     * returns nothing. In the old era that is the drop to the idle count, and wakes; 5.18 forgets the waiter here as
     * well. In the others a mapping or the file's entry still holds the page.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s41ShouldGiveThePageBackWhenForkComesInBetween(final String design) throws Exception {
        try (TestMachine machine = open(design, 64, ActingWords::new)) {
            machine.faultAll(machine.table(0), 0, 1);
            final long[] other = new long[1];
            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), 0, 1, true, other));
            final Thread waiter = waitUntilIdle(machine);
            final CpuSlot fork = machine.machine().attach();
            final ActingWords words = (ActingWords) machine.words();
            final long sequence = machine.device().geometry().pageTablesOffset()
                + PageTableDescriptor.WRITE_PROTECT_SEQ_OFFSET;
            words.afterNext(Op.RMW, machine.page(0) + PageDescriptor.REFCOUNT_OFFSET, () -> {
                words.putIntRelease(sequence, 2);
                machine.gup().unpin(fork, other, 1);
            });
            try {
                assertEquals(0, machine.gup().pinFast(machine.cpu(), machine.table(0), 0, 1, true, new long[1]));

                assertEquals(machine.resting(1), machine.count(0));
                if (List.of("pre-518", "dev-pagemap").contains(design)) {
                    waiter.join();
                } else {
                    Race.awaitParked(waiter);
                    assertEquals(design.equals(Machine.LOST_WAKEUP) ? 1 : 0,
                        machine.machine().waits().overdueWaiters());
                }
                machine.checkBooks();
            } finally {
                waiter.interrupt();
                waiter.join();
                machine.machine().detach(fork);
            }
        }
    }

    private static Thread waitUntilIdle(final TestMachine machine) throws InterruptedException {
        final RefcountDesign design = machine.machine().design();
        final long page = machine.page(0);
        final Thread waiter = Thread.ofPlatform().daemon().start(() -> {
            try {
                machine.machine().waits().waitVar(design.idleAddress(page), () -> design.isIdle(page),
                    WaitTable.FOREVER);
            } catch (final InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Race.awaitParked(waiter);
        return waiter;
    }

    /**
     * S47 and A.4, a finding: a walk keeps the dev_pagemap of its last page, but compares a page with its first range
     * only. So 100 pages of the first range cost one look into pgmap_array and two adds to the per-CPU count, and 100
     * pages of the second range cost 100 looks and 200 adds. The new walks cost none of either.
     *
     * <p>Booted kernels: not observed, since a pmem namespace has one range. That the first range costs two per-CPU
     * adds for a whole call was counted on 6.12, and none on 7.3 (oracle.md section 5).
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s47ShouldLookEveryPageUpThatIsNotInTheFirstRange(final String design) {
        try (TestMachine machine = new Setup(design, "cas", WordsKind.SEGMENT).openBare(1024, CountingWords::new)) {
            machine.machine().createPagemap(machine.cpu(), PagemapType.FS_DAX, machine.range(0, 100),
                machine.range(512, 512));
            for (int i = 0; i < 100; i++) {
                map(machine, i);
                map(machine, 512 + i);
            }

            final boolean old = idlesAtOne(design);
            assertEquals(old ? 1 : 0, lookups(machine, 0, 100));
            assertEquals(old ? 100 : 0, lookups(machine, 512, 100));
            assertEquals(old ? 1 : 0, lookups(machine, 512, 1));
            assertEquals(old ? 2 : 0, perCpuAdds(machine, 0, 100));
            assertEquals(old ? 200 : 0, perCpuAdds(machine, 512, 100));
            machine.zapAll(machine.table(0));
        }
    }

    /** What a fault does, without a file. */
    private static void map(final TestMachine machine, final int index) {
        final RefcountDesign design = machine.machine().design();
        final long pfn = machine.startPfn() + index;
        final long page = machine.page(index);
        assertTrue(design.associate(machine.cpu(), pfn, 0, NOBODY, index, false));
        assertTrue(design.beginInsert(machine.cpu(), page));
        assertTrue(machine.machine().mapper().insertPage(machine.table(0), index, pfn, true));
        design.endInsert(machine.cpu(), page);
    }

    private static long lookups(final TestMachine machine, final long start, final int pages) {
        return reads(machine, machine.device().geometry().pagemapOffset() + PagemapAreaDescriptor.ROOT_OFFSET, start,
            pages);
    }

    /** An add reads the CPU's own word once. */
    private static long perCpuAdds(final TestMachine machine, final long start, final int pages) {
        return reads(machine, machine.cpu().areaOffset() + CpuSlotDescriptor.PAGEMAP_COUNTERS_OFFSET, start, pages);
    }

    private static long reads(final TestMachine machine, final long offset, final long start, final int pages) {
        final CountingWords words = (CountingWords) machine.words();
        final long[] out = new long[pages];
        words.reset(at -> at == offset);
        assertEquals(pages, machine.gup().pinFast(machine.cpu(), machine.table(0), start, pages, true, out));
        final long reads = words.reads();
        machine.gup().unpin(machine.cpu(), out, pages);
        return reads;
    }

    /** The list says why these are here and cannot be played. */
    @ParameterizedTest
    @ValueSource(strings = {"S33", "S41", "S47"})
    void shouldSayWhyAScenarioIsOnlyTested(final String id) {
        assertFalse(Scenarios.whyOnlyTested(id).orElseThrow().isBlank());
        assertTrue(Scenarios.find(id).isEmpty());
    }
}
