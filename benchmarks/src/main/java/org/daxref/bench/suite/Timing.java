/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.openjdk.jmh.runner.options.Options;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * How long each fork runs.
 *
 * @param warmups       warm-up iterations; {@value ForkRunner#CROWDED} times as many when the workers take every CPU
 * @param warmupMs      length of each in milliseconds
 * @param measurements  measured iterations
 * @param measurementMs length of each in milliseconds
 */
public record Timing(int warmups, long warmupMs, int measurements, long measurementMs) {
    /** What a fork takes beside its iterations, in milliseconds: to start, make the device, check the books. */
    private static final long START_MS = 900;

    /**
     * Lets options handed to JMH take precedence.
     *
     * @param options what the user handed to JMH
     * @return the timing that holds
     */
    public Timing overriddenBy(final Options options) {
        return new Timing(options.getWarmupIterations().orElse(warmups),
            options.getWarmupTime().hasValue() ? millis(options.getWarmupTime().get()) : warmupMs,
            options.getMeasurementIterations().orElse(measurements),
            options.getMeasurementTime().hasValue() ? millis(options.getMeasurementTime().get()) : measurementMs);
    }

    private static long millis(final TimeValue time) {
        return Math.max(1, time.convertTo(TimeUnit.MILLISECONDS));
    }

    /**
     * About how long a fork takes.
     *
     * @param iterations how often it warms up
     * @return milliseconds
     */
    long expectedForkMs(final int iterations) {
        return iterations * warmupMs + measurements * measurementMs + START_MS;
    }

    @Override
    public String toString() {
        return "warm-up %d x %d ms, measurement %d x %d ms".formatted(warmups, warmupMs, measurements, measurementMs);
    }
}
