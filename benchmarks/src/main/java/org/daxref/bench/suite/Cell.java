/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.JmhResult;
import org.openjdk.jmh.annotations.Mode;

import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * One thing to measure: a benchmark with a value for each of its parameters and a number of threads. Its forks become
 * one entry of the result.
 *
 * @param benchmark full name of class and method
 * @param mode      JMH mode
 * @param params    value by name of parameter
 * @param threads   worker threads
 */
public record Cell(String benchmark, Mode mode, SortedMap<String, String> params, int threads) {
    private static final List<String> FIRST = List.of("design", "counter");

    /** Design first, then counter, then the rest by name: how parameters are always shown. */
    public static final Comparator<String> PARAMETER_ORDER = Comparator
        .comparingInt((String name) -> FIRST.contains(name) ? FIRST.indexOf(name) : FIRST.size())
        .thenComparing(Comparator.naturalOrder());

    @Override
    public String toString() {
        return JmhResult.shortName(benchmark) + " " + params.entrySet().stream()
            .sorted(java.util.Map.Entry.comparingByKey(PARAMETER_ORDER))
            .map(param -> param + " ").collect(Collectors.joining()) + "t=" + threads;
    }
}
