/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.HdrHistogram.Histogram;
import org.daxref.bench.result.HlogFile;
import org.daxref.bench.result.JmhResult;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The latencies of one result: histograms are added up, percentiles never averaged.
 *
 * @param result what was measured
 * @param forks  a histogram in ns for each fork that left a log
 */
record Latencies(JmhResult result, List<Histogram> forks) {
    private static final int PRECISION_DIGITS = 3;

    /** Reads the logs that lie beside a result; empty when there is none with a value in it. */
    static Optional<Latencies> read(final JmhResult result, final Path folder) {
        final List<Histogram> forks =
            HlogFile.readAll(folder, result.benchmark(), result.params(), result.threads(), result.forks());
        final Latencies read = new Latencies(result, forks);
        return read.all().getTotalCount() == 0 ? Optional.empty() : Optional.of(read);
    }

    /** All forks together. */
    Histogram all() {
        final Histogram sum = new Histogram(PRECISION_DIGITS);
        forks.forEach(sum::add);
        return sum;
    }
}
