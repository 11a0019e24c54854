/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.ablation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.daxref.page.CasPageCounter;
import org.daxref.page.PageCounter;
import org.daxref.page.PageDescriptor;
import org.daxref.sync.WaitTable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * S12, A3 on the processor: a waiter for the last unpin against that unpin, millions of times. Without the barrier
 * between the drop and the look at the queue the drop may still be in the store buffer when the queue looks empty, and
 * the waiter has not seen it either. The page is written to before it is unpinned, as it was pinned for.
 */
class MissingBarrierTest {
    private static final long PAGES = 1;
    private static final long CONTROL_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long MOST_NS = TimeUnit.SECONDS.toNanos(5);
    private static final int MOST_PAUSE = 64;
    private static final int NONE = -1;
    private static final int USED_LINES = 16;
    private static final int LINE_BYTES = 64;

    /** A table whose sleeper watches for a wake-up, and for the end of the only one who could send it. */
    private static final class WatchfulWaitTable extends WaitTable {
        private final AtomicLong dropped;
        private volatile long woken = NONE;
        private long round;
        private long lost;

        WatchfulWaitTable(final Words words, final long baseOffset, final AtomicLong dropped) {
            super(words, baseOffset);
            this.dropped = dropped;
        }

        @Override
        protected void sleep(final long address, final long ns) {
            while (woken != round) {
                if (dropped.get() >= round) {
                    lost += woken == round ? 0 : 1;
                    return;
                }
                Thread.onSpinWait();
            }
        }

        @Override
        protected void wake(final Thread thread) {
            woken = round;
        }
    }

    /** How many wake-ups were lost, up to the first or until the time is over. */
    private static long lost(final BiFunction<Words, Long, Words> drop, final long ns) throws Exception {
        try (TestDevice device = TestDevice.open(WordsKind.AGRONA, PAGES)) {
            final long page = device.geometry().memmapOffset();
            final Words words = drop.apply(device.words(), page + PageDescriptor.REFCOUNT_OFFSET);
            final PageCounter counter = CasPageCounter.create(words);
            final AtomicLong started = new AtomicLong(NONE);
            final AtomicLong dropped = new AtomicLong(NONE);
            final WatchfulWaitTable waits = new WatchfulWaitTable(words, device.geometry().waitTableOffset(), dropped);
            final long deadline = System.nanoTime() + ns;
            Race.run(() -> {
                final SplittableRandom random = new SplittableRandom(0);
                while (waits.lost == 0 && !Race.isOver(deadline)) {
                    counter.increment(page);
                    waits.round++;
                    use(words, device, waits.round);
                    started.set(waits.round);
                    pause(random);
                    waits.waitVar(page, () -> counter.count(page) == 0, WaitTable.FOREVER);
                    awaitRound(dropped, waits.round);
                }
                started.set(Long.MAX_VALUE);
            }, () -> {
                final SplittableRandom random = new SplittableRandom(1);
                for (long round = 1; awaitRound(started, round) != Long.MAX_VALUE; round++) {
                    pause(random);
                    use(words, device, round);
                    if (counter.put(page, 1) == 0) {
                        waits.wakeUpVar(page);
                    }
                    dropped.set(round);
                }
            });
            return waits.lost;
        }
    }

    /** Stores to lines that the other thread has just stored to: they fill the store buffer and delay what follows. */
    private static void use(final Words words, final TestDevice device, final long value) {
        final long data = device.geometry().dataOffset();
        for (int line = 0; line < USED_LINES; line++) {
            words.putLongOpaque(data + (long) line * LINE_BYTES, value);
        }
    }

    /** A few instructions, so that the two meet at every distance. */
    private static void pause(final SplittableRandom random) {
        for (int left = random.nextInt(MOST_PAUSE); left > 0; left--) {
            random.nextInt();
        }
    }

    private static long awaitRound(final AtomicLong word, final long round) {
        long seen = word.get();
        while (seen < round) {
            Thread.onSpinWait();
            seen = word.get();
        }
        return seen;
    }

    @Test
    void shouldLoseAWakeUpWithoutTheBarrier() throws Exception {
        Assumptions.assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "one CPU reorders nothing");

        final long lost = lost(WeakDropWords::new, MOST_NS);

        Assumptions.assumeTrue(lost > 0, "this machine did not show the missing barrier in time");
    }

    @Test
    void shouldLoseNoWakeUpWithTheBarrier() throws Exception {
        assertEquals(0, lost((words, count) -> words, CONTROL_NS));
    }
}
