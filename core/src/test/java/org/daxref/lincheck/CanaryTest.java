/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Lincheck sees the words: without these tests its silence about everything else would mean nothing. It has been seen
 * to accept any race on memory that it cannot see.
 */
@Tag("lincheck")
class CanaryTest {
    private static void assertShowsResults(final String report) {
        assertTrue(report.contains("= Invalid execution results ="), report);
        assertTrue(report.contains("increment(): 0"), report);
    }

    @Test
    void shouldRejectACountThatIsNotRaisedAtomicallyByModelChecking() {
        assertShowsResults(Lincheck.rejectionByModelChecking(RacyCounterOperations.class, CounterModel.class));
    }

    @Test
    void shouldRejectACountThatIsNotRaisedAtomicallyWithFreeThreads() {
        assertShowsResults(Lincheck.rejectionByStress(RacyCounterOperations.class, CounterModel.class));
    }

    @Test
    void shouldAcceptACountThatIsRaisedAtomically() {
        Lincheck.check(AtomicCounterOperations.class, CounterModel.class);
    }
}
