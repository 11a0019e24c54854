/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.uncontended;

import java.util.concurrent.TimeUnit;
import org.daxref.bench.DeviceState;
import org.daxref.bench.Foll;
import org.daxref.bench.Worker;
import org.daxref.bench.Xorshift;
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
 * What does it cost to take and drop one page that is anywhere on the device?
 *
 * <p><b>Not shown:</b> contention. The random number (about a nanosecond) is part of the score.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter PinUniformBenchmark}
 *
 * <p><b>Expected shape:</b> above {@code PinPageBenchmark} by the misses of one entry and one descriptor; the
 * difference of the designs stays a constant.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Benchmark)
public class PinUniformBenchmark {
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
     * Takes and drops a page.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @param pages  where to look next
     * @return the page
     */
    @Benchmark
    public long pinUnpin(final DeviceState device, final Worker worker, final UniformPages pages) {
        return worker.takeAndDrop(device, foll, pages.next(), 1);
    }

    /** A seeded sequence of pages, one per thread. */
    @State(Scope.Thread)
    public static class UniformPages {
        private static final long SEED = 1234;

        private Xorshift random;
        private long pages;

        /**
         * Starts the sequence.
         *
         * @param device  the device under test
         * @param threads which worker this is
         */
        @Setup
        public void start(final DeviceState device, final ThreadParams threads) {
            pages = device.process().pages();
            random = new Xorshift(SEED + threads.getThreadIndex());
        }

        long next() {
            return random.below(pages);
        }
    }
}
