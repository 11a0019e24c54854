/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import org.daxref.bench.result.SuiteException;

import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A comparison as it is asked for.
 *
 * @param reader    finds the sides
 * @param threshold least effect that counts, as a share
 * @param filter    pattern found in the names of what is compared; null for everything
 * @param control   pattern found in the names of benchmarks that no change of the code under test can move
 */
public record Comparing(SideReader reader, double threshold, Pattern filter, Pattern control) {
    /** Forks of a side below which there is no verdict: whatever they are, they cannot be significant at 5 %. */
    public static final int LEAST_FORKS = 4;

    /**
     * Compares.
     *
     * @param base  what everything is compared with
     * @param heads what is compared with it, at least one
     * @return one comparison per head
     * @throws SuiteException when a side is not there or damaged, or the filter leaves nothing
     */
    public List<Comparison> compare(final String base, final List<String> heads) {
        return judge(reader.read(base, heads), false);
    }

    /**
     * Compares the two sides of a finished A/B run.
     *
     * @param folder   its folder
     * @param base     what the base is called
     * @param head     what the head is called
     * @param sameCode whether both are one commit
     * @return the comparison
     */
    public Comparison compare(final Path folder, final String base, final String head, final boolean sameCode) {
        final List<Side> sides = reader.read(folder.resolve("base").toString(),
            List.of(folder.resolve("head").toString()));
        return judge(List.of(sides.get(0).called(base), sides.get(1).called(head)), sameCode).getFirst();
    }

    private List<Comparison> judge(final List<Side> all, final boolean sameCode) {
        final List<Side> sides = all.stream().map(side -> side.with(filtered(side.measurements()))).toList();
        if (sides.stream().allMatch(side -> side.measurements().isEmpty())) {
            throw new SuiteException("Nothing on either side matches '" + filter + "'.");
        }
        final Side base = sides.getFirst();
        return new Judge(threshold, Noise.of(reader.results().resolve(base.machine().isEmpty() ? reader.machine()
            : base.machine())), control).compare(base, sides.subList(1, sides.size()), sameCode);
    }

    private SortedMap<Key, Measurement> filtered(final SortedMap<Key, Measurement> measurements) {
        final SortedMap<Key, Measurement> matching = new TreeMap<>(measurements);
        matching.keySet().removeIf(key -> filter != null && !filter.matcher(key.benchmark()).find());
        return matching;
    }
}
