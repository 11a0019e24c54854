/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;
import org.daxref.bench.result.Digits;
import org.daxref.bench.result.JmhResult;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * The figures of a report. The first run is the one that it is about; others are drawn beside it where that makes
 * sense.
 *
 * @param runs at least one
 */
record Figures(List<Headline> runs) {
    private static final String NONE = "-";
    private static final String PAGES = "pages";
    private static final int PERCENTILE_STEPS = 5;
    private static final double WHOLE = 100.0;
    private static final double MILLION_PAGES_PER_S = 1000.0;
    private static final String FORKS = "Large symbols are means of forks with their 95 % interval, faint dots single"
        + " forks.";

    /** What the old design costs in terms of the new one. */
    Optional<Figure> ratios() {
        final List<Figure.Row> rows = new ArrayList<>();
        for (final DesignRow row : rows()) {
            row.ratio().ifPresent(ratio -> rows.add(new Figure.Row(row.conditions().label(), row.conditions().detail(),
                ratio.mean(), ratio.low(), ratio.high(), Sentences.word(ratio), Sentences.of(row))));
        }
        return rows.isEmpty() ? Optional.empty() : Optional.of(new Figure(Figure.Kind.FOREST,
            "What " + DesignRow.OLD + " costs in terms of " + DesignRow.NEW,
            "Right of 1 " + DesignRow.OLD + " costs more, left of it less. Bars are 95 % intervals of the ratio; a bar"
                + " that crosses 1 leaves it open.",
            new Figure.Forest("cost of " + DesignRow.OLD + " / cost of " + DesignRow.NEW, rows), subject().designs()));
    }

    /** What a page costs, benchmark by benchmark. */
    Optional<Figure> costs() {
        final List<DesignRow> rows = rows();
        final List<Figure.Series> series = series(design -> run -> {
            final Map<Conditions, DesignRow> byConditions = byConditions(run);
            return rows.stream().map(row -> perPage(byConditions.get(row.conditions()), design)).toList();
        });
        return rows.isEmpty() ? Optional.empty() : Optional.of(new Figure(Figure.Kind.DOTS, "ns per page", FORKS,
            new Figure.Dots("ns per page (logarithmic)", rows.stream().map(row ->
                new Figure.Name(row.conditions().label(), row.conditions().detail())).toList(), series),
            subject().designs()));
    }

    /** Cost and throughput against the number of threads, for what was measured with more than one. */
    List<Figure> threads() {
        return panels(row -> row.conditions().withThreads(0), row -> row.conditions().threads()).entrySet().stream()
            .filter(panel -> panel.getValue().last() > 1).flatMap(panel -> threads(panel.getKey(), panel.getValue())
                .stream()).toList();
    }

    private List<Figure> threads(final Conditions same, final SortedSet<Integer> numbers) {
        final List<Conditions> points = numbers.stream().map(same::withThreads).toList();
        final List<String> categories = numbers.stream().map(Object::toString).toList();
        final List<Figure> figures = new ArrayList<>();
        figures.add(lines(title(same) + ": ns per page", FORKS, "threads", "ns per page", categories,
            series(design -> run -> points(run, points, design, Figures::perPage))));
        figures.add(lines(title(same) + ": throughput", "All threads together, computed from ns per page.", "threads",
            "million pages/s", categories, series(design -> run -> points(run, points, design, Figures::throughput))));
        return figures;
    }

    /** Cost against the length of a walk: mapped page by page, and by PMD leaves. */
    List<Figure> lengths() {
        final List<Figure> figures = new ArrayList<>();
        panels(row -> row.conditions().without(PAGES), row -> row.byDesign().values().iterator().next().pages())
            .forEach((same, lengths) -> {
                if (same.benchmark().startsWith("GupLengthBenchmark.")) {
                    figures.add(lengths(same, lengths));
                }
            });
        return figures;
    }

    private Figure lengths(final Conditions pte, final SortedSet<Integer> lengths) {
        final Conditions pmd = new Conditions("GupPmdBenchmark.gup", pte.params(), pte.threads());
        final List<Figure.Series> series = new ArrayList<>();
        for (final Conditions leaf : List.of(pte, pmd)) {
            final String suffix = leaf == pte ? ", PTEs" : ", PMD";
            series(design -> run -> points(run, lengths.stream().map(pages -> leaf.with(PAGES, pages)).toList(), design,
                Figures::perPage)).stream().filter(one -> leaf == pte || !one.hollow()).forEach(one -> series.add(
                    new Figure.Series(one.name() + suffix, one.style(), one.hollow() || leaf == pmd, one.points())));
        }
        return lines("Length of the walk, " + pte.detail(), FORKS + " Hollow: the same pages mapped by PMD leaves"
            + (runs.size() > 1 ? ", or another run." : "."),
            "pages per walk", "ns per page", lengths.stream().map(Object::toString).toList(), series);
    }

    /** Latencies as HdrHistogram draws them, a figure per benchmark. */
    List<Figure> latencies() {
        final Map<Conditions, List<Figure.Curve>> curves = new LinkedHashMap<>();
        for (final Headline run : runs) {
            run.histograms().forEach(latencies -> curves.computeIfAbsent(
                Conditions.exceptDesign(latencies.result()), same -> new ArrayList<>()).add(curve(run, latencies)));
        }
        return curves.entrySet().stream().map(figure -> new Figure(Figure.Kind.PERCENTILES,
            "Latency of " + title(figure.getKey()), "From the intended start of each operation, so that one that is"
                + " held up makes those behind it late. Bold: all forks together; faint: single forks.",
            new Figure.Percentiles(figure.getValue()), percentiles(figure.getValue()))).toList();
    }

    private Figure.Curve curve(final Headline run, final Latencies latencies) {
        final String design = latencies.result().params().getOrDefault(Conditions.DESIGN, NONE);
        return new Figure.Curve(name(design, run), Figure.style(design), run != subject(), curve(latencies.all()),
            run == subject() ? latencies.forks().stream().map(Figures::curve).toList() : List.of());
    }

    /** The last point stands for the largest value: one of as many as there are. */
    private static List<double[]> curve(final Histogram histogram) {
        final List<double[]> points = new ArrayList<>();
        for (final HistogramIterationValue value : histogram.percentiles(PERCENTILE_STEPS)) {
            final double left = 1 - value.getPercentileLevelIteratedTo() / WHOLE;
            points.add(new double[] {Math.min(1 / left, histogram.getTotalCount()),
                Math.max(1, value.getValueIteratedTo())});
        }
        return points;
    }

    private static Table percentiles(final List<Figure.Curve> curves) {
        final double[] shown = {50, 90, 99, 99.9, 99.99, 99.999, WHOLE};
        final List<String> header = new ArrayList<>(List.of("percentile"));
        curves.forEach(curve -> header.add(curve.name() + ", ns"));
        final List<List<String>> rows = new ArrayList<>();
        for (final double percentile : shown) {
            final List<String> row = new ArrayList<>(List.of(percentile == WHOLE ? "largest" : percentile + " %"));
            curves.forEach(curve -> row.add(Long.toString(Math.round(at(curve.points(), percentile)))));
            rows.add(row);
        }
        return new Table(header, rows, 1);
    }

    private static double at(final List<double[]> curve, final double percentile) {
        return curve.stream().filter(point -> point[0] >= 1 / (1 - percentile / WHOLE)).findFirst()
            .orElse(curve.getLast())[1];
    }

    private Headline subject() {
        return runs.getFirst();
    }

    private List<DesignRow> rows() {
        return DesignRow.of(subject().results());
    }

    private Map<Conditions, SortedSet<Integer>> panels(final Function<DesignRow, Conditions> same,
                                                       final ToIntFunction<DesignRow> category) {
        final Map<Conditions, SortedSet<Integer>> panels = new LinkedHashMap<>();
        rows().forEach(row ->
            panels.computeIfAbsent(same.apply(row), key -> new TreeSet<>()).add(category.applyAsInt(row)));
        return panels;
    }

    /** A series per design and run, less those that have nothing to show. */
    private List<Figure.Series> series(final Function<String, Function<Headline, List<Figure.Point>>> points) {
        final List<Figure.Series> series = new ArrayList<>();
        for (final Headline run : runs) {
            for (final String design : Headline.designsOf(DesignRow.of(run.results()))) {
                series.add(new Figure.Series(name(design, run), Figure.style(design), run != subject(),
                    points.apply(design).apply(run)));
            }
        }
        return series.stream().filter(Figure.Series::hasPoints).toList();
    }

    private String name(final String design, final Headline run) {
        return design + (run == subject() ? "" : ", " + run.manifest().source().label());
    }

    private static Map<Conditions, DesignRow> byConditions(final Headline run) {
        final Map<Conditions, DesignRow> rows = new LinkedHashMap<>();
        DesignRow.of(run.results()).forEach(row -> rows.put(row.conditions(), row));
        return rows;
    }

    private static List<Figure.Point> points(final Headline run, final Collection<Conditions> along,
                                             final String design, final Measure measure) {
        final Map<Conditions, DesignRow> rows = byConditions(run);
        return along.stream().map(conditions -> measure.of(rows.get(conditions), design)).toList();
    }

    /** What is read off a row for a design; null when it was not measured. */
    private interface Measure {
        Figure.Point of(DesignRow row, String design);
    }

    static Figure.Point perPage(final DesignRow row, final String design) {
        return point(row, design, (nsPerOp, result) -> nsPerOp / result.pages());
    }

    private static Figure.Point throughput(final DesignRow row, final String design) {
        return point(row, design,
            (nsPerOp, result) -> result.threads() * result.pages() * MILLION_PAGES_PER_S / nsPerOp);
    }

    /** From the ns per operation of a fork. */
    private interface Conversion {
        double of(double nsPerOp, JmhResult result);
    }

    private static Figure.Point point(final DesignRow row, final String design, final Conversion conversion) {
        if (row == null || !row.byDesign().containsKey(design)) {
            return null;
        }
        final JmhResult result = row.byDesign().get(design);
        final List<Double> forks = Estimate.forkMeans(result.primaryMetric()).stream()
            .map(nsPerOp -> conversion.of(nsPerOp, result)).toList();
        return Figure.Point.of(Estimate.of(forks), forks);
    }

    private static Figure lines(final String title, final String note, final String axis, final String unit,
                                final List<String> categories, final List<Figure.Series> series) {
        return new Figure(Figure.Kind.LINES, title, note, new Figure.Lines(axis, unit, true, categories, series),
            table(axis, categories, series));
    }

    static Table table(final String axis, final List<String> categories, final List<Figure.Series> series) {
        final List<String> header = new ArrayList<>(List.of(axis));
        series.forEach(one -> header.add(one.name()));
        final List<List<String>> rows = new ArrayList<>();
        for (int index = 0; index < categories.size(); index++) {
            final List<String> row = new ArrayList<>(List.of(categories.get(index)));
            for (final Figure.Series one : series) {
                row.add(text(one.points().get(index)));
            }
            rows.add(row);
        }
        return new Table(header, rows, 1);
    }

    private static String text(final Figure.Point point) {
        if (point == null || point.mean() == null) {
            return NONE;
        }
        return Digits.of(point.mean())
            + (point.high() == null ? "" : " ± " + Digits.like(point.high() - point.mean(), point.mean()));
    }

    private static String title(final Conditions conditions) {
        return conditions.label() + (conditions.params().isEmpty() ? "" : ", " + conditions.words());
    }
}
