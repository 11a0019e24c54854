/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import org.apache.commons.statistics.descriptive.Quantile;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.SuiteException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * How far two measurements of the same code lie apart on one machine, from its A/B runs of a commit against itself.
 *
 * @param byKey    largest share seen, for each key that such runs measured
 * @param overall  the share that 95 % of all keys stayed below, for the other keys; 0 when there was no such run
 * @param runs     how many such runs there are
 */
record Noise(Map<Key, Double> byKey, double overall, int runs) {
    /** File in the folder of an A/B run that holds its comparison. */
    static final String FILE = "comparison.json";

    private static final double MOST = 0.95;

    /**
     * Reads what is stored.
     *
     * @param machine the machine's folder; it need not exist
     * @return its noise
     */
    static Noise of(final Path machine) {
        return of(stored(machine));
    }

    static Noise of(final List<Comparison> comparisons) {
        final Map<Key, Double> byKey = new TreeMap<>();
        final List<Comparison> same = comparisons.stream().filter(Comparison::sameCode).toList();
        final double[] all = same.stream().flatMap(comparison -> comparison.rows().stream()).filter(Row::isComparable)
            .mapToDouble(row -> {
                final double share = Math.expm1(Math.abs(Math.log(row.ratio())));
                byKey.merge(row.key(), share, Math::max);
                return share;
            }).toArray();
        return new Noise(byKey, all.length == 0 ? 0 : Quantile.withDefaults().evaluate(all, MOST), same.size());
    }

    private static List<Comparison> stored(final Path machine) {
        if (!Files.isDirectory(machine)) {
            return List.of();
        }
        try (Stream<Path> runs = Files.list(machine)) {
            return runs.map(run -> run.resolve(FILE)).filter(Files::exists)
                .map(file -> Json.read(file, Comparison.class)).toList();
        } catch (final IOException e) {
            throw new SuiteException("Cannot read " + machine + ".", e);
        }
    }

    double of(final Key key) {
        return byKey.getOrDefault(key, overall);
    }
}
