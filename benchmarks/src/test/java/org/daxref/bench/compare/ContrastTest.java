/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Random;
import java.util.function.BiFunction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ContrastTest {
    private static final double EXACT = 1e-9;
    private static final int WORLDS = 200;
    private static final double FORK_NOISE = 0.02;

    private static double[] sample(final Random random, final int forks, final double mean) {
        return random.doubles(forks).map(unused -> mean + FORK_NOISE * random.nextGaussian()).toArray();
    }

    /** Student's sleep data (Biometrika 6, 1908): hours gained under two drugs. Welch's p is 0.0794. */
    @Test
    void shouldAgreeWithStudent() {
        final double[] first = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
        final double[] second = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
        final Contrast contrast = Contrast.apart(first, second);
        assertEquals(0.07939, contrast.studentP(), 0.00001);
        assertEquals(17.776, contrast.freedom(), 0.001);
        assertEquals(0.002833, Contrast.inTurn(first, second).studentP(), 0.000001, "the paired test");
    }

    @Test
    void shouldEstimateAsHodgesAndLehmannDo() {
        final double[] base = {1, 2, 3, 4};
        final double[] head = {2, 4, 6, 11};
        assertEquals(2.5, Contrast.apart(base, head).difference(), EXACT, "between the 8th and 9th of 16 differences");
        assertEquals(2.75, Contrast.inTurn(base, head).difference(), EXACT, "between the 5th and 6th of 10 averages");
    }

    /** One fork of ten took ten times as long: it says nothing about the other nine. */
    @Test
    void shouldNotBeMovedByOneForkThatStoodStill() {
        final Random random = new Random(11);
        final double[] base = sample(random, 10, 0);
        final double[] head = sample(random, 10, 0.1);
        base[3] += Math.log(10);
        final Contrast contrast = Contrast.inTurn(base, head);
        assertTrue(contrast.exactP() < 0.01, contrast::toString);
        assertEquals(0.1, contrast.difference(), 0.03);
        assertTrue(Contrast.apart(base, head).exactP() < 0.01);
    }

    /** Two against two, the head's the largest: one of six arrangements, and its mirror image. */
    @Test
    void shouldCountArrangementsWithinABlock() {
        final Contrast contrast = Contrast.inTurn(new double[] {1, 2}, new double[] {3, 5});
        assertEquals(2.0 / 6, contrast.exactP(), EXACT);
        assertEquals(2.0 / 6, contrast.smallestP(), EXACT);
    }

    @Test
    void shouldCountArrangementsOfAllBlocks() {
        final double[] base = {1, 2, 11, 12, 21, 22};
        final double[] head = {3, 5, 13, 15, 23, 25};
        final Contrast contrast = Contrast.inTurn(base, head);
        assertEquals(2.0 / 216, contrast.exactP(), EXACT);
        assertTrue(Contrast.apart(base, head).exactP() > 0.05, "apart, the drift between the blocks hides it");
    }

    @Test
    void shouldSampleWhatIsTooMuchToEnumerate() {
        final Random random = new Random(1);
        final double[] base = sample(random, 20, 0);
        final double p = Contrast.inTurn(base, sample(random, 20, FORK_NOISE)).exactP();
        assertTrue(p > 0 && p < 0.05, () -> "p=" + p);
    }

    @Test
    void shouldKnowTheSmallestPOfRanks() {
        final Contrast contrast = Contrast.apart(new double[] {1, 2, 3, 4}, new double[] {5, 6, 7, 8});
        assertEquals(2.0 / 70, contrast.exactP(), EXACT);
        assertEquals(2.0 / 70, contrast.smallestP(), EXACT);
    }

    @Test
    void shouldBeCertainWhereNothingVaries() {
        final double[] none = {1, 1, 1, 1};
        assertEquals(1, Contrast.apart(none, none).studentP());
        assertEquals(0, Contrast.inTurn(none, new double[] {2, 2, 2, 2}).studentP());
        assertEquals(1, Contrast.inTurn(none, new double[] {2, 2, 2, 2}).low(), EXACT);
    }

    /** 95 of 100 intervals hold the truth; of 200 worlds, 178 at least have to (4 standard errors). */
    @ParameterizedTest
    @CsvSource({"apart, 4", "apart, 5", "apart, 10", "inTurn, 4", "inTurn, 6", "inTurn, 10"})
    void shouldHoldTheTruthAsOftenAsPromised(final String how, final int forks) {
        final BiFunction<double[], double[], Contrast> contrast =
            how.equals("apart") ? Contrast::apart : Contrast::inTurn;
        final Random random = new Random(forks);
        final double truth = 0.05;
        int held = 0;
        for (int world = 0; world < WORLDS; world++) {
            final Contrast found = contrast.apply(sample(random, forks, 0), sample(random, forks, truth));
            held += found.low() <= truth && truth <= found.high() ? 1 : 0;
        }
        final int seen = held;
        assertTrue(held >= 178, () -> seen + " of " + WORLDS);
    }

    /** What four of five runs should find is found in about four of five. */
    @Test
    void shouldPredictWhatItWouldFind() {
        final Random random = new Random(7);
        final int forks = 10;
        final double visible = random.ints(WORLDS).mapToDouble(unused -> Math.log1p(
            Contrast.apart(sample(random, forks, 0), sample(random, forks, 0)).smallestVisible(0.05))).average()
            .orElseThrow();
        int found = 0;
        for (int world = 0; world < WORLDS; world++) {
            found += Contrast.apart(sample(random, forks, 0), sample(random, forks, visible)).studentP() < 0.05 ? 1 : 0;
        }
        assertEquals(0.8, (double) found / WORLDS, 0.1);
    }

    @Test
    void shouldAskForMoreForksThenBeSatisfied() {
        final Random random = new Random(3);
        final Contrast few = Contrast.apart(sample(random, 5, 0), sample(random, 5, 0));
        final int more = few.moreForksFor(0.02, 0.05);
        assertTrue(more > 0 && more < 100, () -> "more=" + more);
        final Contrast many = Contrast.apart(sample(random, 200, 0), sample(random, 200, 0));
        assertEquals(0, many.moreForksFor(0.02, 0.05));
    }
}
