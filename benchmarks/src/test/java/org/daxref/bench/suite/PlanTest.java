/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.junit.jupiter.api.Test;

import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

class PlanTest {
    private static final List<Cell> CELLS =
        IntStream.range(0, 20).mapToObj(design -> Samples.cell("design-" + design)).toList();

    @Test
    void shouldHoldEveryCellOnceInEveryRound() {
        final Plan plan = Plan.of(CELLS, 5, 42);
        for (int round = 0; round < 5; round++) {
            final List<Plan.Unit> units = plan.units().subList(round * 20, (round + 1) * 20);
            final int expected = round;
            assertEquals(new HashSet<>(CELLS), new HashSet<>(units.stream().map(Plan.Unit::cell).toList()));
            assertEquals(20, units.stream().filter(unit -> unit.round() == expected).count());
        }
    }

    @Test
    void shouldShuffleEachRoundInItsOwnWay() {
        final Plan plan = Plan.of(CELLS, 2, 42);
        final List<Cell> first = plan.units().subList(0, 20).stream().map(Plan.Unit::cell).toList();
        final List<Cell> second = plan.units().subList(20, 40).stream().map(Plan.Unit::cell).toList();
        assertNotEquals(CELLS, first);
        assertNotEquals(first, second);
    }

    @Test
    void shouldBeTheSameForTheSameSeed() {
        assertEquals(Plan.of(CELLS, 3, 7), Plan.of(CELLS, 3, 7));
        assertNotEquals(Plan.of(CELLS, 3, 7), Plan.of(CELLS, 3, 8));
    }

    @Test
    void shouldHashWhatIsMeasuredAndHow() {
        final String hash = Plan.of(CELLS, 3, 7).hash("timing", List.of("-gc", "true"));
        assertEquals(hash, Plan.of(CELLS, 3, 7).hash("timing", List.of("-gc", "true")));
        assertNotEquals(hash, Plan.of(CELLS, 3, 8).hash("timing", List.of("-gc", "true")));
        assertNotEquals(hash, Plan.of(CELLS, 3, 7).hash("other", List.of("-gc", "true")));
        assertNotEquals(hash, Plan.of(CELLS, 3, 7).hash("timing", List.of()));
        assertNotEquals(hash, Plan.of(CELLS.subList(1, 20), 3, 7).hash("timing", List.of("-gc", "true")));
    }

    @Test
    void shouldShowDesignAndCounterBeforeOtherParameters() {
        assertEquals("PinPageBenchmark.pinUnpin design=fs-held counter=cas foll=PIN t=1 round=0",
            Plan.of(List.of(Samples.cell("fs-held")), 1, 0).units().getFirst().toString());
    }
}
