/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class OpenLoopTest {
    private final OpenLoop loop = new OpenLoop();

    @Test
    void shouldFixMomentsInAdvanceAndNotBeginEarlier() {
        loop.ratePerSecond = 1_000;
        loop.prepare(1);
        loop.start();

        final long first = loop.awaitNext();
        Patience.spin(2_500_000);
        final long late = loop.awaitNext();
        final long lateToo = loop.awaitNext();
        final long onTime = loop.awaitNext();

        assertEquals(first + 1_000_000, late);
        assertEquals(first + 2_000_000, lateToo);
        assertEquals(first + 3_000_000, onTime);
        assertTrue(System.nanoTime() - onTime >= 0);
    }

    @Test
    void shouldRefuseSecondThread() {
        loop.ratePerSecond = 1;

        assertEquals("an open loop has one thread: threads=2",
            assertThrows(IllegalStateException.class, () -> loop.prepare(2)).getMessage());
    }
}
