/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Holm's correction for many comparisons (Scandinavian Journal of Statistics 6, 1979): whatever is true, the chance
 * that any of the p values below 0.05 is there by luck stays below 0.05.
 */
final class Holm {
    private Holm() {
    }

    /**
     * Adjusts p values.
     *
     * @param p raw values
     * @return adjusted ones in the same order
     */
    static double[] adjust(final double... p) {
        final int[] order = IntStream.range(0, p.length).boxed().sorted(Comparator.comparingDouble(i -> p[i]))
            .mapToInt(Integer::intValue).toArray();
        final double[] adjusted = new double[p.length];
        double largest = 0;
        for (int rank = 0; rank < p.length; rank++) {
            largest = Math.max(largest, Math.min(1, p[order[rank]] * (p.length - rank)));
            adjusted[order[rank]] = largest;
        }
        return adjusted;
    }
}
