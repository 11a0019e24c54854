/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/** Runs bodies of a test at the same time. */
public final class Race {
    private static final long TIMEOUT_NS = TimeUnit.SECONDS.toNanos(Long.getLong("daxref.test.timeoutSeconds", 120));

    private Race() {
    }

    /** What a thread does. */
    @FunctionalInterface
    public interface Body {
        void run() throws Exception;
    }

    /** How long a random or stress loop runs: short by default, {@code -Ddaxref.test.stressMs=} for a long form. */
    public static long stressNs() {
        return TimeUnit.MILLISECONDS.toNanos(Long.getLong("daxref.test.stressMs", 200));
    }

    /** A moment after which a stress loop ends. */
    public static long deadline() {
        return System.nanoTime() + stressNs();
    }

    public static boolean isOver(final long deadline) {
        return System.nanoTime() - deadline >= 0;
    }

    /** Starts all bodies together, waits for all of them and throws what the first failing one threw. */
    public static void run(final Body... bodies) throws Exception {
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final CyclicBarrier start = new CyclicBarrier(bodies.length);
        final List<Thread> threads = new ArrayList<>();
        for (final Body body : bodies) {
            threads.add(Thread.ofPlatform().daemon().start(() -> {
                try {
                    start.await();
                    body.run();
                } catch (final Throwable e) {
                    failure.compareAndSet(null, e);
                }
            }));
        }
        final long begun = System.nanoTime();
        for (final Thread thread : threads) {
            while (thread.isAlive() && failure.get() == null && System.nanoTime() - begun < TIMEOUT_NS) {
                thread.join(10);
            }
        }
        if (failure.get() != null) {
            for (final Thread thread : threads) {
                thread.join(1000);
            }
            throw new AssertionError("a racing thread failed", failure.get());
        }
        for (final Thread thread : threads) {
            if (thread.isAlive()) {
                throw new AssertionError("hangs: " + List.of(thread.getStackTrace()));
            }
        }
    }

    /** Waits until a thread has ended. */
    public static void awaitEnd(final Thread thread) {
        try {
            if (!thread.join(Duration.ofNanos(TIMEOUT_NS))) {
                throw new AssertionError("hangs: " + List.of(thread.getStackTrace()));
            }
        } catch (final InterruptedException e) {
            throw new AssertionError("interrupted while waiting for " + thread, e);
        }
    }

    /** Waits, without sleeping, until something holds. */
    public static void awaitTrue(final BooleanSupplier condition) {
        final long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - begun > TIMEOUT_NS) {
                throw new AssertionError("does not come true");
            }
            Thread.onSpinWait();
        }
    }

    /** Waits until a thread sleeps. */
    public static void awaitParked(final Thread thread) throws InterruptedException {
        final long begun = System.nanoTime();
        while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
            if (!thread.isAlive() || System.nanoTime() - begun > TIMEOUT_NS) {
                throw new AssertionError("does not wait: state=" + thread.getState());
            }
            Thread.sleep(1);
        }
    }
}
