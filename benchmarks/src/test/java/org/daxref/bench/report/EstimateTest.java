/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.JmhResult;
import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

class EstimateTest {
    private static JmhResult.Metric metric(final double... forks) {
        return new JmhResult.Metric(0, 0, "ns/op",
            java.util.Arrays.stream(forks).mapToObj(ns -> List.of(ns - 9, ns + 9)).toList());
    }

    @Test
    void shouldTakeTheForkAndNotTheIterationForTheUnit() {
        final Estimate estimate = Estimate.ofForks(metric(18, 20, 22), 1);
        assertEquals(20, estimate.mean());
        assertEquals(20 + 4.302652729749464 * 2 / Math.sqrt(3), estimate.high(), 1e-9);
        assertEquals("20.0 ± 5.0", estimate.withError());
    }

    @Test
    void shouldCancelWhatHitsBothSidesOfARound() {
        assertEquals("1.50 [1.50, 1.50]", Estimate.ofRatio(metric(15, 30, 45), metric(10, 20, 30)).withInterval());
        assertEquals("4.00 [0.13, 125.22]", Estimate.ofRatio(metric(10, 40, 160), metric(10, 10, 10)).withInterval());
    }

    @Test
    void shouldShowNoIntervalBelowThreeForks() {
        assertEquals("15.0", Estimate.ofForks(metric(10, 20), 1).withError());
        assertEquals("2.00", Estimate.ofRatio(metric(20), metric(10)).withInterval());
    }
}
