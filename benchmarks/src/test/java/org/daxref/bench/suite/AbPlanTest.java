/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

class AbPlanTest {
    private static final List<Cell> CELLS = List.of(Samples.cell("dev-pagemap"), Samples.cell("fs-held"));
    private static final int FORKS = 6;

    @Test
    void shouldRunEveryCellInBlocksOfBaseHeadHeadBase() {
        final List<AbPlan.Turn> turns = AbPlan.of(CELLS, FORKS, 1).turns();
        assertEquals(2 * FORKS * CELLS.size(), turns.size());
        for (int block = 0; block < turns.size(); block += 4) {
            final List<AbPlan.Turn> four = turns.subList(block, block + 4);
            assertEquals("ABBA", four.stream().map(turn -> turn.head() ? "B" : "A").collect(Collectors.joining()));
            assertEquals(1, four.stream().map(turn -> turn.unit().cell()).distinct().count());
            final int round = four.getFirst().unit().round();
            assertEquals(List.of(round, round, round + 1, round + 1),
                four.stream().map(turn -> turn.unit().round()).toList());
        }
    }

    @Test
    void shouldGiveBothSidesTheSameForks() {
        final AbPlan plan = AbPlan.of(CELLS, FORKS, 1);
        assertEquals(FORKS * CELLS.size(), plan.base().units().size());
        assertEquals(plan.base().units(), plan.head().units());
        assertEquals(plan.base().cells(), plan.head().cells());
        assertEquals(CELLS.size(), plan.base().cells().size());
    }

    @Test
    void shouldShuffleBySeed() {
        assertEquals(AbPlan.of(CELLS, FORKS, 1), AbPlan.of(CELLS, FORKS, 1));
        assertNotEquals(AbPlan.of(CELLS, FORKS, 1).turns(), AbPlan.of(CELLS, FORKS, 2).turns());
    }
}
