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
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Is a page that two threads fight for shared fairly between them? Two roles do the same, one thread each, and are
 * counted apart: the larger result over the smaller one is the unfairness. Throughput and not time, since both work
 * for the same second: the results are their shares, and add up to what the page gives.
 *
 * <p><b>Not shown:</b> bursts shorter than an iteration, in which one thread may have the page for itself. A refusal is
 * not possible here, as nobody unmaps the page or takes two million pins; it would end the benchmark. Larger groups are
 * several such pairs at the same page.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter FairnessBenchmark}
 *
 * <p><b>Expected shape:</b> two equal results on cores of one cache. A compare-and-swap that fails tries again and may
 * fail again, so a thread that is farther from the line gets less; an unconditional add cannot fail.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Benchmark)
public class FairnessBenchmark {

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
     * Pins and unpins the page of both.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @return the page
     */
    @Benchmark
    @Group("page")
    @GroupThreads(1)
    public long first(final DeviceState device, final Worker worker) {
        return worker.takeAndDrop(device, Foll.PIN, 0, 1);
    }

    /**
     * Pins and unpins the page of both.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @return the page
     */
    @Benchmark
    @Group("page")
    @GroupThreads(1)
    public long second(final DeviceState device, final Worker worker) {
        return worker.takeAndDrop(device, Foll.PIN, 0, 1);
    }
}
