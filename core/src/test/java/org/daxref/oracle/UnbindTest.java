/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.daxref.dax.DaxFile;
import org.daxref.mm.BusErrorException;
import org.daxref.mm.Errno;
import org.daxref.mm.Vma;
import org.daxref.page.PageTableEntry;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Section 3, columns 6.12 and 7.3: whom the removal of a mounted device waits for, and what it leaves behind. An oops
 * is a use of a freed struct page here, seen in the page or in the log.
 */
@Timeout(60)
class UnbindTest {
    private static final long PAGE = 3;
    private static final long UNTOUCHED = 5;

    /** A mounted file with one page that was written through a mapping. */
    private static final class Mounted implements AutoCloseable {
        private final Host host;
        private final DaxFile file;
        private final Vma vma;
        private final long pfn;

        Mounted(final Kernel kernel) {
            host = new Host(kernel);
            file = host.fileSystem().create(16);
            file.write(host.cpu(), PAGE, 'D');
            vma = file.mmap(host.table(0), 0, 16, 0);
            host.touch(file, vma, PAGE, true);
            pfn = file.pfn(PAGE);
        }

        void unbind() throws InterruptedException {
            try (Syscall unbind = startUnbind()) {
                unbind.assertReturns();
            }
        }

        Syscall startUnbind() {
            return Syscall.start(host, cpu -> host.machine().unbind(cpu, host.device()));
        }

        boolean isOops() {
            return host.memmap().isUsedAfterFree(host.memmap().page(pfn));
        }

        boolean logged(final String oops) {
            return host.log().stream().anyMatch(line -> line.startsWith("oops: " + oops + ": "));
        }

        /** In a thread of its own, since a pin of a mapped page under a dead dev_pagemap would try for ever: S35. */
        void assertPinFaults(final long page) throws InterruptedException {
            final AtomicInteger result = new AtomicInteger();
            try (Syscall pin = Syscall.start(host,
                cpu -> result.set(host.gup().pin(cpu, host.table(0), page, 1, true, new long[1])))) {
                pin.assertReturns();
            }
            assertEquals(-Errno.EFAULT, result.get());
        }

        @Override
        public void close() {
            host.close();
        }
    }

    private static String failure(final Runnable io) {
        return assertThrows(IllegalStateException.class, io::run).getMessage();
    }

    private static Stream<Arguments> holdsOnExt4() {
        return Kernel.ext4().flatMap(kernel -> Stream.of(false, true).map(pin -> Arguments.of(kernel, pin)));
    }

    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#all")
    @Observed(OracleRow.MOUNTED_ONLY)
    void shouldReturnAndEndTheIoOfAFileSystemThatIsMountedOnly(final Kernel kernel) throws InterruptedException {
        try (Host host = new Host(kernel)) {
            final DaxFile file = host.fileSystem().create(16);
            file.write(host.cpu(), PAGE, 'D');
            try (Syscall unbind = Syscall.start(host, cpu -> host.machine().unbind(cpu, host.device()))) {
                unbind.assertReturns();
            }

            assertTrue(host.fileSystem().isShutDown());
            assertTrue(failure(() -> file.read(PAGE)).startsWith("EIO: "));
            assertTrue(failure(() -> file.write(host.cpu(), PAGE, 'E')).startsWith("EIO: "));
            host.fileSystem().unmount(host.cpu());
            assertEquals(List.of(), host.log());
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#ext4")
    @Observed({OracleRow.EXT4_MAPPED, OracleRow.EXT4_OLD_MAPPING})
    void shouldLeaveTheOldMappingToTheProcessOnExt4(final Kernel kernel) throws InterruptedException {
        try (Mounted mounted = new Mounted(kernel)) {
            mounted.unbind();

            assertTrue(mounted.host.fileSystem().isShutDown());
            assertTrue(failure(() -> mounted.file.read(PAGE)).startsWith("EIO: "));
            assertFalse(mounted.host.table(0).isKilled(), "not signalled");
            final long entry = mounted.host.table(0).entry(PAGE);
            assertTrue(PageTableEntry.permits(entry, false), "reads still succeed");
            assertEquals('D', mounted.host.data(PageTableEntry.pfn(entry)));
            assertTrue(mounted.host.memmap().isPoisoned(mounted.host.memmap().page(mounted.pfn)), "no struct page");
            assertFalse(mounted.isOops());
        }
    }

    /** The file was written back before it was shut down, so that a write faults: SIGBUS, or worse. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#ext4")
    @Observed(OracleRow.EXT4_WRITE)
    void shouldFailToWriteToTheOldMapping(final Kernel kernel) throws InterruptedException {
        try (Mounted mounted = new Mounted(kernel)) {
            mounted.unbind();

            assertFalse(PageTableEntry.permits(mounted.host.table(0).entry(PAGE), true), "a write faults");
            assertThrows(BusErrorException.class,
                () -> mounted.file.fault(mounted.host.cpu(), mounted.vma, PAGE, true));
            assertEquals(!kernel.isOld(), mounted.logged("do_wp_page"));
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#ext4")
    @Observed(OracleRow.EXT4_FIRST_FAULT)
    void shouldAnswerTheFirstFaultOfANewPageBySigbus(final Kernel kernel) throws InterruptedException {
        try (Mounted mounted = new Mounted(kernel)) {
            mounted.unbind();

            assertThrows(BusErrorException.class,
                () -> mounted.file.fault(mounted.host.cpu(), mounted.vma, UNTOUCHED, false));
        }
    }

    /** The new era was not asked: its process does not live that long. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#ext4")
    @Observed(OracleRow.EXT4_PIN)
    void shouldRefuseANewPinInTheOldEra(final Kernel kernel) throws InterruptedException {
        try (Mounted mounted = new Mounted(kernel)) {
            mounted.unbind();

            mounted.assertPinFaults(UNTOUCHED);
            if (kernel.isOld()) {
                mounted.assertPinFaults(PAGE);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#ext4")
    @Observed(OracleRow.EXT4_MUNMAP)
    void shouldTouchAFreedStructPageAtMunmapInTheNewEra(final Kernel kernel) throws InterruptedException {
        try (Mounted mounted = new Mounted(kernel)) {
            mounted.unbind();

            mounted.file.munmap(mounted.host.cpu(), mounted.vma);

            assertEquals(!kernel.isOld(), mounted.isOops());
        }
    }

    /** Even when all was unmapped. The new era does not get here. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#ext4")
    @Observed(OracleRow.EXT4_UMOUNT)
    void shouldOopsAtUmountInTheOldEra(final Kernel kernel) throws InterruptedException {
        try (Mounted mounted = new Mounted(kernel)) {
            mounted.file.munmap(mounted.host.cpu(), mounted.vma);
            mounted.unbind();
            assertEquals(List.of(), mounted.host.log());

            mounted.host.fileSystem().unmount(mounted.host.cpu());

            assertTrue(mounted.logged("dax_disassociate_entry"), mounted.host.log()::toString);
        }
    }

    /** S29: no kernel of either era waits for page pins. */
    @ParameterizedTest
    @MethodSource("holdsOnExt4")
    @Observed(OracleRow.EXT4_PINNED)
    void shouldNotWaitForAPin(final Kernel kernel, final boolean pin) throws InterruptedException {
        try (Mounted mounted = new Mounted(kernel)) {
            final Host.Hold hold = pin ? mounted.host.pin(mounted.host.table(0), PAGE, 1)
                : mounted.host.get(mounted.host.table(0), PAGE);

            mounted.unbind();

            assertTrue(mounted.host.memmap().isPoisoned(mounted.host.memmap().page(mounted.pfn)), "no struct page");
            assertFalse(mounted.isOops());
            hold.release();
            assertTrue(mounted.isOops(), "the release touches it");
        }
    }

    /** State D in {@code memunmap_pages}. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#ext4")
    @Observed(OracleRow.PAGEMAP_REFERENCE_HELD)
    void shouldWaitForAReferenceToThePagemap(final Kernel kernel) throws InterruptedException {
        try (Mounted mounted = new Mounted(kernel)) {
            final Host.Hold driver = mounted.host.getDevPagemap(mounted.pfn);
            try (Syscall unbind = mounted.startUnbind()) {
                unbind.awaitAsleepIn(Syscall.DRAIN).signal().assertSleepsOn();

                assertFalse(mounted.host.tryGetDevPagemap(mounted.host.cpu(), mounted.pfn), "the pagemap is dead");
                mounted.assertPinFaults(PAGE);
                mounted.assertPinFaults(UNTOUCHED);
                assertFalse(mounted.host.memmap().isPoisoned(mounted.host.memmap().page(mounted.pfn)));

                driver.release();
                unbind.assertReturns();
            }
        }
    }

    /** Past this the new era spins, and was not seen to come back. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#xfs")
    @Observed(OracleRow.XFS_MAPPED)
    void shouldSignalAndUnmapEveryMapperOnXfs(final Kernel kernel) throws InterruptedException {
        try (Mounted mounted = new Mounted(kernel)) {
            mounted.host.touch(mounted.file, mounted.file.mmap(mounted.host.table(1), 0, 16, 0), PAGE, true);

            mounted.unbind();

            for (int space = 0; space < 2; space++) {
                assertTrue(mounted.host.table(space).isKilled(), "SIGBUS");
                assertEquals(PageTableEntry.NONE, mounted.host.table(space).entry(PAGE));
            }
            if (kernel.isOld()) {
                assertTrue(mounted.host.fileSystem().isShutDown());
                mounted.file.munmap(mounted.host.cpu(), mounted.vma);
                assertFalse(mounted.isOops());
                assertEquals(List.of(), mounted.host.log());
            }
        }
    }

    /** S31: the notification is no correctness. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#xfs")
    @Observed(OracleRow.XFS_PINNED)
    void shouldNotWaitForAPinOnXfsEither(final Kernel kernel) throws InterruptedException {
        try (Mounted mounted = new Mounted(kernel)) {
            final Host.Hold pin = mounted.host.pin(mounted.host.table(0), PAGE, 1);

            mounted.unbind();

            assertTrue(mounted.host.table(0).isKilled(), "SIGBUS");
            assertEquals(PageTableEntry.NONE, mounted.host.table(0).entry(PAGE));
            if (kernel.isOld()) {
                pin.release();
                assertTrue(mounted.isOops(), "the release touches a freed struct page");
            }
        }
    }
}
