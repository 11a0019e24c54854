/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.compare.Comparison;
import org.daxref.bench.result.JmhResult;

import java.util.List;
import java.util.stream.Stream;

/**
 * What a comparison of two sides found, as far as the report shows it.
 *
 * @param base     the side that is compared with
 * @param head     the side whose cost the ratios tell, in terms of the base
 * @param rows     a row per benchmark
 * @param warnings sentences that a reader has to know first
 */
public record Verdicts(String base, String head, List<Row> rows, List<String> warnings) {

    /**
     * A benchmark on both sides.
     *
     * @param label    the benchmark
     * @param detail   its parameters and threads
     * @param ratio    cost of head in terms of base
     * @param low      lower end of the interval; NaN when there is none
     * @param high     upper end of the interval; NaN when there is none
     * @param verdict  faster, slower, same, inconclusive or incomparable
     * @param sentence why
     */
    public record Row(String label, String detail, double ratio, double low, double high, String verdict,
                      String sentence) {
    }

    /**
     * The same comparison as the report shows it.
     *
     * @param comparison what was found
     * @return a row per key
     */
    public static Verdicts of(final Comparison comparison) {
        final ComparisonText text = new ComparisonText(comparison);
        return new Verdicts(comparison.base(), comparison.head(), comparison.rows().stream().map(row ->
            new Row(JmhResult.shortName(row.key().benchmark()), row.key().conditions(), row.ratio(), row.low(),
                row.high(), row.verdict().word(), text.sentence(row))).toList(),
            Stream.concat(Stream.of(text.summary() + "."), comparison.warnings().stream()).toList());
    }
}
