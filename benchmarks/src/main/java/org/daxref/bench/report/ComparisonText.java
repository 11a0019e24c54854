/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.compare.Comparison;
import org.daxref.bench.compare.Key;
import org.daxref.bench.compare.Row;
import org.daxref.bench.compare.Verdict;
import org.daxref.bench.result.Digits;
import org.daxref.bench.result.JmhResult;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A comparison as people read it: on a terminal, as Markdown for a pull request, as CSV for a spreadsheet.
 *
 * @param comparison what was found
 */
public record ComparisonText(Comparison comparison) {
    private static final List<String> HEADER = List.of("benchmark", "parameters", "base", "head", "unit",
        "head / base", "95 %", "p", "Holm", "sees", "2 % needs", "verdict");
    private static final int NAMES = 2;
    private static final String P = "%.4f";
    private static final double SMALL_P = 0.0001;
    private static final int MANY_FORKS = 1_000;
    private static final String RED = "\u001b[31m";
    private static final String GREEN = "\u001b[32m";
    private static final String DIM = "\u001b[2m";
    private static final String PLAIN = "\u001b[0m";

    private Table table() {
        return new Table(HEADER, comparison.rows().stream().map(this::cells).toList(), NAMES);
    }

    private List<String> cells(final Row row) {
        final List<String> cells = new ArrayList<>(List.of(JmhResult.shortName(row.key().benchmark()),
            row.key().conditions(), Digits.of(row.base()), Digits.of(row.head()), row.unit()));
        cells.addAll(row.isComparable() ? List.of(Digits.of(row.ratio()),
            Digits.like(row.low(), row.ratio()) + " to " + Digits.like(row.high(), row.ratio()), p(row.p()),
            p(row.adjustedP()), visible(row),
                forks(row.moreForksFor2Percent()), verdict(row))
            : List.of("-", "-", "-", "-", "-", "-", verdict(row)));
        return cells;
    }

    private static String verdict(final Row row) {
        return row.verdict() == Verdict.SAME ? "same within " + percent(row.leastEffect()) : row.verdict().word();
    }

    private static String p(final double p) {
        return p < SMALL_P ? "<" + String.format(Locale.ROOT, P, SMALL_P) : String.format(Locale.ROOT, P, p);
    }

    private static String percent(final double share) {
        return String.format(Locale.ROOT, "%.1f %%", share * 100);
    }

    private static String forks(final int more) {
        return more >= MANY_FORKS ? "-" : "+" + more + (more == 1 ? " fork" : " forks");
    }

    private Table groups() {
        return new Table(List.of("geometric mean", "benchmarks", "head / base"), comparison.groups().stream()
            .map(group -> List.of(group.name(), Integer.toString(group.rows()), Digits.of(group.ratio()))).toList(), 1);
    }

    /**
     * What came of it, in one line.
     *
     * @return for example {@code 1 slower, 0 faster, 7 same, 2 inconclusive, 0 incomparable}
     */
    public String summary() {
        return Stream.of(Verdict.SLOWER, Verdict.FASTER, Verdict.SAME, Verdict.INCONCLUSIVE, Verdict.INCOMPARABLE)
            .map(verdict -> comparison.count(verdict) + " " + verdict.word()).collect(Collectors.joining(", "))
            + " of " + comparison.rows().size();
    }

    /**
     * Why a row has its verdict.
     *
     * @param row one of the comparison's
     * @return for example {@code p = 0.0021 after Holm's correction; four of five such runs would have found 2.1 %}
     */
    String sentence(final Row row) {
        return row.isComparable() ? "p = " + p(row.adjustedP()) + " after Holm's correction, by the " + row.test()
            + " test; four of five such runs would have found " + visible(row) : row.why();
    }

    private static String visible(final Row row) {
        return row.smallestVisible() > 1 ? ">100 %" : percent(row.smallestVisible());
    }

    private List<String> notes() {
        final List<String> notes = new ArrayList<>();
        comparison.rows().stream().filter(row -> !row.isComparable())
            .collect(Collectors.groupingBy(Row::why, java.util.TreeMap::new, Collectors.toList()))
            .forEach((why, rows) -> notes.add("Incomparable, " + why + ": " + names(rows.stream().map(Row::key)
                .toList())));
        if (!comparison.onlyBase().isEmpty()) {
            notes.add("Only in " + comparison.base() + ": " + names(comparison.onlyBase()));
        }
        if (!comparison.onlyHead().isEmpty()) {
            notes.add("Only in " + comparison.head() + ": " + names(comparison.onlyHead()));
        }
        comparison.warnings().forEach(warning -> notes.add("Warning: " + warning));
        if (!comparison.shared().isEmpty()) {
            notes.add("Both sides: " + comparison.shared().entrySet().stream()
                .map(fact -> fact.getKey() + " " + fact.getValue()).collect(Collectors.joining("; ")) + ".");
        }
        return notes;
    }

    private static String names(final List<Key> keys) {
        return keys.stream().map(Key::toString).collect(Collectors.joining("; ")) + ".";
    }

    private String legend() {
        return "A ratio above 1 is dearer. A verdict needs p < 0.05 after Holm's correction over "
            + comparison.family() + (comparison.family() == 1 ? " comparison" : " comparisons")
            + " and an effect above the larger of " + percent(comparison.threshold())
            + " and this machine's noise; 'sees' is what four of five such runs would have found, '2 % needs' how many"
            + " more forks a side would find 2 %. p is exact" + (comparison.rows().stream()
                .anyMatch(row -> !row.test().isEmpty() && !row.test().equals("exact"))
                ? ", but by Student's t where so few forks cannot reach 0.05 otherwise." : ".");
    }

    private String title() {
        return comparison.head() + " against " + comparison.base()
            + (comparison.inTurn() ? ", forks run in turn" : "") + (comparison.sameCode() ? ", the same code" : "");
    }

    /**
     * The comparison for a terminal.
     *
     * @param coloured whether verdicts may be coloured
     * @return lines
     */
    public String text(final boolean coloured) {
        final List<String> lines = new ArrayList<>(List.of(title(), ""));
        final List<String> rows = table().text().lines().toList();
        lines.add(rows.getFirst());
        for (int i = 0; i < comparison.rows().size(); i++) {
            lines.add(coloured ? colour(comparison.rows().get(i).verdict(), rows.get(i + 1)) : rows.get(i + 1));
        }
        lines.add("");
        if (!comparison.groups().isEmpty()) {
            lines.addAll(groups().text().lines().toList());
            lines.add("");
        }
        lines.addAll(notes());
        lines.add(legend());
        lines.add(summary());
        return String.join("\n", lines) + "\n";
    }

    private static String colour(final Verdict verdict, final String line) {
        return switch (verdict) {
            case SLOWER -> RED + line + PLAIN;
            case FASTER -> GREEN + line + PLAIN;
            case INCONCLUSIVE, INCOMPARABLE -> DIM + line + PLAIN;
            case SAME -> line;
        };
    }

    /**
     * The comparison for a pull request.
     *
     * @return a Markdown page
     */
    public String markdown() {
        return "### " + title() + "\n\n**" + summary() + "**\n\n" + table().markdown() + "\n"
            + (comparison.groups().isEmpty() ? "" : groups().markdown() + "\n")
            + notes().stream().map(note -> "- " + note + "\n").collect(Collectors.joining())
            + "\n<sub>" + legend() + "</sub>\n";
    }

    /**
     * The comparison for a spreadsheet.
     *
     * @return a header and a line per key, as RFC 4180 has it
     */
    public String csv() {
        return line(List.of("benchmark", "mode", "threads", "metric", "params", "unit", "base", "head", "ratio", "low",
            "high", "p", "adjusted_p", "test", "least_effect", "smallest_visible", "more_forks_for_2_percent",
            "verdict", "why"))
            + comparison.rows().stream().map(row -> line(Arrays.asList(row.key().benchmark(), row.key().mode(),
                row.key().threads(), row.key().metric(), row.key().params(), row.unit(), row.base(), row.head(),
                row.ratio(), row.low(), row.high(), row.p(), row.adjustedP(), row.test(), row.leastEffect(),
                row.smallestVisible(), row.moreForksFor2Percent(), row.verdict().word(), row.why())))
            .collect(Collectors.joining());
    }

    private static String line(final List<?> values) {
        return values.stream().map(value -> "\"" + value.toString().replace("\"", "\"\"") + "\"")
            .collect(Collectors.joining(",")) + "\r\n";
    }
}
