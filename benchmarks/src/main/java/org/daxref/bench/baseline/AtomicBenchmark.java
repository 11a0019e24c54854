/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What do the bare locked operations of a reference count cost here, without pages, walks or designs?
 *
 * <p><b>Not shown:</b> anything about DAX. These are the floor under the pin paths: {@code casIncrementThenDecrement}
 * is the least that "+1 unless 0, then -1" can cost in Java on this machine.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter AtomicBenchmark}
 *
 * <p><b>Expected shape:</b> {@code casIncrementThenDecrement} about twice {@code getAndAdd}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Thread)
public class AtomicBenchmark {
    private final AtomicInteger count = new AtomicInteger(1);

    /**
     * One unconditional locked add.
     *
     * @return the value before the add
     */
    @Benchmark
    public int getAndAdd() {
        return count.getAndAdd(1);
    }

    /**
     * A CAS-loop increment that refuses zero, then a locked decrement: the two locked operations of one get and put.
     *
     * @return the count after the decrement
     */
    @Benchmark
    public int casIncrementThenDecrement() {
        int seen = count.get();
        while (seen != 0 && !count.compareAndSet(seen, seen + 1)) {
            seen = count.get();
        }
        return count.decrementAndGet();
    }
}
