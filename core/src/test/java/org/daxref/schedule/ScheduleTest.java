/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.daxref.Race;
import org.daxref.memory.SegmentWords;
import org.daxref.memory.Words;
import org.daxref.sync.SpinLock;
import org.daxref.sync.WaitTable;
import org.daxref.sync.WaitTableDescriptor;
import org.junit.jupiter.api.Test;

/** What a schedule promises: one order per seed, no thread left over, and a report that says what went wrong. */
class ScheduleTest {
    private static final long COUNT = WaitTableDescriptor.TABLE_BYTES;
    private static final long LOCK = COUNT + 128;
    private static final long OTHER_LOCK = COUNT + 256;
    private static final long BYTES = COUNT + 4096;

    private final Words words = new ScheduledWords(new SegmentWords(Arena.ofAuto().allocate(BYTES, 128)));
    private final ScheduledWaitTable waits = new ScheduledWaitTable(words, 0);
    private final Object monitor = new Object();

    private void add() {
        words.putIntRelease(COUNT, words.getIntAcquire(COUNT) + 1);
    }

    private void addLocked() {
        SpinLock.lock(words, LOCK);
        add();
        SpinLock.unlock(words, LOCK);
    }

    private void addSynchronized() {
        synchronized (monitor) {
            add();
        }
    }

    private void awaitZero() throws InterruptedException {
        assertTrue(waits.waitVar(COUNT, () -> words.getIntVolatile(COUNT) == 0, WaitTable.FOREVER));
    }

    private void decrement() {
        words.getAndAddInt(COUNT, -1);
        waits.wakeUpVar(COUNT);
    }

    private static Race.Body thrice(final Race.Body body) {
        return () -> {
            for (int i = 0; i < 3; i++) {
                body.run();
            }
        };
    }

    private Trace traceOf(final long seed, final int count, final Race.Body... bodies) throws InterruptedException {
        words.putIntRelease(COUNT, count);
        final Schedule schedule = new Schedule(seed);
        schedule.run(bodies);
        return schedule.trace();
    }

    private void assertDeterministic(final int count, final Race.Body... bodies) throws InterruptedException {
        final Set<Trace> traces = new HashSet<>();
        for (long seed = 0; seed < 100; seed++) {
            final Trace trace = traceOf(seed, count, bodies);
            assertEquals(trace, traceOf(seed, count, bodies), "seed=" + seed);
            traces.add(trace);
        }
        assertTrue(traces.size() > 20, "hardly ever another order: traces=" + traces.size());
    }

    @Test
    void shouldTakeTheSameStepsWithTheSameSeed() throws InterruptedException {
        assertDeterministic(0, thrice(this::add), thrice(this::addLocked), thrice(this::addLocked));
    }

    @Test
    void shouldSleepAndWakeInTheSameOrderWithTheSameSeed() throws InterruptedException {
        assertDeterministic(3, this::awaitZero, this::awaitZero, thrice(this::decrement));
    }

    /** Between leaving a monitor and entering it again there is a yield point, so that it has one taker at a time. */
    @Test
    void shouldTakeTheSameStepsAroundAMonitorWithTheSameSeed() throws InterruptedException {
        final Race.Body body = () -> {
            addSynchronized();
            words.getIntVolatile(COUNT);
        };
        assertDeterministic(0, thrice(body), thrice(body), thrice(this::add));
    }

    @Test
    void shouldFinishWhateverLocksTheThreadsShare() throws Exception {
        Exploration.pass(100, schedule -> {
            words.putIntRelease(COUNT, 0);
            schedule.run(thrice(this::addLocked), thrice(this::addLocked), thrice(this::addLocked));
            assertEquals(9, words.getIntVolatile(COUNT));
        });
        Exploration.pass(100, schedule -> {
            words.putIntRelease(COUNT, 0);
            schedule.run(thrice(this::addSynchronized), thrice(this::addSynchronized), thrice(this::addSynchronized));
            assertEquals(9, words.getIntVolatile(COUNT));
        });
    }

    @Test
    void shouldLetOtherThreadsPass() throws InterruptedException {
        words.putIntRelease(COUNT, 0);
        final Schedule schedule = new Schedule(1);

        schedule.run(() -> Thread.ofPlatform().start(this::add).join());

        assertEquals(1, words.getIntVolatile(COUNT));
        assertEquals(0, schedule.trace().size());
    }

    @Test
    void shouldNotSleepWhenWokenBefore() throws InterruptedException {
        final AtomicReference<Thread> sleeper = new AtomicReference<>();
        final AtomicInteger slept = new AtomicInteger();
        final Race.Body sleep = () -> {
            sleeper.set(Thread.currentThread());
            while (words.getIntVolatile(COUNT) != 0) {
                LockSupport.parkNanos(1);
            }
            waits.sleep(0, WaitTable.FOREVER);
            slept.incrementAndGet();
        };
        final Race.Body wake = () -> {
            while (sleeper.get() == null) {
                words.getIntVolatile(COUNT);
            }
            waits.wake(sleeper.get());
            words.putIntRelease(COUNT, 0);
        };

        traceOf(1, 1, sleep, wake);

        assertEquals(1, slept.get());
    }

    @Test
    void shouldWakeASleeperThatIsInterrupted() throws InterruptedException {
        final AtomicReference<Thread> sleeper = new AtomicReference<>();
        final AtomicInteger interrupted = new AtomicInteger();
        final Race.Body sleep = () -> {
            sleeper.set(Thread.currentThread());
            assertThrows(InterruptedException.class, this::awaitZero);
            interrupted.incrementAndGet();
        };
        final Race.Body interrupt = () -> {
            while (sleeper.get() == null) {
                words.getIntVolatile(COUNT);
            }
            sleeper.get().interrupt();
        };

        for (int seed = 0; seed < 50; seed++) {
            sleeper.set(null);
            traceOf(seed, 1, sleep, interrupt);
        }

        assertEquals(50, interrupted.get());
    }

    @Test
    void shouldNotLetTimePass() {
        final ScheduleFailure failure = assertThrows(ScheduleFailure.class, () -> traceOf(1, 1, () ->
            waits.waitVar(COUNT, () -> words.getIntVolatile(COUNT) == 0, TimeUnit.SECONDS.toNanos(1))));

        assertTrue(failure.getMessage().startsWith("deadlock, nobody can run: seed=1;"), failure.getMessage());
    }

    @Test
    void shouldReportWhoWaitsForWhatWhenNobodyCanRun() {
        final ScheduleFailure failure = assertThrows(ScheduleFailure.class,
            () -> traceOf(7, 1, this::awaitZero, this::add));

        assertEquals(7, failure.seed());
        final String message = failure.getMessage();
        assertTrue(message.startsWith("deadlock, nobody can run: seed=7; repeat with -Ddaxref.test.seed=7\n"
            + "thread 0: ASLEEP, waits for 0x" + Long.toHexString(COUNT) + ", last came to READ 0x"), message);
        assertTrue(message.contains("ScheduleTest.awaitZero"), message);
        assertTrue(message.contains("\nthread 1: FINISHED"), message);
        assertTrue(message.contains(": thread 1 WRITE 0x" + Long.toHexString(COUNT)), message);
        assertTrue(message.contains(": thread 0 SLEEP"), message);
    }

    @Test
    void shouldFindTwoSpinLocksTakenInOppositeOrder() {
        final Race.Body one = () -> {
            SpinLock.lock(words, LOCK);
            SpinLock.lock(words, OTHER_LOCK);
            SpinLock.unlock(words, OTHER_LOCK);
            SpinLock.unlock(words, LOCK);
        };
        final Race.Body other = () -> {
            SpinLock.lock(words, OTHER_LOCK);
            SpinLock.lock(words, LOCK);
            SpinLock.unlock(words, LOCK);
            SpinLock.unlock(words, OTHER_LOCK);
        };

        final ScheduleFailure failure = Exploration.find(100, schedule -> {
            words.putIntRelease(LOCK, 0);
            words.putIntRelease(OTHER_LOCK, 0);
            schedule.failAfter(1000).run(one, other);
        }).failure();

        assertTrue(failure.getMessage().startsWith("livelock, steps=1000: seed="), failure.getMessage());
    }

    @Test
    void shouldFindTwoMonitorsTakenInOppositeOrder() {
        final Object otherMonitor = new Object();
        final Race.Body one = () -> {
            synchronized (monitor) {
                add();
                synchronized (otherMonitor) {
                    add();
                }
            }
        };
        final Race.Body other = () -> {
            synchronized (otherMonitor) {
                add();
                addSynchronized();
            }
        };

        final ScheduleFailure failure = Exploration.find(100, schedule -> schedule.run(one, other)).failure();

        assertTrue(failure.getMessage().startsWith("deadlock, nobody can run: seed="), failure.getMessage());
        assertTrue(failure.getMessage().contains("\nthread 0: BLOCKED"), failure.getMessage());
        assertEquals(2, failure.getSuppressed().length, "nothing ends a thread that wants a monitor");
    }

    @Test
    void shouldStopWithoutAFailureIfTheTestSaysSo() throws InterruptedException {
        final Schedule schedule = new Schedule(1).stopAfter(100);

        schedule.run(this::spin, this::spin);

        assertEquals(100, schedule.trace().size());
    }

    private void spin() {
        while (words.getIntVolatile(COUNT) >= 0) {
            add();
        }
    }

    @Test
    void shouldEndAllThreadsWhenABodyFails() {
        final List<Thread> threads = new ArrayList<>();
        final IllegalStateException cause = new IllegalStateException("expected");
        final Race.Body asleep = () -> {
            threads.add(Thread.currentThread());
            awaitZero();
        };
        final Race.Body busy = () -> {
            threads.add(Thread.currentThread());
            spin();
        };

        final ScheduleFailure failure = assertThrows(ScheduleFailure.class, () -> traceOf(5, 1, asleep, busy, () -> {
            while (threads.size() < 2 || words.getIntVolatile(COUNT) < 10) {
                add();
            }
            throw cause;
        }));

        assertSame(cause, failure.getCause());
        assertTrue(failure.getMessage().startsWith("a body failed, thread=2: seed=5; repeat with "
            + "-Ddaxref.test.seed=5\nthread 0: "), failure.getMessage());
        assertEquals(2, threads.size());
        threads.forEach(thread -> assertFalse(thread.isAlive()));
    }

    @Test
    void shouldSayWithWhichSeedACheckAfterTheScheduleFailed() {
        final Exploration.Found found = Exploration.find(1, schedule -> {
            schedule.run(this::add);
            assertEquals(1, 2);
        });

        assertEquals(1, found.schedules());
        assertTrue(found.failure().getMessage().startsWith("the check after the schedule failed: seed="
            + found.failure().seed() + "; repeat with -Ddaxref.test.seed=" + found.failure().seed()));
    }

    @Test
    void shouldEndAllThreadsWhenTheCallerIsInterrupted() {
        final List<Thread> threads = new ArrayList<>();
        final Thread caller = Thread.currentThread();

        assertThrows(InterruptedException.class, () -> new Schedule(1).failAfter(Integer.MAX_VALUE).run(() -> {
            threads.add(Thread.currentThread());
            caller.interrupt();
            while (true) {
                words.getIntVolatile(COUNT);
            }
        }));

        assertFalse(threads.getFirst().isAlive());
        assertNotEquals(caller, threads.getFirst());
    }
}
