/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

/** The adjusted values are those that R's {@code p.adjust(p, "holm")} gives. */
class HolmTest {
    private static final double EXACT = 1e-12;

    @Test
    void shouldAdjustAsRDoes() {
        assertArrayEquals(new double[] {0.03, 0.06, 0.06, 0.02}, Holm.adjust(0.01, 0.04, 0.03, 0.005), EXACT);
    }

    @Test
    void shouldNeverLeaveTheOrder() {
        assertArrayEquals(new double[] {0.03, 0.03, 0.03}, Holm.adjust(0.01, 0.011, 0.02), EXACT);
    }

    @Test
    void shouldStopAtOne() {
        assertArrayEquals(new double[] {1, 1}, Holm.adjust(0.6, 0.9), EXACT);
        assertArrayEquals(new double[0], Holm.adjust(), EXACT);
    }
}
