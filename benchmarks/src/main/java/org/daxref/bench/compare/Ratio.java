/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import java.util.List;

/**
 * What one thing costs in terms of another whose forks ran in turn with it: the estimate and the interval by which
 * {@code ab} judges (Hodges and Lehmann; bootstrap over forks), without a verdict.
 *
 * @param ratio the estimate
 * @param low   lower end of its 95 % interval
 * @param high  upper end of its 95 % interval
 */
public record Ratio(double ratio, double low, double high) {

    /**
     * Takes a ratio.
     *
     * @param below the denominator's costs, one per fork, an even number from {@link Comparing#LEAST_FORKS}
     * @param above the numerator's, as many, fork i beside fork i of the other
     * @return what {@code above} costs in terms of {@code below}
     */
    public static Ratio inTurn(final List<Double> below, final List<Double> above) {
        final Contrast contrast = Contrast.inTurn(logs(below), logs(above));
        return new Ratio(Math.exp(contrast.difference()), Math.exp(contrast.low()), Math.exp(contrast.high()));
    }

    private static double[] logs(final List<Double> costs) {
        return costs.stream().mapToDouble(Math::log).toArray();
    }
}
