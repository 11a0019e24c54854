/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.uncontended;

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
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to take and drop one page whose entry and descriptor are in the first-level cache?
 *
 * <p><b>Not shown:</b> cache misses ({@code PinUniformBenchmark}), contention ({@code HotPageBenchmark}), the slow
 * walk.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter PinPageBenchmark}
 *
 * <p><b>Expected shape:</b> {@code dev-pagemap} a few nanoseconds above {@code fs-held}: an array lookup, two adds
 * to a word of the own CPU and a look at the wait queue. {@code cas} one locked operation above {@code cas-fused}
 * for PIN, equal for GET.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Benchmark)
public class PinPageBenchmark {
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
     * Takes and drops the page.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @return the page
     */
    @Benchmark
    public long pinUnpin(final DeviceState device, final Worker worker) {
        return worker.takeAndDrop(device, foll, 0, 1);
    }
}
