/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.daxref.Machine;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxFile;
import org.daxref.memory.ActingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.memory.WordsKind;
import org.daxref.mm.Vma;
import org.daxref.page.PageDescriptor;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.pagemap.PagemapAreaDescriptor;
import org.daxref.pagemap.PagemapType;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** S27 to S36: what the removal of a device waits for, and what it leaves behind where it does not wait. */
class RemovalScenariosTest {
    private static final String GONE = "struct page gone";
    private static final String USED = "struct page gone, and used";
    private static final Duration LONG = Duration.ofSeconds(120);
    private static final Duration SHORT = Duration.ofMillis(20);

    static Stream<String> designs() {
        return Scenarios.find("S29").orElseThrow().designs().stream();
    }

    static Stream<String> designsOfS30c() {
        return Scenarios.find("S30c").orElseThrow().designs().stream();
    }

    private static Story play(final String id, final String design) throws Exception {
        return Scenarios.find(id).orElseThrow().play(design);
    }

    /** Whether removal waits for pages in use: up to 5.17, in the series of October 2022, and in what it led to. */
    private static boolean waitsForPages(final String design) {
        return switch (design) {
            case "pre-518", "pgmap-folio", "fs-held-drain" -> true;
            case Machine.LOST_WAKEUP, "dev-pagemap", "fs-held" -> false;
            default -> throw new AssertionError(design);
        };
    }

    /** How many of the pages of an idle device hold a reference to its dev_pagemap. */
    private static long pagesThatHold(final String design, final long pages) {
        return List.of("pgmap-folio", "fs-held-drain").contains(design) ? 0 : pages;
    }

    /** Whether a walk takes a reference to the dev_pagemap. */
    private static boolean walksTakePagemap(final String design) {
        return List.of("pre-518", Machine.LOST_WAKEUP, "dev-pagemap").contains(design);
    }

    private static void assertReturned(final Story.Step step, final String page) {
        assertEquals(List.of("removal returns"), step.ended());
        assertEquals(List.of(), step.asleep());
        assertEquals(-1, step.pagemap());
        assertEquals(page, step.page("page").state());
    }

    private static void assertWaits(final Story.Step step, final long pagemapReferences) {
        assertEquals(List.of("removal"), step.asleep());
        assertEquals(0, step.overdue());
        assertEquals(pagemapReferences, step.pagemap());
    }

    /** S27: nobody uses the device. Pages give the dev_pagemap a reference each, or folios in use do. */
    @ParameterizedTest
    @MethodSource("designs")
    void s27ShouldRemoveAnIdleDeviceWithoutWaiting(final String design) throws Exception {
        final Story story = play("S27", design);

        assertEquals("found alive", story.after("looks for the page's dev_pagemap").result());
        assertEquals(1 + pagesThatHold(design, 1024), story.after("looks for the page's dev_pagemap").pagemap());
        assertReturned(story.after("unbinds the device"), GONE);
        assertEquals("none", story.after("looks for it again").result());
    }

    /**
     * S28: the reference that the old walk takes is what the removal waits for, even of a walk that is not a read
     * section. The new walk takes none: the removal waits for those with interrupts off, by its grace period, and no
     * longer.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s28ShouldWaitForTheWalksThatTheEraKnowsOf(final String design) throws Exception {
        final Story story = play("S28", design);

        final boolean takes = walksTakePagemap(design);
        final String guarded = takes ? "holds the dev_pagemap" : "asks for no dev_pagemap";
        assertEquals(guarded, story.after("reads the entry, interrupts off").result());
        assertEquals(guarded, story.after("reads the entry, interrupts on").result());
        assertEquals(List.of("removal"), story.after("removes the dev_pagemap").asleep(), "a walk is a read section");
        assertEquals("tied to a file", story.after("removes the dev_pagemap").page("page").state());
        switch (design) {
            case "fs-held" -> {
                assertReturned(story.after("ends"), GONE);
                assertEquals("0 pages", story.after("begins and takes what it gets").result(), "the count is 0");
                assertEquals(GONE, story.after("ends, too").page("page").state(), "read, not written");
            }
            case "pgmap-folio", "fs-held-drain" -> {
                assertWaits(story.after("ends"), 1);
                assertEquals("1 page", story.after("begins and takes what it gets").result());
                assertWaits(story.after("ends, too"), 1);
            }
            default -> {
                assertWaits(story.after("ends"), 1);
                assertEquals("0 pages", story.after("begins and takes what it gets").result(), "it lost the tryget");
                assertReturned(story.after("ends, too"), GONE);
            }
        }
    }

    /**
     * S28, the narrow place: a walk has counted the page when somebody unmaps it and the device is removed. The removal
     * waits for the walk, whose second look fails; nothing is touched afterwards.
     */
    @ParameterizedTest
    @ValueSource(strings = {"pre-518", Machine.LOST_WAKEUP, "dev-pagemap", "fs-held", "fs-held-drain"})
    void s28ShouldNotTakeThePageFromUnderAWalk(final String design) throws Exception {
        final Thread[] removal = new Thread[1];
        try (TestMachine machine = new Setup(design, "cas", WordsKind.SEGMENT).open(64, ActingWords::new)) {
            machine.faultAll(machine.table(0), 0, 1);
            final CpuSlot zapper = machine.machine().attach();
            final ActingWords words = (ActingWords) machine.words();
            final long count = machine.page(0) + PageDescriptor.REFCOUNT_OFFSET;
            words.afterNext(Op.RMW, count, () -> {
                machine.machine().mapper().zap(zapper, machine.table(0), 0, 1);
                removal[0] = unbind(machine);
                awaitParked(removal[0]);
                assertFalse(machine.memmap().isPoisoned(machine.page(0)));
            });

            assertEquals(0, machine.gup().pinFast(machine.cpu(), machine.table(0), 0, 1, true, new long[1]));

            assertTrue(removal[0].join(LONG));
            assertTrue(machine.memmap().isPoisoned(machine.page(0)));
            assertFalse(machine.memmap().isUsedAfterFree(machine.page(0)));
            machine.machine().detach(zapper);
        }
    }

    private static Thread unbind(final TestMachine machine) {
        return Thread.ofPlatform().daemon().start(() -> {
            final CpuSlot own = machine.machine().attach();
            try {
                machine.machine().unbind(own, machine.pmem());
            } finally {
                machine.machine().detach(own);
            }
        });
    }

    private static void awaitParked(final Thread thread) {
        try {
            Race.awaitParked(thread);
        } catch (final InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * S29, the question of the thread: does removal wait for a pin? Up to 5.17 it does, by the page's own reference.
     * From 5.18 on no kernel does, in neither era (oracle.md section 3: unbind returns in 0.2 s, the release oopses). A
     * folio that holds its dev_pagemap makes it wait again; where the entry holds the folio, for the entry as well.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s29ShouldWaitForALongPinOnlyWherePagesHoldTheirDevice(final String design) throws Exception {
        final Story story = play("S29", design);

        if (waitsForPages(design)) {
            assertWaits(story.after("unbinds the device"), 1);
            assertEquals(design.equals("pgmap-folio") ? 1025 : 1024,
                story.after("unbinds the device").page("page").refcount());
            if (design.equals("pgmap-folio")) {
                assertWaits(story.after("unpins it"), 1);
            } else {
                assertReturned(story.after("unpins it"), GONE);
            }
        } else {
            assertReturned(story.after("unbinds the device"), GONE);
            assertEquals(USED, story.after("unpins it").page("page").state());
            assertEquals(-1024, story.after("unpins it").page("page").refcount());
        }
    }

    /** S29, kernel.md section H: the new era must not come to wait for pages by accident. */
    @Test
    void s29ShouldNotLetTheRemovalOfFsHeldWait() throws Exception {
        final Story.Step unbound = play("S29", "fs-held").after("unbinds the device");

        assertEquals(List.of(), unbound.asleep());
        assertEquals(List.of("removal returns"), unbound.ended());
        assertEquals(-1, unbound.pagemap());
    }

    /**
     * S30 with ext4, a finding: the file system is not told, so the entry of the page table survives. The removal of
     * pre-518, dev-pagemap and fs-held takes the struct page all the same. In the old era the unmapping that follows
     * touches nothing; in the new one it drops a reference and a mapcount of a struct page that is gone. The series of
     * October 2022 waits for the file's entry, fs-held-drain for the entry of the page table.
     *
     * <p>Booted kernels: as the model says. All return in 0.2 s, and the old mapping can be read; a first fault ends in
     * SIGBUS. A write to the old mapping ends in SIGBUS on 6.1 and 6.12 and oopses in {@code do_wp_page} on 6.16, 6.18
     * and 7.3, where munmap oopses as well.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s30ShouldLeaveStaleEntriesBehindUnderExt4(final String design) throws Exception {
        final Story story = play("S30", design);

        final Story.Step unbound = story.after("unbinds the device");
        assertEquals(1, unbound.page("page").entries());
        assertEquals("the old entry serves it", story.after("reads the page").result());
        final Story.Step again = story.after("writes to it again");
        assertTrue(again.result().startsWith("SIGBUS: the device is gone"));
        assertEquals(design.equals("fs-held")
            ? List.of("oops: do_wp_page: the struct page is gone: pfn=" + Machine.START_PFN) : List.of(), again.log());
        assertTrue(story.after("writes to the next page").result().startsWith("SIGBUS: the device is gone"));
        final Story.Step unmapped = story.after("unmaps the file");
        assertEquals(0, unmapped.page("page").entries());
        switch (design) {
            case "pgmap-folio" -> {
                assertWaits(unbound, 1);
                assertWaits(unmapped, 1);
            }
            case "fs-held-drain" -> {
                assertWaits(unbound, 1);
                assertReturned(unmapped, GONE);
            }
            case "fs-held" -> {
                assertReturned(unbound, GONE);
                assertEquals(USED, unmapped.page("page").state());
                assertEquals(-1, unmapped.page("page").refcount());
                assertEquals(-1, unmapped.page("page").mapcount());
            }
            default -> {
                assertReturned(unbound, GONE);
                assertEquals(GONE, unmapped.page("page").state());
            }
        }
    }

    /** S30, the series of October 2022: the removal ends once the file system lets its entries go. */
    @Test
    void s30ShouldWaitForTheEntriesOfTheFileSystem() throws Exception {
        try (TestMachine machine = new Setup("pgmap-folio", "cas", WordsKind.SEGMENT).openEmpty(64)) {
            final DaxFile file = machine.fileSystem().create(8);
            final Vma vma = file.mmap(machine.table(0), 0, 8, 0);
            assertTrue(file.fault(machine.cpu(), vma, 0, true));
            file.munmap(machine.cpu(), vma);
            final Thread removal = unbind(machine);
            Race.awaitParked(removal);
            assertFalse(removal.join(SHORT));

            machine.fileSystem().unmount(machine.cpu());

            assertTrue(removal.join(LONG));
            assertTrue(machine.memmap().isPoisoned(machine.page(0)));
        }
    }

    /**
     * S30 with xfs: it is told, sends SIGBUS, clears the entries and drops its own; then every design's removal ends at
     * once. Kernels before 6.0 told nobody, which the model says of pre-518 only: lost-wakeup is dev-pagemap with a
     * bug, and both tell.
     *
     * <p>Booted kernels: 6.12 as here. 6.1 told xfs, but sent no signal: the model is of 6.12. 6.16, 6.18 and 7.3 send
     * the signal and unmap, and then spin in {@code mf_dax_kill_procs} over a negated 32-bit count, which the model
     * does not copy.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s30bShouldClearTheMappingsUnderXfsFirst(final String design) throws Exception {
        final Story story = play("S30b", design);

        final boolean told = !design.equals("pre-518");
        assertReturned(story.after("unbinds the device"), GONE);
        assertEquals(told ? 0 : 1, story.after("unbinds the device").page("page").entries());
        assertEquals(told ? "SIGBUS" : "the old entry serves it", story.after("reads the page").result());
        assertEquals(GONE, story.after("unmaps the file").page("page").state());
        assertEquals(List.of(), story.after("unmaps the file").log());
    }

    /**
     * S30, what is left to the file system, a finding: its entry outlives the struct page, whether mappings hold
     * references or not, and even where folios in use hold their device. Only where the entry itself holds the folio
     * (pgmap-folio, see above) is it waited for.
     *
     * <p>Booted kernels: 6.1 and 6.12 oops at umount in {@code dax_disassociate_entry}, even when all was unmapped and
     * closed. On 6.16 and later the unmapping oopsed before.
     */
    @ParameterizedTest
    @MethodSource("designsOfS30c")
    void s30cShouldOopsAtTheUnmountUnderExt4(final String design) throws Exception {
        final Story story = play("S30c", design);

        assertReturned(story.after("unbinds the device"), GONE);
        assertEquals(List.of("oops: dax_disassociate_entry: the struct page is gone: pfn=" + Machine.START_PFN),
            story.after("unmounts").log());
    }

    /**
     * S31, a finding: telling the file system is not enough. Xfs clears every entry, but waits for no pin, and neither
     * does the removal of dev-pagemap and fs-held: the unpin writes to a struct page that is gone. Where folios hold
     * their device the removal waits for it.
     *
     * <p>Booted kernels: on 6.12 the unbind returns and the release oopses, as here. On 6.16 and later xfs spins (see
     * S30b) and the unbind does not return.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s31ShouldNotBeSavedByTellingTheFileSystem(final String design) throws Exception {
        final Story story = play("S31", design);

        final Story.Step unbound = story.after("unbinds the device");
        assertEquals(design.equals("pre-518") ? 1 : 0, unbound.page("page").entries());
        assertEquals(design.equals("pre-518"), story.outcome().startsWith("Nobody was told."));
        if (waitsForPages(design)) {
            assertWaits(unbound, 1);
            assertEquals(1024, unbound.page("page").refcount());
            assertReturned(story.after("unpins it"), GONE);
        } else {
            assertReturned(unbound, GONE);
            assertEquals(USED, story.after("unpins it").page("page").state());
        }
    }

    /**
     * S32, a finding: where the removal did not wait for the pin, another device may come to life on the same pages,
     * and the old unpin lowers a count of the new device by 1024: from 1 to -1023, from 0 to -1024. Nobody notices
     * before the page is to be used. Where it waited there can be no such device yet.
     *
     * <p>Booted kernels: not observed with a new device in between; unbind with a pin returned, the struct pages were
     * freed and the release oopsed (6.1, 6.12, 6.16, 7.3), which is the first half.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s32ShouldHitTheNextDeviceWithAnOldUnpin(final String design) throws Exception {
        final Story story = play("S32", design);

        final Story.Step made = story.after("makes another device of these pages");
        final Story.Step unpinned = story.after("unpins it");
        if (waitsForPages(design)) {
            assertTrue(made.result().startsWith("refused: the range belongs to another dev_pagemap"), made.result());
            assertReturned(unpinned, GONE);
        } else {
            final int idle = design.equals("fs-held") ? 0 : 1;
            assertEquals("", made.result());
            assertEquals(idle, made.page("page").refcount());
            assertEquals(idle - 1024, unpinned.page("page").refcount());
            assertEquals(1025, unpinned.pagemap(), "the new device's");
        }
    }

    /**
     * S33 and I6: a get that looked at the reference before the kill succeeds after it; the removal counts it and
     * waits. Who looks later gets nothing, and after the completion nobody does.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s33ShouldCountAGetThatOvertookTheKill(final String design) throws Exception {
        try (TestMachine machine = new Setup(design, "cas", WordsKind.SEGMENT).openBare(64, ActingWords::new)) {
            final long pgmap = machine.machine().createPagemap(machine.cpu(), PagemapType.FS_DAX, machine.range(0, 64));
            final DevPagemaps pagemaps = machine.machine().pagemaps();
            final CpuSlot late = machine.machine().attach();
            final ActingWords words = (ActingWords) machine.words();
            words.afterNext(Op.READ, DevPagemaps.place(pgmap) + PagemapAreaDescriptor.REF_MODE_OFFSET,
                 () -> pagemaps.kill(pgmap));
            machine.machine().epochs().enter(machine.cpu());

            assertTrue(pagemaps.get(machine.cpu(), machine.startPfn()), "kill() has returned, no grace period has");
            assertFalse(pagemaps.tryGetLive(late, pgmap), "who looks now sees the kill");
            assertEquals(pagesThatHold(design, 64) + 2, pagemaps.references(pgmap), "this one, and the switch's own");

            final Thread drain = Thread.ofPlatform().daemon().start(() -> pagemaps.drain(pgmap));
            machine.machine().design().dropPageReferences(late, pgmap);
            Race.awaitParked(drain);
            machine.machine().epochs().exit(machine.cpu());
            assertFalse(drain.join(SHORT));
            assertFalse(pagemaps.isDone(pgmap));
            assertEquals(1, pagemaps.references(pgmap));
            machine.machine().epochs().enter(machine.cpu());
            pagemaps.put(machine.cpu());
            machine.machine().epochs().exit(machine.cpu());

            assertTrue(drain.join(LONG));
            assertTrue(pagemaps.isDone(pgmap));
            assertFalse(pagemaps.tryGetLive(late, pgmap), "I6");
            machine.machine().detach(late);
        }
    }

    /** S34: a reference that nobody drops keeps the removal for ever (the P2PDMA bug, 6220694c52a5). */
    @ParameterizedTest
    @MethodSource("designs")
    void s34ShouldWaitForALeakedReferenceForEver(final String design) throws Exception {
        final Story story = play("S34", design);

        assertWaits(story.after("unbinds the device"), 1);
        assertWaits(story.after("is sent to the removal"), 1);
    }

    /**
     * S34: a reference dropped twice. Where pages in use hold references the missing one is taken for that of the
     * pinned page: nothing is noticed, and the removal ends under the pin. Where they do not, "percpu ref &lt;= 0" is
     * said at the switch.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s34bShouldNoticeAPutTooManyOnlyWhereNoPageHoldsAReference(final String design) throws Exception {
        final Story story = play("S34b", design);

        final Story.Step unbound = story.after("unbinds the device");
        if (waitsForPages(design)) {
            assertReturned(unbound, GONE);
            assertEquals(USED, story.after("unpins the page").page("page").state());
        } else {
            assertTrue(unbound.ended().getFirst()
                .startsWith("removal returns refused: percpu ref <= 0 after switching to atomic"));
            assertEquals("tied to a file", story.after("unpins the page").page("page").state());
        }
    }

    /**
     * S35, a finding: the device is dying, but not gone, since somebody holds its dev_pagemap; the removal has written
     * the files back, so that entries permit reading only. An old walk under locks fails at a 2 MiB entry; at an entry
     * of 4 KiB that permits the access it goes round and round, since it is refused the dev_pagemap and the fault
     * handler finds nothing to do. A walk of the new era counts the page. An entry that does not permit the access is
     * left to the fault handler, which says SIGBUS in both.
     *
     * <p>Booted kernels: a new pin ends in EFAULT on 6.1, 6.12, 6.16, 6.18 and 7.3, which is the last case. A pin for
     * reading was not tried.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s35ShouldGoRoundAtAnEntryOfADyingDeviceInTheOldEra(final String design) throws Exception {
        final Story story = play("S35", design);

        final boolean old = walksTakePagemap(design);
        assertEquals(List.of("removal"), story.after("unbinds the device").asleep());
        assertEquals(List.of("first walk returns " + (old ? "-EFAULT" : "1 page")),
            story.after("pins a page under the 2 MiB entry for reading").ended());
        assertEquals(List.of("second walk returns -EFAULT"),
            story.after("pins the page for writing").ended());
        if (old) {
            assertEquals(List.of("removal", "third walk"), story.after("pins the page for reading").asleep());
            assertEquals(List.of("third walk returns -EINTR"), story.after("kills the third walk").ended());
            assertEquals(List.of("removal", "fourth walk"), story.after("pins it likewise").asleep());
            assertEquals(List.of("fourth walk returns -EFAULT"), story.after("unmaps it").ended());
        } else {
            assertEquals(List.of("third walk returns 1 page"), story.after("pins the page for reading").ended());
            assertEquals(List.of("fourth walk returns 1 page"), story.after("pins it likewise").ended());
            assertEquals(design.equals("pgmap-folio") ? 2049 : 2048, story.after("unmaps it").page("page").refcount());
        }
    }

    /** S36: the second kill warns; the model goes no further, for the kernel's second put would underflow. */
    @ParameterizedTest
    @MethodSource("designs")
    void s36ShouldRefuseToRemoveADeviceTwice(final String design) throws Exception {
        final Story story = play("S36", design);

        final Story.Step again = story.after("unbinds it, too");
        assertTrue(again.ended().getFirst()
            .startsWith("second removal returns refused: the device is being removed already"));
        assertWaits(again, 1);
        assertReturned(story.after("drops the reference"), GONE);
    }
}
