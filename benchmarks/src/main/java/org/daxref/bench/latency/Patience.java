/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waiting for another thread, awake: with limits, so that a benchmark fails where it would hang. */
final class Patience {
    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(60);
    private static final int SPINS_PER_YIELD = 1024;

    private Patience() {
    }

    /**
     * Waits until a condition holds. Now and then the thread yields, for those who share its processor.
     *
     * @throws IllegalStateException if it does not come
     */
    static void await(final String what, final BooleanSupplier condition) {
        final long begun = System.nanoTime();
        int spins = 0;
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
            if (++spins % SPINS_PER_YIELD == 0) {
                Thread.yield();
                if (System.nanoTime() - begun > LIMIT_NS) {
                    throw new IllegalStateException("does not come: " + what);
                }
            }
        }
    }

    /** Lets time pass. */
    static void spin(final long ns) {
        final long begun = System.nanoTime();
        while (System.nanoTime() - begun < ns) {
            Thread.onSpinWait();
        }
    }
}
