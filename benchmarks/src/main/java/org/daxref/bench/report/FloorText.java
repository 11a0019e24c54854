/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.apache.commons.statistics.descriptive.Median;
import org.daxref.bench.compare.Ratio;
import org.daxref.bench.result.Digits;
import org.daxref.bench.result.Floor;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What Java costs in terms of C, path by path, as people read it.
 *
 * @param manifest conditions of the run
 * @param floor    what was measured
 */
public record FloorText(Manifest manifest, Floor floor) {
    /** The same as a page of the run folder. */
    public static final String FILE = "FLOOR.md";

    private static final double MOST = 1.10;
    private static final double MOST_MEDIAN = 1.03;
    private static final String WITHIN = "yes";
    private static final String ABOVE = "no";
    private static final String OPEN = "inconclusive";

    /** A path and what was found about it. */
    private record Row(Floor.Path path, Ratio ratio) {
        private static Row of(final Floor.Path path) {
            return new Row(path, Ratio.inTurn(path.cMeans(), path.javaMeans()));
        }

        private List<String> cells() {
            return List.of(path.design(), path.counter(), path.page(), Integer.toString(path.threads()),
                Estimate.of(path.cMeans()).withError(), Estimate.of(path.javaMeans()).withError(),
                new Estimate(ratio.ratio(), ratio.low(), ratio.high()).withInterval(), verdict());
        }

        private String verdict() {
            if (ratio.high() <= MOST) {
                return WITHIN;
            }
            return ratio.low() > MOST ? ABOVE : OPEN;
        }
    }

    /**
     * Reads a run folder.
     *
     * @param folder the folder of a floor run
     * @param file   the file in it that holds what was measured
     * @return its text
     */
    public static FloorText of(final Path folder, final String file) {
        return new FloorText(Json.read(folder.resolve("manifest.json"), Manifest.class),
            Json.read(folder.resolve(file), Floor.class));
    }

    private static Table table(final List<Row> rows) {
        return new Table(List.of("design", "counter", "page", "threads", "C ns", "Java ns", "Java / C [95 %]",
            "within " + decimals(MOST)), rows.stream().map(Row::cells).toList(), 3);
    }

    private static String decimals(final double goal) {
        return String.format(java.util.Locale.ROOT, "%.2f", goal);
    }

    private static String summary(final List<Row> all) {
        final List<Row> rows = all.stream().filter(row -> !row.path.page().equals(Floor.FLAT)).toList();
        if (rows.isEmpty()) {
            return "";
        }
        final double median =
            Median.withDefaults().evaluate(rows.stream().mapToDouble(row -> row.ratio.ratio()).toArray());
        return "Median of Java / C over " + rows.size() + (rows.size() == 1 ? " path" : " paths") + ": "
            + Digits.of(median) + "; the goal is at most " + decimals(MOST_MEDIAN)
            + (median <= MOST_MEDIAN ? ": reached.\n" : ": not reached.\n")
            + "Within " + decimals(MOST) + ": " + count(rows, WITHIN) + " " + WITHIN + ", " + count(rows, ABOVE) + " "
            + ABOVE + ", " + count(rows, OPEN) + " " + OPEN + ".\n";
    }

    private static long count(final List<Row> rows, final String verdict) {
        return rows.stream().filter(row -> row.verdict().equals(verdict)).count();
    }

    /**
     * The table and what it comes to, for a terminal.
     *
     * @return lines
     */
    public String text() {
        final List<Row> rows = rows();
        return table(rows).text() + "\n" + summary(rows);
    }

    /**
     * The same as Markdown, with the conditions of the run.
     *
     * @return the page
     */
    public String markdown() {
        final List<Row> rows = rows();
        return "# Floor of " + manifest.started() + ": " + manifest.status() + "\n\n"
            + manifest.reasons().stream().map(reason -> reason + "\n").collect(Collectors.joining())
            + (manifest.reasons().isEmpty() ? "" : "\n")
            + "Commit `" + manifest.source().label() + "`, " + manifest.machine().model() + " with "
            + manifest.machine().cpus() + " CPUs" + (manifest.machine().hypervisor() ? " (virtual)" : "") + ", "
            + manifest.jvm().name() + " " + manifest.jvm().version() + "; " + floor.compiler() + " with `"
            + String.join(" ", floor.flags()) + "`; readers " + (floor.fenced() ? "with" : "without") + " a fence. "
            + manifest.plan().rounds() + " forks and processes per path, in blocks of Java, C, C, Java; seed "
            + manifest.plan().seed() + ".\n\n"
            + table(rows).markdown() + "\n" + summary(rows).replace("\n", "\n\n").stripTrailing() + "\n\n"
            + "ns per pin and unpin, mean of forks ± 95 %. The ratio and its interval are those of `ab`. `own`: one"
            + " thread, always the same page; `hot`: two threads on that page, which `striped` and `striped-asym`"
            + " stripe while they warm up. `flat`: the Java form of `own`, written out in one method"
            + " (`FlatPinBenchmark`), is held against C, and is not among the paths that are counted above: no other"
            + " arrangement of the Java code can be expected to do better.\n";
    }

    private List<Row> rows() {
        return floor.paths().stream().map(Row::of).toList();
    }
}
