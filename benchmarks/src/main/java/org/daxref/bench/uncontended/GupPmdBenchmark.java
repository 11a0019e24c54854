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
 * What does it cost to take and drop pages that one PMD leaf maps?
 *
 * <p><b>Not shown:</b> other folio sizes; the slow walk.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter GupPmdBenchmark}
 *
 * <p><b>Expected shape:</b> for 512 pages {@code fs-held} more than ten times cheaper: one count for the folio
 * against one per page. A GET is dropped page by page in both, so there the factor is smaller.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Benchmark)
public class GupPmdBenchmark {
    /** Reference or pin. */
    @Param
    public Foll foll;

    /** Pages per walk. */
    @Param("512")
    public int pages;

    /**
     * Maps all pages by PMD leaves.
     *
     * @param device the device under test
     * @throws InterruptedException if interrupted
     */
    @Setup
    public void map(final DeviceState device) throws InterruptedException {
        device.mapPmds();
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

    /**
     * Takes the pages under the locks of the page table, as 6.15 and 6.16 had to, and drops them.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @return the last page
     */
    @Benchmark
    public long gupSlow(final DeviceState device, final Worker worker) {
        return worker.takeSlowlyAndDrop(device, foll, 0, pages);
    }
}
