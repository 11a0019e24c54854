/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every {@link org.daxref.page.PageCounter}: {@code try_grab_folio_fast}, {@code gup_put_folio}, fault. */
@Tag("lincheck")
class PageCounterLincheckTest {

    @ParameterizedTest
    @ValueSource(classes = {PageCounterOperations.CasSmall.class, PageCounterOperations.CasLarge.class,
        PageCounterOperations.FusedSmall.class, PageCounterOperations.FusedLarge.class})
    void shouldAgreeWhoTakesAPageAndWhoLeavesItIdle(final Class<?> operations) {
        Lincheck.check(operations, PageCounterModel.class);
    }

    @Test
    void shouldShowAFusedPinInOneStep() {
        Lincheck.check(PageNumberOperations.Fused.class, PageNumberModel.class);
    }

    /** The kernel's window: between +1 and +1023 a pin is a plain reference. */
    @Test
    void shouldShowTheKernelsPinInTwoSteps() {
        final String report = Lincheck.rejectionByModelChecking(PageNumberOperations.Cas.class, PageNumberModel.class);

        assertTrue(report.contains("= Invalid execution results ="), report);
    }
}
