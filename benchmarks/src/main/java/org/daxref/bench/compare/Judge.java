/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import org.apache.commons.statistics.inference.BinomialTest;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Matches the keys of two sides and says of each what can be said.
 *
 * <p>A verdict of change needs both: significance at 5 % after Holm's correction over all keys, and an effect larger
 * than the least that counts.
 *
 * @param threshold least effect that counts, as a share
 * @param noise     of the machine that both sides were measured on
 * @param control   pattern of benchmarks that no change of the code under test can move
 */
record Judge(double threshold, Noise noise, Pattern control) {
    private static final double LEVEL = 0.05;
    private static final double ONE_SIDED_LEVEL = 0.01;
    private static final int LEAST_CHANGES = 4;
    private static final double TWO_PERCENT = 0.02;

    /** A key that both sides have, and either the contrast of its two samples or why there is none. */
    private record Match(Measurement base, Measurement head, Contrast contrast, String why) {
        static Match of(final Measurement base, final Measurement head, final boolean inTurn) {
            return obstacle(base, head).map(why -> new Match(base, head, null, why)).orElseGet(() ->
                new Match(base, head, inTurn && base.forks().size() == head.forks().size()
                    && base.forks().size() % 2 == 0 ? Contrast.inTurn(base.logCosts(), head.logCosts())
                    : Contrast.apart(base.logCosts(), head.logCosts()), ""));
        }

        private static Optional<String> obstacle(final Measurement base, final Measurement head) {
            final int forks = Math.min(base.forks().size(), head.forks().size());
            final List<String> differences = base.conditions().differences(head.conditions());
            if (!base.unit().equals(head.unit())) {
                return Optional.of("units differ (" + base.unit() + ", " + head.unit() + ")");
            }
            if (!differences.isEmpty()) {
                return Optional.of("measured under unlike conditions: " + String.join(", ", differences));
            }
            if (forks < Comparing.LEAST_FORKS) {
                return Optional.of(forks + (forks == 1 ? " fork" : " forks") + " a side, and a verdict needs "
                    + Comparing.LEAST_FORKS);
            }
            return base.isSound() && head.isSound() ? Optional.empty()
                : Optional.of("a fork gave no positive number");
        }
    }

    /**
     * Compares every head with the base. Holm's correction is over all of them together.
     *
     * @param base  what everything is compared with
     * @param heads what is compared with it
     * @param sameCode whether base and heads are one commit
     * @return one comparison per head
     */
    List<Comparison> compare(final Side base, final List<Side> heads, final boolean sameCode) {
        final List<List<Match>> matches = heads.stream().map(head -> match(base, head)).toList();
        final List<Contrast> contrasts = matches.stream().flatMap(List::stream)
            .filter(match -> match.contrast != null).map(Match::contrast).toList();
        final int family = contrasts.size();
        final double[] p = contrasts.stream().mapToDouble(contrast -> p(contrast, family)).toArray();
        final double[] adjusted = Holm.adjust(p);
        int next = 0;
        final List<Comparison> comparisons = new ArrayList<>();
        for (int i = 0; i < heads.size(); i++) {
            final Side head = heads.get(i);
            final List<Row> rows = new ArrayList<>();
            for (final Match match : matches.get(i)) {
                if (match.contrast == null) {
                    rows.add(Row.incomparable(match.base, match.head, match.why));
                } else {
                    rows.add(row(match, p[next], adjusted[next], family));
                    next++;
                }
            }
            comparisons.add(new Comparison(base.label(), head.label(),
                base.machine().equals(head.machine()) ? base.machine() : "", sameCode, base.ranInTurnWith(head),
                threshold, family, rows, missing(base, head), missing(head, base), groups(rows),
                shared(base, head), warnings(base, head, rows)));
        }
        return comparisons;
    }

    private static List<Match> match(final Side base, final Side head) {
        return base.measurements().values().stream().filter(one -> head.measurements().containsKey(one.key()))
            .map(one -> Match.of(one, head.measurements().get(one.key()), base.ranInTurnWith(head))).toList();
    }

    private static List<Key> missing(final Side there, final Side here) {
        return there.measurements().keySet().stream().filter(key -> !here.measurements().containsKey(key)).toList();
    }

    private static boolean isExactEnough(final Contrast contrast, final int family) {
        return contrast.smallestP() * family <= LEVEL;
    }

    private static double p(final Contrast contrast, final int family) {
        return isExactEnough(contrast, family) ? contrast.exactP() : contrast.studentP();
    }

    private Row row(final Match match, final double p, final double adjusted, final int family) {
        final Contrast contrast = match.contrast;
        final Measurement base = match.base;
        final double least = Math.max(threshold, noise.of(base.key()));
        final double visible = contrast.smallestVisible(LEVEL / family);
        final int more = contrast.moreForksFor(TWO_PERCENT, LEVEL / family);
        final Verdict verdict = verdict(contrast, adjusted, least);
        return new Row(base.key(), base.unit(), base.mean(), match.head.mean(), base.forks(), match.head.forks(),
            Math.exp(contrast.difference()), Math.exp(contrast.low()), Math.exp(contrast.high()), p, adjusted,
            isExactEnough(contrast, family) ? "exact" : "Student's t", least, verdict, "", visible, more);
    }

    private static Verdict verdict(final Contrast contrast, final double adjusted, final double least) {
        final double effect = Math.log1p(least);
        if (adjusted < LEVEL && Math.abs(contrast.difference()) > effect) {
            return contrast.difference() > 0 ? Verdict.SLOWER : Verdict.FASTER;
        }
        return contrast.low() > -effect && contrast.high() < effect ? Verdict.SAME : Verdict.INCONCLUSIVE;
    }

    private static SortedMap<String, String> shared(final Side base, final Side head) {
        final SortedMap<String, Set<String>> values = new TreeMap<>();
        Stream.of(base, head).flatMap(side -> side.measurements().values().stream()).forEach(measurement ->
            measurement.conditions().facts().forEach((name, value) ->
                values.computeIfAbsent(name, fact -> new HashSet<>()).add(value)));
        final SortedMap<String, String> shared = new TreeMap<>();
        values.forEach((name, seen) -> {
            if (seen.size() == 1) {
                shared.put(name, seen.iterator().next());
            }
        });
        return shared;
    }

    private static List<Comparison.Group> groups(final List<Row> rows) {
        final SortedMap<String, List<Row>> byGroup = rows.stream()
            .filter(row -> row.isComparable() && row.key().metric().isEmpty())
            .collect(Collectors.groupingBy(row -> row.key().group(), TreeMap::new, Collectors.toList()));
        final List<Comparison.Group> groups = new ArrayList<>();
        byGroup.forEach((name, members) -> groups.add(group(name, members)));
        if (groups.size() > 1) {
            groups.add(group("all", byGroup.values().stream().flatMap(List::stream).toList()));
        }
        return groups;
    }

    private static Comparison.Group group(final String name, final List<Row> rows) {
        return new Comparison.Group(name, rows.size(),
            Math.exp(rows.stream().mapToDouble(row -> Math.log(row.ratio())).average().orElseThrow()));
    }

    private List<String> warnings(final Side base, final Side head, final List<Row> rows) {
        final List<String> warnings = new ArrayList<>(Stream.of(base, head).flatMap(side ->
            side.cautions().stream().map(caution -> side.label() + " " + caution)).distinct().toList());
        final List<Row> scores =
            rows.stream().filter(row -> row.isComparable() && row.key().metric().isEmpty()).toList();
        final List<Row> changes =
            scores.stream().filter(row -> row.verdict() == Verdict.FASTER || row.verdict() == Verdict.SLOWER).toList();
        changes.stream().filter(row -> control.matcher(row.key().benchmark()).find()).forEach(row ->
            warnings.add("The control " + row.key() + " is " + row.verdict().word()
                + ", which the code under test cannot make it: this is drift of the machine, not the code."));
        final boolean oneVerdict =
            changes.size() >= LEAST_CHANGES && changes.stream().map(Row::verdict).distinct().count() == 1;
        if (!base.isOfTheRunOf(head) && (oneVerdict || isOneSided(scores))) {
            warnings.add("Nearly everything moved one way: that is how drift of the machine looks, or a change that"
                + " reaches every benchmark.");
        }
        if (noise.runs() == 0) {
            warnings.add("The noise of this machine is not known: measure it by ./run-bench.sh ab HEAD HEAD.");
        }
        return warnings;
    }

    private static boolean isOneSided(final List<Row> scores) {
        final int dearer = (int) scores.stream().filter(row -> row.ratio() > 1).count();
        return !scores.isEmpty()
            && BinomialTest.withDefaults().test(scores.size(), dearer, 1.0 / 2).getPValue() < ONE_SIDED_LEVEL;
    }
}
