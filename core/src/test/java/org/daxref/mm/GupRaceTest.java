/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.UnaryOperator;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.ActingWords;
import org.daxref.memory.CountingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.PagemapType;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Another thread's step at the worst moment of a walk: S18, S28, S40, S41; and what a walk costs: S5, S47. */
class GupRaceTest {
    private static final int PAGES = 1024;

    private static int pin(final TestMachine machine, final long start, final int pages, final long[] out) {
        return machine.gup().pinFast(machine.cpu(), machine.table(0), start, pages, true, out);
    }

    /** Runs a step once, right after the count of a page was changed for the first time. */
    private static void onceCounted(final TestMachine machine, final long page, final Runnable step) {
        final ActingWords words = (ActingWords) machine.words();
        final long count = machine.memmap().head(machine.page(page)) + REFCOUNT_OFFSET;
        words.afterEach((op, offset) -> {
            if (op == Op.RMW && offset == count) {
                words.reset();
                step.run();
            }
        });
    }

    /** S18: whoever clears the entry after it was read finds that the walk does not keep the page. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldGiveAPageBackWhoseEntryChangedAfterItWasCounted(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES, ActingWords::new)) {
            final PageTable table = machine.table(0);
            machine.faultAll(table, 0, 10);
            final long[] out = new long[10];
            onceCounted(machine, 6, () -> machine.words().putLongRelease(table.pteOffset(6), PageTableEntry.NONE));

            assertEquals(6, pin(machine, 0, 10, out), "the pages before stay pinned");

            assertEquals(machine.resting(1), machine.count(6));
            assertFalse(machine.memmap().isReferenced(machine.page(6)));
            machine.gup().unpin(machine.cpu(), out, 6);
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldGiveAPageBackWhoseEntryNowSaysAnotherPage(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES, ActingWords::new)) {
            final PageTable table = machine.table(0);
            machine.faultAll(table, 0, 1);
            final long other = machine.words().getLongVolatile(table.pteOffset(0)) + PageTableEntry.of(1, 0);
            for (final boolean get : new boolean[] {false, true}) {
                final long before = machine.words().getLongVolatile(table.pteOffset(0));
                onceCounted(machine, 0, () -> machine.words().putLongRelease(table.pteOffset(0), other));

                final int taken = get
                    ? machine.gup().getFast(machine.cpu(), table, 0, 1, true, new long[1])
                    : pin(machine, 0, 1, new long[1]);

                assertEquals(0, taken);
                assertEquals(machine.resting(1), machine.count(0));
                assertEquals(machine.idle(), machine.count(1));
                machine.words().putLongRelease(table.pteOffset(0), before);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldGiveAPageBackWhenTheTableWasTakenAway(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES, ActingWords::new)) {
            final PageTable table = machine.table(0);
            machine.faultAll(table, 0, 3);
            onceCounted(machine, 0, () -> machine.words().putLongRelease(table.pmdOffset(0), PageTableEntry.NONE));

            assertEquals(0, pin(machine, 0, 3, new long[3]));

            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldGiveALeafBackThatChangedAfterItWasCounted(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES, ActingWords::new)) {
            final PageTable table = machine.table(0);
            machine.faultPmd(table, 0);
            machine.faultPmd(table, 512);
            final long[] out = new long[PAGES];
            onceCounted(machine, 600, () -> machine.words().putLongRelease(table.pmdOffset(512), PageTableEntry.NONE));

            assertEquals(512, pin(machine, 0, PAGES, out), "the leaf before stays pinned");

            machine.gup().unpin(machine.cpu(), out, 512);
            machine.checkBooks();
            assertFalse(machine.memmap().isReferenced(machine.page(512)));
        }
    }

    /** The zap itself as the other thread's step, with everything that it does. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldLeaveAZappedPageIdleWhicheverComesFirst(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES, ActingWords::new)) {
            final PageTable table = machine.table(0);
            final CpuSlot zapper = machine.machine().attach();
            machine.faultAll(table, 0, 8);
            onceCounted(machine, 3, () -> machine.machine().mapper().zap(zapper, table, 0, 8));
            final long[] out = new long[8];

            assertEquals(3, pin(machine, 0, 8, out), "pages pinned before the zap stay pinned");

            assertEquals(machine.idle() + 1024, machine.count(2));
            assertEquals(machine.idle(), machine.count(3));
            machine.gup().unpin(machine.cpu(), out, 3);
            machine.checkBooks();
            machine.machine().detach(zapper);
        }
    }

    /** S41: fork raised the sequence during the walk. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldUnpinEverythingWhenForkComesInBetween(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES, ActingWords::new)) {
            final PageTable table = machine.table(0);
            machine.faultAll(table, 0, 20);
            machine.faultPmd(table, 512);
            final long sequence = sequenceOffset(table);
            onceCounted(machine, 10, () -> machine.words().putIntRelease(sequence, 2));
            assertEquals(0, pin(machine, 0, 20, new long[20]));
            machine.checkBooks();

            onceCounted(machine, 512, () -> machine.words().putIntRelease(sequence, 3));
            assertEquals(0, pin(machine, 512, 512, new long[512]));
            machine.checkBooks();

            assertEquals(0, pin(machine, 0, 20, new long[20]), "fork is at work");
            final long[] out = new long[20];
            assertEquals(20, machine.gup().getFast(machine.cpu(), table, 0, 20, true, out), "a reference may be taken");
            machine.gup().put(machine.cpu(), out, 20);
            machine.words().putIntRelease(sequence, 4);
            assertEquals(20, pin(machine, 0, 20, out));
            machine.gup().unpin(machine.cpu(), out, 20);
            machine.checkBooks();
        }
    }

    private static long sequenceOffset(final PageTable table) {
        return table.pmdOffset(0) - PageTableDescriptor.PMDS_OFFSET + PageTableDescriptor.WRITE_PROTECT_SEQ_OFFSET;
    }

    /** Two dev_pagemaps, the second of which is dying: its removal hangs on a reference. */
    private static Thread killSecond(final TestMachine machine, final CpuSlot holder, final long border)
        throws InterruptedException {
        machine.machine().createPagemap(machine.cpu(), PagemapType.FS_DAX, machine.range(0, border));
        final long second = machine.machine()
            .createPagemap(machine.cpu(), PagemapType.FS_DAX, machine.range(border, PAGES - border));
        machine.machine().epochs().enter(holder);
        assertTrue(machine.machine().pagemaps().get(holder, machine.startPfn() + border));
        machine.machine().epochs().exit(holder);
        return Thread.ofPlatform().daemon().start(() -> {
            final CpuSlot own = machine.machine().attach();
            try {
                machine.machine().removePagemap(own, second);
            } finally {
                machine.machine().detach(own);
            }
        });
    }

    private static void letGo(final TestMachine machine, final CpuSlot holder, final Thread remover)
        throws InterruptedException {
        machine.machine().epochs().enter(holder);
        machine.machine().pagemaps().put(holder);
        machine.machine().epochs().exit(holder);
        remover.join();
        machine.machine().detach(holder);
    }

    /** S40: the old era takes the pages of this table back; the new one has no such path. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldTakeATableBackWhenItsDeviceIsDying(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.openBare(PAGES, UnaryOperator.identity())) {
            final CpuSlot holder = machine.machine().attach();
            final Thread remover = killSecond(machine, holder, 612);
            machine.faultAll(machine.table(0), 500, 300);
            Race.awaitParked(remover);
            final long[] out = new long[300];

            final int taken = pin(machine, 500, 300, out);

            assertEquals(expectedBeforeADyingDevice(setup, 300, 12), taken);
            for (long page = 500; page < 800; page++) {
                final boolean kept = page < 500 + taken;
                assertEquals(machine.resting(1) + (kept ? 1024 : 0), machine.count(page), "page=" + page);
                assertEquals(kept, machine.memmap().isReferenced(machine.page(page)), "page=" + page);
            }
            machine.gup().unpin(machine.cpu(), out, taken);
            assertEquals(0, pin(machine, 700, 1, out) - (taken == 300 ? 1 : 0));
            if (taken == 300) {
                machine.gup().unpin(machine.cpu(), out, 1);
            }
            machine.zapAll(machine.table(0));
            letGo(machine, holder, remover);
        }
    }

    private static int expectedBeforeADyingDevice(final Setup setup, final int all, final int some) {
        return switch (setup.design()) {
            case "dev-pagemap" -> some;
            case "fs-held" -> all;
            default -> Assumptions.abort("no word here on what it does when a device is dying");
        };
    }

    /** S40 under a leaf, half of which belongs to the dying device. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldTakeALeafBackWhenItsDeviceIsDying(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.openBare(PAGES, UnaryOperator.identity())) {
            final CpuSlot holder = machine.machine().attach();
            final Thread remover = killSecond(machine, holder, 256);
            machine.faultPmd(machine.table(0), 0);
            Race.awaitParked(remover);
            final long[] out = new long[512];

            final int taken = pin(machine, 0, 512, out);

            assertEquals(expectedBeforeADyingDevice(setup, 512, 0), taken);
            machine.gup().unpin(machine.cpu(), out, taken);
            for (long page = 0; page < 512; page++) {
                final long head = machine.memmap().head(machine.page(page));
                assertEquals(machine.resting(1), machine.counter().count(head), "page=" + page);
                assertEquals(taken > 0, machine.memmap().isReferenced(head), "page=" + page);
            }
            machine.zapAll(machine.table(0));
            letGo(machine, holder, remover);
        }
    }

    /** S5 and oracle.md section 5: what the counts of a walk cost in locked operations, statistics apart. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldTakeAsManyLockedOperationsAsTheEraSays(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES, CountingWords::new)) {
            final CountingWords words = (CountingWords) machine.words();
            machine.faultAll(machine.table(0), 0, 8);
            machine.faultPmd(machine.table(0), 512);
            final int small = switch (setup.counter()) {
                case "cas" -> 3;
                case "cas-fused" -> 2;
                default -> Assumptions.abort("no word here on how many locked operations it takes");
            };
            final int leaf = switch (setup.design()) {
                case "dev-pagemap" -> small * 512;
                case "fs-held" -> 4;
                default -> Assumptions.abort("no word here on how it counts a leaf");
            };
            pinAndUnpin(machine, 0, 8);
            pinAndUnpin(machine, 512, 512);

            words.reset(offset -> true);
            pinAndUnpin(machine, 0, 1);
            assertEquals(small, words.rmws(), "one page, marked as referenced before");
            words.reset(offset -> true);
            pinAndUnpin(machine, 0, 8);
            assertEquals(small * 8, words.rmws(), "eight pages");
            words.reset(offset -> true);
            pinAndUnpin(machine, 512, 512);
            assertEquals(leaf, words.rmws(), "512 pages under a leaf");
        }
    }

    private static void pinAndUnpin(final TestMachine machine, final long start, final int pages) {
        final long[] out = new long[pages];
        assertEquals(pages, pin(machine, start, pages, out));
        machine.gup().unpin(machine.cpu(), out, pages);
    }

    /** S47: one lookup per walk in the first range, one per page in another; none in the new era. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldLookUpOncePerTableOrOncePerPageOfASecondRange(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.openBare(PAGES, CountingWords::new)) {
            machine.machine().createPagemap(machine.cpu(), PagemapType.FS_DAX, machine.range(0, 100),
                machine.range(512, 512));
            machine.faultAll(machine.table(0), 0, 100);
            machine.faultAll(machine.table(0), 512, 200);
            final boolean looksUp = switch (setup.design()) {
                case "dev-pagemap" -> true;
                case "fs-held" -> false;
                default -> Assumptions.abort("no word here on whether it looks up");
            };

            assertEquals(looksUp ? 1 : 0, lookups(machine, 0, 100));
            assertEquals(looksUp ? 100 : 0, lookups(machine, 512, 100));
            assertEquals(looksUp ? 1 : 0, lookups(machine, 512, 1));
        }
    }

    private static long lookups(final TestMachine machine, final long start, final int pages) {
        final CountingWords words = (CountingWords) machine.words();
        final long root = machine.device().geometry().pagemapOffset();
        words.reset(offset -> offset == root);
        pinAndUnpin(machine, start, pages);
        return words.reads();
    }

    /** A walk must not leave its dev_pagemap behind on any way out. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldHoldNoDevPagemapAfterAWalk(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 10);
            assertTrue(machine.fault(machine.table(0), 10, 10, false));
            machine.faultPmd(machine.table(0), 512);
            final long references = machine.machine().pagemaps().references(machine.pgmap());
            for (final long[] walk : new long[][] {{0, 1}, {0, 10}, {0, 11}, {0, 20}, {10, 1}, {11, 1}, {9, 600},
                {512, 512}, {600, 5}}) {
                final long[] out = new long[(int) walk[1]];
                machine.gup().unpin(machine.cpu(), out, pin(machine, walk[0], (int) walk[1], out));

                assertEquals(references, machine.machine().pagemaps().references(machine.pgmap()));
                assertEquals(0, machine.cpu().heldPagemap());
            }
            machine.checkBooks();
        }
    }
}
