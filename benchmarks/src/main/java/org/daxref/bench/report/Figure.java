/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.Machine;

import java.util.List;
import java.util.Objects;

/**
 * A chart of the report and the same numbers as a table. What the chart shows is given as data; the script of the page
 * draws it by its kind.
 *
 * @param kind  which kind of chart
 * @param title what is to be seen
 * @param note  how to read it, one or two sentences
 * @param data  what the script draws
 * @param table the numbers
 */
record Figure(Kind kind, String title, String note, Object data, Table table) {
    /** Kinds of charts, named as in the script. */
    enum Kind {
        /** A ratio with its interval per row. */
        FOREST,
        /** A time per row and design. */
        DOTS,
        /** A time against a category per design. */
        LINES,
        /** Latency against 1/(1-p). */
        PERCENTILES
    }

    /**
     * A ratio with its interval. This is also how a comparison of two commits comes into the report.
     *
     * @param label    what was compared
     * @param detail   under which conditions
     * @param ratio    the estimate
     * @param low      lower end of the interval; NaN when there is none
     * @param high     upper end of the interval; NaN when there is none
     * @param verdict  one word
     * @param sentence the same in words
     */
    record Row(String label, String detail, Double ratio, Double low, Double high, String verdict, String sentence) {
        Row {
            ratio = positive(ratio);
            low = positive(low);
            high = positive(high);
        }
    }

    /** Rows of a forest plot. */
    record Forest(String axis, List<Row> rows) {
    }

    /** Label and conditions of a row of dots. */
    record Name(String label, String detail) {
    }

    /** Times per row. */
    record Dots(String axis, List<Name> rows, List<Series> series) {
    }

    /** Times, or pages per second, against a category. */
    record Lines(String axis, String unit, boolean fromZero, List<String> categories, List<Series> series) {
    }

    /**
     * What belongs together in one colour and one symbol.
     *
     * @param name   as it stands in the legend
     * @param style  number of the colour and the symbol
     * @param hollow whether it stands back: another run than the one that the report is about, or PMD leaves
     * @param points a point per category or row; null where nothing was measured
     */
    record Series(String name, int style, boolean hollow, List<Point> points) {
        boolean hasPoints() {
            return points.stream().anyMatch(Objects::nonNull);
        }
    }

    /**
     * A measured value.
     *
     * @param mean  over forks
     * @param low   lower end of the interval; null when there is none
     * @param high  upper end of the interval; null when there is none
     * @param forks mean of each fork
     * @param apart whether it may not be joined to the point before it
     */
    record Point(Double mean, Double low, Double high, List<Double> forks, boolean apart) {
        static Point of(final Estimate estimate, final List<Double> forks) {
            return new Point(positive(estimate.mean()), finite(estimate.low()), finite(estimate.high()),
                forks.stream().filter(Double::isFinite).toList(), false);
        }

        Point setApart(final boolean isApart) {
            return new Point(mean, low, high, forks, isApart);
        }
    }

    /** Curves of latencies. */
    record Percentiles(List<Curve> curves) {
    }

    /**
     * A curve of latencies.
     *
     * @param name   as it stands in the legend
     * @param style  number of the colour and the symbol
     * @param hollow whether it is of another run
     * @param points 1/(1-p) and ns, all forks together
     * @param forks  the same for each fork
     */
    record Curve(String name, int style, boolean hollow, List<double[]> points, List<List<double[]>> forks) {
    }

    /** A design looks the same in every chart and every report. */
    static int style(final String design) {
        return Math.max(0, Machine.designNames().indexOf(design));
    }

    /** A number that a logarithmic axis can show; JSON has no NaN. */
    private static Double positive(final Double value) {
        return value != null && Double.isFinite(value) && value > 0 ? value : null;
    }

    private static Double finite(final double value) {
        return Double.isFinite(value) ? Double.valueOf(value) : null;
    }
}
