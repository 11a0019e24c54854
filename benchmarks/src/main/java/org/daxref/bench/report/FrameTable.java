/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.profile.Stacks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The methods that a profile found, as a table for those who have no browser at hand.
 */
public final class FrameTable {
    private static final int MOST_ROWS = 10;
    private static final double PERCENT = 100;

    private FrameTable() {
    }

    /**
     * The methods that took most.
     *
     * @param stacks a profile
     * @param cost   what an operation costs, in nanoseconds; NaN where shares are all that can be told
     * @return ten of them at most
     */
    public static Table of(final Stacks stacks, final double cost) {
        final List<String> header = new ArrayList<>(List.of("method", "self", "with callees"));
        if (!Double.isNaN(cost)) {
            header.add("self ns/op");
        }
        return new Table(header, stacks.frames().stream().limit(MOST_ROWS).map(frame -> {
            final List<String> row = new ArrayList<>(List.of(frame.name(), percent(frame.self(), stacks.total()),
                percent(frame.total(), stacks.total())));
            if (!Double.isNaN(cost)) {
                row.add(decimals(cost * frame.self() / stacks.total(), 2));
            }
            return row;
        }).toList(), 1);
    }

    private static String percent(final long part, final long whole) {
        return decimals(PERCENT * part / whole, 1) + " %";
    }

    private static String decimals(final double number, final int count) {
        return String.format(Locale.ROOT, "%." + count + "f", number);
    }

    /**
     * The methods whose own weight differs most between two profiles.
     *
     * @param baseName what the one is called
     * @param base     the one
     * @param headName what the other is called
     * @param head     the other
     * @param unit     what the weights are
     * @param perUnit  how many of the weights make one unit
     * @return ten of them at most, and their sum over all methods
     */
    public static Table difference(final String baseName, final Stacks base, final String headName, final Stacks head,
                                   final String unit, final double perUnit) {
        final Map<String, Long> before = selfWeights(base);
        final Map<String, Long> after = selfWeights(head);
        final Set<String> names = new TreeSet<>(before.keySet());
        names.addAll(after.keySet());
        final Comparator<String> byDifference = Comparator.comparingLong((String name) ->
            -Math.abs(after.getOrDefault(name, 0L) - before.getOrDefault(name, 0L)));
        final List<List<String>> rows = new ArrayList<>(names.stream().sorted(byDifference).limit(MOST_ROWS)
            .map(name -> row(name, before.getOrDefault(name, 0L), after.getOrDefault(name, 0L), perUnit)).toList());
        rows.add(row("all methods", base.total(), head.total(), perUnit));
        return new Table(List.of("method, self " + unit, baseName, headName, "difference"), rows, 1);
    }

    private static Map<String, Long> selfWeights(final Stacks stacks) {
        return stacks.frames().stream().collect(Collectors.toMap(Stacks.Frame::name, Stacks.Frame::self));
    }

    private static List<String> row(final String name, final long before, final long after, final double perUnit) {
        final int places = perUnit == 1 ? 0 : 2;
        return List.of(name, decimals(before / perUnit, places), decimals(after / perUnit, places),
            (after > before ? "+" : "") + decimals((after - before) / perUnit, places));
    }
}
