/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.contended;

import java.util.concurrent.TimeUnit;
import org.daxref.bench.DeviceState;
import org.daxref.bench.Foll;
import org.daxref.bench.Worker;
import org.daxref.page.PageDescriptor;
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
import org.openjdk.jmh.infra.ThreadParams;

/**
 * Do threads disturb each other that pin neighbouring pages, each its own? A descriptor fills a cache line of 64 bytes,
 * so neighbours share none; but processors that fetch lines in pairs of 128 bytes may take the neighbour's away.
 *
 * <p><b>Not shown:</b> descriptors smaller than a line. The page-table entries of neighbours do share a line, which is
 * only read here; a fault or a zap next door would write it.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter NeighbourPagesBenchmark --threads 1,max}
 *
 * <p><b>Expected shape:</b> all three equal, and equal to one thread, where a struct page of 64 bytes is enough; 64
 * above 128 where pairs of lines are fetched.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Benchmark)
public class NeighbourPagesBenchmark {
    /** Distance of the descriptors of two threads: the next page, the next but one, far away. */
    @Param({"64", "128", "4096"})
    public int descriptorBytesApart;

    /**
     * Maps every page by a PTE.
     *
     * @param device the device under test
     */
    @Setup
    public void map(final DeviceState device) {
        device.mapPages();
    }

    /**
     * Pins and unpins the own page.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @param own    the page
     * @return the page
     */
    @Benchmark
    public long pinUnpin(final DeviceState device, final Worker worker, final OwnPage own) {
        return worker.takeAndDrop(device, Foll.PIN, own.page, 1);
    }

    /** The page of a thread. */
    @State(Scope.Thread)
    public static class OwnPage {
        private long page;

        /**
         * Finds it. The descriptor of page 0 begins a pair of lines.
         *
         * @param benchmark holds the distance
         * @param threads   which worker this is
         */
        @Setup
        public void find(final NeighbourPagesBenchmark benchmark, final ThreadParams threads) {
            page = (long) threads.getThreadIndex() * benchmark.descriptorBytesApart
                / PageDescriptor.PAGE_DESCRIPTOR_BYTES;
        }
    }
}
