/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.daxref.dax.DaxFile;
import org.daxref.mm.Vma;
import org.daxref.page.PageTableEntry;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Section 2, second half: what others may do while an operation waits for a page, and what it then waits for. */
@Timeout(60)
class WhileItWaitsTest {
    private static final int PAGES = 16;
    private static final long PAGE = 3;
    private static final long OTHER = 5;

    /** A mapped file with a pinned page, and a punch of another page that waits for it. */
    private static final class Waiting implements AutoCloseable {
        private final Host host;
        private final DaxFile file;
        private final Vma vma;
        private final long pfn;
        private final Host.Hold pin;
        private final Syscall punch;

        Waiting(final Kernel kernel) throws InterruptedException {
            host = new Host(kernel);
            file = host.fileSystem().create(PAGES);
            file.write(host.cpu(), PAGE, 'P');
            vma = file.mmap(host.table(0), 0, PAGES, 0);
            host.touch(file, vma, PAGE, true);
            host.touch(file, vma, OTHER, true);
            pfn = file.pfn(PAGE);
            pin = host.pin(host.table(0), PAGE, 1);
            assertEquals(kernel.era().column("1025/0", "1025/1"), host.counts(pfn));
            punch = Syscall.start(host, cpu -> file.punch(cpu, OTHER, 1)).awaitAsleepIn(Syscall.BREAK_LAYOUT);
        }

        @Override
        public void close() {
            punch.close();
            host.close();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#all")
    @Observed(OracleRow.UNMAPPED_WHILE_IT_WAITS)
    void shouldHaveUnmappedThePage(final Kernel kernel) throws InterruptedException {
        try (Waiting waiting = new Waiting(kernel)) {
            assertEquals(PageTableEntry.NONE, waiting.host.table(0).entry(PAGE));
            assertEquals(kernel.era().column("1025/0", "1024/0"), waiting.host.counts(waiting.pfn));

            waiting.pin.release();
            waiting.punch.assertReturns();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#all")
    @Observed(OracleRow.REFAULT)
    void shouldMapTheSamePageAgain(final Kernel kernel) throws InterruptedException {
        try (Waiting waiting = new Waiting(kernel)) {
            final long other = waiting.file.pfn(OTHER);

            waiting.host.touch(waiting.file, waiting.vma, PAGE, true);
            waiting.host.touch(waiting.file, waiting.vma, OTHER, true);

            assertEquals(waiting.pfn, PageTableEntry.pfn(waiting.host.table(0).entry(PAGE)));
            assertEquals(other, PageTableEntry.pfn(waiting.host.table(0).entry(OTHER)));
            assertEquals(kernel.era().column("1025/0", "1025/1"), waiting.host.counts(waiting.pfn));
            waiting.punch.assertSleepsOn();
            waiting.file.munmap(waiting.host.cpu(), waiting.vma);
            waiting.pin.release();
            waiting.punch.assertReturns();
        }
    }

    /** A mapping of another page holds nobody up: the wake-up is followed by another scan, which unmaps it. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#all")
    @Observed(OracleRow.REFAULT)
    void shouldNotWaitForAnotherPageThatWasMappedAgain(final Kernel kernel) throws InterruptedException {
        try (Waiting waiting = new Waiting(kernel)) {
            waiting.host.touch(waiting.file, waiting.vma, OTHER, true);

            waiting.pin.release();

            waiting.punch.assertReturns();
            assertEquals(PageTableEntry.NONE, waiting.host.table(0).entry(OTHER));
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#all")
    @Observed(OracleRow.NEW_PIN)
    void shouldLetAnybodyPinThePage(final Kernel kernel) throws InterruptedException {
        try (Waiting waiting = new Waiting(kernel)) {
            final Host.Hold second = waiting.host.pin(waiting.host.table(0), PAGE, 1);

            assertEquals(kernel.era().column("2049/0", "2049/1"), waiting.host.counts(waiting.pfn));
            waiting.pin.release();
            waiting.punch.assertSleepsOn();
            waiting.file.munmap(waiting.host.cpu(), waiting.vma);
            second.release();
            waiting.punch.assertReturns();
        }
    }

    /** State D on the inode lock. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#all")
    @Observed(OracleRow.READ_AND_WRITE)
    void shouldHoldUpReadsAndWritesUninterruptibly(final Kernel kernel) throws InterruptedException {
        try (Waiting waiting = new Waiting(kernel);
             Syscall read = Syscall.start(waiting.host, cpu -> assertEquals('P', waiting.file.read(PAGE)));
             Syscall write = Syscall.start(waiting.host, cpu -> waiting.file.write(cpu, 0, 'W'))) {
            read.awaitAsleepIn(Syscall.READ).signal().assertSleepsOn();
            write.awaitAsleepIn(Syscall.WRITE).signal().assertSleepsOn();
            assertEquals(0, waiting.host.data(waiting.file.pfn(0)));

            waiting.pin.release();

            waiting.punch.assertReturns();
            read.assertReturns();
            write.assertReturns();
            assertEquals('W', waiting.host.data(waiting.file.pfn(0)));
        }
    }

    /** S26: nothing is due to wake it; MADV_DONTNEED does. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#all")
    @Observed(OracleRow.REFAULT_THEN_UNPIN)
    void shouldWaitForTheRefaultsOwnMappingInTheNewEra(final Kernel kernel) throws InterruptedException {
        try (Waiting waiting = new Waiting(kernel)) {
            waiting.host.touch(waiting.file, waiting.vma, PAGE, true);

            waiting.pin.release();

            if (!kernel.isOld()) {
                waiting.punch.awaitAsleepIn(Syscall.BREAK_LAYOUT).assertSleepsOn();
                assertEquals("1/1", waiting.host.counts(waiting.pfn), "no pin is left");
                madviseDontNeed(waiting);
            }
            waiting.punch.assertReturns();
            assertEquals(kernel.era().column("1/0", "0/0"), waiting.host.counts(waiting.pfn));
        }
    }

    private static void madviseDontNeed(final Waiting waiting) {
        waiting.host.machine().mapper().zap(waiting.host.cpu(), waiting.host.table(0), PAGE, 1);
    }

    /** The signal is inferred. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#all")
    @Observed(OracleRow.REFAULT_THEN_UNPIN)
    void shouldEndTheLastingWaitByASignal(final Kernel kernel) throws InterruptedException {
        try (Waiting waiting = new Waiting(kernel)) {
            waiting.host.touch(waiting.file, waiting.vma, PAGE, true);
            waiting.pin.release();

            if (kernel.isOld()) {
                waiting.punch.assertReturns();
            } else {
                waiting.punch.awaitAsleepIn(Syscall.BREAK_LAYOUT).signal().assertInterrupted();
            }
        }
    }

    /** S44: B never pinned anything. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#xfs")
    @Observed(OracleRow.REFLINK_PUNCH)
    void shouldWaitForTheMappingOfTheOtherFileInTheNewEra(final Kernel kernel) throws InterruptedException {
        try (Host host = new Host(kernel)) {
            final DaxFile a = host.fileSystem().create(1);
            final DaxFile b = host.fileSystem().reflink(a);
            final Vma vmaOfA = a.mmap(host.table(0), 0, 1, 0);
            host.touch(a, vmaOfA, 0, false);
            host.touch(b, b.mmap(host.table(1), 0, 1, 0), 0, false);
            final long[] pinned = new long[1];
            assertEquals(1, host.gup().pin(host.cpu(), host.table(0), 0, 1, false, pinned));
            try (Syscall punch = Syscall.start(host, cpu -> b.punch(cpu, 0, 1))) {
                punch.awaitAsleepIn(Syscall.BREAK_LAYOUT).assertSleepsOn();

                host.gup().unpin(host.cpu(), pinned, 1);

                if (!kernel.isOld()) {
                    punch.assertSleepsOn();
                    assertEquals("1/1", host.counts(pinned[0]), "the mapping of A");
                    a.munmap(host.cpu(), vmaOfA);
                }
                punch.assertReturns();
            }
            assertEquals(pinned[0], a.pfn(0), "A keeps the block");
            assertTrue(b.pfn(0) < 0, "B has a hole");
        }
    }
}
