/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxFile;
import org.daxref.design.RefcountDesign;
import org.daxref.memory.CountingWords;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.PagemapType;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The walk under locks, through {@link Gup}: kernel.md A.8, B.7; {@code __get_user_pages} and its error numbers;
 * scenarios S35, S37 and S46.
 */
class SlowWalkTest {
    private static final int PAGES = 1024;

    private static int get(final TestMachine machine, final long start, final int pages, final boolean write,
                           final long[] out) {
        return machine.gup().getSlow(machine.cpu(), machine.table(0), start, pages, write, out);
    }

    private static int pin(final TestMachine machine, final long start, final int pages, final long[] out) {
        return machine.gup().pinSlow(machine.cpu(), machine.table(0), start, pages, true, out);
    }

    private static long[] pfns(final TestMachine machine, final long first, final int pages) {
        return LongStream.range(0, pages).map(i -> machine.startPfn() + first + i).toArray();
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldFaultInWhatIsMissing(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.file().mmap(machine.table(0), 0, PAGES, 0);
            final long[] got = new long[20];
            final long[] pinned = new long[20];

            assertEquals(20, get(machine, 500, 20, true, got));
            assertEquals(20, pin(machine, 505, 20, pinned));

            assertArrayEquals(pfns(machine, 500, 20), got);
            assertArrayEquals(pfns(machine, 505, 20), pinned);
            assertEquals(machine.resting(1) + 1, machine.count(504));
            assertEquals(machine.resting(1) + 1 + 1024, machine.count(505));
            assertEquals(machine.resting(1) + 1024, machine.count(524));
            assertTrue(machine.memmap().isReferenced(machine.page(524)));
            assertEquals(PageTableEntry.NONE, machine.table(0).entry(499));
            assertEquals(PageTableEntry.NONE, machine.table(0).entry(525));
            machine.gup().put(machine.cpu(), got, 20);
            machine.gup().unpin(machine.cpu(), pinned, 20);
            machine.checkBooks();
        }
    }

    /** A read maps read-only; the write after it faults again and finds the same page. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldFaultAgainForThePermissionToWrite(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.file().mmap(machine.table(0), 0, PAGES, 0);
            final long[] out = new long[1];
            assertEquals(1, get(machine, 3, 1, false, out));
            assertEquals(0, machine.table(0).entry(3) & PageTableEntry.WRITE);
            machine.gup().put(machine.cpu(), out, 1);

            assertEquals(1, pin(machine, 3, 1, out));

            assertEquals(machine.startPfn() + 3, out[0]);
            assertNotEquals(0, machine.table(0).entry(3) & PageTableEntry.WRITE);
            machine.gup().unpin(machine.cpu(), out, 1);
            machine.checkBooks();
        }
    }

    /** {@code pin_user_pages_fast}: what the walk without locks took stays, the rest follows. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldGoOnWhereTheWalkWithoutLocksStopped(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 3);
            final long[] out = new long[10];

            assertEquals(10, machine.gup().pin(machine.cpu(), machine.table(0), 0, 10, true, out));

            assertArrayEquals(pfns(machine, 0, 10), out);
            for (long page = 0; page < 10; page++) {
                assertEquals(machine.resting(1) + 1024, machine.count(page));
            }
            machine.gup().unpin(machine.cpu(), out, 10);
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldPinPagesUnderALeaf(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultPmd(machine.table(0), 512);
            final long[] pinned = new long[30];
            final long[] got = new long[1];

            assertEquals(30, pin(machine, 600, 30, pinned));
            assertEquals(1, get(machine, 512, 1, true, got));

            assertArrayEquals(pfns(machine, 600, 30), pinned);
            final long head = machine.memmap().head(machine.page(600));
            final boolean folio = head == machine.page(512);
            assertEquals(machine.resting(1) + (folio ? 30 + 1 : 1024), machine.counter().count(head));
            assertEquals(folio ? 30 : 0, machine.counter().pincount(head));
            machine.gup().unpin(machine.cpu(), pinned, 30);
            machine.gup().put(machine.cpu(), got, 1);
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldReturnEfaultWhereNothingIsMapped(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.file().mmap(machine.table(0), 10, 5, 10);
            final long[] out = new long[10];

            assertEquals(-Errno.EFAULT, pin(machine, 9, 2, out));
            assertEquals(-Errno.EFAULT, get(machine, 15, 1, false, out));
            assertEquals(-Errno.EFAULT, machine.gup().pin(machine.cpu(), machine.table(0), 0, 1, true, out));
            assertEquals(-Errno.EFAULT,
                machine.gup().pinLongterm(machine.cpu(), machine.table(0), 0, 1, true, out));
            assertEquals(2, pin(machine, 13, 5, out), "what comes before stays");

            machine.gup().unpin(machine.cpu(), out, 2);
            machine.checkBooks();
        }
    }

    /** Beyond the end of the file, and when the device is gone: the access would end in SIGBUS. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldReturnEfaultWhereTheFaultEndsInSigbus(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.file().mmap(machine.table(0), 0, PAGES, 0);
            machine.file().truncate(machine.cpu(), 100);
            final long[] out = new long[10];

            assertEquals(-Errno.EFAULT, pin(machine, 100, 1, out));
            assertEquals(3, pin(machine, 97, 10, out), "what comes before stays");
            machine.gup().unpin(machine.cpu(), out, 3);
            machine.pmem().kill(machine.cpu());
            assertEquals(-Errno.EFAULT, get(machine, 50, 1, false, out));
            machine.checkBooks();
        }
    }

    /** The zero page is not a page of the device: a hole can be written to, and then held, but not held to read. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldHoldAHoleToWriteOnly(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.file().mmap(machine.table(0), 0, PAGES, 0);
            machine.file().punch(machine.cpu(), 7, 1);
            final long[] out = new long[1];

            assertEquals(-Errno.EFAULT, get(machine, 7, 1, false, out));
            assertEquals(PageTableEntry.ZERO_PAGE, machine.table(0).entry(7));
            assertEquals(1, pin(machine, 7, 1, out));

            assertEquals(machine.file().pfn(7), out[0]);
            machine.gup().unpin(machine.cpu(), out, 1);
            machine.checkBooks();
        }
    }

    /** S37: the guard of the slow form; there is no walk on without a count. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldReturnEnomemOnACountThatIsNotPositive(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 5);
            final long count = machine.page(2) + PageDescriptor.REFCOUNT_OFFSET;
            final int before = machine.words().getIntVolatile(count);
            final long[] out = new long[5];
            for (final int bad : new int[] {Integer.MIN_VALUE + 5, -1023, 0}) {
                machine.words().putIntRelease(count, machine.counter().encode(bad));

                assertEquals(-Errno.ENOMEM, get(machine, 2, 1, true, out));
                assertEquals(-Errno.ENOMEM, pin(machine, 2, 3, out));
                assertEquals(2, machine.gup().pin(machine.cpu(), machine.table(0), 0, 5, true, out));

                assertEquals(bad, machine.count(2));
                machine.gup().unpin(machine.cpu(), out, 2);
            }
            machine.words().putIntRelease(count, before);
            assertEquals(0, machine.cpu().heldPagemap());
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldReturnEintrOnASignalThatStaysPending(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 5);
            final long[] out = new long[5];
            Thread.currentThread().interrupt();

            final int got = get(machine, 0, 5, true, out);
            final int pinned = pin(machine, 0, 5, out);
            final int fast = machine.gup().pin(machine.cpu(), machine.table(0), 0, 5, true, out);

            assertTrue(Thread.interrupted(), "the signal is for the caller");
            assertEquals(-Errno.EINTR, got);
            assertEquals(-Errno.EINTR, pinned);
            assertEquals(5, fast, "the walk without locks hears no signal");
            machine.gup().unpin(machine.cpu(), out, 5);
            machine.checkBooks();
        }
    }

    /** S46: refused before any walk, or after the page was counted and given back; nothing is left of it. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseToHoldPagesOfAFileForLong(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 5);
            machine.faultPmd(machine.table(0), 512);
            for (final long start : new long[] {0, 4, 512, 600}) {
                assertEquals(-Errno.EOPNOTSUPP,
                    machine.gup().pinLongterm(machine.cpu(), machine.table(0), start, 3, true, new long[3]));
            }
            assertEquals(-Errno.EOPNOTSUPP,
                machine.gup().pinLongterm(machine.cpu(), machine.table(0), 100, 3, false, new long[3]));

            assertEquals(PageTableEntry.NONE, machine.table(0).entry(100), "refused before the fault");
            assertEquals(machine.resting(1), machine.count(0));
            machine.checkBooks();
        }
    }

    /** S46: up to 6.14 the entry says whose the page is, later only the page does, which is counted to be looked at. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldCountAPageToLookWhoseItIsWhereTheEntryDoesNotTell(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES, CountingWords::new)) {
            final CountingWords words = (CountingWords) machine.words();
            machine.faultAll(machine.table(0), 0, 1);
            words.reset(offset -> offset == machine.page(0) + PageDescriptor.REFCOUNT_OFFSET);

            assertEquals(-Errno.EOPNOTSUPP,
                machine.gup().pinLongterm(machine.cpu(), machine.table(0), 0, 1, true, new long[1]));

            final boolean told = (machine.machine().design().entryBits() & PageTableEntry.DEVMAP) != 0;
            assertEquals(told ? 0 : 2, words.rmws());
        }
    }

    /** Device-dax: its pages start at 1, may be held for long, and are back at 1 when all is over. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldHoldPagesOfDeviceDaxForLong(final Setup setup) {
        try (TestMachine machine = setup.openBare(PAGES, UnaryOperator.identity())) {
            final long pgmap = machine.machine().createPagemap(machine.cpu(), PagemapType.GENERIC,
                machine.range(0, 64));
            machine.table(0).addArea(new Vma(machine.table(0), 0, 64, 0, deviceDax(machine)));
            final long[] out = new long[8];

            assertEquals(8, machine.gup().pinLongterm(machine.cpu(), machine.table(0), 4, 8, true, out));

            assertArrayEquals(pfns(machine, 4, 8), out);
            final int mapped = machine.countsMappings() ? 2 : 1;
            assertEquals(mapped + 1024, machine.count(4));
            machine.gup().unpin(machine.cpu(), out, 8);
            assertEquals(mapped, machine.count(4));
            assertEquals(8, machine.machine().mapper().zap(machine.cpu(), machine.table(0), 0, 64));
            assertEquals(1, machine.count(4));
            assertEquals(65, machine.machine().pagemaps().references(pgmap));
        }
    }

    /** {@code dev_dax_fault}: page by page, where nothing but the insertion is to be done. */
    private static VmOperations deviceDax(final TestMachine machine) {
        return new VmOperations() {
            @Override
            public boolean fault(final CpuSlot cpu, final Vma vma, final long page, final boolean write) {
                final RefcountDesign design = machine.machine().design();
                final long pfn = machine.startPfn() + vma.indexOf(page);
                assertTrue(design.beginInsert(cpu, machine.memmap().page(pfn)));
                final boolean mapped = machine.machine().mapper().insertPage(vma.table(), page, pfn, write);
                design.endInsert(cpu, machine.memmap().page(pfn));
                return mapped;
            }

            @Override
            public boolean isFsDax() {
                return false;
            }
        };
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldReturnEfaultWhereTheFaultFindsSomethingElse(final Setup setup) {
        try (TestMachine machine = setup.openBare(PAGES, UnaryOperator.identity())) {
            machine.table(0).addArea(new Vma(machine.table(0), 0, 64, 0, new VmOperations() {
                @Override
                public boolean fault(final CpuSlot cpu, final Vma vma, final long page, final boolean write) {
                    return false;
                }

                @Override
                public boolean isFsDax() {
                    return true;
                }
            }));

            assertEquals(-Errno.EFAULT, get(machine, 4, 1, false, new long[1]));
        }
    }

    /** Whether a walk takes a reference to the dev_pagemap, which a dying one refuses. */
    private static boolean guardsWalks(final Setup setup) {
        return switch (setup.design()) {
            case "pre-518", "dev-pagemap" -> true;
            case "pgmap-folio", "fs-held", "fs-held-drain" -> false;
            default -> throw new AssertionError("no word here on what it does when a device is dying");
        };
    }

    /** S35 under a leaf, to read: the old eras fail, the new ones count the page as long as its entry is there. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldFailUnderALeafOfADyingDeviceWhereWalksAreGuarded(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultPmd(machine.table(0), 512);
            machine.pmem().kill(machine.cpu());
            machine.machine().pagemaps().kill(machine.pgmap());
            final long[] out = new long[4];

            final int taken = machine.gup().pinSlow(machine.cpu(), machine.table(0), 600, 4, false, out);

            assertEquals(guardsWalks(setup) ? -Errno.EFAULT : 4, taken);
            machine.gup().unpin(machine.cpu(), out, Math.max(taken, 0));
            machine.checkBooks();
        }
    }

    /**
     * S35 at a PTE: the old eras look at it again and again, since a fault would find nothing to do, until it is
     * cleared; then the fault ends in SIGBUS.
     */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldSpinAtAPteOfADyingDeviceUntilItIsZappedWhereWalksAreGuarded(final Setup setup)
        throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 3, 1);
            machine.pmem().kill(machine.cpu());
            machine.machine().pagemaps().kill(machine.pgmap());
            final AtomicInteger result = new AtomicInteger(Integer.MAX_VALUE);
            final Thread walker = walker(machine, result);
            try {
                if (guardsWalks(setup)) {
                    assertFalse(walker.join(Duration.ofMillis(30)), "it gave up: result=" + result);
                } else {
                    Race.awaitTrue(() -> result.get() != Integer.MAX_VALUE);
                }
            } finally {
                machine.zapAll(machine.table(0));
                Race.awaitEnd(walker);
            }
            assertEquals(guardsWalks(setup) ? -Errno.EFAULT : 1, result.get());
        }
    }

    /** S35: the other way out. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldStopSpinningOnASignal(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 3, 1);
            machine.pmem().kill(machine.cpu());
            machine.machine().pagemaps().kill(machine.pgmap());
            final AtomicInteger result = new AtomicInteger(Integer.MAX_VALUE);
            final Thread walker = walker(machine, result);
            if (guardsWalks(setup)) {
                assertFalse(walker.join(Duration.ofMillis(20)), "it gave up: result=" + result);
            } else {
                Race.awaitTrue(() -> result.get() != Integer.MAX_VALUE);
            }

            walker.interrupt();

            Race.awaitEnd(walker);
            assertEquals(guardsWalks(setup) ? -Errno.EINTR : 1, result.get());
        }
    }

    /** Pins page 3 to read, since a device that goes leaves no permission to write, and gives it back. */
    private static Thread walker(final TestMachine machine, final AtomicInteger result) {
        return Thread.ofPlatform().daemon().start(() -> {
            final CpuSlot own = machine.machine().attach();
            final long[] out = new long[1];
            final int taken = machine.gup().pinSlow(own, machine.table(0), 3, 1, false, out);
            machine.gup().unpin(own, out, Math.max(taken, 0));
            result.set(taken);
            machine.machine().detach(own);
        });
    }

    /** The slow walk and a zap take turns at the table's lock: S19. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldTakeTurnsWithZaps(final Setup setup) throws Exception {
        try (TestMachine machine = setup.open(PAGES)) {
            final DaxFile file = machine.file();
            file.mmap(machine.table(0), 0, PAGES, 0);
            final long deadline = Race.deadline();
            final AtomicInteger pinned = new AtomicInteger();
            Race.run(() -> {
                final CpuSlot own = machine.machine().attach();
                final long[] out = new long[4];
                while (!Race.isOver(deadline) || pinned.get() == 0) {
                    final int taken = machine.gup().pinSlow(own, machine.table(0), 510, 4, true, out);
                    assertEquals(4, taken);
                    machine.gup().unpin(own, out, taken);
                    pinned.incrementAndGet();
                }
                machine.machine().detach(own);
            }, () -> {
                final CpuSlot own = machine.machine().attach();
                while (!Race.isOver(deadline)) {
                    machine.machine().mapper().zap(own, machine.table(0), 505, 20);
                }
                machine.machine().detach(own);
            });
            machine.checkBooks();
            assertEquals(0, machine.counter().negativeCounts());
        }
    }
}
