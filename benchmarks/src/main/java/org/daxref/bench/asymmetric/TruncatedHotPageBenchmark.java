/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.asymmetric;

import java.util.concurrent.TimeUnit;
import org.daxref.bench.DeviceState;
import org.daxref.bench.Worker;
import org.daxref.bench.latency.LatencyLog;
import org.openjdk.jmh.annotations.AuxCounters;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * What is left of a counter's speed on a page that all fight for, if the page is truncated now and then? All threads
 * pin and unpin one page by GUP-fast; one of them punches it out of its file and faults it in again, so many times a
 * second, and records how long the punch took. A counter that spreads pins over the CPUs has to bring them together for
 * each truncate, and begins anew after it.
 *
 * <p><b>Not shown:</b> the slow path that a refused walk would take; pins that are held for longer than it takes to
 * drop them again.
 *
 * <p><b>Score:</b> walks per microsecond of all threads; {@code pins} and {@code refused} tell what became of them,
 * {@code done} how many truncates there were. The histogram is of the truncates, as {@link LatencyLog} writes it.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter TruncatedHotPage --counter cas-fused,xadd,striped}
 *
 * <p><b>Expected shape:</b> as {@code HotPageBenchmark}, whose walks these are, up to some hundred truncates a second.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Benchmark)
public class TruncatedHotPageBenchmark {
    /** How often the page is punched out of the file. */
    @Param({"1000", "10", "0"})
    public int truncatesPerSecond;

    /** The truncates of one thread: only those of the first worker are ever due. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Truncates {
        /** A look at the clock costs as much as a pin. */
        private static final int PINS_PER_LOOK = 64;

        /** How many there were. */
        public long done;

        private long nextNs;
        private int pins;

        /** Begins at once. */
        @Setup(Level.Iteration)
        public void start() {
            done = 0;
            nextNs = System.nanoTime();
        }

        boolean isDue(final int worker, final int perSecond) {
            if (worker != 0 || perSecond == 0 || ++pins % PINS_PER_LOOK != 0 || System.nanoTime() < nextNs) {
                return false;
            }
            nextNs += TimeUnit.SECONDS.toNanos(1) / perSecond;
            done++;
            return true;
        }
    }

    /**
     * Maps a file of one page.
     *
     * @param device the device under test
     */
    @Setup
    public void map(final DeviceState device) {
        device.useFileOf(1);
        device.mapPages();
    }

    /**
     * Pins and unpins the page, if it is there; before that the first worker truncates it, if that is due.
     *
     * @param device    the device under test
     * @param worker    the calling worker
     * @param outcomes  counts walks
     * @param truncates says when, and counts
     * @param log       where truncates are recorded
     * @return how often it came out like this
     * @throws InterruptedException if interrupted
     */
    @Benchmark
    public long pinUnpin(final DeviceState device, final Worker worker, final PinOutcomes outcomes,
                         final Truncates truncates, final LatencyLog log) throws InterruptedException {
        if (truncates.isDue(worker.index(), truncatesPerSecond)) {
            truncate(device, worker, log);
        }
        return outcomes.count(worker.tryPinAndUnpin(device, 0));
    }

    private static void truncate(final DeviceState device, final Worker worker, final LatencyLog log)
        throws InterruptedException {
        final long begunNs = System.nanoTime();
        device.file().punch(worker.cpu(), 0, 1);
        log.record(System.nanoTime() - begunNs);
        device.mapPage(worker.cpu(), 0);
    }
}
