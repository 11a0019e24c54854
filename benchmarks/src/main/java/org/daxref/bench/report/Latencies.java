/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.HdrHistogram.AbstractHistogram;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.daxref.bench.result.HlogFile;
import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.SuiteException;

import java.io.FileNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
        final List<Histogram> forks = new ArrayList<>();
        for (int fork = 0; fork < result.forks(); fork++) {
            final Path log =
                folder.resolve(HlogFile.name(result.benchmark(), result.params(), result.threads(), fork));
            if (Files.exists(log)) {
                forks.add(read(log));
            }
        }
        final Latencies read = new Latencies(result, forks);
        return read.all().getTotalCount() == 0 ? Optional.empty() : Optional.of(read);
    }

    private static Histogram read(final Path log) {
        final Histogram sum = new Histogram(PRECISION_DIGITS);
        try (HistogramLogReader reader = new HistogramLogReader(log.toFile())) {
            while (reader.hasNext()) {
                final EncodableHistogram next = reader.nextIntervalHistogram();
                if (next instanceof final AbstractHistogram interval) {
                    sum.add(interval);
                }
            }
        } catch (final FileNotFoundException e) {
            throw new IllegalStateException("it existed a moment ago", e);
        } catch (final RuntimeException e) {
            // The reader decodes what it finds, and what it throws depends on where that ends.
            throw new SuiteException(log + " is damaged: it is not the histogram log that daxref wrote.", e);
        }
        return sum;
    }

    /** All forks together. */
    Histogram all() {
        final Histogram sum = new Histogram(PRECISION_DIGITS);
        forks.forEach(sum::add);
        return sum;
    }
}
