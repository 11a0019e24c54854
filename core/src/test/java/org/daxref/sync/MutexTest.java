/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.FailingWords;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The lock whose waiters sleep, {@code i_rwsem}: one owner, nobody forgotten, no signal heard. */
class MutexTest {
    private static Mutex mutex(final TestDevice device) {
        return new Mutex(device.words(), new WaitTable(device.words(), device.geometry().waitTableOffset()),
            device.geometry().dataOffset());
    }

    @ParameterizedTest
    @EnumSource
    void shouldBeFreeAtFirstAndAfterEachUnlock(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final Mutex mutex = mutex(device);
            for (int i = 0; i < 3; i++) {
                mutex.lock();
                assertEquals(1, device.words().getIntVolatile(device.geometry().dataOffset()));
                mutex.unlock();
                assertEquals(0, device.words().getIntVolatile(device.geometry().dataOffset()));
            }
        }
    }

    /** Sleeps rather than spins, and not even an interrupt lets it in; the interrupt stays pending. */
    @ParameterizedTest
    @EnumSource
    void shouldSleepUninterruptiblyUntilTheOwnerIsDone(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final Mutex mutex = mutex(device);
            final AtomicBoolean interrupted = new AtomicBoolean();
            mutex.lock();
            final Thread waiter = Thread.ofPlatform().daemon().start(() -> {
                mutex.lock();
                interrupted.set(Thread.currentThread().isInterrupted());
                mutex.unlock();
            });
            try {
                Race.awaitParked(waiter);

                waiter.interrupt();

                assertFalse(waiter.join(Duration.ofMillis(20)), "two threads have the lock");
            } finally {
                mutex.unlock();
                Race.awaitEnd(waiter);
            }
            assertTrue(interrupted.get(), "the interrupt stays pending");
            assertEquals(0, device.words().getIntVolatile(device.geometry().dataOffset()));
        }
    }

    /** More threads than CPUs: every one gets in, and none beside another. */
    @ParameterizedTest
    @EnumSource
    void shouldExcludeOthersAndForgetNobody(final WordsKind kind) throws Exception {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final Words words = device.words();
            final Mutex mutex = mutex(device);
            final long plain = device.geometry().dataOffset() + 128;
            final long[] rounds = new long[4];
            final Race.Body[] threads = new Race.Body[rounds.length];
            final long deadline = Race.deadline();
            for (int i = 0; i < threads.length; i++) {
                final int thread = i;
                threads[i] = () -> {
                    long mine = 0;
                    while (!Race.isOver(deadline)) {
                        mutex.lock();
                        words.putLongOpaque(plain, words.getLongOpaque(plain) + 1);
                        mutex.unlock();
                        mine++;
                    }
                    rounds[thread] = mine;
                };
            }
            Race.run(threads);

            assertEquals(Arrays.stream(rounds).sum(), words.getLongVolatile(plain));
            assertTrue(Arrays.stream(rounds).allMatch(round -> round > 0), Arrays.toString(rounds));
        }
    }

    /** Its owner may wait for a grace period, which waits for the section. */
    @ParameterizedTest
    @EnumSource
    void shouldRefuseToBeTakenInsideAReadSection(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = new CpuSlots(device.words(), device.geometry().perCpuOffset());
            final Epochs epochs = new FencedEpochs(device.words(), cpus);
            final CpuSlot cpu = cpus.attach();
            epochs.enter(cpu);

            assertEquals("taking a lock inside a read section: cpu=0, thread=" + Thread.currentThread().getName(),
                assertThrows(IllegalStateException.class, mutex(device)::lock).getMessage());

            assertEquals(0, device.words().getIntVolatile(device.geometry().dataOffset()));
            epochs.exit(cpu);
        }
    }

    /** The first access that an unlock makes frees the lock, the second one looks for waiters. */
    @ParameterizedTest
    @EnumSource
    void shouldBeFreeAndWakeItsWaitersWhenTheMemoryFailsInAnUnlock(final WordsKind kind) throws InterruptedException {
        for (int way = 0; way < 4; way++) {
            try (TestDevice device = TestDevice.open(kind, 1, FailingWords::new)) {
                final FailingWords words = (FailingWords) device.words();
                final Mutex mutex = mutex(device);
                mutex.lock();
                final Thread waiter = Thread.ofPlatform().daemon().start(() -> {
                    mutex.lock();
                    mutex.unlock();
                });
                Race.awaitParked(waiter);
                if (way < 2) {
                    words.failInsteadOf(1 + way);
                } else {
                    words.failAfter(way - 1);
                }

                mutex.unlock();

                assertTrue(words.hasFailed());
                Race.awaitEnd(waiter);
                assertEquals(0, words.getIntVolatile(device.geometry().dataOffset()));
            }
        }
    }
}
