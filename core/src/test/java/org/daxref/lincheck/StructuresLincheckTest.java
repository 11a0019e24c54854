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

/** percpu_ref, pgmap_array and the handing out of CPU areas. */
@Tag("lincheck")
class StructuresLincheckTest {

    /** Scenarios S33, S34 and S36: {@code percpu_ref_tryget_live} against {@code percpu_ref_kill}. */
    @Test
    void shouldReleaseAKilledReferenceOnceAndAfterItsLastUser() {
        Lincheck.check(PercpuRefOperations.class, PercpuRefModel.class);
    }

    /** {@code get_dev_pagemap}'s lookup against {@code memremap_pages} and {@code memunmap_pages} of other ranges. */
    @Test
    void shouldFindEveryPagemapWhileOthersComeAndGo() {
        Lincheck.check(PagemapArrayOperations.Actual.class, PagemapArrayModel.class);
    }

    /** Against a reader of the first range, a node is emptied and comes back in another place. */
    private static List<List<Actor>> readerAndReuse(final Class<?> operations) {
        return List.of(List.of(Lincheck.step(operations, "load", 2, 0)),
            List.of(Lincheck.step(operations, "erase", 0), Lincheck.step(operations, "store", 1)));
    }

    private static List<Actor> firstRange(final Class<?> operations) {
        return List.of(Lincheck.step(operations, "store", 0));
    }

    @Test
    void shouldNotReuseANodeUnderItsReader() {
        final Class<?> actual = PagemapArrayOperations.Actual.class;
        Lincheck.checkSchedulesOfLongLoops(actual, PagemapArrayModel.class, firstRange(actual),
            readerAndReuse(actual));
    }

    @Test
    void shouldRejectAnArrayThatDoesNotWaitForItsReaders() {
        final Class<?> hasty = PagemapArrayOperations.WithoutGracePeriod.class;
        final String report = assertThrows(LincheckAssertionError.class, () -> Lincheck.checkSchedulesOfLongLoops(hasty,
            PagemapArrayModel.class, firstRange(hasty), readerAndReuse(hasty))).getMessage();

        assertTrue(report.contains("= Invalid execution results ="), report);
    }

    @Test
    void shouldGiveNoAreaToTwoThreads() {
        Lincheck.check(CpuSlotsOperations.class, CpuSlotsModel.class);
    }
}
