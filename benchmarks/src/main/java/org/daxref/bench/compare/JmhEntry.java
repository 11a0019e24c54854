/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import org.daxref.bench.result.Json;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One entry of a JMH JSON file of any project, in all modes, as far as a comparison needs it (the field names are those
 * of {@code org.openjdk.jmh.results.format.JSONResultFormat} of JMH 1.37).
 *
 * @param benchmark             class and method
 * @param mode                  JMH's short label of the mode
 * @param threads               worker threads
 * @param params                value by parameter; absent when there are none
 * @param jmhVersion            version of JMH
 * @param jdkVersion            version of the JDK
 * @param vmName                name of the JVM
 * @param vmVersion             build of the JVM
 * @param jvmArgs               flags of the forks
 * @param warmupIterations      warm-up iterations of each fork
 * @param warmupTime            length of each
 * @param measurementIterations measured iterations of each fork
 * @param measurementTime       length of each
 * @param primaryMetric         the score
 * @param secondaryMetrics      roles of a group, auxiliary counters, and what profilers added
 */
record JmhEntry(String benchmark, String mode, int threads, SortedMap<String, String> params, String jmhVersion,
                String jdkVersion, String vmName, String vmVersion, List<String> jvmArgs, int warmupIterations,
                String warmupTime, int measurementIterations, String measurementTime, Metric primaryMetric,
                Map<String, Metric> secondaryMetrics) {

    /**
     * Fills in what JMH leaves out, and refuses what it does not write.
     */
    JmhEntry {
        Json.require(benchmark, mode, primaryMetric);
        params = params == null ? new TreeMap<>() : params;
        jvmArgs = jvmArgs == null ? List.of() : jvmArgs;
        secondaryMetrics = secondaryMetrics == null ? Map.of() : secondaryMetrics;
        Json.require(params.values().toArray());
        Json.require(jvmArgs.toArray());
        Json.require(secondaryMetrics.values().toArray());
    }

    /**
     * One metric of one entry.
     *
     * @param scoreUnit        such as {@code ns/op}
     * @param rawData          a row per fork, a value per iteration; absent in sample mode
     * @param rawDataHistogram a row per fork, in it a list per iteration of pairs of value and count; sample mode only
     */
    record Metric(String scoreUnit, List<List<Double>> rawData, List<List<List<double[]>>> rawDataHistogram) {
        /**
         * Refuses what JMH does not write.
         */
        Metric {
            Json.require(scoreUnit);
            if (rawData != null) {
                rawData.forEach(fork -> Json.require(fork.toArray()));
            }
            if (rawDataHistogram != null) {
                rawDataHistogram.stream().flatMap(List::stream).flatMap(List::stream).forEach(pair -> {
                    if (pair.length != 2) {
                        throw new IllegalArgumentException("a pair of value and count");
                    }
                });
            }
        }

        /**
         * The forks' means.
         *
         * @return one per fork; empty when the file holds no raw data
         */
        List<Double> forkMeans() {
            if (rawData != null) {
                return rawData.stream()
                    .map(fork -> fork.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN)).toList();
            }
            return samples().stream().map(Samples::mean).toList();
        }

        /**
         * The single operations of sample mode.
         *
         * @return one histogram per fork; empty in other modes
         */
        List<Samples> samples() {
            return rawDataHistogram == null ? List.of() : rawDataHistogram.stream().map(Samples::of).toList();
        }
    }

    /**
     * What one fork saw of single operations.
     *
     * @param counts count by value
     */
    record Samples(SortedMap<Double, Long> counts) {
        static Samples of(final List<List<double[]>> iterations) {
            final SortedMap<Double, Long> counts = new TreeMap<>();
            iterations.forEach(iteration ->
                iteration.forEach(pair -> counts.merge(pair[0], (long) pair[1], Long::sum)));
            return new Samples(counts);
        }

        private long total() {
            return counts.values().stream().mapToLong(Long::longValue).sum();
        }

        double mean() {
            return counts.entrySet().stream().mapToDouble(pair -> pair.getKey() * pair.getValue()).sum() / total();
        }

        double percentile(final double percentile) {
            final double wanted = Math.ceil(percentile / 100 * total());
            long seen = 0;
            for (final Map.Entry<Double, Long> pair : counts.entrySet()) {
                seen += pair.getValue();
                if (seen >= wanted) {
                    return pair.getKey();
                }
            }
            return Double.NaN;
        }
    }
}
