/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SpinLockTest {
    @ParameterizedTest
    @EnumSource
    void shouldBlockUntilTheLockIsDropped(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final Words words = device.words();
            final long lock = device.geometry().dataOffset();
            SpinLock.lock(words, lock);
            final Thread other = Thread.ofPlatform().daemon().start(() -> SpinLock.lock(words, lock));

            assertFalse(other.join(Duration.ofMillis(20)), "two threads have the lock");
            SpinLock.unlock(words, lock);

            assertTrue(other.join(Duration.ofSeconds(20)));
            assertEquals(1, words.getIntVolatile(lock));
        }
    }

    /** More threads than CPUs: whoever spins must let the holder run. */
    @ParameterizedTest
    @EnumSource
    void shouldExcludeOthers(final WordsKind kind) throws Exception {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final Words words = device.words();
            final long lock = device.geometry().dataOffset();
            final long plain = lock + 64;
            final long[] rounds = new long[3];
            final Race.Body[] threads = new Race.Body[rounds.length];
            final long deadline = Race.deadline();
            for (int i = 0; i < threads.length; i++) {
                final int thread = i;
                threads[i] = () -> {
                    long mine = 0;
                    while (!Race.isOver(deadline)) {
                        SpinLock.lock(words, lock);
                        words.putLongOpaque(plain, words.getLongOpaque(plain) + 1);
                        SpinLock.unlock(words, lock);
                        mine++;
                    }
                    rounds[thread] = mine;
                };
            }
            Race.run(threads);

            assertEquals(Arrays.stream(rounds).sum(), words.getLongVolatile(plain));
            assertEquals(0, words.getIntVolatile(lock));
        }
    }
}
