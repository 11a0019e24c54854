/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.ActingWords;
import org.daxref.memory.CountingWords;
import org.daxref.memory.FailingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Scenarios S12 to S15 as far as they belong to the wait queues. */
class WaitTableTest {
    private static final long LONG_NS = TimeUnit.SECONDS.toNanos(120);

    private static WaitTable table(final TestDevice device) {
        return new WaitTable(device.words(), device.geometry().waitTableOffset());
    }

    private static int waiters(final TestDevice device, final long address) {
        return device.words().getIntVolatile(device.geometry().waitTableOffset()
            + (long) WaitTable.queue(address) * WaitTableDescriptor.QUEUE_BYTES);
    }

    /** A thread that waits until the int at an address is zero. */
    private static final class Waiter {
        private final Thread thread;
        private volatile Boolean result;
        private volatile Throwable failure;

        Waiter(final WaitTable waits, final Words words, final long address) {
            thread = Thread.ofPlatform().daemon().start(() -> {
                try {
                    result = waits.waitVar(address, () -> words.getIntVolatile(address) == 0, LONG_NS);
                } catch (final Throwable e) {
                    failure = e;
                }
            });
        }

        void assertWoken() throws InterruptedException {
            assertTrue(thread.join(Duration.ofSeconds(120)), "still asleep");
            assertEquals(Boolean.TRUE, result);
        }

        void assertAsleep() throws InterruptedException {
            assertFalse(thread.join(Duration.ofMillis(20)), "woken: result=" + result);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotEnqueueWhenTheConditionHolds(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1, CountingWords::new)) {
            final WaitTable waits = table(device);

            assertTrue(waits.waitVar(4096, () -> true, 0));

            assertEquals(0, ((CountingWords) device.words()).rmws());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldWakeAWaiterWhoseConditionWasMadeTrue(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final WaitTable waits = table(device);
            final long address = device.geometry().dataOffset();
            device.words().putIntRelease(address, 1);
            final Waiter waiter = new Waiter(waits, device.words(), address);
            Race.awaitParked(waiter.thread);
            assertEquals(1, waiters(device, address));

            device.words().getAndAddInt(address, -1);
            waits.wakeUpVar(address);

            waiter.assertWoken();
            assertEquals(0, waiters(device, address));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldSleepOnWhenWokenWhileTheConditionIsFalse(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final WaitTable waits = table(device);
            final long address = device.geometry().dataOffset();
            device.words().putIntRelease(address, 1);
            final Waiter waiter = new Waiter(waits, device.words(), address);
            Race.awaitParked(waiter.thread);

            waits.wakeUpVar(address);
            LockSupport.unpark(waiter.thread);

            waiter.assertAsleep();
            device.words().getAndAddInt(address, -1);
            waits.wakeUpVar(address);
            waiter.assertWoken();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldGiveUpWhenTheTimeIsOver(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final WaitTable waits = table(device);
            final long begun = System.nanoTime();

            assertFalse(waits.waitVar(4096, () -> false, TimeUnit.MILLISECONDS.toNanos(20)));

            assertTrue(System.nanoTime() - begun >= TimeUnit.MILLISECONDS.toNanos(20));
            assertFalse(waits.waitVar(4096, () -> false, 0));
            assertEquals(0, waiters(device, 4096));
        }
    }

    /** S15: the counterpart of a signal. */
    @ParameterizedTest
    @EnumSource
    void shouldThrowWhenInterrupted(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final WaitTable waits = table(device);
            final long address = device.geometry().dataOffset();
            device.words().putIntRelease(address, 1);
            final Waiter waiter = new Waiter(waits, device.words(), address);
            Race.awaitParked(waiter.thread);

            waiter.thread.interrupt();

            assertTrue(waiter.thread.join(Duration.ofSeconds(120)));
            assertEquals(InterruptedException.class, waiter.failure.getClass());
            assertEquals(0, waiters(device, address), "it must not stay in the queue");
        }
    }

    @Test
    void shouldThrowWhenInterruptedBeforehandUnlessTheConditionHolds() throws InterruptedException {
        try (TestDevice device = TestDevice.open(WordsKind.SEGMENT, 1)) {
            final WaitTable waits = table(device);
            Thread.currentThread().interrupt();

            assertTrue(waits.waitVar(4096, () -> true, LONG_NS));
            assertTrue(Thread.currentThread().isInterrupted());
            assertThrows(InterruptedException.class, () -> waits.waitVar(4096, () -> false, LONG_NS));
            assertFalse(Thread.interrupted(), "the exception takes the mark away");
        }
    }

    @Test
    void shouldLeaveTheQueueWhenTheConditionThrows() {
        try (TestDevice device = TestDevice.open(WordsKind.SEGMENT, 1)) {
            final WaitTable waits = table(device);
            final AtomicInteger calls = new AtomicInteger();

            assertThrows(ArithmeticException.class, () -> waits.waitVar(4096, () -> {
                if (calls.incrementAndGet() > 1) {
                    throw new ArithmeticException();
                }
                return false;
            }, LONG_NS));

            assertEquals(0, waiters(device, 4096));
        }
    }

    /** S13: waiters are not exclusive. */
    @ParameterizedTest
    @EnumSource
    void shouldWakeBothWaitersOfOneAddress(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final WaitTable waits = table(device);
            final long address = device.geometry().dataOffset();
            device.words().putIntRelease(address, 1);
            final Waiter first = new Waiter(waits, device.words(), address);
            final Waiter second = new Waiter(waits, device.words(), address);
            Race.awaitParked(first.thread);
            Race.awaitParked(second.thread);
            assertEquals(2, waiters(device, address));

            device.words().getAndAddInt(address, -1);
            waits.wakeUpVar(address);

            first.assertWoken();
            second.assertWoken();
        }
    }

    /** S14: two addresses, one queue. */
    @ParameterizedTest
    @EnumSource
    void shouldNotCompleteTheWaitForAnotherAddressInTheSameQueue(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 64)) {
            final WaitTable waits = table(device);
            final Words words = device.words();
            final long address = device.geometry().dataOffset();
            final long colliding = colliding(address);
            words.putIntRelease(address, 1);
            words.putIntRelease(colliding, 1);
            final Waiter waiter = new Waiter(waits, words, address);
            final Waiter other = new Waiter(waits, words, colliding);
            Race.awaitParked(waiter.thread);
            Race.awaitParked(other.thread);
            assertEquals(2, waiters(device, address));

            words.getAndAddInt(address, -1);
            waits.wakeUpVar(address);

            waiter.assertWoken();
            other.assertAsleep();
            assertEquals(1, waiters(device, colliding));
            words.getAndAddInt(colliding, -1);
            waits.wakeUpVar(colliding);
            other.assertWoken();
        }
    }

    private static long colliding(final long address) {
        long other = address + 64;
        while (WaitTable.queue(other) != WaitTable.queue(address)) {
            other += 64;
        }
        return other;
    }

    @ParameterizedTest
    @EnumSource
    void shouldCostAWakerOneReadWhenNobodyWaits(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1, CountingWords::new)) {
            final WaitTable waits = table(device);
            final CountingWords words = (CountingWords) device.words();
            words.reset(offset -> true);

            waits.wakeUpVar(4096);

            assertEquals(1, words.reads());
            assertEquals(0, words.rmws());
        }
    }

    @Test
    void shouldSpreadNeighbouringPagesOverAllQueues() {
        final BitSet queues = new BitSet();
        for (long page = 0; page < 4096; page++) {
            final int queue = WaitTable.queue(1 << 20 | page << 6);
            assertTrue(queue >= 0 && queue < WaitTableDescriptor.QUEUES, "queue=" + queue);
            queues.set(queue);
        }

        assertEquals(WaitTableDescriptor.QUEUES, queues.cardinality());
        assertNotEquals(WaitTable.queue(4096), WaitTable.queue(4096 + 64));
    }

    /** File systems drop a lock around every sleep, and only around a sleep: {@code ___wait_var_event}. */
    @ParameterizedTest
    @EnumSource
    void shouldRunTheCommandAroundEverySleep(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final WaitTable waits = table(device);
            final Words words = device.words();
            final long address = device.geometry().dataOffset();
            final AtomicInteger dropped = new AtomicInteger();
            final AtomicInteger taken = new AtomicInteger();
            words.putIntRelease(address, 2);
            final Thread waiter = Thread.ofPlatform().daemon().start(() -> {
                try {
                    waits.waitVar(address, () -> words.getIntVolatile(address) == 0, LONG_NS, sleep -> {
                        dropped.incrementAndGet();
                        sleep.run();
                        taken.incrementAndGet();
                    });
                } catch (final InterruptedException e) {
                    taken.set(-1);
                }
            });
            try {
                Race.awaitParked(waiter);
                assertEquals(1, dropped.get() - taken.get(), "asleep with the lock dropped");
                words.getAndAddInt(address, -1);
                waits.wakeUpVar(address);
                Race.awaitTrue(() -> dropped.get() == 2);
                assertEquals(1, taken.get(), "taken again to look at the condition, which is false");
            } finally {
                words.putIntRelease(address, 1);
                words.getAndAddInt(address, -1);
                waits.wakeUpVar(address);
                Race.awaitEnd(waiter);
            }
            assertEquals(dropped.get(), taken.get());
        }
    }

    @Test
    void shouldNotRunTheCommandWithoutASleep() throws InterruptedException {
        try (TestDevice device = TestDevice.open(WordsKind.SEGMENT, 1)) {
            final WaitTable waits = table(device);
            final AtomicInteger calls = new AtomicInteger();

            assertTrue(waits.waitVar(4096, () -> true, LONG_NS, sleep -> calls.incrementAndGet()));
            assertFalse(waits.waitVar(4096, () -> false, 0, sleep -> calls.incrementAndGet()), "no time left");
            Thread.currentThread().interrupt();
            assertThrows(InterruptedException.class,
                () -> waits.waitVar(4096, () -> false, LONG_NS, sleep -> calls.incrementAndGet()));

            assertEquals(0, calls.get());
        }
    }

    @Test
    void shouldLeaveTheQueueWhenTheCommandThrows() {
        try (TestDevice device = TestDevice.open(WordsKind.SEGMENT, 1)) {
            final WaitTable waits = table(device);

            assertThrows(ArithmeticException.class, () -> waits.waitVar(4096, () -> false, LONG_NS, sleep -> {
                throw new ArithmeticException();
            }));

            assertEquals(0, waiters(device, 4096));
        }
    }

    /** TASK_UNINTERRUPTIBLE: an interrupt before or during the sleep is kept for later. */
    @ParameterizedTest
    @EnumSource
    void shouldKeepAnInterruptPendingInAnUninterruptibleWait(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final WaitTable waits = table(device);
            final Words words = device.words();
            final long address = device.geometry().dataOffset();
            final AtomicInteger pending = new AtomicInteger(-1);
            words.putIntRelease(address, 1);
            final Thread waiter = Thread.ofPlatform().daemon().start(() -> {
                Thread.currentThread().interrupt();
                waits.waitVarUninterruptible(address, () -> words.getIntVolatile(address) == 0);
                pending.set(Thread.currentThread().isInterrupted() ? 1 : 0);
            });
            try {
                Race.awaitParked(waiter);
                waiter.interrupt();
                assertFalse(waiter.join(Duration.ofMillis(20)), "it heard the signal");
                assertEquals(1, waiters(device, address));
            } finally {
                words.getAndAddInt(address, -1);
                waits.wakeUpVar(address);
                Race.awaitEnd(waiter);
            }
            assertEquals(1, pending.get());
            assertEquals(0, waiters(device, address));
        }
    }

    /** I3: who is asleep although its condition holds was forgotten. */
    @ParameterizedTest
    @EnumSource
    void shouldTellAForgottenWaiter(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 64)) {
            final WaitTable waits = table(device);
            final long address = device.geometry().dataOffset();
            final long other = colliding(address);
            device.words().putIntRelease(address, 1);
            device.words().putIntRelease(other, 1);
            final Waiter forgotten = new Waiter(waits, device.words(), address);
            final Waiter rightful = new Waiter(waits, device.words(), other);
            Race.awaitParked(forgotten.thread);
            Race.awaitParked(rightful.thread);
            assertEquals(0, waits.overdueWaiters());

            device.words().getAndAddInt(address, -1);
            assertEquals(1, waits.overdueWaiters(), "nobody woke it");
            forgotten.assertAsleep();

            waits.wakeUpVar(address);
            forgotten.assertWoken();
            assertEquals(0, waits.overdueWaiters());
            device.words().getAndAddInt(other, -1);
            waits.wakeUpVar(other);
            rightful.assertWoken();
        }
    }

    private static long waitersOffset(final TestDevice device, final long address) {
        return device.geometry().waitTableOffset()
            + (long) WaitTable.queue(address) * WaitTableDescriptor.QUEUE_BYTES;
    }

    /** A thread preempted while it joins or leaves a queue stops neither wakers nor those who look. */
    @ParameterizedTest
    @EnumSource
    void shouldWakeAlthoughAnotherStandsStillInTheQueue(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 64, ActingWords::new)) {
            final ActingWords words = (ActingWords) device.words();
            final WaitTable waits = table(device);
            final long address = device.geometry().dataOffset();
            final long other = colliding(address);
            words.putIntRelease(address, 1);
            words.putIntRelease(other, 1);
            final Waiter waiter = new Waiter(waits, words, address);
            Race.awaitParked(waiter.thread);
            final CountDownLatch stands = new CountDownLatch(1);
            final CountDownLatch goOn = new CountDownLatch(1);
            words.afterNext(Op.RMW, waitersOffset(device, address), () -> {
                stands.countDown();
                try {
                    goOn.await();
                } catch (final InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            final Waiter standing = new Waiter(waits, words, other);
            stands.await();
            try {
                final Thread waker = Thread.ofPlatform().daemon().start(() -> {
                    assertEquals(0, waits.overdueWaiters());
                    words.getAndAddInt(address, -1);
                    waits.wakeUpVar(address);
                });
                Race.awaitEnd(waker);
                waiter.assertWoken();
            } finally {
                goOn.countDown();
                words.getAndAddInt(other, -1);
                waits.wakeUpVar(other);
                standing.assertWoken();
            }
            assertEquals(0, waiters(device, address));
        }
    }

    /** Counts wake-ups. */
    private static final class RecordingWaitTable extends WaitTable {
        private final List<Thread> woken = new CopyOnWriteArrayList<>();

        RecordingWaitTable(final TestDevice device) {
            super(device.words(), device.geometry().waitTableOffset());
        }

        @Override
        protected void wake(final Thread thread) {
            woken.add(thread);
            super.wake(thread);
        }
    }

    /** A waker that comes right after the waiter was counted finds it. */
    @ParameterizedTest
    @EnumSource
    void shouldJoinTheQueueBeforeItIsCounted(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1, ActingWords::new)) {
            final ActingWords words = (ActingWords) device.words();
            final RecordingWaitTable waits = new RecordingWaitTable(device);
            final long address = device.geometry().dataOffset();
            words.putIntRelease(address, 1);
            words.afterNext(Op.RMW, waitersOffset(device, address), () -> {
                words.getAndAddInt(address, -1);
                waits.wakeUpVar(address);
            });

            assertTrue(waits.waitVar(address, () -> words.getIntVolatile(address) == 0, LONG_NS));

            assertEquals(List.of(Thread.currentThread()), waits.woken);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldLeaveTheQueueWhenItCannotBeCounted(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1, FailingWords::new)) {
            final FailingWords words = (FailingWords) device.words();
            final WaitTable waits = table(device);
            final AtomicInteger looks = new AtomicInteger();
            words.failInsteadOf(1);

            assertThrows(InternalError.class, () -> waits.waitVar(4096, () -> looks.getAndIncrement() > 0, LONG_NS));

            assertEquals(0, waits.overdueWaiters(), "its condition would hold now");
            assertEquals(0, waiters(device, 4096));
            looks.set(0);
            words.failInsteadOf(2);
            assertTrue(waits.waitVar(4096, () -> looks.getAndIncrement() > 0, LONG_NS));
            assertTrue(words.hasFailed());
            assertEquals(0, waits.overdueWaiters());
            assertEquals(0, waiters(device, 4096));
            looks.set(0);
            assertTrue(waits.waitVar(4096, () -> looks.getAndIncrement() > 0, LONG_NS));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldWakeAlthoughTheNumberCannotBeRead(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1, FailingWords::new)) {
            final FailingWords words = (FailingWords) device.words();
            final WaitTable waits = table(device);
            final long address = device.geometry().dataOffset();
            words.putIntRelease(address, 1);
            final Waiter waiter = new Waiter(waits, words, address);
            Race.awaitParked(waiter.thread);
            words.getAndAddInt(address, -1);
            words.failInsteadOf(1);

            waits.wakeUpVar(address);

            assertTrue(words.hasFailed());
            waiter.assertWoken();
        }
    }

    /** Who sleeps inside a section stops every grace period, and perhaps the one that would wake it. */
    @ParameterizedTest
    @EnumSource
    void shouldRefuseToSleepInsideASection(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final WaitTable waits = table(device);
            final CpuSlots cpus = new CpuSlots(device.words(), device.geometry().perCpuOffset());
            final Epochs epochs = new FencedEpochs(device.words(), cpus);
            final CpuSlot cpu = cpus.attach();
            epochs.enter(cpu);

            assertTrue(waits.waitVar(4096, () -> true, LONG_NS));
            assertEquals("waiting for address 4096 inside a read section: cpu=0, thread="
                + Thread.currentThread().getName(), assertThrows(IllegalStateException.class,
                    () -> waits.waitVar(4096, () -> false, LONG_NS)).getMessage());
            assertEquals(0, waiters(device, 4096));

            epochs.exit(cpu);
            assertFalse(waits.waitVar(4096, () -> false, 0));
        }
    }

    /** S12: the last drop falls between the waiter's enqueueing and its test, or anywhere else around them. */
    @ParameterizedTest
    @EnumSource
    void shouldNeverLoseAWakeUp(final WordsKind kind) throws Exception {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final WaitTable waits = table(device);
            final Words words = device.words();
            final long address = device.geometry().dataOffset();
            final AtomicInteger round = new AtomicInteger();
            final AtomicInteger waited = new AtomicInteger();
            final long deadline = Race.deadline();
            Race.run(() -> {
                int mine = 0;
                while (round.get() >= 0) {
                    if (round.get() > mine) {
                        mine++;
                        assertTrue(waits.waitVar(address, () -> words.getIntVolatile(address) == 0,
                            TimeUnit.SECONDS.toNanos(120)), "lost in round " + mine);
                        waited.set(mine);
                    }
                }
            }, () -> {
                for (int i = 1; !Race.isOver(deadline); i++) {
                    words.putIntRelease(address, 1);
                    round.set(i);
                    for (int pause = i % 128; pause > 0; pause--) {
                        Thread.onSpinWait();
                    }
                    words.getAndAddInt(address, -1);
                    waits.wakeUpVar(address);
                    while (waited.get() != i && !Race.isOver(deadline + LONG_NS)) {
                        Thread.onSpinWait();
                    }
                }
                round.set(-1);
            });
            assertEquals(0, waiters(device, address));
        }
    }
}
