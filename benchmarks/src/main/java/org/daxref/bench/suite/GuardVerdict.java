/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;

/**
 * What the contention guard's readings say about one fork.
 *
 * @param judged  iterations with readings
 * @param unknown iterations without
 * @param spoilt  judged iterations whose workers waited too long, or lost too much to the hypervisor
 */
public record GuardVerdict(int judged, int unknown, int spoilt) {
    /** An iteration is spoilt above this share of its wall time on a run queue, in percent of one worker. */
    public static final double MOST_WAIT_PERCENT = 5;
    /**
     * An iteration is spoilt above this share of the machine's CPU time stolen, in percent. One tick of 10 ms is
     * already 5 % of a 100 ms iteration on two CPUs, so this is the first limit that one tick alone does not cross.
     */
    public static final double MOST_STEAL_PERCENT = 10;
    /** The rule in words, for the manifest. */
    public static final String RULE = "an iteration is spoilt when its workers waited on a run queue for more than "
        + (int) MOST_WAIT_PERCENT + " % of its time, or more than " + (int) MOST_STEAL_PERCENT
        + " % of the machine's CPU time was stolen; a fork when most of its iterations are";

    /** The verdict on nothing. */
    public static final GuardVerdict NONE = new GuardVerdict(0, 0, 0);

    /**
     * Judges a fork.
     *
     * @param fork what JMH got from it
     * @return the verdict
     */
    public static GuardVerdict of(final BenchmarkResult fork) {
        GuardVerdict sum = NONE;
        for (final IterationResult iteration : fork.getIterationResults()) {
            final var readings = iteration.getSecondaryResults();
            sum = sum.plus(of(score(readings.get(ContentionGuard.WAIT)), score(readings.get(ContentionGuard.STEAL))));
        }
        return sum;
    }

    /**
     * Judges one iteration.
     *
     * @param waitPercent  run-queue wait, NaN when unknown
     * @param stealPercent steal, NaN when unknown
     * @return the verdict on it
     */
    static GuardVerdict of(final double waitPercent, final double stealPercent) {
        if (Double.isNaN(waitPercent) && Double.isNaN(stealPercent)) {
            return new GuardVerdict(0, 1, 0);
        }
        final boolean spoilt = waitPercent > MOST_WAIT_PERCENT || stealPercent > MOST_STEAL_PERCENT;
        return new GuardVerdict(1, 0, spoilt ? 1 : 0);
    }

    private static double score(final Result<?> reading) {
        return reading == null ? Double.NaN : reading.getScore();
    }

    /**
     * Adds two verdicts.
     *
     * @param other the other
     * @return their sum
     */
    public GuardVerdict plus(final GuardVerdict other) {
        return new GuardVerdict(judged + other.judged, unknown + other.unknown, spoilt + other.spoilt);
    }

    /**
     * Whether most iterations are spoilt.
     *
     * @return true when the fork is worth repeating
     */
    public boolean mostlySpoilt() {
        return 2 * spoilt > judged;
    }
}
