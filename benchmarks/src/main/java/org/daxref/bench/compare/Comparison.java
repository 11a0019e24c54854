/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import java.util.List;
import java.util.SortedMap;

/**
 * One head against the base.
 *
 * @param base      what the base is called
 * @param head      what the head is called
 * @param machine   folder name of the machine of both; empty when it is not known
 * @param sameCode  whether both are one commit, so that every difference is noise
 * @param inTurn    whether their forks ran in turn
 * @param threshold least effect that counts whatever the noise, as a share
 * @param family    comparisons that Holm's correction was made for
 * @param rows      what was found, by key
 * @param onlyBase  keys that only the base has
 * @param onlyHead  keys that only the head has
 * @param groups    means by benchmark class, and of all
 * @param shared    conditions that hold for everything on both sides, value by name
 * @param warnings  what a reader has to know before trusting this, a sentence each
 */
public record Comparison(String base, String head, String machine, boolean sameCode, boolean inTurn, double threshold,
                         int family, List<Row> rows, List<Key> onlyBase, List<Key> onlyHead, List<Group> groups,
                         SortedMap<String, String> shared, List<String> warnings) {

    /**
     * The geometric mean of the ratios of scores.
     *
     * @param name  simple name of a benchmark class, or {@code all}
     * @param rows  how many ratios
     * @param ratio their geometric mean
     */
    public record Group(String name, int rows, double ratio) {
    }

    /**
     * Counts verdicts.
     *
     * @param verdict which
     * @return how many rows have it
     */
    public long count(final Verdict verdict) {
        return rows.stream().filter(row -> row.verdict() == verdict).count();
    }
}
