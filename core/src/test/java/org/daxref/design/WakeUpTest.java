/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.ActingWords;
import org.daxref.memory.ForwardingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.memory.Words;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.PagemapType;
import org.daxref.sync.WaitTableDescriptor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which drops wake a waiter for the idle page: the matrix of A.10, scenarios S3, S6, S7, S9, S10, S12, S16, S17. */
class WakeUpTest {
    private static final int PAGES = 1024;
    private static final long PAGE = 7;

    /** Sees every look at a wait queue: each stands for one wake-up that is issued. */
    private static final class WakeWords extends ForwardingWords {
        private long from;
        private int wakes;

        WakeWords(final Words target) {
            super(target);
        }

        int wakesOf(final TestMachine machine, final Runnable step) {
            from = machine.device().geometry().waitTableOffset();
            wakes = 0;
            step.run();
            from = 0;
            return wakes;
        }

        @Override
        protected void before(final Op op, final long offset) {
            if (op == Op.READ && from != 0 && offset >= from && offset < from + WaitTableDescriptor.TABLE_BYTES) {
                wakes++;
            }
        }
    }

    private static int wakes(final TestMachine machine, final Runnable step) {
        return ((WakeWords) machine.words()).wakesOf(machine, step);
    }

    /** What an unmap and, where entries hold references, a layout break leave is what somebody else holds. */
    private static void letGo(final TestMachine machine, final long first, final int order) {
        machine.zapAll(machine.table(0));
        machine.machine().design().breakEntry(machine.cpu(), machine.startPfn() + first, order);
    }

    /** S3: with a mapping, or an entry that holds a reference, there is no wake-up; without, there is one. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldWakeAtTheIdleCountOnly(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES, WakeWords::new)) {
            machine.faultAll(machine.table(0), PAGE, 1);
            final long[] out = new long[1];
            final int expected = machine.resting(1) == machine.idle() ? 1 : 0;

            assertEquals(1, machine.gup().getFast(machine.cpu(), machine.table(0), PAGE, 1, true, out));
            assertEquals(expected, wakes(machine, () -> machine.gup().put(machine.cpu(), out, 1)), "put");
            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), PAGE, 1, true, out));
            assertEquals(expected, wakes(machine, () -> machine.gup().unpin(machine.cpu(), out, 1)), "unpin");

            assertEquals(1 - expected, wakes(machine, () -> letGo(machine, PAGE, 0)), "S6: the last mapping");
        }
    }

    /** S17: 2049, 1025, idle: one wake-up, at the end. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldWakeOnceAtTheLastOfTwoPins(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES, WakeWords::new)) {
            machine.faultAll(machine.table(0), PAGE, 1);
            final long[] out = new long[1];
            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), PAGE, 1, true, out));
            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), PAGE, 1, true, out));
            assertEquals(0, wakes(machine, () -> letGo(machine, PAGE, 0)), "two pins are left");

            assertEquals(0, wakes(machine, () -> machine.gup().unpin(machine.cpu(), out, 1)));
            assertEquals(1, wakes(machine, () -> machine.gup().unpin(machine.cpu(), out, 1)));
        }
    }

    /** S6 for a leaf: one wake-up for the folio. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldWakeOncePerFolio(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES, WakeWords::new)) {
            machine.faultPmd(machine.table(0), 512);
            final long[] out = new long[512];
            assertEquals(512, machine.gup().pinFast(machine.cpu(), machine.table(0), 512, 512, true, out));
            assertEquals(0, wakes(machine, () -> letGo(machine, 512, PageTableEntry.PMD_ORDER)));

            assertEquals(machine.countsMappings() ? 1 : 512,
                wakes(machine, () -> machine.gup().unpin(machine.cpu(), out, 512)));
        }
    }

    /** S7: the new era's temporary reference makes one harmless wake-up. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldWakeHarmlesslyWhenAFaultFails(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES, WakeWords::new)) {
            machine.faultAll(machine.table(0), PAGE, 1);
            machine.faultAll(machine.table(1), PAGE + 1, 1);
            machine.zapAll(machine.table(1));
            final long entry = machine.file().identity() + 128 + (PAGE + 1) * 8;
            final int unlock = 1;

            final int wakes = wakes(machine,
                () -> assertFalse(machine.fault(machine.table(0), PAGE, PAGE + 1, true)));

            assertEquals(unlock + (machine.countsMappings() ? 1 : 0), wakes);
            assertEquals(0, machine.words().getLongVolatile(entry) & 1, "the entry is unlocked");
        }
    }

    /** S38, S39: a count that misses the idle value wakes nobody. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldNotWakeAtACountThatIsNotIdle(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES, WakeWords::new)) {
            final long page = machine.page(PAGE);
            final RefcountDesign design = machine.machine().design();

            assertEquals(0, wakes(machine, () -> design.unpin(machine.cpu(), page, 1)), "S38: a double unpin");
            machine.words().putIntRelease(page + PageDescriptor.REFCOUNT_OFFSET,
                machine.counter().encode(machine.idle() + 1));
            assertEquals(0, wakes(machine, () -> design.unpin(machine.cpu(), page, 1)),
                "S39: a reference dropped as a pin");
            machine.words().putIntRelease(page + PageDescriptor.REFCOUNT_OFFSET,
                machine.counter().encode(machine.idle() + 1024));
            assertEquals(0, wakes(machine, () -> design.put(machine.cpu(), page, 1)),
                "S39: a pin dropped as a reference");
        }
    }

    /** A.10: the back-out of a walk is a put site as well; in the old era it may be the one that a waiter needs. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldWakeWhenAWalkBacksOut(final Setup setup) throws InterruptedException {
        final WakeWords[] wakeWords = new WakeWords[1];
        try (TestMachine machine = setup.open(PAGES, target -> {
            wakeWords[0] = new WakeWords(target);
            return new ActingWords(wakeWords[0]);
        })) {
            machine.faultAll(machine.table(0), PAGE, 1);
            final long count = machine.page(PAGE) + PageDescriptor.REFCOUNT_OFFSET;
            final ActingWords acting = (ActingWords) machine.words();
            final var zapper = machine.machine().attach();
            acting.afterNext(Op.RMW, count, () -> {
                machine.machine().mapper().zap(zapper, machine.table(0), 0, PAGES);
                machine.machine().design().breakEntry(zapper, machine.startPfn() + PAGE, 0);
            });

            final int wakes = wakeWords[0].wakesOf(machine, () -> assertEquals(0,
                machine.gup().getFast(machine.cpu(), machine.table(0), PAGE, 1, true, new long[1])));

            assertEquals(1, wakes, "the zap found the page busy; the back-out finds it idle");
            assertEquals(machine.idle(), machine.count(PAGE));
            machine.machine().detach(zapper);
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldWakeNobodyForADeviceDaxPage(final Setup setup) {
        try (TestMachine machine = setup.openBare(PAGES, WakeWords::new)) {
            machine.machine().createPagemap(machine.cpu(), PagemapType.GENERIC, machine.range(0, 8));
            final long page = machine.page(PAGE);
            final RefcountDesign design = machine.machine().design();

            assertTrue(machine.counter().tryGet(page, 1));
            assertEquals(0, wakes(machine, () -> design.put(machine.cpu(), page, 1)));
            assertEquals(0, wakes(machine, () -> design.put(machine.cpu(), page, 1)));
        }
    }

    /** A thread that waits until a page is idle, as a truncate does. */
    private static Thread waiter(final TestMachine machine, final long page, final AtomicInteger result) {
        final long head = machine.memmap().head(machine.page(page));
        return Thread.ofPlatform().daemon().start(() -> {
            try {
                final boolean idle = machine.machine().waits().waitVar(machine.machine().design().idleAddress(head),
                    () -> machine.counter().count(head) == machine.idle(), TimeUnit.SECONDS.toNanos(120));
                result.set(idle ? 1 : -1);
            } catch (final InterruptedException e) {
                result.set(-2);
            }
        });
    }

    private static void assertWoken(final Thread waiter, final AtomicInteger result) throws InterruptedException {
        assertTrue(waiter.join(Duration.ofSeconds(120)), "the waiter sleeps on");
        assertEquals(1, result.get());
    }

    /** S9: pin, wait, unpin. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldWakeTheWaiterAtTheLastUnpin(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), PAGE, 1);
            final long[] out = new long[1];
            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), PAGE, 1, true, out));
            letGo(machine, PAGE, 0);
            final AtomicInteger result = new AtomicInteger();
            final Thread waiter = waiter(machine, PAGE, result);
            Race.awaitParked(waiter);

            machine.gup().unpin(machine.cpu(), out, 1);

            assertWoken(waiter, result);
        }
    }

    /** S10: the same with a reference. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldWakeTheWaiterAtTheLastPut(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), PAGE, 1);
            final long[] out = new long[1];
            assertEquals(1, machine.gup().getFast(machine.cpu(), machine.table(0), PAGE, 1, true, out));
            letGo(machine, PAGE, 0);
            final AtomicInteger result = new AtomicInteger();
            final Thread waiter = waiter(machine, PAGE, result);
            Race.awaitParked(waiter);

            machine.gup().put(machine.cpu(), out, 1);

            assertWoken(waiter, result);
        }
    }

    /** S6: in the new eras the last unmap, or the entry that lets go, is what a waiter for an idle page waits for. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldWakeTheWaiterAtTheLastUnmap(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultPmd(machine.table(0), 512);
            machine.faultPmd(machine.table(1), 512);
            final AtomicInteger result = new AtomicInteger();
            final Thread waiter = waiter(machine, 600, result);
            if (machine.resting(2) != machine.idle()) {
                Race.awaitParked(waiter);
                machine.zapAll(machine.table(1));
                assertFalse(waiter.join(Duration.ofMillis(20)), "one mapping is left");
                letGo(machine, 512, PageTableEntry.PMD_ORDER);
            }

            assertWoken(waiter, result);
        }
    }

    /** S16: pinned again before the waiter runs; it must go back to sleep and be woken by the next unpin. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldSleepOnWhenThePageIsPinnedAgain(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), PAGE, 1);
            final long[] first = new long[1];
            final long[] second = new long[1];
            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), PAGE, 1, true, first));
            final AtomicInteger result = new AtomicInteger();
            final Thread waiter = waiter(machine, PAGE, result);
            Race.awaitParked(waiter);

            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), PAGE, 1, true, second));
            machine.gup().unpin(machine.cpu(), first, 1);
            assertFalse(waiter.join(Duration.ofMillis(20)));
            letGo(machine, PAGE, 0);
            machine.gup().unpin(machine.cpu(), second, 1);

            assertWoken(waiter, result);
        }
    }

    /** S12, I3: unpins race with waiters that go to sleep; none sleeps on. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldNeverLoseTheWakeUpOfAnUnpin(final Setup setup) throws Exception {
        try (TestMachine machine = setup.open(PAGES, UnaryOperator.identity())) {
            final long head = machine.page(PAGE);
            final long deadline = Race.deadline();
            final AtomicInteger round = new AtomicInteger();
            final AtomicInteger waited = new AtomicInteger();
            Race.run(() -> {
                final var cpu = machine.machine().attach();
                final long[] out = new long[1];
                for (int i = 1; !Race.isOver(deadline); i++) {
                    machine.faultAll(machine.table(0), PAGE, 1);
                    assertEquals(1, machine.gup().pinFast(cpu, machine.table(0), PAGE, 1, true, out));
                    assertFalse(machine.file().tryBreakLayout(cpu, PAGE, 1), "it is pinned");
                    round.set(i);
                    for (int pause = i % 256; pause > 0; pause--) {
                        Thread.onSpinWait();
                    }
                    machine.gup().unpin(cpu, out, 1);
                    final long begun = System.nanoTime();
                    while (waited.get() != i) {
                        assertTrue(System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(120), "lost in round " + i);
                        Thread.onSpinWait();
                    }
                }
                round.set(-1);
                machine.faultAll(machine.table(0), PAGE, 1);
                machine.machine().detach(cpu);
            }, () -> {
                int seen = 0;
                while (round.get() >= 0) {
                    if (round.get() > seen) {
                        seen = round.get();
                        assertTrue(machine.machine().waits().waitVar(machine.machine().design().idleAddress(head),
                            () -> machine.counter().count(head) == machine.idle(), TimeUnit.SECONDS.toNanos(120)));
                        waited.set(seen);
                    }
                }
            });
            machine.checkBooks();
        }
    }
}
