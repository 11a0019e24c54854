/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A table of texts, to be read on a terminal or as Markdown. The first columns name the row and are aligned to the
 * left, the others to the right.
 *
 * @param header  names of the columns
 * @param rows    rows of as many texts
 * @param leading how many columns name the row
 */
public record Table(List<String> header, List<List<String>> rows, int leading) {
    /**
     * The table with aligned columns.
     *
     * @return a line per row
     */
    public String text() {
        final int[] widths = IntStream.range(0, header.size()).map(column -> IntStream.concat(
            IntStream.of(header.get(column).length()),
            rows.stream().mapToInt(row -> row.get(column).length())).max().orElse(0)).toArray();
        return line(header, widths) + rows.stream().map(row -> line(row, widths)).collect(Collectors.joining());
    }

    private String line(final List<String> row, final int[] widths) {
        return IntStream.range(0, row.size()).mapToObj(column -> {
            final String padding = " ".repeat(widths[column] - row.get(column).length());
            return column < leading ? row.get(column) + padding : padding + row.get(column);
        }).collect(Collectors.joining("  ")).stripTrailing() + "\n";
    }

    /**
     * The table as Markdown.
     *
     * @return a line per row
     */
    public String markdown() {
        final List<String> rule =
            IntStream.range(0, header.size()).mapToObj(column -> column < leading ? "---" : "---:").toList();
        return markdown(header) + markdown(rule) + rows.stream().map(Table::markdown).collect(Collectors.joining());
    }

    private static String markdown(final List<String> row) {
        return row.stream().map(cell -> cell.replace("|", "\\|")).collect(Collectors.joining(" | ", "| ", " |\n"));
    }
}
