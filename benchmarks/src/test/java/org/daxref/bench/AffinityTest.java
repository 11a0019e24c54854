/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.BitSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class AffinityTest {
    @Test
    void shouldKnowTheProcessorsOfTheProcessOnATiedThread() throws InterruptedException {
        final BitSet processors = Affinity.ofProcess();
        assumeFalse(processors.isEmpty(), "the platform does not say");
        final AtomicReference<BitSet> own = new AtomicReference<>();
        final AtomicReference<BitSet> ofProcess = new AtomicReference<>();

        Thread.ofPlatform().start(() -> {
            Affinity.pinTo(processors.nextSetBit(0));
            own.set(Affinity.allowed());
            ofProcess.set(Affinity.ofProcess());
        }).join();

        assertEquals(1, own.get().cardinality());
        assertEquals(processors, ofProcess.get());
    }
}
