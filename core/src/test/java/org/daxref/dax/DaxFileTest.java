/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.WordsKind;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** kernel.md A.12, B.2, B.3. */
class DaxFileTest {
    private static final int PAGES = 2048;

    /** Where the entry of a page of the machine's file lies. */
    private static long entryOffset(final TestMachine machine, final long index) {
        return machine.file().identity() + DaxFileDescriptor.ENTRIES_OFFSET + index * Long.BYTES;
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
    void shouldMapThePageOfTheFile(final Setup setup) {
        try (TestMachine machine = setup.openEmpty(PAGES)) {
            final DaxFile file = machine.fileSystem().create(machine.range(100, 50));
            final Vma vma = file.mmap(machine.table(0), 5, 10, 18);

            assertTrue(file.fault(machine.cpu(), vma, 7, true));

            assertEquals(50, file.pages());
            assertEquals(machine.startPfn() + 120, file.pfn(20));
            assertEquals(machine.startPfn() + 120, PageTableEntry.pfn(machine.table(0).entry(7)));
            assertEquals(20, machine.words().getLongVolatile(machine.page(120) + PageDescriptor.INDEX_OFFSET));
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseWhatLiesOutsideTheFile(final Setup setup) {
        try (TestMachine machine = setup.openEmpty(PAGES)) {
            final DaxFile file = machine.fileSystem().create(machine.range(512, 600));
            final PageTable table = machine.table(0);

            assertEquals("pages outside the file: index=600, count=1, pages=600",
                refusal(() -> file.mmap(table, 0, 1, 600)));
            assertEquals("pages outside the file: index=-1, count=1, pages=600",
                refusal(() -> file.mmap(table, 0, 1, -1)));
            assertEquals("pages outside the file: index=9223372036854775807, count=512, pages=600",
                refusal(() -> file.mmap(table, 0, 512, Long.MAX_VALUE)));
            assertEquals("no such size: pages=601, largest=600", refusal(() -> file.truncate(machine.cpu(), 601)));
            assertEquals("pages outside the file: index=599, count=2, pages=600",
                refusal(() -> file.punch(machine.cpu(), 599, 2)));
            assertEquals("pages outside the file: index=600, count=1, pages=600", refusal(() -> file.read(600)));
            final Vma vma = file.mmap(table, 0, 600, 0);
            assertEquals("outside the area: page=600, start=0, pages=600, index=0",
                refusal(() -> file.fault(machine.cpu(), vma, 600, true)));
            assertEquals("a PMD entry is aligned and lies in the area: page=512, start=0, pages=600, index=0",
                refusal(() -> file.faultPmd(machine.cpu(), vma, 512, true)));
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseToMapWhereSomethingIsMappedAndOutsideTheAddressSpace(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final DaxFile file = machine.file();
            final PageTable table = machine.table(0);
            final Vma vma = file.mmap(table, 10, 10, 0);

            assertEquals("pages outside the address space: start=2047, count=2, pages=2048",
                refusal(() -> file.mmap(table, PAGES - 1, 2, 0)));
            assertEquals("something is mapped there: start=19, pages=5, index=0; start=10, pages=10, index=0",
                assertThrows(IllegalStateException.class, () -> file.mmap(table, 19, 5, 0)).getMessage());

            file.munmap(machine.cpu(), vma);
            assertEquals("the area is not mapped: start=10, pages=10, index=0",
                assertThrows(IllegalStateException.class, () -> file.munmap(machine.cpu(), vma)).getMessage());
            file.mmap(table, 19, 5, 0);
        }
    }

    /** The reference that the new era takes before it inserts must not be left behind, nor the entry locked. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldLeaveNothingBehindWhenThePageLiesOutsideTheAddressSpace(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final Vma wrong = new Vma(machine.table(0), PAGES - 3, 10, 0, machine.file());

            assertEquals("pages outside the address space: start=2048, count=1, pages=2048",
                refusal(() -> machine.file().fault(machine.cpu(), wrong, PAGES, true)));

            machine.zapAll(machine.table(0));
            machine.checkBooks();
            assertTrue(machine.fault(machine.table(0), 3, 3, true));
            assertTrue(machine.faultPmd(machine.table(0), 512, 512, true));
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldFallBackFromALeafWhoseBlocksAreNotAligned(final Setup setup) {
        try (TestMachine machine = setup.openEmpty(PAGES)) {
            final DaxFile file = machine.fileSystem().create(machine.range(5, 1024));
            final Vma vma = file.mmap(machine.table(0), 0, 1024, 0);

            assertFalse(file.faultPmd(machine.cpu(), vma, 0, true));

            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldFallBackFromALeafWhenSinglePagesAreInItsWay(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 700, 1);
            assertFalse(machine.faultPmd(machine.table(1), 512, 512, true), "an entry of the file");
            machine.zapAll(machine.table(0));
            assertFalse(machine.faultPmd(machine.table(1), 512, 512, true), "entries outlive mappings");
            assertEquals(PageTableEntry.NONE, machine.table(1).entry(512));

            machine.faultAll(machine.table(0), 5, 1);
            machine.zapAll(machine.table(0));
            assertTrue(machine.faultPmd(machine.table(1), 1024, 1024, true), "other pages are not in its way");
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldFallBackWhenTheAddressSpaceHasATable(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 5, 1);

            assertFalse(machine.faultPmd(machine.table(0), 0, 512, true));

            machine.checkBooks();
            assertTrue(machine.faultPmd(machine.table(0), 512, 512, true), "the entry is not left locked");
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldMapSinglePagesOfALeaf(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultPmd(machine.table(0), 512);

            assertTrue(machine.fault(machine.table(1), 3, 700, true));
            assertTrue(machine.fault(machine.table(0), 700, 700, true), "the leaf maps it");
            assertFalse(machine.fault(machine.table(0), 700, 701, true), "but at its own place only");

            assertEquals(machine.startPfn() + 700, PageTableEntry.pfn(machine.table(1).entry(3)));
            machine.checkBooks();
            machine.zapAll(machine.table(1));
            machine.zapAll(machine.table(0));
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldKeepTwoFilesApart(final Setup setup) {
        try (TestMachine machine = setup.openEmpty(PAGES)) {
            final DaxFile first = machine.fileSystem().create(100);
            final DaxFile second = machine.fileSystem().create(100);
            final Vma one = first.mmap(machine.table(0), 0, 100, 0);
            final Vma other = second.mmap(machine.table(0), 100, 100, 0);
            for (int i = 0; i < 100; i++) {
                assertTrue(first.fault(machine.cpu(), one, i, true));
                assertTrue(second.fault(machine.cpu(), other, 100 + i, true));
            }

            assertEquals(first.identity(), machine.memmap().mapping(machine.page(99)));
            assertEquals(second.identity(), machine.memmap().mapping(machine.page(100)));
            assertNotEquals(first.identity(), second.identity());
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
            assertTrue(machine.fault(machine.table(1), 10, 10, true), "other entries are free");

            machine.words().getAndSetLong(entry, unlocked);
            machine.machine().waits().wakeUpVar(entry);

            assertTrue(fault.join(Duration.ofSeconds(120)));
            assertEquals(true, result.get());
            assertEquals(machine.resting(2), machine.count(9));
            assertEquals(unlocked, machine.words().getLongVolatile(entry));
        }
    }

    private static Thread faulting(final TestMachine machine, final AtomicReference<Object> result) {
        return Thread.ofPlatform().daemon().start(() -> {
            final CpuSlot cpu = machine.machine().attach();
            result.set(machine.fault(cpu, machine.table(1), 9, 9, true));
            machine.machine().detach(cpu);
        });
    }

    /** Faults are not interrupted: {@code get_unlocked_entry} sleeps in TASK_UNINTERRUPTIBLE. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldWaitOnWhenInterrupted(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 9, 1);
            final long entry = entryOffset(machine, 9);
            final long unlocked = machine.words().getLongVolatile(entry);
            machine.words().putLongRelease(entry, unlocked | DaxFileDescriptor.LOCKED);
            final AtomicReference<Object> result = new AtomicReference<>();
            final Thread fault = faulting(machine, result);
            Race.awaitParked(fault);

            fault.interrupt();

            assertFalse(fault.join(Duration.ofMillis(20)));
            machine.words().getAndSetLong(entry, unlocked);
            machine.machine().waits().wakeUpVar(entry);
            assertTrue(fault.join(Duration.ofSeconds(120)));
            assertEquals(true, result.get());
            assertEquals(machine.resting(2), machine.count(9));
            machine.checkBooks();
        }
    }

    /** xfs is told that its device goes and forgets the pinned page, for which a truncate sleeps. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldCutNothingOffOnceTheDeviceHasGone(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.openBare(PAGES, UnaryOperator.identity())) {
            final DaxDevice device = machine.machine().createDaxDevice(machine.cpu(), machine.machine().wholeDevice());
            final FileSystem xfs = machine.machine().mount(FileSystemType.XFS, device);
            final DaxFile file = xfs.create(8);
            final long block = file.pfn(0);
            final Vma vma = file.mmap(machine.table(0), 0, 8, 0);
            file.fault(machine.cpu(), vma, 0, true);
            final long[] pinned = new long[1];
            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), 0, 1, true, pinned));
            final AtomicReference<Throwable> result = new AtomicReference<>();
            final Thread truncate = Thread.ofPlatform().daemon().start(() -> {
                final CpuSlot cpu = machine.machine().attach();
                result.set(assertThrows(IllegalStateException.class, () -> file.truncate(cpu, 0)));
                machine.machine().detach(cpu);
            });
            Race.awaitParked(truncate);

            device.kill(machine.cpu());
            machine.gup().unpin(machine.cpu(), pinned, 1);

            assertTrue(truncate.join(Duration.ofSeconds(60)));
            assertTrue(result.get().getMessage().startsWith("EIO: the device is gone"), result.get().getMessage());
            assertEquals(8, file.pages());
            assertFalse(xfs.isFree(block));
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
                        assertTrue(machine.fault(cpu, table, 9, 9, true));
                        assertTrue(machine.faultPmd(cpu, table, 512, 512, true));
                        assertTrue(machine.fault(cpu, table, 10, 600, true));
                        assertEquals(3, machine.machine().mapper().zap(cpu, table, 0, PAGES));
                    }
                    assertTrue(machine.fault(cpu, table, 9, 9, true));
                    machine.machine().detach(cpu);
                };
            }
            Race.run(threads);

            assertEquals(machine.resting(3), machine.count(9));
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldPutItsEntriesWhereThoseOfAFileWereThatIsGone(final WordsKind kind) {
        try (TestMachine machine = new Setup("fs-held", "cas", kind).openEmpty(8)) {
            final DaxFile gone = machine.fileSystem().create(4);
            machine.fileSystem().unlink(machine.cpu(), gone);

            final DaxFile file = machine.fileSystem().create(4);

            assertEquals(gone.identity(), file.identity());
            assertTrue(file.fault(machine.cpu(), file.mmap(machine.table(0), 0, 4, 0), 0, true));
        }
    }
}
