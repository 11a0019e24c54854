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
import org.daxref.dax.DaxDevice;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystemType;
import org.daxref.design.RefcountDesign;
import org.daxref.memory.ActingWords;
import org.daxref.memory.CountingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.PagemapType;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
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
            if (op == Op.RMW && (offset == count || isSlotOf(machine, offset, count - REFCOUNT_OFFSET))) {
                words.reset();
                step.run();
            }
        });
    }

    /** A pin that the CPU keeps. */
    private static boolean isSlotOf(final TestMachine machine, final long offset, final long page) {
        final long slot = offset - machine.cpu().areaOffset() - CpuSlotDescriptor.PIN_SLOTS_OFFSET;
        return slot >= 0 && slot < CpuSlotDescriptor.PIN_SLOTS * Long.BYTES
            && machine.words().getLongVolatile(offset) == page - machine.words().origin();
    }

    /** S18: whoever clears the entry after it was read finds that the walk does not keep the page. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldGiveAPageBackWhoseEntryChangedAfterItWasCounted(final Setup setup) {
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
    void shouldGiveAPageBackWhoseEntryNowSaysAnotherPage(final Setup setup) {
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
    void shouldGiveAPageBackWhenTheTableWasTakenAway(final Setup setup) {
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
    void shouldGiveALeafBackThatChangedAfterItWasCounted(final Setup setup) {
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

            assertEquals(machine.resting(0) + 1024, machine.count(2));
            assertEquals(machine.resting(0), machine.count(3));
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

    /**
     * A device whose removal hangs on a walker's reference for as long as this is open: the walker gives it back at the
     * end, whatever the test says, so that the remover never outlives the device file.
     */
    private static final class DyingDevice implements AutoCloseable {
        private final TestMachine machine;
        private final CpuSlot holder;
        private final Thread remover;

        DyingDevice(final TestMachine machine, final long pgmap) throws InterruptedException {
            this.machine = machine;
            this.holder = machine.machine().attach();
            machine.machine().epochs().enter(holder);
            assertTrue(machine.machine().pagemaps().get(holder,
                machine.machine().pagemaps().ranges(pgmap).getFirst().first()));
            machine.machine().epochs().exit(holder);
            this.remover = Thread.ofPlatform().daemon().start(() -> {
                final CpuSlot own = machine.machine().attach();
                try {
                    machine.machine().removePagemap(own, pgmap);
                } finally {
                    machine.machine().detach(own);
                }
            });
            Race.awaitParked(remover);
        }

        void assertWaiting() {
            assertTrue(remover.isAlive(), "the removal does not wait for a walker");
        }

        @Override
        public void close() {
            machine.machine().epochs().enter(holder);
            machine.machine().pagemaps().put(holder);
            machine.machine().epochs().exit(holder);
            machine.machine().detach(holder);
            Race.awaitEnd(remover);
        }
    }

    /** A file on a device of its own, all of it mapped at the same place in an address space as on the device. */
    private static long mapFileOnDevice(final TestMachine machine, final long first, final long pages) {
        final DaxDevice device = machine.machine().createDaxDevice(machine.cpu(), machine.range(first, pages));
        final DaxFile file = machine.machine().mount(FileSystemType.EXT4, device)
            .create(machine.range(first, pages));
        final Vma vma = file.mmap(machine.table(0), first, pages, 0);
        for (long page = first; page < first + pages; page++) {
            assertTrue(file.fault(machine.cpu(), vma, page, true));
        }
        return device.pgmap();
    }

    /** S40: the old eras take the pages of this table back; the new ones have no such path. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldTakeATableBackWhenItsDeviceIsDying(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.openBare(PAGES, UnaryOperator.identity())) {
            mapFileOnDevice(machine, 500, 112);
            final long dying = mapFileOnDevice(machine, 612, 188);
            try (DyingDevice device = new DyingDevice(machine, dying)) {
                final long[] out = new long[300];

                final int taken = pin(machine, 500, 300, out);

                assertEquals(guardsWalks(setup) ? 12 : 300, taken, "page 512 begins another table");
                for (long page = 500; page < 800; page++) {
                    final boolean kept = page < 500 + taken;
                    final int resting = page < 612 ? machine.resting(1) : restingOnADyingDevice(machine);
                    assertEquals(resting + (kept ? 1024 : 0), machine.count(page), "page=" + page);
                    assertEquals(kept, machine.memmap().isReferenced(machine.page(page)), "page=" + page);
                }
                machine.gup().unpin(machine.cpu(), out, taken);
                assertEquals(guardsWalks(setup) ? 0 : 1, pin(machine, 700, 1, out));
                machine.gup().unpin(machine.cpu(), out, guardsWalks(setup) ? 0 : 1);
                letFilesGo(machine);
                device.assertWaiting();
            }
        }
    }

    /** Whether a walk takes a reference to the dev_pagemap before it counts a page. */
    private static boolean guardsWalks(final Setup setup) {
        return switch (setup.design()) {
            case "pre-518", "dev-pagemap" -> true;
            case "pgmap-folio", "fs-held", "fs-held-drain" -> false;
            default -> throw new AssertionError("no word here on what it does when a device is dying");
        };
    }

    /** Removal up to 5.17 drops the reference that each page holds on itself before it waits. */
    private static int restingOnADyingDevice(final TestMachine machine) {
        return "pre-518".equals(machine.design()) ? 0 : machine.resting(1);
    }

    /** Every mapping and every entry: what folios in use hold would keep the removal waiting. */
    private static void letFilesGo(final TestMachine machine) {
        for (long page = 0; page < PAGES; page++) {
            final Vma vma = machine.table(0).area(page);
            if (vma != null) {
                final DaxFile file = (DaxFile) vma.ops();
                file.munmap(machine.cpu(), vma);
                assertTrue(file.tryBreakLayout(machine.cpu(), 0, file.pages()));
            }
        }
    }

    /** S40 under a leaf, half of which belongs to the dying device. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldTakeALeafBackWhenItsDeviceIsDying(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.openBare(PAGES, UnaryOperator.identity())) {
            machine.machine().createPagemap(machine.cpu(), PagemapType.FS_DAX, machine.range(0, 256));
            final long dying = machine.machine().createPagemap(machine.cpu(), PagemapType.FS_DAX,
                machine.range(256, PAGES - 256));
            final RefcountDesign design = machine.machine().design();
            final long head = machine.page(0);
            assertTrue(design.associate(machine.cpu(), machine.startPfn(), PageTableEntry.PMD_ORDER, 4711, 0, false));
            assertTrue(design.beginInsert(machine.cpu(), head));
            assertTrue(machine.machine().mapper().insertPmd(machine.table(0), 0, machine.startPfn(), true));
            design.endInsert(machine.cpu(), head);
            try (DyingDevice device = new DyingDevice(machine, dying)) {
                final long[] out = new long[512];

                final int taken = pin(machine, 0, 512, out);

                assertEquals(guardsWalks(setup) ? 0 : 512, taken);
                machine.gup().unpin(machine.cpu(), out, taken);
                for (long page = 0; page < 512; page++) {
                    final long counted = machine.memmap().head(machine.page(page));
                    assertEquals(page < 256 || counted == head ? machine.resting(1)
                        : restingOnADyingDevice(machine), machine.counter().count(counted), "page=" + page);
                    assertEquals(taken > 0, machine.memmap().isReferenced(counted), "page=" + page);
                }
                machine.zapAll(machine.table(0));
                design.disassociate(machine.cpu(), machine.startPfn(), PageTableEntry.PMD_ORDER, true, true);
                device.assertWaiting();
            }
        }
    }

    /** S5 and oracle.md section 5: what the counts of a walk cost in locked operations, statistics apart. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldTakeAsManyLockedOperationsAsTheEraSays(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES, CountingWords::new)) {
            final CountingWords words = (CountingWords) machine.words();
            machine.faultAll(machine.table(0), 0, 8);
            machine.faultPmd(machine.table(0), 512);
            final int pinOperations = switch (setup.counter()) {
                case "cas" -> 2;
                case "cas-fused", "cas-backoff", "xadd", "rcuref", "sticky", "striped", "striped-asym", "hazard" -> 1;
                default -> throw new AssertionError("no word here on how many locked operations it takes");
            };
            final int small = pinOperations + unpinOperations(setup);
            final int leaf = switch (setup.design()) {
                case "pre-518" -> (1 + unpinOperations(setup)) * 512;
                case "dev-pagemap", "pgmap-folio" -> small * 512;
                case "fs-held", "fs-held-drain" -> 4;
                default -> throw new AssertionError("no word here on how it counts a leaf");
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

    /** Up to 5.17 an unpin subtracts all but one and then puts the last: {@code put_compound_head}. */
    private static int unpinOperations(final Setup setup) {
        return "pre-518".equals(setup.design()) ? 2 : 1;
    }

    private static void pinAndUnpin(final TestMachine machine, final long start, final int pages) {
        final long[] out = new long[pages];
        assertEquals(pages, pin(machine, start, pages, out));
        machine.gup().unpin(machine.cpu(), out, pages);
    }

    /** S47: one lookup per walk in the first range, one per page in another; none in the new era. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldLookUpOncePerTableOrOncePerPageOfASecondRange(final Setup setup) {
        try (TestMachine machine = setup.openBare(PAGES, CountingWords::new)) {
            machine.machine().createPagemap(machine.cpu(), PagemapType.FS_DAX, machine.range(0, 100),
                machine.range(512, 512));
            mapEach(machine, 0, 100);
            mapEach(machine, 512, 200);
            final boolean looksUp = guardsWalks(setup);

            assertEquals(looksUp ? 1 : 0, lookups(machine, 0, 100));
            assertEquals(looksUp ? 100 : 0, lookups(machine, 512, 100));
            assertEquals(looksUp ? 1 : 0, lookups(machine, 512, 1));
        }
    }

    /** Maps pages without a file: a file system uses the first range only. */
    private static void mapEach(final TestMachine machine, final long first, final int count) {
        final RefcountDesign design = machine.machine().design();
        for (long page = first; page < first + count; page++) {
            assertTrue(design.associate(machine.cpu(), machine.startPfn() + page, 0, 4711, page, false));
            assertTrue(design.beginInsert(machine.cpu(), machine.page(page)));
            assertTrue(machine.machine().mapper()
                .insertPage(machine.table(0), page, machine.startPfn() + page, true));
            design.endInsert(machine.cpu(), machine.page(page));
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
    void shouldHoldNoDevPagemapAfterAWalk(final Setup setup) {
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
