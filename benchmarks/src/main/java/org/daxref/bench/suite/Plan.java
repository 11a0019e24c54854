/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.Digest;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * The forks of a run in the order in which they run: round after round, every cell once in each, shuffled within the
 * round. Drift of the machine so spreads over all cells, and a run that stops early has still measured all of them.
 *
 * @param units the forks in order
 * @param seed  of the shuffle
 * @param rounds forks per cell
 */
public record Plan(List<Unit> units, long seed, int rounds) {

    /**
     * One fork.
     *
     * @param cell  what it measures
     * @param round the round it belongs to, from 0
     */
    public record Unit(Cell cell, int round) {
        @Override
        public String toString() {
            return cell + " round=" + round;
        }
    }

    /**
     * Makes the plan; the same arguments always give the same one.
     *
     * @param cells  what to measure
     * @param rounds forks per cell
     * @param seed   of the shuffle
     * @return the plan
     */
    public static Plan of(final List<Cell> cells, final int rounds, final long seed) {
        final Random random = new Random(seed);
        final List<Unit> units = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            final List<Cell> shuffled = new ArrayList<>(cells);
            Collections.shuffle(shuffled, random);
            for (final Cell cell : shuffled) {
                units.add(new Unit(cell, round));
            }
        }
        return new Plan(List.copyOf(units), seed, rounds);
    }

    /**
     * The cells in the order of their names.
     *
     * @return each cell once
     */
    public List<Cell> cells() {
        return units.stream().filter(unit -> unit.round() == 0).map(Unit::cell)
            .sorted(java.util.Comparator.comparing(Cell::toString)).toList();
    }

    /**
     * A hash over everything that decides what is measured and how.
     *
     * @param timing     warm-up and measurement of each fork
     * @param jmhOptions what was handed through to JMH
     * @return 64 hexadecimal digits
     */
    public String hash(final String timing, final List<String> jmhOptions) {
        return Digest.of(timing + "\n" + jmhOptions + "\n" + seed + "\n" + units);
    }
}
