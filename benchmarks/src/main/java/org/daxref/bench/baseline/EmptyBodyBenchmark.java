/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import java.util.concurrent.TimeUnit;
import org.daxref.bench.DeviceState;
import org.daxref.bench.Worker;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does the harness itself cost, with the same states as the pin benchmarks and an empty body?
 *
 * <p><b>Not shown:</b> anything about pages. Whatever comes near this number measured nothing.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter EmptyBodyBenchmark}
 *
 * <p><b>Expected shape:</b> well under a nanosecond.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
public class EmptyBodyBenchmark {

    /**
     * Nothing.
     *
     * @param device the device under test
     * @param worker the calling worker
     */
    @Benchmark
    public void empty(final DeviceState device, final Worker worker) {
        // this is the point
    }
}
