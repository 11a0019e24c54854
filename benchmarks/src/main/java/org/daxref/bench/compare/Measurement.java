/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import java.util.Arrays;
import java.util.List;

/**
 * One number per fork: what one side has to say about one key.
 *
 * @param key        what was measured
 * @param unit       such as {@code ns/op}
 * @param forks      a mean or a percentile per fork, in the order of the rounds
 * @param conditions under which they came to be
 */
record Measurement(Key key, String unit, List<Double> forks, Conditions conditions) {

    /**
     * Whether more is better. JMH's throughput is in operations per time; all other units are costs.
     *
     * @return true for a rate
     */
    boolean isRate() {
        return unit.startsWith("ops/");
    }

    /**
     * Logarithms of what the thing costs, so that up is always worse and a factor is always a difference.
     *
     * @return one per fork
     */
    double[] logCosts() {
        return forks.stream().mapToDouble(value -> isRate() ? -Math.log(value) : Math.log(value)).toArray();
    }

    /**
     * Whether every fork gave a positive, finite number.
     *
     * @return false when there is nothing to take a logarithm of
     */
    boolean isSound() {
        return forks.stream().allMatch(value -> Double.isFinite(value) && value > 0);
    }

    double mean() {
        return Arrays.stream(forks.stream().mapToDouble(Double::doubleValue).toArray()).average().orElse(Double.NaN);
    }
}
