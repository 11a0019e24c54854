/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import java.util.List;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every subject with free threads, on words that have the memory orders of the mapped file.
 *
 * <p>Two canaries are the model checker's alone: free threads hardly ever meet a node that is used again too early, and
 * a lost wake-up would leave its thread asleep behind the test.
 */
@Tag("lincheck")
class FreeThreadsTest {
    @ParameterizedTest
    @EnumSource
    void shouldBeLinearizable(final Subject subject) {
        Lincheck.stress(subject.operations(), subject.model());
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "PAGEMAP_ARRAY")
    void shouldRejectRacyWords(final Subject subject) {
        Subject.assertRejection(Lincheck.rejectionByStress(subject.operations(), subject.model()));
    }

    @Test
    void shouldWakeBothWaiters() {
        final Class<?> operations = WaitTableOperations.Actual.class;
        final List<Actor> waiter = List.of(Lincheck.step(operations, "awaitIdle"));

        Lincheck.stress(operations, WaitTableModel.class, List.of(),
            List.of(waiter, waiter, List.of(Lincheck.step(operations, "put"))));
    }
}
