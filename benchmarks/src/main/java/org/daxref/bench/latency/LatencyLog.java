/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import java.io.FileNotFoundException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.runner.IterationType;

/**
 * The latencies of one thread, a value per event: a histogram for every iteration, all made beforehand, so that none is
 * made while measuring. Those of measured iterations are written at the trial's end to the file named by the system
 * property {@code daxref.hlog}, one interval each; without it to none, and none is written by a thread without events.
 */
@State(Scope.Thread)
public class LatencyLog {
    private static final String LOG_PROPERTY = "daxref.hlog";
    private static final long HIGHEST_NS = TimeUnit.SECONDS.toNanos(10);
    private static final int DIGITS = 3;

    private final Queue<Histogram> blank = new ArrayDeque<>();
    private final List<Histogram> intervals = new ArrayList<>();
    private Histogram histogram;

    /**
     * Makes a histogram for every iteration.
     *
     * @param params holds the number of iterations
     */
    @Setup(Level.Trial)
    public void prepare(final BenchmarkParams params) {
        prepare(params.getWarmup().getCount() + params.getMeasurement().getCount());
    }

    void prepare(final int iterations) {
        for (int i = 0; i < iterations; i++) {
            blank.add(new Histogram(HIGHEST_NS, DIGITS));
        }
    }

    /** Starts an interval. */
    @Setup(Level.Iteration)
    public void start() {
        histogram = blank.remove();
        histogram.setStartTimeStamp(System.currentTimeMillis());
    }

    /**
     * Records an event.
     *
     * @param ns how long it took; more than 10 s counts as 10 s
     */
    public void record(final long ns) {
        histogram.recordValue(Math.min(ns, HIGHEST_NS));
    }

    /**
     * Ends an interval and keeps it if it was measured.
     *
     * @param iteration says whether it was
     */
    @TearDown(Level.Iteration)
    public void stop(final IterationParams iteration) {
        stop(iteration.getType() == IterationType.MEASUREMENT);
    }

    void stop(final boolean measured) {
        histogram.setEndTimeStamp(System.currentTimeMillis());
        if (measured) {
            intervals.add(histogram);
        }
    }

    /**
     * Writes the log.
     *
     * @throws FileNotFoundException if it cannot be written
     */
    @TearDown(Level.Trial)
    public void write() throws FileNotFoundException {
        final String path = System.getProperty(LOG_PROPERTY);
        if (path != null && intervals.stream().anyMatch(interval -> interval.getTotalCount() > 0)) {
            write(path);
        }
    }

    void write(final String path) throws FileNotFoundException {
        final HistogramLogWriter log = new HistogramLogWriter(path);
        log.outputLogFormatVersion();
        log.outputLegend();
        intervals.forEach(log::outputIntervalHistogram);
        log.close();
    }
}
