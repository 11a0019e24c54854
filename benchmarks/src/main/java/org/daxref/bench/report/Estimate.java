/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.Digits;
import org.daxref.bench.result.JmhResult;
import org.openjdk.jmh.util.ListStatistics;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A mean with its 95 % interval over forks. Iterations of one fork share its code layout and its pages, so the fork is
 * the unit: JMH's own interval pools all iterations and is too narrow wherever forks differ.
 *
 * @param mean the estimate
 * @param low  lower end of the interval; NaN below three forks
 * @param high upper end of the interval; NaN below three forks
 */
public record Estimate(double mean, double low, double high) {
    private static final double CONFIDENCE = 0.95;

    /**
     * The mean over forks.
     *
     * @param metric what was measured
     * @param scale  what every value is multiplied by
     * @return arithmetic mean with t interval
     */
    public static Estimate ofForks(final JmhResult.Metric metric, final double scale) {
        return of(forkMeans(metric).stream().map(mean -> mean * scale).toList());
    }

    /**
     * The mean over forks.
     *
     * @param means a value per fork
     * @return arithmetic mean with t interval
     */
    static Estimate of(final List<Double> means) {
        final ListStatistics forks = new ListStatistics();
        means.forEach(forks::addValue);
        return new Estimate(forks.getMean(), forks.getMean() - forks.getMeanErrorAt(CONFIDENCE),
            forks.getMean() + forks.getMeanErrorAt(CONFIDENCE));
    }

    /**
     * The ratio of two metrics whose forks ran in the same rounds.
     *
     * @param above numerator
     * @param below denominator
     * @return geometric mean of the ratios per round, with the t interval of their logarithms
     */
    public static Estimate ofRatio(final JmhResult.Metric above, final JmhResult.Metric below) {
        final List<Double> numerators = forkMeans(above);
        final List<Double> denominators = forkMeans(below);
        return ofRatios(IntStream.range(0, numerators.size())
            .mapToObj(round -> numerators.get(round) / denominators.get(round)).toList());
    }

    /**
     * The mean of ratios.
     *
     * @param ratios a ratio per round
     * @return their geometric mean, with the t interval of their logarithms
     */
    static Estimate ofRatios(final List<Double> ratios) {
        final ListStatistics logs = new ListStatistics();
        ratios.forEach(ratio -> logs.addValue(Math.log(ratio)));
        final double error = logs.getMeanErrorAt(CONFIDENCE);
        return new Estimate(Math.exp(logs.getMean()), Math.exp(logs.getMean() - error),
            Math.exp(logs.getMean() + error));
    }

    static List<Double> forkMeans(final JmhResult.Metric metric) {
        return metric.rawData().stream()
            .map(fork -> fork.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN)).toList();
    }

    /**
     * The mean and half of the interval.
     *
     * @return for example {@code 21.9 ± 0.3}
     */
    public String withError() {
        return Digits.of(mean) + (Double.isNaN(high) ? "" : " ± " + Digits.like(high - mean, mean));
    }

    /**
     * The mean and the ends of the interval.
     *
     * @return for example {@code 1.14 [1.12, 1.17]}
     */
    public String withInterval() {
        return Digits.of(mean) + (Double.isNaN(high) ? ""
            : " [" + Digits.like(low, mean) + ", " + Digits.like(high, mean) + "]");
    }
}
