/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import org.daxref.bench.result.JmhResult;

import java.util.Comparator;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * What has to be the same on both sides for two numbers to be about the same thing.
 *
 * @param benchmark full name of class and method
 * @param mode      JMH's short label of the mode
 * @param params    value by parameter
 * @param threads   worker threads
 * @param metric    empty for the score; else a role of a group, a percentile such as {@code p99}, or a secondary metric
 */
public record Key(String benchmark, String mode, SortedMap<String, String> params, int threads, String metric)
    implements Comparable<Key> {
    private static final Comparator<Key> BY_TEXT =
        Comparator.comparing(Key::toString).thenComparing(Key::benchmark).thenComparing(Key::mode);

    /**
     * The class that the benchmark belongs to.
     *
     * @return its simple name
     */
    public String group() {
        return JmhResult.shortName(benchmark).replaceFirst("\\..*", "");
    }

    /**
     * Parameters, threads and metric: all but the benchmark's name.
     *
     * @return for example {@code design=fs-held pages=8 t=1 p99}
     */
    public String conditions() {
        return params.entrySet().stream()
            .sorted(java.util.Map.Entry.comparingByKey(JmhResult.PARAMETER_ORDER))
            .map(param -> param.getKey() + "=" + param.getValue() + " ").collect(Collectors.joining())
            + "t=" + threads + (metric.isEmpty() ? "" : " " + metric);
    }

    @Override
    public int compareTo(final Key other) {
        return BY_TEXT.compare(this, other);
    }

    @Override
    public String toString() {
        return JmhResult.shortName(benchmark) + " " + conditions();
    }
}
