/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.contended;

import java.util.concurrent.TimeUnit;
import org.daxref.bench.DeviceState;
import org.daxref.bench.Foll;
import org.daxref.bench.PageSequence;
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
import org.openjdk.jmh.infra.ThreadParams;

/**
 * What does contention cost when threads pin pages of a large file, all alike or some far more often than others? A
 * file of 64 Ki pages; by Zipf 0.99 the hottest page is one in twelve, the hundred hottest four in ten. Hot pages
 * are no neighbours, and they are the same ones for all threads.
 *
 * <p><b>Not shown:</b> skew that changes with time. The next page is known early, so the processor may fetch its
 * descriptor while it works on the one before. With one thread the distributions differ by cache misses only; the
 * contention is what more threads add to each.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter SpreadPagesBenchmark --threads 1,max}
 *
 * <p><b>Expected shape:</b> {@code UNIFORM} hardly moved by more threads: two of them seldom meet on 64 Ki lines, but
 * every line was last written by another processor. {@code ZIPF} cheaper than {@code UNIFORM} at one thread, since the
 * hot descriptors stay in the cache, and dearer with many, between {@code own} and {@code hot} of
 * {@code HotPageBenchmark}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Benchmark)
public class SpreadPagesBenchmark {
    /** How often which page. */
    @Param({"UNIFORM", "ZIPF"})
    public Spread distribution;

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
     * Pins and unpins the next page.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @param pages  where to go
     * @return the page
     */
    @Benchmark
    public long pinUnpin(final DeviceState device, final Worker worker, final DrawnPages pages) {
        return worker.takeAndDrop(device, Foll.PIN, pages.sequence.next(), 1);
    }

    /** Where a thread goes. */
    @State(Scope.Thread)
    public static class DrawnPages {
        private PageSequence sequence;

        /**
         * Draws.
         *
         * @param benchmark holds the distribution
         * @param device    the device under test
         * @param threads   which worker this is
         */
        @Setup
        public void draw(final SpreadPagesBenchmark benchmark, final DeviceState device, final ThreadParams threads) {
            sequence = benchmark.distribution.draw(device, threads.getThreadIndex());
        }
    }
}
