/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.contended;

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
 * What does contention on one page cost? {@code hot}: all threads take and drop the same page. {@code own}: the same
 * code, each thread on a page of its own. The difference is the contention.
 *
 * <p><b>Not shown:</b> asymmetric loads; more threads than processors.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter HotPageBenchmark --threads 1,max}
 *
 * <p><b>Expected shape:</b> {@code own} as {@code PinPageBenchmark} at any number of threads, {@code hot} many times
 * that from two threads on, and there both designs nearly equal: they fight for the same line.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Benchmark)
public class HotPageBenchmark {
    /** Reference or pin. */
    @Param
    public Foll foll;

    private static final int OWN_STRIDE_PAGES = 64;

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
     * Takes and drops the page of all.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @return the page
     */
    @Benchmark
    public long hot(final DeviceState device, final Worker worker) {
        return worker.takeAndDrop(device, foll, 0, 1);
    }

    /**
     * Takes and drops the own page.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @return the page
     */
    @Benchmark
    public long own(final DeviceState device, final Worker worker) {
        return worker.takeAndDrop(device, foll, (long) worker.index() * OWN_STRIDE_PAGES, 1);
    }
}
