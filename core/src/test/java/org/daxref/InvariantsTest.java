/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.daxref.Invariants.Invariant;
import org.daxref.Invariants.Violation;
import org.daxref.dax.DaxFile;
import org.daxref.memory.WordsKind;
import org.daxref.mm.Vma;
import org.daxref.sync.WaitTable;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The checker passes a device in use, and sees each invariant broken. */
class InvariantsTest {
    private static final long PAGES = 1024;
    private static final long GRACE_NS = TimeUnit.MILLISECONDS.toNanos(20);

    static Stream<Setup> designs() {
        return Machine.designNames().stream().map(design -> new Setup(design, "cas", WordsKind.SEGMENT));
    }

    /** A machine with a ledger, a file with a mapped leaf, another with mapped pages, and pages of both held. */
    private static final class InUse implements AutoCloseable {
        private final TestMachine machine;
        private final DaxFile small;
        private final Vma area;
        private final long[] pin = new long[1];

        InUse(final Setup setup) {
            machine = setup.openScheduled(PAGES);
            final DaxFile large = machine.fileSystem().create(512);
            large.faultPmd(machine.cpu(), large.mmap(machine.table(0), 0, 512, 0), 0, true);
            small = machine.fileSystem().create(8);
            area = small.mmap(machine.table(0), 512, 8, 0);
            for (int page = 512; page < 516; page++) {
                small.fault(machine.cpu(), area, page, true);
            }
            machine.gup().pin(machine.cpu(), machine.table(0), 0, 1, true, new long[1]);
            machine.gup().getFast(machine.cpu(), machine.table(0), 513, 1, true, new long[1]);
            machine.gup().pin(machine.cpu(), machine.table(0), 512, 1, true, pin);
        }

        /** The descriptor of the page that is pinned. */
        private long page() {
            return machine.memmap().page(pin[0]);
        }

        @Override
        public void close() {
            machine.close();
        }
    }

    private static void assertViolated(final Invariant invariant, final Executable check) {
        assertEquals(invariant, assertThrows(Violation.class, check).invariant());
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldPassADeviceInUse(final Setup setup) {
        try (InUse used = new InUse(setup)) {
            Invariants.check(used.machine);
            Invariants.checkCpus(used.machine.cpu());
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldSeeABlockThatIsFreeUnderAPin(final Setup setup) {
        try (InUse used = new InUse(setup)) {
            assertFalse(used.machine.fileSystem().isFree(used.pin[0]));
            Invariants.checkHeld(used.machine.fileSystem(), used.pin[0]);

            assertViolated(Invariant.I1, () -> Invariants.checkHeld(used.machine.fileSystem(),
                used.machine.startPfn() + PAGES - 1));
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldSeeAStructPageThatIsUsedAfterItIsGone(final Setup setup) {
        try (TestMachine machine = setup.openScheduled(PAGES)) {
            machine.machine().unbind(machine.cpu(), machine.pmem());
            Invariants.check(machine);

            machine.counter().increment(machine.page(3));

            assertViolated(Invariant.I2, () -> Invariants.check(machine));
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldSeeAWaiterThatNobodyWoke(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.openScheduled(PAGES)) {
            final AtomicBoolean condition = new AtomicBoolean();
            final WaitTable waits = machine.machine().waits();
            final Thread waiter = Thread.ofPlatform().start(
                () -> waits.waitVarUninterruptible(machine.page(0), condition::get));
            try {
                Race.awaitParked(waiter);
                Invariants.checkWaiters(machine, GRACE_NS);
                condition.set(true);

                assertViolated(Invariant.I3, () -> Invariants.checkWaiters(machine, GRACE_NS));
            } finally {
                condition.set(true);
                waits.wakeUpVar(machine.page(0));
                waiter.join();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldSeeACountThatIsOff(final Setup setup) {
        try (InUse used = new InUse(setup)) {
            used.machine.counter().increment(used.page());

            assertViolated(Invariant.I4, () -> Invariants.check(used.machine));
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldSeeALeakedReferenceToTheDevice(final Setup setup) {
        try (InUse used = new InUse(setup)) {
            used.machine.machine().pagemaps().tryGetLive(used.machine.cpu(), used.machine.pgmap());

            assertViolated(Invariant.I5, () -> Invariants.check(used.machine));
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldSeeADeviceThatIsNotGone(final Setup setup) {
        try (TestMachine machine = setup.openScheduled(PAGES)) {
            assertViolated(Invariant.I6, () -> Invariants.checkGone(machine, machine.cpu(), machine.pgmap(),
                machine.machine().wholeDevice()));
            machine.machine().unbind(machine.cpu(), machine.pmem());

            Invariants.checkGone(machine, machine.cpu(), machine.pgmap(), machine.machine().wholeDevice());
        }
    }
}
