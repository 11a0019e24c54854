/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import org.apache.commons.statistics.distribution.NormalDistribution;
import org.apache.commons.statistics.distribution.TDistribution;
import org.apache.commons.statistics.inference.DataDispersion;
import org.apache.commons.statistics.inference.MannWhitneyUTest;
import org.apache.commons.statistics.inference.TTest;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * How two samples of logarithms of costs differ. The unit is the fork: iterations of one fork share its code and its
 * pages.
 *
 * <p>Interval: bootstrap over forks, its deviations widened by {@code sqrt(n / (n - 1))} and its percentiles taken at
 * those of Student's t, without which five forks would give 95 % intervals that hold the truth in 82 % (the "expanded
 * percentile interval" of Hesterberg, The American Statistician 69, 2015, section 4.2).
 *
 * <p>Test: ranks of Mann and Whitney where the sides were measured apart; every exchange of labels within a block where
 * their forks ran in turn. Both are exact, and both can reach no smaller p than the number of arrangements allows;
 * where that is not small enough, Student's t (Welch's, or the paired one) is there instead.
 *
 * @param difference    mean of head less mean of base, in logarithms
 * @param low           lower end of the 95 % interval
 * @param high          upper end of it
 * @param exactP        of the rank or permutation test, two-sided
 * @param smallestP     the smallest that this test could have given
 * @param studentP      of the t test, two-sided
 * @param standardError of the difference
 * @param freedom       degrees of freedom of that error
 * @param forks         forks of the smaller side
 */
record Contrast(double difference, double low, double high, double exactP, double smallestP, double studentP,
                double standardError, double freedom, int forks) {
    private static final int RESAMPLES = 9_999;
    private static final int MOST_ENUMERATED = 300_000;
    private static final int RANDOM_ARRANGEMENTS = 99_999;
    private static final long SEED = 20_220_714;
    private static final double CONFIDENCE = 0.95;
    private static final double POWER = 0.8;
    private static final int MOST_FORKS = 1_000;
    private static final double ROUNDING = 1e-12;

    /**
     * Two sides that were measured apart from each other.
     *
     * @param base logarithms of costs, at least 2
     * @param head logarithms of costs, at least 2
     * @return their contrast
     */
    static Contrast apart(final double[] base, final double[] head) {
        final double baseError = variance(base) / base.length;
        final double headError = variance(head) / head.length;
        final double error = Math.sqrt(baseError + headError);
        final double freedom = error == 0 ? 1 : Math.pow(baseError + headError, 2)
            / (baseError * baseError / (base.length - 1) + headError * headError / (head.length - 1));
        final SplittableRandom random = new SplittableRandom(SEED);
        final double difference = mean(head) - mean(base);
        final double[] headDeviations = deviations(head, random);
        final double[] baseDeviations = deviations(base, random);
        final double[] resampled = IntStream.range(0, RESAMPLES)
            .mapToDouble(i -> difference + headDeviations[i] - baseDeviations[i]).sorted().toArray();
        return of(difference, resampled, error, freedom, Math.min(base.length, head.length),
            MannWhitneyUTest.withDefaults().test(base, head).getPValue(),
            2 / arrangements(base.length, head.length),
            error == 0 ? certain(difference)
                : TTest.withDefaults().with(DataDispersion.HETEROSCEDASTIC).test(base, head).getPValue());
    }

    /**
     * Two sides whose forks ran in turn, in blocks of base, head, head, base.
     *
     * @param base logarithms of costs, an even number
     * @param head as many, fork i beside fork i of the base
     * @return their contrast
     */
    static Contrast inTurn(final double[] base, final double[] head) {
        final double[] pairs = IntStream.range(0, base.length).mapToDouble(i -> head[i] - base[i]).toArray();
        final double error = Math.sqrt(variance(pairs) / pairs.length);
        final double difference = mean(pairs);
        final double[] resampled = Arrays.stream(deviations(pairs, new SplittableRandom(SEED)))
            .map(deviation -> difference + deviation).sorted().toArray();
        final double blocks = Math.pow(6, base.length / 2.0);
        return of(difference, resampled, error, pairs.length - 1, pairs.length,
            blocks <= MOST_ENUMERATED ? exactWithinBlocks(base, head, (int) Math.round(blocks))
                : sampledWithinBlocks(base, head),
            blocks <= MOST_ENUMERATED ? 2 / blocks : 1.0 / (RANDOM_ARRANGEMENTS + 1),
            error == 0 ? certain(difference) : TTest.withDefaults().pairedTest(base, head).getPValue());
    }

    private static Contrast of(final double difference, final double[] resampled, final double error,
                               final double freedom, final int forks, final double exactP, final double smallestP,
                               final double studentP) {
        final double tail = NormalDistribution.of(0, 1)
            .cumulativeProbability(-TDistribution.of(freedom).inverseSurvivalProbability((1 - CONFIDENCE) / 2));
        final int cut = (int) Math.floor(tail * resampled.length);
        return new Contrast(difference, resampled[cut], resampled[resampled.length - 1 - cut], exactP, smallestP,
            studentP, error, freedom, forks);
    }

    /** Nothing varies: any difference at all is one, and none is none. */
    private static double certain(final double difference) {
        return Math.abs(difference) < ROUNDING ? 1 : 0;
    }

    private static double[] deviations(final double[] sample, final SplittableRandom random) {
        final double mean = mean(sample);
        final double widening = Math.sqrt(sample.length / (sample.length - 1.0));
        final double[] deviations = new double[RESAMPLES];
        for (int i = 0; i < RESAMPLES; i++) {
            double sum = 0;
            for (int fork = 0; fork < sample.length; fork++) {
                sum += sample[random.nextInt(sample.length)];
            }
            deviations[i] = (sum / sample.length - mean) * widening;
        }
        return deviations;
    }

    private static double exactWithinBlocks(final double[] base, final double[] head, final int arrangements) {
        final double centre = centre(base, head);
        final double observed = Math.abs(Arrays.stream(head).sum() - centre);
        int asFar = 0;
        for (int arrangement = 0; arrangement < arrangements; arrangement++) {
            double sum = 0;
            int choice = arrangement;
            for (int block = 0; block < base.length; block += 2) {
                sum += chosen(base, head, block, choice % 6);
                choice /= 6;
            }
            asFar += Math.abs(sum - centre) >= observed - ROUNDING ? 1 : 0;
        }
        return (double) asFar / arrangements;
    }

    private static double sampledWithinBlocks(final double[] base, final double[] head) {
        final double centre = centre(base, head);
        final double observed = Math.abs(Arrays.stream(head).sum() - centre);
        final SplittableRandom random = new SplittableRandom(SEED);
        int asFar = 1;
        for (int i = 0; i < RANDOM_ARRANGEMENTS; i++) {
            double sum = 0;
            for (int block = 0; block < base.length; block += 2) {
                sum += chosen(base, head, block, random.nextInt(6));
            }
            asFar += Math.abs(sum - centre) >= observed - ROUNDING ? 1 : 0;
        }
        return (double) asFar / (RANDOM_ARRANGEMENTS + 1);
    }

    private static double centre(final double[] base, final double[] head) {
        return (Arrays.stream(base).sum() + Arrays.stream(head).sum()) / 2;
    }

    /** The sum of the two forks that would be head's if its label had fallen on them: one choice of six. */
    private static double chosen(final double[] base, final double[] head, final int block, final int choice) {
        final double[] four = {base[block], base[block + 1], head[block], head[block + 1]};
        return switch (choice) {
            case 0 -> four[0] + four[1];
            case 1 -> four[0] + four[2];
            case 2 -> four[0] + four[3];
            case 3 -> four[1] + four[2];
            case 4 -> four[1] + four[3];
            default -> four[2] + four[3];
        };
    }

    private static double arrangements(final int base, final int head) {
        double product = 1;
        for (int i = 1; i <= base; i++) {
            product = product * (head + i) / i;
        }
        return product;
    }

    /**
     * The smallest change that would have been found in four of five such runs.
     *
     * @param level the p value that counts
     * @return a share, such as 0.02
     */
    double smallestVisible(final double level) {
        return Math.expm1(standardError * quantiles(level, freedom));
    }

    /**
     * How many more forks a side would find a change in four of five runs, if forks vary as they did.
     *
     * @param change the change to be found, such as 0.02
     * @param level  the p value that counts
     * @return forks; {@code MOST_FORKS} when that many are not enough
     */
    int moreForksFor(final double change, final double level) {
        for (int more = 0; more < MOST_FORKS; more++) {
            final double grown = (double) (forks + more) / forks;
            if (standardError / Math.sqrt(grown) * quantiles(level, freedom * grown) <= Math.log1p(change)) {
                return more;
            }
        }
        return MOST_FORKS;
    }

    private static double quantiles(final double level, final double freedom) {
        final TDistribution student = TDistribution.of(freedom);
        return student.inverseSurvivalProbability(level / 2) + student.inverseSurvivalProbability(1 - POWER);
    }

    private static double mean(final double[] sample) {
        return Arrays.stream(sample).average().orElseThrow();
    }

    private static double variance(final double[] sample) {
        final double mean = mean(sample);
        return Arrays.stream(sample).map(value -> (value - mean) * (value - mean)).sum() / (sample.length - 1);
    }
}
