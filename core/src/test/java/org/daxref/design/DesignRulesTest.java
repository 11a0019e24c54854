/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.memory.ActingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.mm.BusErrorException;
import org.daxref.mm.Vma;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.pagemap.PagemapType;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The rules that set {@code pre-518}, {@code pgmap-folio} and {@code fs-held-drain} apart from the two designs that
 * they are made of: kernel.md 0.3, A.10, A.11, A.16, C.4; scenarios S29, S30, S34.
 */
class DesignRulesTest {
    private static final int PAGES = 1024;

    static Stream<Setup> pre518() {
        return Setup.all().filter(setup -> "pre-518".equals(setup.design()));
    }

    static Stream<Setup> pgmapFolio() {
        return Setup.all().filter(setup -> "pgmap-folio".equals(setup.design()));
    }

    static Stream<Setup> fsHeldDrain() {
        return Setup.all().filter(setup -> "fs-held-drain".equals(setup.design()));
    }

    /** Those where a folio in use holds its dev_pagemap. */
    static Stream<Setup> perFolio() {
        return Stream.concat(pgmapFolio(), fsHeldDrain());
    }

    private static long references(final TestMachine machine) {
        return machine.machine().pagemaps().references(machine.pgmap());
    }

    private static long[] pin(final TestMachine machine, final long start, final int pages) {
        final long[] out = new long[pages];
        assertEquals(pages, machine.gup().pinFast(machine.cpu(), machine.table(0), start, pages, true, out));
        return out;
    }

    private static Thread remover(final TestMachine machine) {
        return Thread.ofPlatform().daemon().start(() -> {
            final CpuSlot own = machine.machine().attach();
            machine.machine().removePagemap(own, machine.pgmap());
            machine.machine().detach(own);
        });
    }

    /** {@code put_compound_head}: all but the last reference, and then a put_page, so that the drop to 1 is seen. */
    @ParameterizedTest
    @MethodSource("pre518")
    void shouldUnpinInTwoSteps(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES, ActingWords::new)) {
            machine.faultAll(machine.table(0), 3, 1);
            final long[] pinned = pin(machine, 3, 1);
            final List<Integer> counts = new ArrayList<>();
            ((ActingWords) machine.words()).afterEach((op, offset) -> {
                if (op == Op.RMW && offset == machine.page(3) + REFCOUNT_OFFSET) {
                    counts.add(machine.count(3));
                }
            });

            machine.gup().unpin(machine.cpu(), pinned, 1);

            assertEquals(List.of(2, 1), counts);
        }
    }

    /** A.16: the base reference of every page goes, and with the last of a page one reference to the dev_pagemap. */
    @ParameterizedTest
    @MethodSource("pre518")
    void shouldWaitForEveryPageToComeTo0(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 3, 2);
            final long[] pinned = pin(machine, 3, 2);
            assertEquals(1 + PAGES, references(machine));
            final Thread remover = remover(machine);
            try {
                Race.awaitParked(remover);
                assertEquals(2, references(machine), "two pages are in use");
                assertEquals(0, machine.count(2));
                assertEquals(1024, machine.count(3));
                machine.gup().unpin(machine.cpu(), pinned, 1);
                assertFalse(remover.join(Duration.ofMillis(20)), "one page is left");
                assertEquals(1, references(machine));
            } finally {
                machine.gup().unpin(machine.cpu(), new long[] {pinned[1]}, 1);
                Race.awaitEnd(remover);
            }
            assertTrue(machine.memmap().isPoisoned(machine.page(3)));
        }
    }

    /** The same for device-dax, which comes to 0 instead of back to 1. */
    @ParameterizedTest
    @MethodSource("pre518")
    void shouldRemoveDeviceDaxAsWell(final Setup setup) {
        try (TestMachine machine = setup.openBare(PAGES, UnaryOperator.identity())) {
            final long pgmap = machine.machine().createPagemap(machine.cpu(), PagemapType.GENERIC,
                machine.range(0, 8), machine.range(100, 8));

            machine.machine().removePagemap(machine.cpu(), pgmap);

            assertTrue(machine.machine().pagemaps().isDone(pgmap));
            assertTrue(machine.memmap().isPoisoned(machine.page(107)));
        }
    }

    /** No dax_holder_operations, no reflink with DAX. */
    @ParameterizedTest
    @MethodSource("pre518")
    void shouldTellNobodyAndShareNothing(final Setup setup) {
        try (TestMachine machine = setup.openBare(PAGES, UnaryOperator.identity())) {
            final DaxDevice device = machine.machine().createDaxDevice(machine.cpu(), machine.range(0, 512));
            final FileSystem xfs = machine.machine().mount(FileSystemType.XFS, device);
            final DaxFile file = xfs.create(8);
            final Vma vma = file.mmap(machine.table(0), 0, 8, 0);
            assertTrue(file.fault(machine.cpu(), vma, 3, true));

            assertEquals("files on DAX share no blocks in this era: design=Pre518Design",
                assertThrows(IllegalStateException.class, () -> xfs.reflink(file)).getMessage());
            machine.machine().unbind(machine.cpu(), device);

            assertFalse(machine.table(0).isKilled());
            assertFalse(xfs.isShutDown());
            assertTrue(PageTableEntry.permits(machine.table(0).entry(3), false), "the stale mapping is still there");
        }
    }

    /** I5: 1, plus folios in use, whatever they are in use for. */
    @ParameterizedTest
    @MethodSource("perFolio")
    void shouldHoldTheDevPagemapOncePerFolioInUse(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            assertEquals(1, references(machine));
            machine.faultAll(machine.table(0), 3, 2);
            assertEquals(3, references(machine));
            machine.faultAll(machine.table(1), 3, 1);
            assertEquals(3, references(machine), "a second mapping of the same page");
            final long[] pinned = pin(machine, 3, 2);
            assertEquals(3, references(machine), "a walk takes none");

            for (int left = 2; left > 0; left--) {
                assertFalse(machine.file().tryBreakLayout(machine.cpu(), 0, PAGES));
                assertEquals(1 + left, references(machine), "the pins are left");
                machine.gup().unpin(machine.cpu(), new long[] {pinned[2 - left]}, 1);
            }
            assertTrue(machine.file().tryBreakLayout(machine.cpu(), 0, PAGES));
            assertEquals(1, references(machine));
        }
    }

    /** 512 pages are 512 folios where a PMD entry joins none, and one where it does. */
    @ParameterizedTest
    @MethodSource("perFolio")
    void shouldHoldTheDevPagemapForALeafAsFoliosGo(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultPmd(machine.table(0), 512);
            assertEquals("pgmap-folio".equals(setup.design()) ? 513 : 2, references(machine));

            assertTrue(machine.file().tryBreakLayout(machine.cpu(), 512, 512));

            assertEquals(1, references(machine));
        }
    }

    /** A dying device is noticed before anything was touched: the access ends in SIGBUS. */
    @ParameterizedTest
    @MethodSource("perFolio")
    void shouldRefuseAFaultOnADyingDevice(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.machine().pagemaps().kill(machine.pgmap());

            assertEquals("SIGBUS: the device is dying: pfn=" + (machine.startPfn() + 3),
                assertThrows(BusErrorException.class, () -> machine.fault(machine.table(0), 3, 3, true))
                    .getMessage());
            assertEquals("SIGBUS: the device is dying: pfn=" + (machine.startPfn() + 512),
                assertThrows(BusErrorException.class, () -> machine.faultPmd(machine.table(0), 512, 512, true))
                    .getMessage());

            assertEquals(0, machine.count(3));
            assertEquals(0, machine.count(512));
            assertEquals(PageTableEntry.NONE, machine.table(0).entry(3));
            machine.machine().pagemaps().drain(machine.pgmap());
            assertTrue(machine.machine().pagemaps().isDone(machine.pgmap()), "no reference is left");
        }
    }

    /** The entry holds the page, and not what maps it: kernel.md C.4. */
    @ParameterizedTest
    @MethodSource("pgmapFolio")
    void shouldHoldOneReferencePerEntryMappedOrNot(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 3, 1);
            machine.faultAll(machine.table(1), 3, 1);
            assertEquals(1, machine.count(3));

            machine.zapAll(machine.table(0));
            machine.zapAll(machine.table(1));

            assertEquals(1, machine.count(3));
            assertEquals(0, machine.memmap().mapcount(machine.page(3)));
            machine.checkBooks();
        }
    }

    /** A layout break lets an entry's reference go once; a fault takes it again. */
    @ParameterizedTest
    @MethodSource("pgmapFolio")
    void shouldLetAnEntryGoOnceAndTakeItAgainAtAFault(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 3, 1);
            final long[] pinned = pin(machine, 3, 1);

            assertFalse(machine.file().tryBreakLayout(machine.cpu(), 3, 1));
            assertFalse(machine.file().tryBreakLayout(machine.cpu(), 3, 1));
            assertEquals(1024, machine.count(3), "let go once, though broken twice");
            machine.faultAll(machine.table(0), 3, 1);
            assertEquals(1025, machine.count(3));
            machine.gup().unpin(machine.cpu(), pinned, 1);
            machine.checkBooks();

            assertTrue(machine.file().tryBreakLayout(machine.cpu(), 3, 1));
            machine.fileSystem().unlink(machine.cpu(), unmapped(machine));
            assertEquals(0, machine.count(3), "an entry that was let go is not let go again when it is deleted");
            assertEquals(1, references(machine));
        }
    }

    private static DaxFile unmapped(final TestMachine machine) {
        machine.file().munmap(machine.cpu(), machine.table(0).area(3));
        return machine.file();
    }

    /** {@code pgmap_request_folios}: where a later page is refused, the earlier ones are given back. */
    @ParameterizedTest
    @MethodSource("pgmapFolio")
    void shouldRequestAllPagesOfAnEntryOrNone(final Setup setup) {
        try (TestMachine machine = setup.openBare(PAGES, UnaryOperator.identity())) {
            final DevPagemaps pagemaps = machine.machine().pagemaps();
            final long alive = machine.machine().createPagemap(machine.cpu(), PagemapType.FS_DAX,
                machine.range(0, 256));
            final long dying = machine.machine().createPagemap(machine.cpu(), PagemapType.FS_DAX,
                machine.range(256, 256));
            pagemaps.kill(dying);

            assertFalse(machine.machine().design().associate(machine.cpu(), machine.startPfn(),
                PageTableEntry.PMD_ORDER, 4711, 0, false));

            assertEquals(1, pagemaps.references(alive));
            for (long page = 0; page < 512; page++) {
                assertEquals(0, machine.count(page), "page=" + page);
                assertEquals(0, machine.memmap().mapping(machine.page(page)), "page=" + page);
            }
        }
    }

    /** Two files have an entry for the block, so it is held twice; the books know. */
    @ParameterizedTest
    @MethodSource("pgmapFolio")
    void shouldHoldASharedPageOncePerFile(final Setup setup) {
        try (TestMachine machine = setup.openEmpty(PAGES)) {
            final DaxFile file = machine.fileSystem().create(8);
            final Vma one = file.mmap(machine.table(0), 0, 8, 0);
            final DaxFile copy = machine.fileSystem().reflink(file);
            final Vma other = copy.mmap(machine.table(1), 0, 8, 0);
            assertTrue(file.fault(machine.cpu(), one, 3, false));
            assertEquals(1, machine.count(3));
            machine.checkBooks();

            assertTrue(copy.fault(machine.cpu(), other, 3, false));

            assertEquals(2, machine.count(3));
            assertEquals(2, machine.memmap().share(machine.page(3)));
            assertEquals(2, references(machine), "one folio in use");
            machine.checkBooks();
            assertFalse(copy.tryBreakLayout(machine.cpu(), 3, 1), "the entry of the other file keeps the page busy");
            assertEquals(1, machine.count(3));
            assertEquals(2, references(machine), "still in use");
        }
    }

    /** S29, S30: the mapping alone holds up the removal, and its end lets it go on. */
    @ParameterizedTest
    @MethodSource("fsHeldDrain")
    void shouldWaitForMappingsAndPinsAlike(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 3, 1);
            final long[] pinned = pin(machine, 3, 1);
            final Thread remover = remover(machine);
            try {
                Race.awaitParked(remover);
                machine.gup().unpin(machine.cpu(), pinned, 1);
                assertFalse(remover.join(Duration.ofMillis(20)), "the mapping is left");
                assertFalse(machine.memmap().isPoisoned(machine.page(3)));
            } finally {
                machine.zapAll(machine.table(0));
                Race.awaitEnd(remover);
            }
            assertTrue(machine.memmap().isPoisoned(machine.page(3)));
        }
    }

    /** Faults and last puts race; the references follow the folios, and none is left. */
    @ParameterizedTest
    @MethodSource("perFolio")
    void shouldKeepTheDevPagemapsBooksUnderRaces(final Setup setup) throws Exception {
        try (TestMachine machine = setup.open(PAGES)) {
            final long deadline = Race.deadline();
            final Race.Body[] threads = new Race.Body[3];
            for (int i = 0; i < threads.length; i++) {
                final int index = i;
                threads[i] = () -> {
                    final CpuSlot own = machine.machine().attach();
                    final long[] out = new long[1];
                    while (!Race.isOver(deadline)) {
                        assertTrue(machine.fault(own, machine.table(index), 9, 9, true));
                        final int taken = machine.gup().pinFast(own, machine.table(index), 9, 1, true, out);
                        machine.file().tryBreakLayout(own, 9, 1);
                        machine.gup().unpin(own, out, taken);
                    }
                    machine.machine().detach(own);
                };
            }
            Race.run(threads);

            assertTrue(machine.file().tryBreakLayout(machine.cpu(), 0, PAGES));
            assertEquals(0, machine.count(9));
            assertEquals(1, references(machine));
            machine.machine().removePagemap(machine.cpu(), machine.pgmap());
        }
    }
}
