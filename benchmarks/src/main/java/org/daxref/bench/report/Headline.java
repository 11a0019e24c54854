/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.HdrHistogram.AbstractHistogram;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.daxref.Machine;
import org.daxref.bench.result.HlogFile;
import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;

import java.io.FileNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The answer of a run in three small tables: what a page costs under each design, the baselines to read that against,
 * and latencies.
 *
 * <p>By convention a benchmark with a parameter {@code pages} handles that many pages per operation.
 *
 * @param manifest conditions of the run
 * @param results  the entries of {@code jmh.json}
 * @param folder   where the histogram logs lie
 */
public record Headline(Manifest manifest, List<JmhResult> results, Path folder) {
    private static final String DESIGN = "design";
    private static final String OLD = "dev-pagemap";
    private static final String NEW = "fs-held";
    private static final String BASELINE_PACKAGE = ".baseline.";
    private static final String TIME = "ns/op";
    private static final String NONE = "-";
    private static final int PRECISION_DIGITS = 3;

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
            results.forEach(Headline::pages);
        } catch (final NullPointerException | NumberFormatException e) {
            throw Json.damaged(file, e);
        }
        return new Headline(Json.read(folder.resolve("manifest.json"), Manifest.class), results, folder);
    }

    /**
     * A benchmark under one set of conditions, the design aside.
     *
     * @param benchmark class and method
     * @param params    all parameters but the design
     * @param threads   worker threads
     */
    private record Row(String benchmark, SortedMap<String, String> params, int threads) {
        static Row of(final JmhResult result) {
            final SortedMap<String, String> others = new TreeMap<>(result.params());
            others.remove(DESIGN);
            return new Row(result.shortName(), others, result.threads());
        }

        List<String> with(final List<String> values) {
            final List<String> texts = new ArrayList<>(List.of(benchmark, words(params), Integer.toString(threads)));
            texts.addAll(values);
            return texts;
        }

        private static String words(final Map<String, String> params) {
            return params.entrySet().stream().map(param -> param.getKey() + "=" + param.getValue())
                .collect(Collectors.joining(" "));
        }
    }

    /**
     * The designs side by side: the two of the headline, and others that were measured.
     *
     * @return ns per page for each, and what the old one costs in terms of the new one
     */
    Table designs() {
        final Map<Row, Map<String, JmhResult>> byRow = new LinkedHashMap<>();
        results.stream().filter(result -> !isBaseline(result) && isTime(result))
            .forEach(result -> byRow.computeIfAbsent(Row.of(result), row -> new TreeMap<>())
                .put(result.params().get(DESIGN), result));
        final List<String> designs = Machine.designNames().stream().filter(design -> design.equals(OLD)
            || design.equals(NEW) || byRow.values().stream().anyMatch(row -> row.containsKey(design))).toList();
        final List<String> header = new ArrayList<>(List.of("benchmark", "parameters", "threads"));
        header.addAll(designs);
        header.add(OLD + " / " + NEW);
        return new Table(header, byRow.entrySet().stream().map(row -> row.getKey()
            .with(values(row.getValue(), designs))).toList(), 2);
    }

    private static List<String> values(final Map<String, JmhResult> byDesign, final List<String> designs) {
        final List<String> values = new ArrayList<>();
        designs.forEach(design -> values.add(perPage(byDesign.get(design))));
        values.add(ratio(byDesign.get(OLD), byDesign.get(NEW)));
        return values;
    }

    private static String perPage(final JmhResult result) {
        return result == null ? NONE : Estimate.ofForks(result.primaryMetric(), 1.0 / pages(result)).withError();
    }

    private static int pages(final JmhResult result) {
        return Integer.parseInt(result.params().getOrDefault("pages", "1"));
    }

    private static String ratio(final JmhResult above, final JmhResult below) {
        return above == null || below == null || !complete(above) || !complete(below)
            || above.forks() != below.forks() ? NONE
            : Estimate.ofRatio(above.primaryMetric(), below.primaryMetric()).withInterval();
    }

    /** Rows of {@code rawData} pair up by round only if none is missing. */
    private static boolean complete(final JmhResult result) {
        return result.primaryMetric().rawData().size() == result.forks();
    }

    private static boolean isBaseline(final JmhResult result) {
        return result.benchmark().contains(BASELINE_PACKAGE) || !result.params().containsKey(DESIGN);
    }

    private static boolean isTime(final JmhResult result) {
        return result.primaryMetric().scoreUnit().equals(TIME);
    }

    /**
     * What does not depend on the design.
     *
     * @return ns per operation
     */
    Table baselines() {
        return new Table(List.of("baseline", "parameters", "threads", TIME),
            results.stream().filter(result -> isBaseline(result) && isTime(result))
                .map(result -> new Row(result.shortName(), result.params(), result.threads())
                    .with(List.of(Estimate.ofForks(result.primaryMetric(), 1).withError())))
                .toList(), 2);
    }

    /**
     * Latencies, from the histograms of all forks added up.
     *
     * @return percentiles in ns per benchmark and design
     */
    Table latencies() {
        final List<List<String>> rows = new ArrayList<>();
        for (final JmhResult result : results) {
            histogram(result).ifPresent(sum -> rows.add(Row.of(result).with(List.of(
                result.params().getOrDefault(DESIGN, NONE), value(sum, 50), value(sum, 99), value(sum, 99.9),
                Long.toString(sum.getMaxValue())))));
        }
        return new Table(List.of("latency", "parameters", "threads", DESIGN, "p50 ns", "p99 ns", "p99.9 ns", "max ns"),
            rows, 2);
    }

    private static String value(final Histogram histogram, final double percentile) {
        return Long.toString(histogram.getValueAtPercentile(percentile));
    }

    private Optional<Histogram> histogram(final JmhResult result) {
        final Histogram sum = new Histogram(PRECISION_DIGITS);
        for (int fork = 0; fork < result.forks(); fork++) {
            final Path log =
                folder.resolve(HlogFile.name(result.benchmark(), result.params(), result.threads(), fork));
            if (Files.exists(log)) {
                add(sum, log);
            }
        }
        return sum.getTotalCount() == 0 ? Optional.empty() : Optional.of(sum);
    }

    private static void add(final Histogram sum, final Path log) {
        try (HistogramLogReader reader = new HistogramLogReader(log.toFile())) {
            while (reader.hasNext()) {
                final EncodableHistogram next = reader.nextIntervalHistogram();
                if (next instanceof final AbstractHistogram interval) {
                    sum.add(interval);
                }
            }
        } catch (final FileNotFoundException e) {
            throw new IllegalStateException("it existed a moment ago", e);
        }
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
        append(page, heading + "Baselines, ns per operation (mean of forks ± 95 %)" + afterHeading, baselines(), form);
        append(page, heading + "Latency from the intended start, all forks together" + afterHeading, latencies(), form);
        return page.toString().stripTrailing() + "\n";
    }

    private static void append(final StringBuilder page, final String heading, final Table table,
                               final Function<Table, String> form) {
        if (!table.rows().isEmpty()) {
            page.append(heading).append(form.apply(table)).append('\n');
        }
    }
}
