/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.SuiteException;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What the user asked for, and what cells that makes of the benchmarks there are.
 *
 * @param profile       the profile that it starts from
 * @param filter        pattern found in a benchmark's name; null for all that the profile holds
 * @param threads       numbers of threads, or {@code max}; empty for the profile's. A benchmark whose annotation fixes
 *                      its threads keeps them
 * @param values        values by parameter that replace the profile's
 * @param oversubscribe whether more threads than CPUs are wanted
 */
public record Selection(Profile profile, Pattern filter, List<String> threads, Map<String, List<String>> values,
                        boolean oversubscribe) {

    /**
     * The cells to measure.
     *
     * @param catalog the benchmarks there are
     * @param cpus    CPUs to run on
     * @return each cell once
     * @throws SuiteException when the selection names something that does not exist, or more threads than CPUs
     */
    public List<Cell> cells(final Catalog catalog, final int cpus) {
        final List<Catalog.Benchmark> selected = catalog.benchmarks().stream()
            .filter(benchmark -> filter == null ? profile.holds(benchmark) && fits(benchmark, cpus)
                : filter.matcher(benchmark.name()).find())
            .toList();
        if (selected.isEmpty()) {
            throw new SuiteException(
                "No benchmark matches '" + filter + "': choose from " + catalog.names() + ".");
        }
        for (final String param : values.keySet()) {
            if (selected.stream().noneMatch(benchmark -> benchmark.params().containsKey(param))) {
                throw new SuiteException("None of the selected benchmarks has the parameter '" + param + "'.");
            }
        }
        final Set<Cell> cells = new LinkedHashSet<>();
        for (final Catalog.Benchmark benchmark : selected) {
            if (profile.holds(benchmark)) {
                profile.cells().stream().filter(group -> group.hold(benchmark)).forEach(group ->
                    add(cells, benchmark, group.params(), profile.everyValue(), group.threads(), cpus));
            } else {
                add(cells, benchmark, Map.of(), true, List.of("1"), cpus);
            }
        }
        return List.copyOf(cells);
    }

    /** A profile leaves out groups that have more roles than there are CPUs; who names one is told. */
    private boolean fits(final Catalog.Benchmark benchmark, final int cpus) {
        return oversubscribe || group(benchmark) <= cpus;
    }

    private static int group(final Catalog.Benchmark benchmark) {
        return benchmark.groups().stream().mapToInt(Integer::intValue).sum();
    }

    private void add(final Set<Cell> cells, final Catalog.Benchmark benchmark, final Map<String, List<String>> wanted,
                     final boolean everyValue, final List<String> defaultThreads, final int cpus) {
        List<Map<String, String>> combinations = List.of(Map.of());
        for (final Map.Entry<String, List<String>> param : benchmark.params().entrySet()) {
            final List<String> declared = param.getValue();
            final boolean all = everyValue || param.getKey().equals(Axes.DESIGN);
            final List<String> chosen = values.getOrDefault(param.getKey(),
                wanted.getOrDefault(param.getKey(), all ? declared : declared.subList(0, 1)));
            final List<Map<String, String>> longer = new ArrayList<>();
            for (final Map<String, String> combination : combinations) {
                for (final String value : chosen) {
                    final Map<String, String> with = new TreeMap<>(combination);
                    with.put(param.getKey(), value);
                    longer.add(with);
                }
            }
            combinations = longer;
        }
        final List<String> counts = benchmark.threads() != null ? List.of(benchmark.threads())
            : threads.isEmpty() ? defaultThreads : threads;
        for (final String count : counts) {
            final int resolved = resolve(count, benchmark, cpus);
            combinations.forEach(params ->
                cells.add(new Cell(benchmark.name(), benchmark.mode(), new TreeMap<>(params), resolved)));
        }
    }

    private int resolve(final String count, final Catalog.Benchmark benchmark, final int cpus) {
        if (!count.matches("max|[1-9]\\d{0,3}")) {
            throw new SuiteException(
                "'" + count + "' is no number of threads: --threads takes numbers from 1 and 'max', as in 1,2,max.");
        }
        final int group = group(benchmark);
        final int asked = count.equals("max") ? cpus : Integer.parseInt(count);
        final int threads = (asked + group - 1) / group * group;
        if (threads > cpus && !oversubscribe) {
            throw new SuiteException(threads + " threads on " + cpus + (cpus == 1 ? " CPU" : " CPUs")
                + " would measure the scheduler: use at most " + cpus
                + ", or add --oversubscribe to run them anyway, marked OVERSUBSCRIBED.");
        }
        return threads;
    }
}
