/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.JmhResult;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What was measured under the same conditions with one design after the other.
 *
 * @param conditions all but the design
 * @param byDesign   results by name of the design
 */
record DesignRow(Conditions conditions, Map<String, JmhResult> byDesign) {
    static final String OLD = "dev-pagemap";
    static final String NEW = "fs-held";

    private static final String BASELINE_PACKAGE = ".baseline.";
    private static final String TIME = "ns/op";

    /** The rows of a run, in the order of its file. Baselines and what is not a time are left out. */
    static List<DesignRow> of(final List<JmhResult> results) {
        final Map<Conditions, DesignRow> rows = new LinkedHashMap<>();
        results.stream().filter(result -> !isBaseline(result) && isTime(result))
            .forEach(result -> rows.computeIfAbsent(Conditions.exceptDesign(result),
                conditions -> new DesignRow(conditions, new TreeMap<>()))
                .byDesign.put(result.params().get(Conditions.DESIGN), result));
        return List.copyOf(rows.values());
    }

    static boolean isBaseline(final JmhResult result) {
        return result.benchmark().contains(BASELINE_PACKAGE) || !result.params().containsKey(Conditions.DESIGN);
    }

    static boolean isTime(final JmhResult result) {
        return result.primaryMetric().scoreUnit().equals(TIME);
    }

    /** What a page costs under a design, in ns. */
    Optional<Estimate> perPage(final String design) {
        return Optional.ofNullable(byDesign.get(design)).map(DesignRow::perPage);
    }

    static Estimate perPage(final JmhResult result) {
        return Estimate.ofForks(result.primaryMetric(), 1.0 / result.pages());
    }

    /** What the old design costs in terms of the new one, if both have every round: rows pair up by round. */
    Optional<Estimate> ratio() {
        final JmhResult above = byDesign.get(OLD);
        final JmhResult below = byDesign.get(NEW);
        return above == null || below == null || !complete(above) || !complete(below)
            || above.forks() != below.forks() ? Optional.empty()
            : Optional.of(Estimate.ofRatio(above.primaryMetric(), below.primaryMetric()));
    }

    private static boolean complete(final JmhResult result) {
        return result.primaryMetric().rawData().size() == result.forks();
    }
}
