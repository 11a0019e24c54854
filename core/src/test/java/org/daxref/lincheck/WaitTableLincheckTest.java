/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Scenarios S12 and S13: {@code wait_var_event} against {@code wake_up_var}, in given scenarios: a random one
 * could wait for a put that it does not have.
 */
@Tag("lincheck")
class WaitTableLincheckTest {
    private static final Class<?> ACTUAL = WaitTableOperations.Actual.class;
    private static final Class<?> LOOKS_FIRST = WaitTableOperations.LooksFirst.class;

    private static List<Actor> waiter(final Class<?> operations) {
        return List.of(Lincheck.step(operations, "awaitIdle"));
    }

    private static List<Actor> waker(final Class<?> operations) {
        return List.of(Lincheck.step(operations, "put"));
    }

    @Test
    void shouldWakeAWaiter() {
        Lincheck.checkSchedules(ACTUAL, WaitTableModel.class, List.of(), List.of(waiter(ACTUAL), waker(ACTUAL)));
    }

    @Test
    void shouldWakeBothWaiters() {
        Lincheck.checkSchedules(ACTUAL, WaitTableModel.class, List.of(),
            List.of(waiter(ACTUAL), waiter(ACTUAL), waker(ACTUAL)));
    }

    @Test
    void shouldWakeBothWaitersWithFreeThreads() {
        Lincheck.stressScenario(ACTUAL, WaitTableModel.class, List.of(),
            List.of(waiter(ACTUAL), waiter(ACTUAL), waker(ACTUAL)));
    }

    @Test
    void shouldRejectAWakerThatLooksBeforeItLowers() {
        final String report = assertThrows(LincheckAssertionError.class, () -> Lincheck.checkSchedules(LOOKS_FIRST,
            WaitTableModel.class, List.of(), List.of(waiter(LOOKS_FIRST), waker(LOOKS_FIRST)))).getMessage();

        assertTrue(report.contains("= The execution has hung ="), report);
    }
}
