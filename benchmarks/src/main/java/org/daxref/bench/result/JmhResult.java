/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One entry of a JMH JSON file, as far as it is read again. The file itself is always written by JMH.
 *
 * @param benchmark        class and method
 * @param mode             JMH's short label of the mode, such as {@code avgt}
 * @param threads          worker threads
 * @param forks            forks that were planned; {@code rawData} has a row for each that gave a result
 * @param params           the values of the benchmark's parameters, empty when it has none
 * @param primaryMetric    the score
 * @param secondaryMetrics auxiliary counters and what profilers added
 */
public record JmhResult(String benchmark, String mode, int threads, int forks, SortedMap<String, String> params,
                        Metric primaryMetric, Map<String, Metric> secondaryMetrics) {

    /** Design first, then counter, then the rest by name: how parameters are always shown. */
    public static final Comparator<String> PARAMETER_ORDER = Comparator
        .comparingInt((String name) -> JmhResult.FIRST.contains(name) ? JmhResult.FIRST.indexOf(name)
            : JmhResult.FIRST.size())
        .thenComparing(Comparator.naturalOrder());

    private static final List<String> FIRST = List.of("design", "counter");
    private static final int MOST_FORKS = 10_000;

    /**
     * Fills in what JMH leaves out, and refuses what it does not write.
     */
    public JmhResult {
        Json.require(benchmark, mode, primaryMetric);
        params = params == null ? new TreeMap<>() : params;
        secondaryMetrics = secondaryMetrics == null ? Map.of() : secondaryMetrics;
        Json.require(params.values().toArray());
        if (forks < primaryMetric.rawData.size() || forks > MOST_FORKS) {
            throw new IllegalArgumentException("a row for each fork at most: forks=" + forks);
        }
    }

    /**
     * One metric of one entry.
     *
     * @param score      JMH's score over all iterations
     * @param scoreError half of JMH's 99.9 % interval; NaN below three samples
     * @param scoreUnit  such as {@code ns/op}
     * @param rawData    one row per fork, one value per iteration
     */
    public record Metric(double score, double scoreError, String scoreUnit, List<List<Double>> rawData) {

        /**
         * Refuses what JMH does not write.
         */
        public Metric {
            Json.require(scoreUnit, rawData);
            rawData.forEach(fork -> Json.require(fork.toArray()));
        }
    }

    /**
     * By convention a benchmark with a parameter {@code pages} handles that many pages per operation.
     *
     * @return pages per operation
     * @throws NumberFormatException when that parameter is no number
     */
    public int pages() {
        return Integer.parseInt(params.getOrDefault("pages", "1"));
    }

    /**
     * The benchmark's name without its package.
     *
     * @return class and method
     */
    public String shortName() {
        return shortName(benchmark);
    }

    /**
     * A benchmark's name without its package.
     *
     * @param benchmark the full name
     * @return class and method
     */
    public static String shortName(final String benchmark) {
        final int method = benchmark.lastIndexOf('.');
        return benchmark.substring(benchmark.lastIndexOf('.', method - 1) + 1);
    }

    /**
     * What files about a cell are called.
     *
     * @param benchmark full name of class and method
     * @param params    value by parameter
     * @param threads   worker threads
     * @return for example {@code PinLatencyBenchmark.openLoop_counter=cas_design=fs-held_t=1}
     */
    public static String fileName(final String benchmark, final SortedMap<String, String> params, final int threads) {
        return (shortName(benchmark) + "_" + params.entrySet().stream()
            .map(param -> param.getKey() + "=" + param.getValue() + "_").collect(Collectors.joining())
            + "t=" + threads).replaceAll("[^A-Za-z0-9.=_-]", "-");
    }
}
