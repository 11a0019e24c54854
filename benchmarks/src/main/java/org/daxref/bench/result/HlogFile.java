/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import org.HdrHistogram.AbstractHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;

import java.io.FileNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.IntStream;

/**
 * A fork's histogram log: the name under which it lies beside {@code jmh.json}, and what is in it.
 */
public final class HlogFile {
    private static final int PRECISION_DIGITS = 3;

    private HlogFile() {
    }

    /**
     * The name of a fork's log.
     *
     * @param benchmark full name of class and method
     * @param params    value by parameter
     * @param threads   worker threads
     * @param fork      row of the fork in {@code rawData}, from 0
     * @return for example {@code PinLatencyBenchmark.openLoop_counter=cas_design=fs-held_t=1_fork=0.hlog}
     */
    public static String name(final String benchmark, final SortedMap<String, String> params, final int threads,
                              final int fork) {
        return JmhResult.fileName(benchmark, params, threads) + "_fork=" + fork + ".hlog";
    }

    /**
     * Reads the logs that lie beside a result.
     *
     * @param folder    where it lies
     * @param benchmark full name of class and method
     * @param params    value by parameter
     * @param threads   worker threads
     * @param forks     how many forks the result has
     * @return a histogram of each fork that left a log, in the order of the forks
     * @throws SuiteException when one is damaged
     */
    public static List<Histogram> readAll(final Path folder, final String benchmark,
                                          final SortedMap<String, String> params, final int threads, final int forks) {
        return IntStream.range(0, forks).mapToObj(fork -> folder.resolve(name(benchmark, params, threads, fork)))
            .filter(Files::exists).map(HlogFile::read).toList();
    }

    /**
     * Adds up a log's intervals.
     *
     * @param log the file
     * @return one histogram of all values
     * @throws SuiteException when there is no such file, or it is damaged
     */
    public static Histogram read(final Path log) {
        final Histogram sum = new Histogram(PRECISION_DIGITS);
        try (HistogramLogReader reader = new HistogramLogReader(log.toFile())) {
            while (reader.hasNext()) {
                if (reader.nextIntervalHistogram() instanceof final AbstractHistogram interval) {
                    sum.add(interval);
                }
            }
            return sum;
        } catch (final FileNotFoundException e) {
            throw new SuiteException("Cannot read " + log + ": there is no such file.", e);
        } catch (final RuntimeException e) {
            // The reader decodes what it finds, and what it throws depends on where that ends.
            throw new SuiteException(log + " is damaged: it is not the histogram log that daxref wrote.", e);
        }
    }
}
