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
import org.daxref.bench.DeviceState;
import org.daxref.bench.Foll;
import org.daxref.bench.Worker;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.runner.IterationType;

/**
 * How long does it take from the moment at which a page should have been taken until it is taken and dropped, when that
 * happens at a fixed rate? Open loop: the moments are fixed in advance, so an operation that is held up makes those
 * behind it late, and their lateness counts (no coordinated omission).
 *
 * <p><b>Not shown:</b> differences below the resolution of the clock: the two readings of {@code System.nanoTime} that
 * frame an operation cost more than the operation. The low percentiles are the clock's; the high ones are the
 * machine's.
 *
 * <p><b>Score:</b> operations per second, which must be the asked rate. The answer is the histogram: with the system
 * property {@code daxref.hlog} set, it is written to that file, one interval per measured iteration.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter PinLatencyBenchmark}
 *
 * <p><b>Expected shape:</b> both designs alike up to the 99th percentile; above, what the operating system and the
 * hypervisor take.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@Threads(1)
@State(Scope.Benchmark)
public class PinLatencyBenchmark {
    /** Reference or pin. */
    @Param
    public Foll foll;

    /** Operations per second. */
    @Param("1000000")
    public int ratePerSecond;

    /**
     * Maps every page by a PTE.
     *
     * @param device the device under test
     * @throws InterruptedException if interrupted
     */
    @Setup
    public void map(final DeviceState device) throws InterruptedException {
        device.mapPages();
    }

    /**
     * Waits for the next moment, takes and drops the page, and records how late it is.
     *
     * @param device   the device under test
     * @param worker   the calling worker
     * @param schedule when to begin
     */
    @Benchmark
    public void openLoop(final DeviceState device, final Worker worker, final Schedule schedule) {
        final long intendedNs = schedule.awaitNext();
        worker.takeAndDrop(device, foll, 0, 1);
        schedule.finished(intendedNs);
    }

    /** The moments at which operations should begin, and how long after them they ended. One thread only. */
    @State(Scope.Thread)
    public static class Schedule {
        private static final String LOG_PROPERTY = "daxref.hlog";
        private static final long HIGHEST_NS = TimeUnit.SECONDS.toNanos(10);
        private static final int DIGITS = 3;

        private final Queue<Histogram> blank = new ArrayDeque<>();
        private final List<Histogram> intervals = new ArrayList<>();
        private Histogram histogram;
        private long periodNs;
        private long nextNs;

        /**
         * Computes the period and makes a histogram for every iteration, so that none is made while measuring.
         *
         * @param benchmark holds the rate
         * @param params    holds the number of threads and of iterations
         */
        @Setup(Level.Trial)
        public void prepare(final PinLatencyBenchmark benchmark, final BenchmarkParams params) {
            if (params.getThreads() != 1) {
                throw new IllegalStateException("an open loop has one thread: threads=" + params.getThreads());
            }
            periodNs = TimeUnit.SECONDS.toNanos(1) / benchmark.ratePerSecond;
            for (int i = 0; i < params.getWarmup().getCount() + params.getMeasurement().getCount(); i++) {
                blank.add(new Histogram(HIGHEST_NS, DIGITS));
            }
        }

        /** Starts an interval. */
        @Setup(Level.Iteration)
        public void start() {
            histogram = blank.remove();
            histogram.setStartTimeStamp(System.currentTimeMillis());
            nextNs = System.nanoTime() + periodNs;
        }

        long awaitNext() {
            final long intendedNs = nextNs;
            nextNs = intendedNs + periodNs;
            while (System.nanoTime() - intendedNs < 0) {
                Thread.onSpinWait();
            }
            return intendedNs;
        }

        void finished(final long intendedNs) {
            histogram.recordValue(Math.min(System.nanoTime() - intendedNs, HIGHEST_NS));
        }

        /**
         * Ends an interval and keeps it if it was measured.
         *
         * @param iteration says whether it was
         */
        @TearDown(Level.Iteration)
        public void stop(final IterationParams iteration) {
            histogram.setEndTimeStamp(System.currentTimeMillis());
            if (iteration.getType() == IterationType.MEASUREMENT) {
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
            if (path == null) {
                return;
            }
            final HistogramLogWriter log = new HistogramLogWriter(path);
            log.outputLogFormatVersion();
            log.outputLegend();
            intervals.forEach(log::outputIntervalHistogram);
            log.close();
        }
    }
}
