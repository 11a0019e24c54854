/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.daxref.dax.DaxFile;
import org.daxref.mm.BusErrorException;
import org.daxref.mm.Vma;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Section 2, first half: which operation waits for whom, and in which state it sleeps. Truncate and punch sleep in
 * {@code ext4_break_layouts}, {@code xfs_break_dax_layouts} or {@code dax_break_layout}, the end of a file in
 * {@code dax_break_layout_final}.
 */
@Timeout(60)
class BlockingTest {
    private static final List<Row> ROWS = List.of(
        // scenario, who holds what, operation, old, new, log of the old
        new Row(OracleRow.NOT_PINNED, Holder.NOBODY, Operation.TRUNCATE, Sleep.NONE, Sleep.NONE, Log.NOTHING),
        new Row(OracleRow.NOT_PINNED, Holder.NOBODY, Operation.PUNCH, Sleep.NONE, Sleep.NONE, Log.NOTHING),
        new Row(OracleRow.HELD, Holder.GET, Operation.TRUNCATE, Sleep.S, Sleep.S, Log.NOTHING),
        new Row(OracleRow.HELD, Holder.GET, Operation.PUNCH, Sleep.S, Sleep.S, Log.NOTHING),
        new Row(OracleRow.HELD, Holder.PIN, Operation.TRUNCATE, Sleep.S, Sleep.S, Log.NOTHING),
        new Row(OracleRow.HELD, Holder.PIN, Operation.PUNCH, Sleep.S, Sleep.S, Log.NOTHING),
        new Row(OracleRow.ANOTHER_PAGE, Holder.PIN, Operation.PUNCH_ANOTHER, Sleep.S, Sleep.S, Log.NOTHING),
        new Row(OracleRow.ANOTHER_PAGE, Holder.PIN, Operation.TRUNCATE_ABOVE, Sleep.S, Sleep.S, Log.NOTHING),
        new Row(OracleRow.FSYNC_AND_WRITE, Holder.PIN, Operation.FSYNC, Sleep.NONE, Sleep.NONE, Log.NOTHING),
        new Row(OracleRow.FSYNC_AND_WRITE, Holder.PIN, Operation.WRITE, Sleep.NONE, Sleep.NONE, Log.NOTHING),
        new Row(OracleRow.PAGEMAP_REFERENCE_ONLY, Holder.PAGEMAP, Operation.TRUNCATE, Sleep.NONE, Sleep.NONE,
            Log.NOTHING),
        new Row(OracleRow.PMD_ENTRY, Holder.PIN_UNDER_PMD, Operation.TRUNCATE, Sleep.S, Sleep.S, Log.NOTHING),
        new Row(OracleRow.PMD_ENTRY, Holder.PIN_UNDER_PMD, Operation.PUNCH, Sleep.S, Sleep.S, Log.NOTHING),
        new Row(OracleRow.MUNMAP_FIRST, Holder.PIN_UNMAPPED, Operation.TRUNCATE, Sleep.NONE, Sleep.S, Log.WARNING),
        new Row(OracleRow.UNLINK, Holder.PIN_UNMAPPED, Operation.UNLINK, Sleep.NONE, Sleep.D, Log.UNSAID),
        new Row(OracleRow.UMOUNT, Holder.PIN_UNMAPPED, Operation.UMOUNT, Sleep.NONE, Sleep.D, Log.WARNING));

    /** One line of the table. */
    private record Row(OracleRow row, Holder holder, Operation operation, Sleep old, Sleep recent, Log oldLog) {

        Sleep cell(final Kernel kernel) {
            return kernel.era().column(old, recent);
        }

        Log log(final Kernel kernel) {
            return kernel.era().column(oldLog, Log.NOTHING);
        }

        @Override
        public String toString() {
            return row + "; " + holder + "; " + operation;
        }
    }

    /** Who holds the page at first. */
    private enum Holder { NOBODY, GET, PIN, PIN_UNMAPPED, PIN_UNDER_PMD, PAGEMAP }

    /** How the operation sleeps. */
    private enum Sleep {
        /** It proceeds. */
        NONE(""),
        /** Interruptible. */
        S(Syscall.BREAK_LAYOUT),
        /** Uninterruptible. */
        D(Syscall.BREAK_FINAL);

        private final String function;

        Sleep(final String function) {
            this.function = function;
        }
    }

    /** What the kernel says when an operation proceeds. */
    private enum Log { NOTHING, WARNING, UNSAID }

    /** What is done to the file. */
    private enum Operation {
        TRUNCATE {
            @Override
            void run(final Scene scene, final CpuSlot cpu) throws InterruptedException {
                scene.file.truncate(cpu, 0);
            }
        },
        TRUNCATE_ABOVE {
            @Override
            void run(final Scene scene, final CpuSlot cpu) throws InterruptedException {
                scene.file.truncate(cpu, OTHER);
            }
        },
        PUNCH {
            @Override
            void run(final Scene scene, final CpuSlot cpu) throws InterruptedException {
                scene.file.punch(cpu, PAGE, 1);
            }
        },
        PUNCH_ANOTHER {
            @Override
            void run(final Scene scene, final CpuSlot cpu) throws InterruptedException {
                scene.file.punch(cpu, OTHER, 1);
            }
        },
        FSYNC {
            @Override
            void run(final Scene scene, final CpuSlot cpu) {
                scene.file.fsync();
            }
        },
        WRITE {
            @Override
            void run(final Scene scene, final CpuSlot cpu) {
                scene.file.write(cpu, PAGE, 1);
            }
        },
        UNLINK {
            @Override
            void run(final Scene scene, final CpuSlot cpu) {
                scene.host.fileSystem().unlink(cpu, scene.file);
            }
        },
        UMOUNT {
            @Override
            void run(final Scene scene, final CpuSlot cpu) {
                scene.host.fileSystem().unmount(cpu);
            }
        };

        abstract void run(Scene scene, CpuSlot cpu) throws InterruptedException;
    }

    private static final long PAGE = 3;
    private static final long OTHER = 5;

    /** A file of which two pages are mapped and one is held. */
    private static final class Scene {
        private final Host host;
        private final DaxFile file;
        private final Vma vma;
        private final long size;
        private final long pfn;
        private final Host.Hold hold;

        Scene(final Host host, final Holder holder) {
            this.host = host;
            size = holder == Holder.PIN_UNDER_PMD ? PageTableEntry.ENTRIES : 16;
            file = host.fileSystem().create(size);
            pfn = file.pfn(PAGE);
            vma = file.mmap(host.table(0), 0, size, 0);
            if (holder == Holder.PIN_UNDER_PMD) {
                assertTrue(file.faultPmd(host.cpu(), vma, 0, true));
            } else {
                host.touch(file, vma, PAGE, true);
                host.touch(file, vma, OTHER, true);
            }
            hold = hold(holder);
        }

        private Host.Hold hold(final Holder holder) {
            return switch (holder) {
                case NOBODY -> () -> { };
                case GET -> host.get(host.table(0), PAGE);
                case PIN, PIN_UNDER_PMD -> host.pin(host.table(0), PAGE, 1);
                case PAGEMAP -> host.getDevPagemap(pfn);
                case PIN_UNMAPPED -> {
                    final Host.Hold pin = host.pin(host.table(0), PAGE, 1);
                    file.munmap(host.cpu(), vma);
                    yield pin;
                }
            };
        }

        Syscall start(final Operation operation) {
            return Syscall.start(host, cpu -> operation.run(this, cpu));
        }

        void assertNothingCut() {
            assertEquals(size, file.pages());
            assertEquals(pfn, file.pfn(PAGE));
            assertEquals(List.of(), host.log());
        }
    }

    static Stream<OracleRow> table() {
        return ROWS.stream().map(Row::row);
    }

    private static Stream<Arguments> rows() {
        return Kernel.all().stream().flatMap(kernel -> ROWS.stream().map(row -> Arguments.of(kernel, row)));
    }

    private static Stream<Arguments> sleepers() {
        return Kernel.all().stream().flatMap(kernel -> ROWS.stream().filter(row -> row.cell(kernel) != Sleep.NONE)
            .map(row -> Arguments.of(kernel, row)));
    }

    @ParameterizedTest
    @MethodSource("rows")
    @Observed(OracleRow.ENDS_AT_THE_RELEASE)
    void shouldSleepUntilTheReleaseAsTheKernelDid(final Kernel kernel, final Row row) throws InterruptedException {
        try (Host host = new Host(kernel)) {
            final Scene scene = new Scene(host, row.holder);
            try (Syscall syscall = scene.start(row.operation)) {
                if (row.cell(kernel) == Sleep.NONE) {
                    syscall.assertReturns();
                    scene.hold.release();
                } else {
                    syscall.awaitAsleepIn(row.cell(kernel).function).assertSleepsOn();
                    scene.assertNothingCut();
                    scene.hold.release();
                    syscall.assertReturns();
                }
            }
            assertLog(host, row.log(kernel));
        }
    }

    private static void assertLog(final Host host, final Log expected) {
        if (expected == Log.NOTHING) {
            assertEquals(List.of(), host.log());
        } else if (expected == Log.WARNING) {
            assertEquals(1, host.log().size());
            assertTrue(host.log().getFirst().startsWith("WARNING: dax_disassociate_entry: "), host.log()::toString);
        }
    }

    /** EINTR and nothing is cut; at the end of a file the signal waits. */
    @ParameterizedTest
    @MethodSource("sleepers")
    @Observed(OracleRow.SIGNAL)
    void shouldAnswerASignalInStateSOnly(final Kernel kernel, final Row row) throws InterruptedException {
        try (Host host = new Host(kernel)) {
            final Scene scene = new Scene(host, row.holder);
            try (Syscall syscall = scene.start(row.operation)) {
                syscall.awaitAsleepIn(row.cell(kernel).function).signal();
                if (row.cell(kernel) == Sleep.S) {
                    syscall.assertInterrupted();
                    scene.assertNothingCut();
                    scene.hold.release();
                } else {
                    syscall.assertSleepsOn();
                    scene.assertNothingCut();
                    scene.hold.release();
                    syscall.assertReturns();
                }
            }
        }
    }

    /** After ftruncate(0) SIGBUS; after a punch a zeroed page. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#all")
    @Observed(OracleRow.ACCESS_AFTERWARDS)
    void shouldGiveNothingOldToALaterAccess(final Kernel kernel) throws InterruptedException {
        try (Host host = new Host(kernel)) {
            final Scene scene = new Scene(host, Holder.NOBODY);
            scene.file.write(host.cpu(), PAGE, 'A');

            scene.file.punch(host.cpu(), PAGE, 1);
            host.touch(scene.file, scene.vma, PAGE, true);
            assertEquals(0, host.data(PageTableEntry.pfn(host.table(0).entry(PAGE))));

            scene.file.truncate(host.cpu(), 0);
            assertThrows(BusErrorException.class, () -> scene.file.fault(host.cpu(), scene.vma, PAGE, false));
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#all")
    @Observed(OracleRow.TWO_PINS)
    void shouldWaitForTheSecondOfTwoPins(final Kernel kernel) throws InterruptedException {
        try (Host host = new Host(kernel)) {
            final Scene scene = new Scene(host, Holder.PIN);
            final Host.Hold other = host.pin(host.table(0), OTHER, 1);
            try (Syscall truncate = scene.start(Operation.TRUNCATE)) {
                truncate.awaitAsleepIn(Syscall.BREAK_LAYOUT);
                scene.hold.release();
                truncate.assertSleepsOn();
                scene.assertNothingCut();
                other.release();
                truncate.assertReturns();
            }
        }
    }

    /** S20, S22 as the user saw it: in the old era the page of a pin comes to show another file. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#all")
    @Observed(OracleRow.UNLINK)
    void shouldGiveTheBlockAwayUnderThePinInTheOldEra(final Kernel kernel) throws InterruptedException {
        try (Host host = new Host(kernel)) {
            final Scene scene = new Scene(host, Holder.PIN_UNMAPPED);
            scene.file.write(host.cpu(), PAGE, 'P');
            try (Syscall unlink = scene.start(Operation.UNLINK)) {
                if (kernel.isOld()) {
                    unlink.assertReturns();
                } else {
                    unlink.awaitAsleepIn(Syscall.BREAK_FINAL);
                }
                final DaxFile other = host.fileSystem().create(16);
                other.write(host.cpu(), PAGE, 'S');
                assertEquals(kernel.isOld(), scene.pfn == other.pfn(PAGE), "the same block");
                assertEquals(kernel.era().column((long) 'S', (long) 'P'), host.data(scene.pfn), "through the pin");

                scene.hold.release();
                unlink.assertReturns();
                assertEquals(!kernel.isOld(), host.fileSystem().isFree(scene.pfn));
            }
        }
    }
}
