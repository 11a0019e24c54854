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
 * What do faults and zaps cost those who pin, and the other way round? One thread pins and unpins a page by GUP-fast,
 * another one zaps and faults without a pause: the same page, the one beside it, or one far away (the control).
 *
 * <p><b>Not shown:</b> the slow path that a refused walk would take; TLB shoot-downs, which this model does not have.
 *
 * <p><b>Score:</b> of each role, calls per microsecond; {@code pins} and {@code refused} tell what became of the walks.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter PinAgainstFault}
 *
 * <p><b>Expected shape:</b> the same page slowest, since both change its count in {@code fs-held}, and its entry in
 * every design; the page beside it shares the line of the entries; far away nothing is shared.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Benchmark)
public class PinAgainstFaultBenchmark {
    /** Which page is zapped and faulted while page 0 is pinned. */
    public enum Page {
        /** The pinned one. */
        SAME(0),
        /** The next one: its descriptor is the next line, its entry in the same line. */
        NEIGHBOUR(1),
        /** One that shares no line, nor a page of 4 KiB, of the metadata. */
        FAR(4096);

        private final long number;

        Page(final long number) {
            this.number = number;
        }
    }

    /** Which page is zapped and faulted. */
    @Param
    public Page zapped;

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
     * Pins and unpins page 0, if it is mapped.
     *
     * @param device   the device under test
     * @param worker   the calling worker
     * @param outcomes counts
     * @return how often it came out like this
     */
    @Benchmark
    @Group("faulted")
    @GroupThreads(1)
    public long pin(final DeviceState device, final Worker worker, final PinOutcomes outcomes) {
        return outcomes.count(worker.tryPinAndUnpin(device, 0));
    }

    /**
     * Zaps a page and faults it in again.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @return entries cleared
     */
    @Benchmark
    @Group("faulted")
    @GroupThreads(1)
    public long fault(final DeviceState device, final Worker worker) {
        final long cleared = device.mapper().zap(worker.cpu(), device.process(), zapped.number, 1);
        device.mapPage(worker.cpu(), zapped.number);
        return cleared;
    }
}
