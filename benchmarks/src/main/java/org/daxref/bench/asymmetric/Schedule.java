/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.asymmetric;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Something that one thread does so many times a second. It sleeps in between, but never for long, so that an iteration
 * can end; most calls of its benchmark method therefore do nothing.
 */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.EVENTS)
public class Schedule {
    private static final long NAP_NS = TimeUnit.MILLISECONDS.toNanos(1);

    /** How often it was done. */
    public long done;

    private long nextNs;

    /** Begins at once. */
    @Setup(Level.Iteration)
    public void start() {
        done = 0;
        nextNs = System.nanoTime();
    }

    /**
     * Waits a moment if it is too early.
     *
     * @param perSecond how often, 0 for never
     * @return whether it is to be done now
     */
    boolean isDue(final int perSecond) {
        final long earlyNs = nextNs - System.nanoTime();
        if (perSecond == 0 || earlyNs > 0) {
            LockSupport.parkNanos(perSecond == 0 ? NAP_NS : Math.min(earlyNs, NAP_NS));
            return false;
        }
        nextNs += TimeUnit.SECONDS.toNanos(1) / perSecond;
        done++;
        return true;
    }
}
