/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RatioTest {
    private static final double EXACT = 1e-9;

    @Test
    void shouldSayWhatTheSecondCostsInTermsOfTheFirst() {
        final Ratio ratio = Ratio.inTurn(List.of(10.0, 20.0, 10.0, 30.0), List.of(12.0, 24.0, 12.0, 36.0));
        assertEquals(1.2, ratio.ratio(), EXACT);
        assertEquals(1.2, ratio.low(), EXACT);
        assertEquals(1.2, ratio.high(), EXACT);
    }

    @Test
    void shouldHoldTheEstimateWithinTheInterval() {
        final Ratio ratio = Ratio.inTurn(List.of(10.0, 10.0, 10.0, 10.0), List.of(10.0, 11.0, 12.0, 10.5));
        assertTrue(ratio.low() < ratio.ratio() && ratio.ratio() < ratio.high(), ratio::toString);
        assertTrue(ratio.ratio() > 1 && ratio.ratio() < 1.2, ratio::toString);
    }
}
