/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.uncontended;

import java.util.concurrent.TimeUnit;
import org.daxref.bench.DeviceState;
import org.daxref.bench.Worker;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.CpuSlot;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What do {@code get_dev_pagemap} and {@code put_dev_pagemap} cost by themselves, for a page whose part of pgmap_array
 * is in the first-level cache?
 *
 * <p><b>Not shown:</b> what they cost inside a pin, where the locked operation behind them waits for the loads of the
 * lookup; that is {@code PinPageBenchmark}, {@code dev-pagemap} minus {@code fs-held}. The design has no part in this.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter GetDevPagemapBenchmark}
 *
 * <p><b>Expected shape:</b> three nodes of dependent loads and two adds to a word of the own CPU: some nanoseconds and
 * no locked operation. More threads change nothing.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
public class GetDevPagemapBenchmark {

    /**
     * Gets and puts.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @return whether the device was alive
     */
    @Benchmark
    public boolean getPut(final DeviceState device, final Worker worker) {
        final DevPagemaps pagemaps = device.machine().pagemaps();
        final CpuSlot cpu = worker.cpu();
        device.machine().epochs().enter(cpu);
        final boolean alive = pagemaps.get(cpu, device.firstPfn());
        pagemaps.put(cpu);
        device.machine().epochs().exit(cpu);
        return alive;
    }
}
