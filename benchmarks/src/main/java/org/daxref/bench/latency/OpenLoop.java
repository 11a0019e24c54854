/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * The moments at which operations should begin: at a fixed rate, whether those before are done or not. One thread only.
 */
@State(Scope.Thread)
public class OpenLoop {
    /** Operations per second. */
    @Param("1000000")
    public int ratePerSecond;

    private long periodNs;
    private long nextNs;

    /**
     * Computes the period.
     *
     * @param params holds the number of threads
     */
    @Setup(Level.Trial)
    public void prepare(final BenchmarkParams params) {
        prepare(params.getThreads());
    }

    void prepare(final int threads) {
        if (threads != 1) {
            throw new IllegalStateException("an open loop has one thread: threads=" + threads);
        }
        periodNs = TimeUnit.SECONDS.toNanos(1) / ratePerSecond;
    }

    /** Starts an interval. */
    @Setup(Level.Iteration)
    public void start() {
        nextNs = System.nanoTime() + periodNs;
    }

    /** Waits for the next moment, and returns it. */
    long awaitNext() {
        final long intendedNs = nextNs;
        nextNs = intendedNs + periodNs;
        while (System.nanoTime() - intendedNs < 0) {
            Thread.onSpinWait();
        }
        return intendedNs;
    }
}
