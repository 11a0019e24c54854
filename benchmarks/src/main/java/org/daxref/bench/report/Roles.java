/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.Machine;
import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.JmhResult.Metric;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Groups of threads that do different things: what each role achieved, design beside design.
 */
final class Roles {
    private static final String NONE = "-";
    /** Counted by a role that works so many times a second: its calls are mostly idle, and their rate means nothing. */
    private static final String DONE = "done";
    private static final String PINNER = "pin";
    private static final String PINS = "pins";
    private static final String REFUSED = "refused";
    private static final double PERCENT = 100;

    private Roles() {
    }

    /**
     * The roles of all groups.
     *
     * @param results what was measured
     * @param groups  full names of the benchmarks that are groups
     * @return the rate or cost of each role, and the share of walks that were refused
     */
    static Table of(final List<JmhResult> results, final Set<String> groups) {
        final Map<List<String>, Map<String, String>> rows = new LinkedHashMap<>();
        results.stream().filter(result -> groups.contains(result.benchmark())).forEach(result ->
            values(result).forEach((role, value) -> {
                final List<String> row = new ArrayList<>(Conditions.exceptDesign(result).with(List.of()));
                row.add(2, role);
                rows.computeIfAbsent(row, _ -> new TreeMap<>())
                    .put(result.params().getOrDefault(Conditions.DESIGN, NONE), value);
            }));
        final List<String> designs = Machine.designNames().stream()
            .filter(design -> rows.values().stream().anyMatch(row -> row.containsKey(design))).toList();
        final List<String> header = new ArrayList<>(List.of("group", "parameters", "role", "threads"));
        header.addAll(designs);
        return new Table(header, rows.entrySet().stream().map(entry -> {
            final List<String> row = new ArrayList<>(entry.getKey());
            designs.forEach(design -> row.add(entry.getValue().getOrDefault(design, NONE)));
            return row;
        }).toList(), 3);
    }

    private static Map<String, String> values(final JmhResult result) {
        final Map<String, String> values = new LinkedHashMap<>();
        final String unit = result.primaryMetric().scoreUnit();
        final Metric done = result.secondaryMetrics().get(DONE);
        result.secondaryMetrics().forEach((name, metric) -> {
            if (metric.scoreUnit().equals(unit) && (done == null || name.equals(PINNER))) {
                values.put(name + ", " + unit, Estimate.ofForks(metric, 1).withError());
            }
        });
        if (done != null) {
            values.put("done, in all", Long.toString(Math.round(done.score())));
        }
        final Metric pins = result.secondaryMetrics().get(PINS);
        final Metric refused = result.secondaryMetrics().get(REFUSED);
        if (pins != null && refused != null) {
            values.put("walks refused", share(refused.score(), pins.score()));
        }
        return values;
    }

    private static String share(final double refused, final double pins) {
        return String.format(Locale.ROOT, "%.2f %%", PERCENT * refused / (refused + pins));
    }
}
