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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The schedules of every subject, sequentially consistent ones. Every canary must be rejected: Lincheck has been seen
 * to accept any race on memory that it cannot see, and then its silence about the rest would mean nothing.
 */
@Tag("lincheck")
class ModelCheckingTest {
    private static final Class<?> ARRAY = PagemapArrayOperations.Actual.class;
    private static final Class<?> HASTY_ARRAY = PagemapArrayOperations.WithoutGracePeriod.class;
    private static final Class<?> WAITS = WaitTableOperations.Actual.class;
    private static final Class<?> LOOKS_FIRST = WaitTableOperations.LooksFirst.class;

    @ParameterizedTest
    @EnumSource
    void shouldBeLinearizable(final Subject subject) {
        Lincheck.modelCheck(subject.operations(), subject.model());
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "PAGEMAP_ARRAY")
    void shouldRejectRacyWords(final Subject subject) {
        Subject.assertRejection(Lincheck.rejectionByModelChecking(subject.operations(), subject.model()));
    }

    /** The kernel's window: between +1 and +1023 a pin is a plain reference. */
    @Test
    void shouldShowTheKernelsPinInTwoSteps() {
        final LincheckAssertionError error = assertThrows(LincheckAssertionError.class,
            () -> Lincheck.modelCheck(PageNumberOperations.Cas.class, PageNumberModel.class));

        assertTrue(error.getMessage().contains("= Invalid execution results ="), error.getMessage());
    }

    @Test
    void shouldNotReuseANodeUnderItsReader() {
        Lincheck.modelCheck(ARRAY, PagemapArrayModel.class, PagemapArrayOperations.firstRange(ARRAY),
            PagemapArrayOperations.readerAndReuse(ARRAY));
    }

    @Test
    void shouldRejectAnArrayThatDoesNotWaitForItsReaders() {
        final LincheckAssertionError error = assertThrows(LincheckAssertionError.class,
            () -> Lincheck.modelCheck(HASTY_ARRAY, PagemapArrayModel.class,
                PagemapArrayOperations.firstRange(HASTY_ARRAY), PagemapArrayOperations.readerAndReuse(HASTY_ARRAY)));

        assertTrue(error.getMessage().contains("= Invalid execution results ="), error.getMessage());
    }

    private static List<Actor> waiter(final Class<?> operations) {
        return List.of(Lincheck.step(operations, "awaitIdle"));
    }

    private static List<Actor> waker(final Class<?> operations) {
        return List.of(Lincheck.step(operations, "put"));
    }

    /** Scenarios S12 and S13: {@code wait_var_event} against {@code wake_up_var}. A random one could lack the put. */
    @Test
    void shouldWakeAWaiter() {
        Lincheck.modelCheck(WAITS, WaitTableModel.class, List.of(), List.of(waiter(WAITS), waker(WAITS)));
    }

    @Test
    void shouldWakeBothWaiters() {
        Lincheck.modelCheck(WAITS, WaitTableModel.class, List.of(),
            List.of(waiter(WAITS), waiter(WAITS), waker(WAITS)));
    }

    @Test
    void shouldRejectAWakerThatLooksBeforeItLowers() {
        final LincheckAssertionError error = assertThrows(LincheckAssertionError.class,
            () -> Lincheck.modelCheck(LOOKS_FIRST, WaitTableModel.class, List.of(),
                List.of(waiter(LOOKS_FIRST), waker(LOOKS_FIRST))));

        assertTrue(error.getMessage().contains("= The execution has hung ="), error.getMessage());
    }
}
