/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.pagemap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class PfnRangeTest {
    @Test
    void shouldCountItsPages() {
        assertEquals(1, new PfnRange(7, 7).pages());
        assertEquals(1L << 32, new PfnRange(0, (1L << 32) - 1).pages());
    }

    @Test
    void shouldRefuseAnEmptyOrNegativeRange() {
        assertEquals("a range is not empty: first=2, last=1",
            assertThrows(IllegalArgumentException.class, () -> new PfnRange(2, 1)).getMessage());
        assertEquals("a range is not empty: first=-1, last=1",
            assertThrows(IllegalArgumentException.class, () -> new PfnRange(-1, 1)).getMessage());
    }
}
