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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * How far two measurements of the same code lie apart on one machine, from its A/B runs of a commit against itself.
 *
 * @param byKey    for each key that such runs measured, the share that 95 % of them stayed below
 * @param overall  the share that 95 % of all stayed below, for other keys; 0 when there was no such run
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
        final Map<Key, List<Double>> shares = new TreeMap<>();
        final List<Comparison> same = comparisons.stream().filter(Comparison::sameCode).toList();
        same.stream().flatMap(comparison -> comparison.rows().stream()).filter(Row::isComparable)
            .forEach(row -> shares.computeIfAbsent(row.key(), key -> new ArrayList<>())
                .add(Math.expm1(Math.abs(Math.log(row.ratio())))));
        final Map<Key, Double> byKey = new TreeMap<>();
        shares.forEach((key, ofKey) -> byKey.put(key, most(ofKey)));
        return new Noise(byKey, most(shares.values().stream().flatMap(List::stream).toList()), same.size());
    }

    private static double most(final List<Double> shares) {
        return shares.isEmpty() ? 0
            : Quantile.withDefaults().evaluate(shares.stream().mapToDouble(Double::doubleValue).toArray(), MOST);
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
