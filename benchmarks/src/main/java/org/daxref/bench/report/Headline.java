/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.HdrHistogram.Histogram;
import org.daxref.Machine;
import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The answer of a run in three small tables: what a page costs under each design, the baselines to read that against,
 * and latencies.
 *
 * @param manifest conditions of the run
 * @param results  the entries of {@code jmh.json}
 * @param folder   where the histogram logs lie
 */
public record Headline(Manifest manifest, List<JmhResult> results, Path folder) {
    private static final String TIME = "ns/op";
    private static final String NONE = "-";

    /**
     * Reads a run folder.
     *
     * @param folder the folder of a finished run
     * @return its headline
     */
    public static Headline of(final Path folder) {
        final Path file = folder.resolve("jmh.json");
        final List<JmhResult> results = Arrays.asList(Json.read(file, JmhResult[].class));
        try {
            results.forEach(JmhResult::pages);
        } catch (final NullPointerException | NumberFormatException e) {
            throw Json.damaged(file, e);
        }
        return new Headline(Json.read(folder.resolve("manifest.json"), Manifest.class), results, folder);
    }

    /**
     * The designs side by side: the two of the headline, and others that were measured.
     *
     * @return ns per page for each, and what the old one costs in terms of the new one
     */
    Table designs() {
        final List<DesignRow> rows = DesignRow.of(results);
        final List<String> designs = designsOf(rows);
        final List<String> header = new ArrayList<>(List.of("benchmark", "parameters", "threads"));
        header.addAll(designs);
        header.add(DesignRow.OLD + " / " + DesignRow.NEW);
        return new Table(header, rows.stream().map(row -> row.conditions().with(values(row, designs))).toList(), 2);
    }

    /** The two designs of the headline, and others that were measured. */
    static List<String> designsOf(final List<DesignRow> rows) {
        return Machine.designNames().stream().filter(design -> design.equals(DesignRow.OLD)
            || design.equals(DesignRow.NEW) || rows.stream().anyMatch(row -> row.byDesign().containsKey(design)))
            .toList();
    }

    private static List<String> values(final DesignRow row, final List<String> designs) {
        final List<String> values = new ArrayList<>();
        designs.forEach(design -> values.add(row.perPage(design).map(Estimate::withError).orElse(NONE)));
        values.add(row.ratio().map(Estimate::withInterval).orElse(NONE));
        return values;
    }

    /**
     * What does not depend on the design.
     *
     * @return ns per operation
     */
    Table baselines() {
        return new Table(List.of("baseline", "parameters", "threads", TIME),
            results.stream().filter(result -> DesignRow.isBaseline(result) && DesignRow.isTime(result))
                .map(result -> Conditions.of(result)
                    .with(List.of(Estimate.ofForks(result.primaryMetric(), 1).withError())))
                .toList(), 2);
    }

    /**
     * Groups whose threads do different things.
     *
     * @return what each role achieved
     */
    Table roles() {
        return Roles.of(results, manifest.groups().keySet());
    }

    /**
     * Latencies, from the histograms of all forks added up.
     *
     * @return percentiles in ns per benchmark and design
     */
    Table latencies() {
        final List<List<String>> rows = new ArrayList<>();
        for (final Latencies latencies : histograms()) {
            final Histogram sum = latencies.all();
            rows.add(Conditions.exceptDesign(latencies.result()).with(List.of(
                latencies.result().params().getOrDefault(Conditions.DESIGN, NONE), value(sum, 50), value(sum, 99),
                value(sum, 99.9), Long.toString(sum.getMaxValue()))));
        }
        return new Table(List.of("latency", "parameters", "threads", Conditions.DESIGN, "p50 ns", "p99 ns", "p99.9 ns",
            "max ns"), rows, 2);
    }

    private static String value(final Histogram histogram, final double percentile) {
        return Long.toString(histogram.getValueAtPercentile(percentile));
    }

    List<Latencies> histograms() {
        return results.stream().flatMap(result -> Latencies.read(result, folder).stream()).toList();
    }

    /**
     * The tables for a terminal.
     *
     * @return lines
     */
    public String text() {
        return render(Table::text, "", "\n\n");
    }

    /**
     * The tables as a Markdown page, with the conditions of the run.
     *
     * @return the page
     */
    public String markdown() {
        return "# " + manifest.profile() + " run of " + manifest.started() + ": " + manifest.status() + "\n\n"
            + manifest.reasons().stream().map(reason -> reason + "\n").collect(Collectors.joining())
            + (manifest.reasons().isEmpty() ? "" : "\n")
            + "Commit `" + manifest.source().label() + "`, " + manifest.machine().model() + " with "
            + manifest.machine().cpus() + " CPUs" + (manifest.machine().hypervisor() ? " (virtual)" : "") + ", "
            + manifest.jvm().name() + " " + manifest.jvm().version() + ".\n\n"
            + render(Table::markdown, "## ", "\n\n");
    }

    private String render(final Function<Table, String> form, final String heading, final String afterHeading) {
        final StringBuilder page = new StringBuilder();
        append(page, heading + "ns per page (mean of forks ± 95 %), and the ratio with its 95 % interval"
            + afterHeading, designs(), form);
        append(page, heading + "Roles of groups (mean of forks ± 95 %)" + afterHeading, roles(), form);
        append(page, heading + "Baselines, ns per operation (mean of forks ± 95 %)" + afterHeading, baselines(), form);
        append(page, heading + "Latencies, all forks together" + afterHeading, latencies(), form);
        return page.toString().stripTrailing() + "\n";
    }

    private static void append(final StringBuilder page, final String heading, final Table table,
                               final Function<Table, String> form) {
        if (!table.rows().isEmpty()) {
            page.append(heading).append(form.apply(table)).append('\n');
        }
    }
}
