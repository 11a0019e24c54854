/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.SuiteException;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The benchmarks of this build, as JMH's own list names them.
 *
 * @param benchmarks sorted by name
 */
public record Catalog(List<Benchmark> benchmarks) {

    /**
     * One benchmark method in one mode.
     *
     * @param name    full name of class and method
     * @param mode    JMH mode
     * @param params  default values by name of parameter, in the order of the annotation
     * @param threads the number of threads that its annotation fixes, or {@code max}; null when any number will do
     * @param groups  threads per role of an asymmetric benchmark; one element for any other
     */
    public record Benchmark(String name, Mode mode, SortedMap<String, List<String>> params, String threads,
                            List<Integer> groups) {
        /**
         * The name without the package.
         *
         * @return class and method
         */
        public String shortName() {
            return JmhResult.shortName(name);
        }
    }

    /**
     * Reads JMH's list.
     *
     * @return the benchmarks of this build
     * @throws SuiteException when there is no list or it is empty
     */
    public static Catalog load() {
        final List<Benchmark> found = new ArrayList<>();
        try {
            for (final BenchmarkListEntry entry : BenchmarkList.defaultList().getAll(silence(), List.of())) {
                found.add(of(entry));
            }
        } catch (final RuntimeException e) {
            throw new SuiteException("This build has no list of benchmarks (META-INF/BenchmarkList): build it again"
                + " with mvn clean package.", e);
        }
        if (found.isEmpty()) {
            throw new SuiteException(
                "This build's list of benchmarks is empty: build it again with mvn clean package.");
        }
        return new Catalog(List.copyOf(found));
    }

    private static Benchmark of(final BenchmarkListEntry entry) {
        final SortedMap<String, List<String>> params = new TreeMap<>(JmhResult.PARAMETER_ORDER);
        entry.getParams().orElse(new TreeMap<>()).forEach((name, values) -> params.put(name, List.of(values)));
        final Integer threads = entry.getThreads().orElse(null);
        return new Benchmark(entry.getUsername(), entry.getMode(), params,
            threads == null ? null : threads == Threads.MAX ? "max" : threads.toString(),
            Arrays.stream(entry.getThreadGroups()).boxed().toList());
    }

    private static OutputFormat silence() {
        return OutputFormatFactory.createFormatInstance(
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8), VerboseMode.SILENT);
    }

    /**
     * The short names, for a sentence.
     *
     * @return names separated by commas
     */
    public String names() {
        return String.join(", ", benchmarks.stream().map(Benchmark::shortName).distinct().toList());
    }
}
