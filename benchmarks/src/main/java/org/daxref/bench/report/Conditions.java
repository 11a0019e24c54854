/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.JmhResult;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A benchmark under one set of conditions.
 *
 * @param benchmark class and method
 * @param params    the parameters that count here
 * @param threads   worker threads
 */
record Conditions(String benchmark, SortedMap<String, String> params, int threads) {
    static final String DESIGN = "design";

    /** The conditions of a result, the design aside: what the designs are compared under. */
    static Conditions exceptDesign(final JmhResult result) {
        return of(result).without(DESIGN);
    }

    /** All conditions of a result. */
    static Conditions of(final JmhResult result) {
        return new Conditions(result.shortName(), result.params(), result.threads());
    }

    Conditions without(final String param) {
        final SortedMap<String, String> others = new TreeMap<>(params);
        others.remove(param);
        return new Conditions(benchmark, others, threads);
    }

    Conditions with(final String param, final int value) {
        final SortedMap<String, String> more = new TreeMap<>(params);
        more.put(param, Integer.toString(value));
        return new Conditions(benchmark, more, threads);
    }

    Conditions withThreads(final int others) {
        return new Conditions(benchmark, params, others);
    }

    /** A row of a table that begins with these conditions. */
    List<String> with(final List<String> values) {
        final List<String> texts = new ArrayList<>(List.of(benchmark, words(), Integer.toString(threads)));
        texts.addAll(values);
        return texts;
    }

    String words() {
        return params.entrySet().stream().map(param -> param.getKey() + "=" + param.getValue())
            .collect(Collectors.joining(" "));
    }

    /** The benchmark as a label: without the word that every class ends in. */
    String label() {
        return benchmark.replace("Benchmark.", ".");
    }

    /** Parameters and threads as a second line below the label. */
    String detail() {
        return (words() + ", " + threadWords()).replaceFirst("^, ", "");
    }

    String threadWords() {
        return threads + (threads == 1 ? " thread" : " threads");
    }
}
