/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.JmhResult;
import org.openjdk.jmh.annotations.Mode;

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
    /**
     * The same benchmark with other parameters.
     *
     * @param others value by name of parameter
     * @return the cell
     */
    public Cell with(final SortedMap<String, String> others) {
        return new Cell(benchmark, mode, others, threads);
    }

    @Override
    public String toString() {
        return JmhResult.shortName(benchmark) + " " + params.entrySet().stream()
            .sorted(java.util.Map.Entry.comparingByKey(JmhResult.PARAMETER_ORDER))
            .map(param -> param + " ").collect(Collectors.joining()) + "t=" + threads;
    }
}
