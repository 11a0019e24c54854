/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import java.util.concurrent.TimeUnit;
import org.daxref.bench.DeviceState;
import org.daxref.bench.Foll;
import org.daxref.bench.Worker;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

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
     * @param log      what is recorded
     */
    @Benchmark
    public void openLoop(final DeviceState device, final Worker worker, final OpenLoop schedule,
                         final LatencyLog log) {
        final long intendedNs = schedule.awaitNext();
        worker.takeAndDrop(device, foll, 0, 1);
        log.record(System.nanoTime() - intendedNs);
    }
}
