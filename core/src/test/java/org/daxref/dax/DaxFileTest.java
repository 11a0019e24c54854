/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.mm.PageTable;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.PagemapType;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** kernel.md A.12, B.2, B.3. */
class DaxFileTest {
    private static final int PAGES = 2048;

    /** Where the entry of a page of the machine's file lies. */
    private static long entryOffset(final TestMachine machine, final long index) {
        return machine.device().geometry().entriesOffset() + DaxFileDescriptor.ENTRIES_OFFSET + index * Long.BYTES;
    }

    private static String refusal(final ThrowingCall call) {
        return assertThrows(IllegalArgumentException.class, call::call).getMessage();
    }

    /** A call that may throw. */
    @FunctionalInterface
    private interface ThrowingCall {
        void call() throws Exception;
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldMapThePageOfTheFile(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            final DaxFile file = machine.machine().createFile(machine.range(100, 50));

            assertTrue(file.fault(machine.table(0), 7, 20, true));

            assertEquals(50, file.pages());
            assertEquals(machine.startPfn() + 120, file.pfn(20));
            assertEquals(machine.startPfn() + 120, PageTableEntry.pfn(machine.table(0).entry(7)));
            assertEquals(20, machine.words().getLongVolatile(machine.page(120) + PageDescriptor.INDEX_OFFSET));
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseAnIndexOutsideTheFile(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final DaxFile file = machine.machine().createFile(machine.range(512, 600));
            final PageTable table = machine.table(0);

            assertEquals("pages outside the file: index=600, count=1, pages=600",
                refusal(() -> file.fault(table, 0, 600, true)));
            assertEquals("pages outside the file: index=-1, count=1, pages=600",
                refusal(() -> file.fault(table, 0, -1, true)));
            assertEquals("pages outside the file: index=89, count=512, pages=600",
                refusal(() -> file.faultPmd(table, 0, 89, true)));
            assertEquals("pages outside the file: index=9223372036854775807, count=512, pages=600",
                refusal(() -> file.faultPmd(table, 0, Long.MAX_VALUE, true)));
            machine.checkBooks();
        }
    }

    /** The reference that the new era takes before it inserts must not be left behind, nor the entry locked. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldLeaveNothingBehindWhenThePageLiesOutsideTheAddressSpace(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            final DaxFile file = machine.file();
            final PageTable table = machine.table(0);
            assertEquals("pages outside the address space: start=2048, count=1, pages=2048",
                refusal(() -> file.fault(table, PAGES, 3, true)));
            assertEquals("pages outside the address space: start=-1, count=1, pages=2048",
                refusal(() -> file.fault(table, -1, 3, true)));
            assertEquals("a PMD maps aligned pages: page=8, pfn=" + (machine.startPfn() + 512),
                refusal(() -> file.faultPmd(table, 8, 512, true)));

            assertEquals(machine.idle(), machine.count(3));
            assertEquals(machine.idle(), machine.count(512));
            machine.checkBooks();
            assertTrue(file.fault(table, 3, 3, true));
            assertTrue(file.faultPmd(table, 512, 512, true));
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseALeafOfPagesThatAreNotAligned(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            assertEquals("a PMD entry is aligned: pfn=" + (machine.startPfn() + 5),
                refusal(() -> machine.file().faultPmd(machine.table(0), 0, 5, true)));
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldFallBackFromALeafWhenSinglePagesAreInItsWay(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 700, 1);
            assertFalse(machine.file().faultPmd(machine.table(1), 512, 512, true), "an entry of the file");
            machine.zapAll(machine.table(0));
            assertFalse(machine.file().faultPmd(machine.table(1), 512, 512, true), "entries outlive mappings");
            assertEquals(PageTableEntry.NONE, machine.table(1).entry(512));

            machine.faultAll(machine.table(0), 5, 1);
            machine.zapAll(machine.table(0));
            assertTrue(machine.file().faultPmd(machine.table(1), 1024, 1024, true), "other pages are not in its way");
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldFallBackWhenTheAddressSpaceHasATable(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 5, 1);

            assertFalse(machine.file().faultPmd(machine.table(0), 0, 512, true));

            machine.checkBooks();
            assertTrue(machine.file().faultPmd(machine.table(0), 512, 512, true), "the entry is not left locked");
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldMapSinglePagesOfALeaf(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultPmd(machine.table(0), 512);

            assertTrue(machine.file().fault(machine.table(1), 3, 700, true));
            assertFalse(machine.file().fault(machine.table(0), 700, 700, true), "the leaf is there");

            assertEquals(machine.startPfn() + 700, PageTableEntry.pfn(machine.table(1).entry(3)));
            machine.checkBooks();
            machine.zapAll(machine.table(1));
            machine.zapAll(machine.table(0));
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldKeepTwoFilesApart(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.openBare(PAGES, UnaryOperator.identity())) {
            machine.machine().createPagemap(machine.cpu(), PagemapType.FS_DAX,
                machine.machine().wholeDevice());
            final DaxFile first = machine.machine().createFile(machine.range(0, 100));
            final DaxFile second = machine.machine().createFile(machine.range(100, 100));
            for (int i = 0; i < 100; i++) {
                assertTrue(first.fault(machine.table(0), i, i, true));
                assertTrue(second.fault(machine.table(0), 100 + i, i, true));
            }

            final long one = machine.memmap().mapping(machine.page(99));
            final long other = machine.memmap().mapping(machine.page(100));
            assertTrue(one != other && one != 0 && other != 0, "identities: " + one + ", " + other);
            machine.checkBooks();
        }
    }

    /** Another fault has the entry; the lock bit is set by hand so that the moment lasts. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldWaitForAFaultThatHasTheEntry(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 9, 1);
            final long entry = entryOffset(machine, 9);
            final long unlocked = machine.words().getLongVolatile(entry);
            assertEquals(machine.startPfn() + 9 << DaxFileDescriptor.PFN_SHIFT, unlocked);
            machine.words().putLongRelease(entry, unlocked | DaxFileDescriptor.LOCKED);
            final AtomicReference<Object> result = new AtomicReference<>();
            final Thread fault = faulting(machine, result);
            Race.awaitParked(fault);
            assertEquals(PageTableEntry.NONE, machine.table(1).entry(9));
            assertTrue(machine.file().fault(machine.table(1), 10, 10, true), "other entries are free");

            machine.words().getAndSetLong(entry, unlocked);
            machine.machine().waits().wakeUpVar(entry);

            assertTrue(fault.join(Duration.ofSeconds(20)));
            assertEquals(true, result.get());
            assertEquals(machine.resting(2), machine.count(9));
            assertEquals(unlocked, machine.words().getLongVolatile(entry));
        }
    }

    private static Thread faulting(final TestMachine machine, final AtomicReference<Object> result) {
        return Thread.ofPlatform().daemon().start(() -> {
            try {
                result.set(machine.file().fault(machine.table(1), 9, 9, true));
            } catch (final InterruptedException e) {
                result.set(e);
            }
        });
    }

    /** S15 for a fault. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldGiveUpWhenInterruptedWhileItWaits(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 9, 1);
            final long entry = entryOffset(machine, 9);
            final long unlocked = machine.words().getLongVolatile(entry);
            machine.words().putLongRelease(entry, unlocked | DaxFileDescriptor.LOCKED);
            final AtomicReference<Object> result = new AtomicReference<>();
            final Thread fault = faulting(machine, result);
            Race.awaitParked(fault);

            fault.interrupt();

            assertTrue(fault.join(Duration.ofSeconds(20)));
            assertEquals(InterruptedException.class, result.get().getClass());
            assertEquals(machine.resting(1), machine.count(9));
            machine.checkBooks();
        }
    }

    /** Two address spaces fault and zap the same page and the same leaf; every mapping is counted once. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldCountEveryMappingOnceUnderRacingFaults(final Setup setup) throws Exception {
        try (TestMachine machine = setup.open(PAGES)) {
            final long deadline = Race.deadline();
            final Race.Body[] threads = new Race.Body[3];
            for (int i = 0; i < threads.length; i++) {
                final PageTable table = machine.table(i);
                threads[i] = () -> {
                    final CpuSlot cpu = machine.machine().attach();
                    while (!Race.isOver(deadline)) {
                        assertTrue(machine.file().fault(table, 9, 9, true));
                        assertTrue(machine.file().faultPmd(table, 512, 512, true));
                        assertTrue(machine.file().fault(table, 10, 600, true));
                        assertEquals(3, machine.machine().mapper().zap(cpu, table, 0, PAGES));
                    }
                    assertTrue(machine.file().fault(table, 9, 9, true));
                    machine.machine().detach(cpu);
                };
            }
            Race.run(threads);

            assertEquals(machine.resting(3), machine.count(9));
            machine.checkBooks();
        }
    }
}
