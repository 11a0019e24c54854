/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * The forks of an A/B run in the order in which they run. Every cell's forks stand in blocks of base, head, head, base,
 * close together in time: what drifts evenly through a block weighs on both sides alike. Blocks are shuffled as the
 * cells of a run are.
 *
 * @param turns  the forks in order
 * @param base   the base's forks as the plan of a run
 * @param head   the head's forks as the plan of a run
 */
record AbPlan(List<Turn> turns, Plan base, Plan head) {

    /**
     * One fork.
     *
     * @param head whether it is the head's; the base's otherwise
     * @param unit cell and round
     */
    record Turn(boolean head, Plan.Unit unit) {
    }

    /**
     * Makes the plan; the same arguments always give the same one.
     *
     * @param cells what to measure on both sides
     * @param forks forks per cell and side, an even number
     * @param seed  of the shuffle
     * @return the plan
     */
    static AbPlan of(final List<Cell> cells, final int forks, final long seed) {
        final Random random = new Random(seed);
        final List<Turn> turns = new ArrayList<>();
        for (int round = 0; round < forks; round += 2) {
            final List<Cell> shuffled = new ArrayList<>(cells);
            Collections.shuffle(shuffled, random);
            for (final Cell cell : shuffled) {
                turns.add(new Turn(false, new Plan.Unit(cell, round)));
                turns.add(new Turn(true, new Plan.Unit(cell, round)));
                turns.add(new Turn(true, new Plan.Unit(cell, round + 1)));
                turns.add(new Turn(false, new Plan.Unit(cell, round + 1)));
            }
        }
        return new AbPlan(List.copyOf(turns), side(turns, false, forks, seed), side(turns, true, forks, seed));
    }

    private static Plan side(final List<Turn> turns, final boolean head, final int forks, final long seed) {
        return new Plan(turns.stream().filter(turn -> turn.head == head).map(Turn::unit).toList(), seed, forks);
    }
}
