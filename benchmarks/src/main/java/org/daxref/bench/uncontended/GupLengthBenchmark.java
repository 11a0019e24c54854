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
 * How does the cost of a walk depend on the number of pages it takes, each mapped by a PTE of its own?
 *
 * <p><b>Not shown:</b> PMD leaves ({@code GupPmdBenchmark}); several dev_pagemaps
 * ({@code GupRangesBenchmark}).
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter GupLengthBenchmark}
 *
 * <p><b>Expected shape:</b> per page flat from 8 pages on; {@code dev-pagemap} above {@code fs-held} at 1 page and
 * closing in, since the walk keeps its dev_pagemap.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Benchmark)
public class GupLengthBenchmark {
    /** Reference or pin. */
    @Param
    public Foll foll;

    /** Pages per walk. */
    @Param({"1", "8", "64", "512"})
    public int pages;

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
     * Takes and drops the pages.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @return the last page
     */
    @Benchmark
    public long gup(final DeviceState device, final Worker worker) {
        return worker.takeAndDrop(device, foll, 0, pages);
    }
}
