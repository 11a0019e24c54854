/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import static org.daxref.scenario.Play.by;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.daxref.Machine;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxFile;
import org.daxref.dax.DaxFileDescriptor;
import org.daxref.design.SilentFlushDesign;
import org.daxref.design.XasPauseDesign;
import org.daxref.memory.ActingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.memory.WordsKind;
import org.daxref.mm.PageTableDescriptor;
import org.daxref.mm.Vma;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PageTableEntry;
import org.daxref.schedule.Exploration;
import org.daxref.schedule.Schedule;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** S20 to S26, kernel.md A.14, A.18, B.6 and oracle.md 2: what a truncate sees, overlooks, and waits for. */
class TruncateScenariosTest {
    private static final int PAGES = 8;
    private static final int DEVICE_PAGES = 1024;
    private static final int SCHEDULES = 1000;


    static Stream<String> designs() {
        return Play.designs("S20");
    }

    private static Setup setup(final String design) {
        return new Setup(design, "cas", WordsKind.SEGMENT);
    }

    /** What a kernel logs when a truncate unties a page in use: one line that begins like this. */
    private static void assertWarned(final List<String> log) {
        assertEquals(1, log.size(), () -> "log=" + log);
        assertTrue(log.getFirst().startsWith("WARNING: dax_disassociate_entry: "), log.getFirst());
    }

    /**
     * S20, hole H1. Up to 6.14 a file that nobody maps is not looked at: the truncate gives the block of a pinned page
     * to somebody else, whose data the driver then reads. 6.1 and 6.12 were seen to; later kernels wait.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s20ShouldGiveThePinnedBlockAwayUpTo614(final String design) throws Exception {
        final Story story = Play.of("S20", design);

        final boolean overlooked = by(design, true, false, false);
        final Story.Step cut = story.after("cuts the file off");
        assertEquals(overlooked ? List.of() : List.of("truncate"), cut.asleep());
        assertEquals(by(design, 1025, 1024, 1024), cut.page("page").refcount());
        assertEquals(overlooked ? "block free" : "tied to a file", cut.page("page").state());
        assertEquals(overlooked ? "into the same block" : "into another block",
            story.after("writes a file of its own").result());
        assertEquals(overlooked ? "the neighbour's data" : "the process's data",
            story.after("reads the page by DMA").result());
        final Story.Step unpinned = story.after("unpins it");
        assertEquals(by(design, 1, 0, 0), unpinned.page("page").refcount());
        assertEquals(overlooked ? List.of() : List.of("truncate returns"), unpinned.ended());
        if (overlooked) {
            assertWarned(cut.log());
        } else {
            assertEquals(List.of(), cut.log());
            assertEquals("block free", unpinned.page("page").state());
        }
    }

    /** A file whose first page is mapped by a process, on a machine whose every access can be followed by an action. */
    private record Acted(TestMachine machine, ActingWords words, DaxFile file, Vma vma) implements AutoCloseable {

        static Acted open(final Setup setup, final Setup.DesignFactory factory) {
            final AtomicReference<ActingWords> acting = new AtomicReference<>();
            final TestMachine machine = setup.openScheduled(DEVICE_PAGES, target -> {
                acting.set(new ActingWords(target));
                return acting.get();
            }, factory);
            final DaxFile file = machine.fileSystem().create(PAGES);
            final Vma vma = file.mmap(machine.table(0), 0, PAGES, 0);
            assertTrue(file.fault(machine.cpu(), vma, 0, true));
            return new Acted(machine, acting.get(), file, vma);
        }

        /** Once, after this thread has written to a place: begins a truncate and waits until it sleeps, or ends. */
        AtomicReference<TruncateThread> truncateAfterWriteIn(final long from, final long to, final boolean sleeps) {
            final Thread self = Thread.currentThread();
            final AtomicReference<TruncateThread> truncate = new AtomicReference<>();
            words.afterEach((op, offset) -> {
                if (op == Op.WRITE && offset >= from && offset < to && Thread.currentThread() == self) {
                    words.reset();
                    truncate.set(TruncateThread.start(machine, file));
                    await(truncate.get(), sleeps);
                }
            });
            return truncate;
        }

        private static void await(final TruncateThread truncate, final boolean sleeps) {
            try {
                if (sleeps) {
                    truncate.awaitAsleep();
                } else {
                    truncate.assertEnds();
                }
            } catch (final InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        int count() {
            return machine.count(0);
        }

        boolean isFree() {
            return machine.fileSystem().isFree(machine.startPfn());
        }

        List<String> log() {
            return machine.memmap().warnings().messages();
        }

        @Override
        public void close() {
            machine.close();
        }
    }

    /** A write-back has the entry of the pinned page locked while a truncate's scan comes by. */
    private static void writeBackHasTheEntry(final Acted acted, final boolean skips, final int countAfterwards)
        throws InterruptedException {
        final TestMachine machine = acted.machine;
        final long[] pinned = new long[1];
        assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), 0, 1, true, pinned));
        final long xaLock = acted.file.identity() + DaxFileDescriptor.LOCK_OFFSET;
        final AtomicReference<TruncateThread> begun = acted.truncateAfterWriteIn(xaLock, xaLock + 1, true);

        acted.file.fsync();

        try (TruncateThread truncate = begun.get()) {
            if (skips) {
                truncate.assertEnds();
                assertTrue(acted.isFree(), "free while pinned");
            } else {
                truncate.assertAsleep();
            }
            assertEquals(countAfterwards, acted.count());
            machine.gup().unpin(machine.cpu(), pinned, 1);
            truncate.assertEnds();
            assertTrue(acted.isFree());
        }
    }

    /**
     * S21, hole H2. The scan that meets a locked entry waits for it and then looks at the next one, up to 6.14: the
     * block of the pinned page is freed. The scan of pgmap-folio does as well (inferred: the series did not touch it),
     * and its entry, which was not zapped, drops its reference when it is deleted, without a warning.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s21ShouldSkipTheEntryThatAWriteBackHasUpTo614(final String design) throws InterruptedException {
        try (Acted acted = Acted.open(setup(design), null)) {
            writeBackHasTheEntry(acted, by(design, true, true, false), by(design, 1025, 1024, 1024));

            if (by(design, true, false, false)) {
                assertWarned(acted.log());
            } else {
                assertEquals(List.of(), acted.log());
            }
        }
    }

    /** S21: the first repair, in 6.15, waited and then moved on all the same ({@code xas_pause}). */
    @Test
    void s21ShouldStillSkipTheEntryInTheScanOf615() throws InterruptedException {
        try (Acted acted = Acted.open(setup("fs-held"), XasPauseDesign::create)) {
            writeBackHasTheEntry(acted, true, 1024);
        }
    }

    /**
     * S22, hole H3. The end of a file waits for its pages since 6.15, whatever the signal ({@code
     * dax_break_layout_final}, seen in state D); before, the block is free at once and the kernel complains.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s22ShouldWaitAtTheEndOfAFileSince615(final String design) throws Exception {
        final Story story = Play.of("S22", design);

        final Story.Step deleted = story.after("deletes the first file");
        final Story.Step signalled = story.after("asks the last close to give up");
        final Story.Step unmounted = story.after("ends the file system");
        if (by(design, true, false, false)) {
            assertEquals(List.of("last close returns"), deleted.ended());
            assertEquals("block free", deleted.page("first page").state());
            assertEquals(1025, deleted.page("first page").refcount());
            assertWarned(deleted.log());
            assertEquals(List.of("unmount returns"), unmounted.ended());
            assertEquals(1025, unmounted.page("second page").refcount());
            assertEquals("", unmounted.page("second page").state(), "untied, and the block still the file's");
            assertWarned(unmounted.log());
        } else {
            assertEquals(List.of("last close"), deleted.asleep());
            assertEquals(List.of("last close"), signalled.asleep());
            assertEquals("tied to a file", signalled.page("first page").state());
            assertEquals(List.of("last close returns"), story.after("unpins the first page").ended());
            assertEquals("block free", story.after("unpins the first page").page("first page").state());
            assertEquals(List.of("unmount"), unmounted.asleep());
            assertEquals("tied to a file", unmounted.page("second page").state());
            assertEquals(List.of("unmount returns"), story.after("unpins the second page").ended());
            assertEquals(List.of(), story.after("unpins the second page").log());
        }
    }

    /**
     * S23. {@code dax_break_layout} without a callback answers at once and keeps all entries, even those of pages that
     * are not busy; once nothing is busy it deletes them. Earlier kernels did not ask like this; their scan would have
     * answered the same, and what it finds idle is left to the truncate.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s23ShouldNotWaitAndKeepTheEntries(final String design) throws Exception {
        final Story story = Play.of("S23", design);

        final Story.Step refused = story.after("asks for the blocks without waiting");
        assertEquals("-ERESTARTSYS", refused.result());
        assertEquals(List.of(), refused.asleep());
        assertEquals("tied to a file", refused.page("pinned page").state());
        assertEquals("tied to a file", refused.page("other page").state());
        assertEquals(0, refused.page("pinned page").entries());
        assertEquals(by(design, 1025, 1024, 1024), refused.page("pinned page").refcount());
        final Story.Step again = story.after("writes to the page again");
        assertEquals(1, again.page("pinned page").entries());
        assertEquals(1025, again.page("pinned page").refcount());
        final Story.Step granted = story.after("asks for the blocks once more");
        assertEquals("nothing is busy", granted.result());
        assertEquals(by(design, "tied to a file", "tied to a file", ""), granted.page("pinned page").state());
        assertEquals(by(design, "tied to a file", "tied to a file", ""), granted.page("other page").state());
        assertEquals(by(design, 1, 0, 0), granted.page("pinned page").refcount());
    }

    /**
     * S24. A munmap has cleared the entry and not yet dropped its reference, which the batch does after the TLB flush.
     * Since 6.15 the folio then has more references than mappings: the truncate waits, and the put wakes it. Where
     * mappings hold nothing the truncate goes through.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s24ShouldWaitForTheReferenceOfAMappingThatHasGone(final String design) throws InterruptedException {
        try (Acted acted = Acted.open(setup(design), null)) {
            final TestMachine machine = acted.machine;
            final long tables = machine.device().geometry().pageTablesOffset();
            final AtomicReference<TruncateThread> begun = acted.truncateAfterWriteIn(tables,
                tables + PageTableDescriptor.bytes(DEVICE_PAGES), by(design, false, false, true));

            acted.file.munmap(machine.cpu(), acted.vma);

            try (TruncateThread truncate = begun.get()) {
                truncate.assertEnds();
            }
            assertTrue(acted.isFree());
            assertEquals(machine.idle(), acted.count());
            assertEquals(List.of(), acted.log());
            machine.checkBooks();
        }
    }

    /** Two processes map a page; one unmaps the file while it is cut off. */
    private static void munmapAgainstTruncate(final TestMachine machine, final CpuSlot other, final Schedule schedule)
        throws InterruptedException {
        final DaxFile file = machine.fileSystem().create(PAGES);
        final Vma first = file.mmap(machine.table(0), 0, PAGES, 0);
        final Vma second = file.mmap(machine.table(1), 0, PAGES, 0);
        assertTrue(file.fault(machine.cpu(), first, 0, true));
        assertTrue(file.fault(machine.cpu(), second, 0, true));

        schedule.run(() -> file.munmap(other, second), () -> file.truncate(machine.cpu(), 0));

        assertTrue(machine.fileSystem().isFree(machine.startPfn()));
        machine.checkBooks();
        file.munmap(machine.cpu(), first);
        machine.fileSystem().unlink(machine.cpu(), file);
    }

    /** S24: in no order of the steps of two zaps and a scan does the truncate sleep on. */
    @ParameterizedTest
    @MethodSource("designs")
    void s24ShouldNeverHang(final String design) {
        try (TestMachine machine = setup(design).openScheduled(DEVICE_PAGES)) {
            final CpuSlot other = machine.machine().attach();

            Exploration.pass(SCHEDULES, schedule -> munmapAgainstTruncate(machine, other, schedule));

            machine.machine().detach(other);
        }
    }

    /** S24: the truncate of fs-held would hang if the batch dropped its references in silence. */
    @Test
    void s24ShouldHangIfTheBatchWokeNobody() {
        final TestMachine machine = setup("fs-held").openScheduled(DEVICE_PAGES, UnaryOperator.identity(),
            SilentFlushDesign::create);
        try {
            final CpuSlot other = machine.machine().attach();

            final Exploration.Found found = Exploration.find(Exploration.MANY,
                schedule -> munmapAgainstTruncate(machine, other, schedule));

            assertTrue(found.failure().getMessage().startsWith("deadlock, nobody can run: seed="));
        } finally {
            machine.device().close();
        }
    }

    /** S25: pages of a PMD entry are counted one by one up to 6.14 and in pgmap-folio; then all 512 are one folio. */
    @ParameterizedTest
    @MethodSource("designs")
    void s25ShouldWaitForThePinnedPageOrForItsFolio(final String design) throws Exception {
        final Story story = Play.of("S25", design);

        final Story.Step pinned = story.after("pins page 5");
        assertEquals(by(design, 1025, 1025, 2), pinned.page("page 5").refcount());
        assertEquals(by(design, 0, 0, 1), pinned.page("page 5").pincount());
        assertEquals(by(design, 1, 1, 2), pinned.page("page 0").refcount());
        assertEquals(List.of("truncate"), story.after("cuts the file off").asleep());
        final Story.Step looked = story.after("looks which page is to be waited for");
        assertEquals(by(design, "page 5", "page 5", "page 0"), looked.result());
        assertEquals(by(design, 1025, 1024, 1), looked.page("page 5").refcount());
        assertEquals(by(design, 1, 0, 1), looked.page("page 0").refcount());
        final Story.Step unpinned = story.after("unpins it");
        if (design.equals(Machine.LOST_WAKEUP)) {
            assertEquals(List.of("truncate"), unpinned.asleep());
            assertEquals(1, unpinned.overdue());
        } else {
            assertEquals(List.of("truncate returns"), unpinned.ended());
            assertEquals(by(design, 1, 0, 0), unpinned.page("page 0").refcount());
        }
    }

    /** S25: the page is brought to its idle count in silence, so that only a wake-up at the right address helps. */
    @ParameterizedTest
    @MethodSource("designs")
    void s25ShouldSleepOnTheAddressOfThePageOrOfTheHead(final String design) throws InterruptedException {
        try (TestMachine machine = setup(design).openEmpty(DEVICE_PAGES)) {
            final DaxFile file = machine.fileSystem().create(PageTableEntry.ENTRIES);
            final Vma vma = file.mmap(machine.table(0), 0, PageTableEntry.ENTRIES, 0);
            assertTrue(file.faultPmd(machine.cpu(), vma, 0, true));
            final long[] pinned = new long[1];
            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), 5, 1, true, pinned));
            try (TruncateThread truncate = TruncateThread.start(machine, file)) {
                truncate.assertAsleep();
                final long ofPage = machine.page(5) + by(design, PageDescriptor.REFCOUNT_OFFSET, 0, 0);
                final long ofHead = machine.page(0) + by(design, PageDescriptor.REFCOUNT_OFFSET, 0, 0);
                machine.counter().unpin(machine.memmap().head(machine.page(5)), 1);

                machine.machine().waits().wakeUpVar(by(design, ofHead, ofHead, ofPage));
                truncate.assertAsleep();
                assertEquals(1, machine.machine().waits().overdueWaiters());

                machine.machine().waits().wakeUpVar(by(design, ofPage, ofPage, ofHead));
                truncate.assertEnds();
            }
        }
    }

    /**
     * S26, a finding that booted kernels confirm. The steps: a page is mapped and pinned; a truncate unmaps it and
     * sleeps, with the lock dropped that faults share; the process writes to the page again; the pin goes.
     *
     * <ul>
     * <li>Up to 6.14 (pre-518, dev-pagemap) mappings are not counted: the unpin brings the count to 1, and the truncate
     * wakes up, unmaps the page once more and ends. 6.1 and 6.12: the same.
     * <li>Since 6.15 (fs-held, and fs-held-drain, which differs in removal only) the new mapping holds a reference. The
     * scan compares the count with the mapcount and would find the page free, but the wait is for a count of 0. So no
     * pin is left, nobody is due to wake it, and the truncate sleeps until the mapping goes as well. 6.16, 6.18 and
     * 7.3: the truncate stays blocked for all of the 10 seconds watched; MADV_DONTNEED ends it at once. No wake-up is
     * lost: what it waits for has not come.
     * <li>In pgmap-folio (never merged, so nobody saw it; inferred from the series' description) the new fault gives
     * the file's entry its reference back, which no unmapping drops, only the next layout break, and that is behind the
     * locks of the one that sleeps. Only a signal ends it, with -ERESTARTSYS and nothing truncated.
     * <li>In 5.18 the unpin is silent; the signal makes the truncate look, and it finds the page idle.
     * </ul>
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s26ShouldSleepOnWhenThePageIsMappedAgain(final String design) throws Exception {
        final Story story = Play.of("S26", design);

        assertEquals(List.of("truncate"), story.after("cuts the file off").asleep());
        final Story.Step again = story.after("writes to the page again");
        assertEquals(List.of("truncate"), again.asleep());
        assertEquals(1025, again.page("page").refcount());
        assertEquals(1, again.page("page").entries());
        final Story.Step unpinned = story.after("unpins it");
        final Story.Step given = story.after("gives the page up (MADV_DONTNEED)");
        final Story.Step signalled = story.after("interrupts the truncate");
        assertEquals(1, unpinned.page("page").refcount());
        switch (design) {
            case "pre-518", "dev-pagemap" -> assertEquals(List.of("truncate returns"), unpinned.ended());
            case Machine.LOST_WAKEUP -> {
                assertEquals(List.of("truncate"), given.asleep());
                assertEquals(1, given.overdue());
                assertEquals(List.of("truncate returns"), signalled.ended());
            }
            case "pgmap-folio" -> {
                assertEquals(List.of("truncate"), given.asleep());
                assertEquals(0, given.overdue());
                assertEquals(1, given.page("page").refcount());
                assertEquals(0, given.page("page").entries());
                assertEquals(List.of("truncate returns -ERESTARTSYS"), signalled.ended());
            }
            default -> {
                assertEquals(List.of("truncate"), unpinned.asleep());
                assertEquals(0, unpinned.overdue());
                assertEquals(1, unpinned.page("page").mapcount());
                assertEquals(List.of("truncate returns"), given.ended());
                assertEquals(0, given.page("page").refcount());
            }
        }
        assertEquals(by(design, "block free", "tied to a file", "block free"), signalled.page("page").state());
    }
}
