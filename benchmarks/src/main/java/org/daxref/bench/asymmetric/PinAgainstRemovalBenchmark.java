/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.asymmetric;

import org.daxref.bench.DeviceState;
import org.daxref.bench.Worker;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import java.util.concurrent.TimeUnit;

/**
 * What does the removal of a device cost those who pin its pages? One thread pins and unpins a page by GUP-fast,
 * another one unmounts and removes the device and puts another in its place, so many times a second.
 *
 * <p><b>Not shown:</b> how long a removal takes ({@code RemovalLatencyBenchmark}); removal under pins that are held,
 * which some designs survive and others do not.
 *
 * <p><b>Score:</b> walks per microsecond, of the role {@code pin}; {@code pins} and {@code refused} tell what became of
 * them, {@code done} how many removals there were.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter PinAgainstRemoval}
 *
 * <p><b>Expected shape:</b> walks are refused while there is no device; a refused walk is cheaper than a pin. Where the
 * walk itself takes a dev_pagemap reference, the percpu reference goes to its atomic mode and back at every removal,
 * which single threads do not feel.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Benchmark)
public class PinAgainstRemovalBenchmark {
    /** How often the device is removed. */
    @Param({"10", "0"})
    public int removalsPerSecond;

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
     * Pins and unpins the page, if it is there.
     *
     * @param device   the device under test
     * @param worker   the calling worker
     * @param outcomes counts
     * @return how often it came out like this
     */
    @Benchmark
    @Group("removed")
    @GroupThreads(1)
    public long pin(final DeviceState device, final Worker worker, final PinOutcomes outcomes) {
        return outcomes.count(worker.tryPinAndUnpin(device, 0));
    }

    /**
     * Removes the device and puts another in its place, if that is due.
     *
     * @param device   the device under test
     * @param worker   the calling worker
     * @param schedule says when
     * @return whether it was due
     */
    @Benchmark
    @Group("removed")
    @GroupThreads(1)
    public boolean remove(final DeviceState device, final Worker worker, final Schedule schedule) {
        final boolean due = schedule.isDue(removalsPerSecond);
        if (due) {
            device.replace(worker.cpu());
            device.mapPage(worker.cpu(), 0);
        }
        return due;
    }
}
