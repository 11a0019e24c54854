/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.uncontended;

import java.util.concurrent.TimeUnit;
import org.daxref.bench.DeviceState;
import org.daxref.bench.Worker;
import org.daxref.page.PageTableEntry;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a mapping cost: a fault and its zap, of one page and of one PMD leaf?
 *
 * <p><b>Not shown:</b> the first fault of a page, which also ties it to its file; TLB misses and shoot-downs, which
 * this model does not have.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter FaultZapBenchmark}
 *
 * <p><b>Expected shape:</b> {@code fs-held} above {@code dev-pagemap}: it counts every mapping, five locked
 * operations more. This is what the cheaper pins are paid with.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
public class FaultZapBenchmark {
    private static final int STRIDE_PAGES = 2 * PageTableEntry.ENTRIES;

    /**
     * Faults one page in and zaps it.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @return entries cleared
     */
    @Benchmark
    public long page(final DeviceState device, final Worker worker) {
        final long page = (long) worker.index() * STRIDE_PAGES;
        device.file().fault(worker.cpu(), device.area(), page, true);
        return device.mapper().zap(worker.cpu(), device.process(), page, 1);
    }

    /**
     * Faults 512 pages in by one leaf and zaps them.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @return entries cleared
     */
    @Benchmark
    public long pmd(final DeviceState device, final Worker worker) {
        final long page = (long) worker.index() * STRIDE_PAGES + PageTableEntry.ENTRIES;
        device.file().faultPmd(worker.cpu(), device.area(), page, true);
        return device.mapper().zap(worker.cpu(), device.process(), page, PageTableEntry.ENTRIES);
    }
}
