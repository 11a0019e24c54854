/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import java.util.concurrent.TimeUnit;
import org.agrona.UnsafeApi;
import org.daxref.bench.DeviceState;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Does the access seam cost anything against calling Agrona directly?
 *
 * <p><b>Not shown:</b> the segment implementation, which is for tests and costs 1 to 2 ns per access.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter SeamBenchmark}
 *
 * <p><b>Expected shape:</b> each {@code seam} equal to its {@code direct} within 2 %.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Thread)
public class SeamBenchmark {

    private long offset;
    private long address;

    /**
     * Picks a word of the device that nothing else uses: the last word of the last pagemap node.
     *
     * @param device the device
     */
    @Setup
    public void find(final DeviceState device) {
        final long inFile = device.device().geometry().waitTableOffset() - Long.BYTES;
        offset = device.words().origin() + inFile;
        address = device.device().region().segment().address() + inFile;
    }

    /**
     * A locked add through the seam.
     *
     * @param device the device
     * @return the value before
     */
    @Benchmark
    public int seamGetAndAdd(final DeviceState device) {
        return device.words().getAndAddInt(offset, 1);
    }

    /**
     * A locked add without it.
     *
     * @param device the device
     * @return the value before
     */
    @Benchmark
    public int directGetAndAdd(final DeviceState device) {
        return UnsafeApi.getAndAddInt(null, address, 1);
    }

    /**
     * A read and a locked exchange through the seam.
     *
     * @param device the device
     * @return the value before
     */
    @Benchmark
    public int seamCompareAndExchange(final DeviceState device) {
        final int seen = device.words().getIntOpaque(offset);
        return device.words().compareAndExchangeInt(offset, seen, seen + 1);
    }

    /**
     * A read and a locked exchange without it.
     *
     * @param device the device
     * @return the value before
     */
    @Benchmark
    public int directCompareAndExchange(final DeviceState device) {
        final int seen = UnsafeApi.getIntOpaque(null, address);
        return UnsafeApi.compareAndExchangeInt(null, address, seen, seen + 1);
    }
}
