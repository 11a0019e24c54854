/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import org.apache.commons.statistics.descriptive.Median;
import org.apache.commons.statistics.distribution.NormalDistribution;
import org.apache.commons.statistics.distribution.TDistribution;
import org.apache.commons.statistics.inference.DataDispersion;
import org.apache.commons.statistics.inference.MannWhitneyUTest;
import org.apache.commons.statistics.inference.TTest;
import org.apache.commons.statistics.ranking.NaturalRanking;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * How two samples of logarithms of costs differ. The unit is the fork: iterations of one fork share its code and its
 * pages. Here and there a fork stands still for a while, or compiles in another way, so nothing rests on means.
 *
 * <p>Estimate: the shift of Hodges and Lehmann (Annals of Mathematical Statistics 34, 1963): the median of all
 * differences between a fork of the head and one of the base, or, where the forks ran in turn, the median of the
 * averages of any two differences between neighbours.
 *
 * <p>Interval: bootstrap of that estimate over forks, its deviations widened by {@code sqrt(n / (n - 1))} and its
 * percentiles taken at those of Student's t, without which intervals from few forks promise too much (the "expanded
 * percentile interval" of Hesterberg, The American Statistician 69, 2015, section 4.2).
 *
 * <p>Test: ranks of Mann and Whitney where the sides were measured apart; where their forks ran in turn, ranks after
 * each block was aligned by its median (Hodges and Lehmann, ibid. 33, 1962), under every
 * exchange of labels within the blocks. Both are exact, and both can reach no smaller p than the number of arrangements
 * allows; where that is not small enough, Student's t (Welch's, or the paired one) is there instead.
 *
 * @param difference    head less base, in logarithms
 * @param low           lower end of the 95 % interval
 * @param high          upper end of it
 * @param exactP        of the rank test, two-sided
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
        final double error = baseError + headError;
        final double freedom = error == 0 ? 1
            : error * error / (baseError * baseError / (base.length - 1) + headError * headError / (head.length - 1));
        final int forks = Math.min(base.length, head.length);
        final SplittableRandom random = new SplittableRandom(SEED);
        return of(shift(base, head), () -> shift(resample(base, random), resample(head, random)), freedom, forks,
            MannWhitneyUTest.withDefaults().test(base, head).getPValue(), 2 / arrangements(base.length, head.length),
            error == 0 ? certain(shift(base, head))
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
        final SplittableRandom random = new SplittableRandom(SEED);
        final double blocks = Math.pow(6, base.length / 2.0);
        final double[] ranks = alignedRanks(base, head);
        final double[] baseRanks = Arrays.copyOf(ranks, base.length);
        final double[] headRanks = Arrays.copyOfRange(ranks, base.length, ranks.length);
        return of(centre(pairs), () -> centre(resample(pairs, random)), pairs.length - 1, pairs.length,
            blocks <= MOST_ENUMERATED ? exactWithinBlocks(baseRanks, headRanks, (int) Math.round(blocks))
                : sampledWithinBlocks(baseRanks, headRanks),
            blocks <= MOST_ENUMERATED ? 2 / blocks : 1.0 / (RANDOM_ARRANGEMENTS + 1),
            variance(pairs) == 0 ? certain(centre(pairs)) : TTest.withDefaults().pairedTest(base, head).getPValue());
    }

    private static Contrast of(final double difference, final DoubleSupplier again, final double freedom,
                               final int forks, final double exactP, final double smallestP, final double studentP) {
        final double widening = Math.sqrt(forks / (forks - 1.0));
        final double[] resampled = DoubleStream.generate(again).limit(RESAMPLES)
            .map(value -> difference + (value - difference) * widening).sorted().toArray();
        final double student = TDistribution.of(freedom).inverseSurvivalProbability((1 - CONFIDENCE) / 2);
        final int cut =
            (int) Math.floor(NormalDistribution.of(0, 1).cumulativeProbability(-student) * resampled.length);
        final double low = resampled[cut];
        final double high = resampled[resampled.length - 1 - cut];
        return new Contrast(difference, low, high, exactP, smallestP, studentP, (high - low) / 2 / student, freedom,
            forks);
    }

    /** The median of all differences between the two samples. */
    private static double shift(final double[] base, final double[] head) {
        final double[] differences = new double[base.length * head.length];
        for (int i = 0; i < head.length; i++) {
            for (int j = 0; j < base.length; j++) {
                differences[i * base.length + j] = head[i] - base[j];
            }
        }
        return Median.withDefaults().evaluate(differences);
    }

    /** The median of the averages of any two differences, and of each with itself. */
    private static double centre(final double[] differences) {
        final double[] averages = new double[differences.length * (differences.length + 1) / 2];
        int next = 0;
        for (int i = 0; i < differences.length; i++) {
            for (int j = 0; j <= i; j++) {
                averages[next] = (differences[i] + differences[j]) / 2;
                next++;
            }
        }
        return Median.withDefaults().evaluate(averages);
    }

    private static double[] resample(final double[] sample, final SplittableRandom random) {
        final double[] again = new double[sample.length];
        for (int i = 0; i < again.length; i++) {
            again[i] = sample[random.nextInt(sample.length)];
        }
        return again;
    }

    /** Ranks of all forks, the base's first, less what their block has in common. */
    private static double[] alignedRanks(final double[] base, final double[] head) {
        final double[] aligned = new double[base.length + head.length];
        for (int block = 0; block < base.length; block += 2) {
            final double middle = Median.withDefaults().evaluate(
                new double[] {base[block], base[block + 1], head[block], head[block + 1]});
            for (int fork = block; fork < block + 2; fork++) {
                aligned[fork] = base[fork] - middle;
                aligned[base.length + fork] = head[fork] - middle;
            }
        }
        return new NaturalRanking().apply(aligned);
    }

    /** Nothing varies: any difference at all is one, and none is none. */
    private static double certain(final double difference) {
        return Math.abs(difference) < ROUNDING ? 1 : 0;
    }

    private static double exactWithinBlocks(final double[] base, final double[] head, final int arrangements) {
        final double expected = expected(base, head);
        final double observed = Math.abs(Arrays.stream(head).sum() - expected);
        int asFar = 0;
        for (int arrangement = 0; arrangement < arrangements; arrangement++) {
            double sum = 0;
            int choice = arrangement;
            for (int block = 0; block < base.length; block += 2) {
                sum += chosen(base, head, block, choice % 6);
                choice /= 6;
            }
            asFar += Math.abs(sum - expected) >= observed - ROUNDING ? 1 : 0;
        }
        return (double) asFar / arrangements;
    }

    private static double sampledWithinBlocks(final double[] base, final double[] head) {
        final double expected = expected(base, head);
        final double observed = Math.abs(Arrays.stream(head).sum() - expected);
        final SplittableRandom random = new SplittableRandom(SEED);
        int asFar = 1;
        for (int i = 0; i < RANDOM_ARRANGEMENTS; i++) {
            double sum = 0;
            for (int block = 0; block < base.length; block += 2) {
                sum += chosen(base, head, block, random.nextInt(6));
            }
            asFar += Math.abs(sum - expected) >= observed - ROUNDING ? 1 : 0;
        }
        return (double) asFar / (RANDOM_ARRANGEMENTS + 1);
    }

    private static double expected(final double[] base, final double[] head) {
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
