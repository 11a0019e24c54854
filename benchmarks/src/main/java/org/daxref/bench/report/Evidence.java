/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.HdrHistogram.Histogram;
import org.daxref.bench.result.Digits;
import org.daxref.bench.result.JmhResult;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The numbers of one run, found by what they are about. Forks of the same round are compared with each other, so that
 * drift falls out.
 *
 * @param results what was measured
 * @param folder  where histogram logs lie
 */
record Evidence(List<JmhResult> results, Path folder) {
    /** What is asked for was not measured. */
    static final class Missing extends NoSuchElementException {
        private static final long serialVersionUID = 1;

        Missing(final String what) {
            super(what);
        }
    }

    /**
     * Finds a result.
     *
     * @param benchmark class and method
     * @param threads   worker threads
     * @param params    parameter=value of each parameter that matters; the others have to be the same in all that match
     * @return the only one
     * @throws Missing when there is none, or more than one
     */
    JmhResult find(final String benchmark, final int threads, final String... params) {
        final Map<String, String> wanted = Arrays.stream(params).map(param -> param.split("=", 2))
            .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        final List<JmhResult> found = results.stream().filter(result -> result.shortName().equals(benchmark)
            && result.threads() == threads && result.params().entrySet().containsAll(wanted.entrySet())).toList();
        if (found.size() != 1) {
            throw new Missing(found.size() + " results of " + benchmark + " with " + wanted);
        }
        return found.getFirst();
    }

    /** What an operation costs: its time, or the inverse of its rate. */
    static Estimate cost(final JmhResult result, final double scale) {
        return Estimate.of(costs(result).stream().map(cost -> cost * scale).toList());
    }

    /** A value per fork. */
    static List<Double> costs(final JmhResult result) {
        return costs(result.primaryMetric());
    }

    /** A value per fork; the inverse of what is a rate. */
    static List<Double> costs(final JmhResult.Metric metric) {
        final boolean rate = metric.scoreUnit().startsWith("ops/");
        return Estimate.forkMeans(metric).stream().map(value -> rate ? 1 / value : value).toList();
    }

    /** What the one costs in terms of the other. */
    static Estimate ratio(final List<Double> above, final List<Double> below) {
        return Estimate.ofRatios(pairs(above, below, (one, other) -> one / other));
    }

    /** What the one costs more than the other. */
    static Estimate difference(final List<Double> above, final List<Double> below) {
        return Estimate.of(pairs(above, below, (one, other) -> one - other));
    }

    static List<Double> pairs(final List<Double> one, final List<Double> other,
                              final DoubleBinaryOperator operation) {
        return IntStream.range(0, Math.min(one.size(), other.size()))
            .mapToObj(round -> operation.applyAsDouble(one.get(round), other.get(round))).toList();
    }

    /**
     * The latencies of a result.
     *
     * @param result what was measured
     * @return all forks together
     * @throws Missing when it left no log
     */
    Histogram latencies(final JmhResult result) {
        return Latencies.read(result, folder).map(Latencies::all)
            .orElseThrow(() -> new Missing("no log of " + result.shortName()));
    }

    /** Percentiles in words. */
    static String percentiles(final Histogram histogram) {
        return "p50 " + time(histogram.getValueAtPercentile(50)) + ", p99 "
            + time(histogram.getValueAtPercentile(99)) + " of " + histogram.getTotalCount() + " events";
    }

    private static String time(final long ns) {
        return ns < 10_000 ? ns + " ns" : Digits.of(ns / 1e3) + " µs";
    }
}
