/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class DigitsTest {
    @Test
    void shouldWriteThreeDigitsWithoutAnExponent() {
        assertEquals("0.583", Digits.of(0.58333));
        assertEquals("7.21", Digits.of(7.2123));
        assertEquals("1.50", Digits.of(1.5));
        assertEquals("133", Digits.of(133.4));
        assertEquals("1234567", Digits.of(1_234_567));
        assertEquals("0.00", Digits.of(0));
        assertEquals("0.000001", Digits.of(0.000_000_9));
        assertEquals("NaN", Digits.of(Double.NaN));
    }

    @Test
    void shouldAlignAnErrorWithItsMean() {
        assertEquals("0.3", Digits.like(0.312, 21.9));
        assertEquals("0.000", Digits.like(4.2e-17, 0.1));
    }
}
