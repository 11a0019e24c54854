/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class MembarrierTest {
    @Test
    void shouldRunWhereItIsAvailable() {
        Assumptions.assumeTrue(Membarrier.isAvailable(), "membarrier(2) is not available here");

        assertDoesNotThrow(Membarrier::run);
    }

    @Test
    void shouldThrowWhereItIsNot() {
        Assumptions.assumeFalse(Membarrier.isAvailable(), "membarrier(2) is available here");

        assertEquals("membarrier(2) is not available: os=" + System.getProperty("os.name"),
            assertThrows(IllegalStateException.class, Membarrier::run).getMessage());
    }
}
