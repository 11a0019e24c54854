/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class JudgeTest {
    private static final Noise QUIET = new Noise(Map.of(), 0.001, 1);
    private static final Pattern CONTROL = Pattern.compile("control");
    private static final double THRESHOLD = 0.03;

    private final Random random = new Random(5);

    private static Key key(final String name) {
        return new Key("p.Bench." + name, "avgt", new TreeMap<>(), 1, "");
    }

    /** Forks around 100, spread by a hundredth. */
    private double[] forks(final int count, final double factor) {
        return random.doubles(count).map(unused -> 100 * factor * (1 + 0.01 * random.nextGaussian())).toArray();
    }

    private static Side side(final String label, final Map<String, double[]> forks) {
        return side(label, forks, "ns/op", Map.of());
    }

    private static Side side(final String label, final Map<String, double[]> forks, final String unit,
                             final Map<String, String> facts) {
        final SortedMap<Key, Measurement> measurements = new TreeMap<>();
        forks.forEach((name, values) -> measurements.put(key(name), new Measurement(key(name), unit,
            Arrays.stream(values).boxed().toList(), new Conditions(new TreeMap<>(facts)))));
        return new Side(label, measurements, List.of(), "m", Path.of("/" + label + "/jmh.json"));
    }

    private static Comparison judge(final Side base, final Side head) {
        return new Judge(THRESHOLD, QUIET, CONTROL).compare(base, List.of(head), false).getFirst();
    }

    private Row only(final double factor, final int forks) {
        return judge(side("base", Map.of("a", forks(forks, 1))), side("head", Map.of("a", forks(forks, factor))))
            .rows().getFirst();
    }

    @Test
    void shouldTellSlowerFasterAndSame() {
        assertEquals(Verdict.SLOWER, only(1.1, 10).verdict());
        assertEquals(Verdict.FASTER, only(0.9, 10).verdict());
        assertEquals(Verdict.SAME, only(1, 10).verdict());
    }

    @Test
    void shouldTellThatItCannotTell() {
        final double[] wild = {60, 100, 140, 90, 120};
        final Row row = judge(side("base", Map.of("a", wild)), side("head", Map.of("a", new double[] {70, 130, 95, 110,
            150}))).rows().getFirst();
        assertEquals(Verdict.INCONCLUSIVE, row.verdict());
        assertTrue(row.smallestVisible() > 0.3 && row.moreForksFor2Percent() > 100, row::toString);
    }

    @Test
    void shouldNotCallASignificantTrifleAChange() {
        final Row row = only(1.015, 40);
        assertTrue(row.adjustedP() < 0.001, row::toString);
        assertEquals(Verdict.SAME, row.verdict());
    }

    @Test
    void shouldTurnRatesOver() {
        final Side base = side("base", Map.of("a", forks(10, 1)), "ops/s", Map.of());
        final Side head = side("head", Map.of("a", forks(10, 1.1)), "ops/s", Map.of());
        final Row row = judge(base, head).rows().getFirst();
        assertEquals(Verdict.FASTER, row.verdict(), "more operations per second cost less");
        assertEquals(1 / 1.1, row.ratio(), 0.02);
    }

    @Test
    void shouldTakeTheNoiseOfTheMachineForTheLeastEffect() {
        final Noise noisy = new Noise(Map.of(key("a"), 0.15), 0.01, 3);
        final Map<String, double[]> base = Map.of("a", forks(10, 1), "b", forks(10, 1));
        final Map<String, double[]> head = Map.of("a", forks(10, 1.1), "b", forks(10, 1.1));
        final List<Row> rows = new Judge(THRESHOLD, noisy, CONTROL)
            .compare(side("base", base), List.of(side("head", head)), false).getFirst().rows();
        assertEquals(List.of(Verdict.SAME, Verdict.SLOWER), rows.stream().map(Row::verdict).toList());
        assertEquals(List.of(0.15, THRESHOLD), rows.stream().map(Row::leastEffect).toList());
    }

    @Test
    void shouldCorrectOverAllHeadsTogether() {
        final Side base = side("base", Map.of("a", forks(10, 1)));
        final List<Side> heads = IntStream.range(0, 3).mapToObj(i -> side("h" + i, Map.of("a", forks(10, 1)))).toList();
        final List<Comparison> comparisons = new Judge(THRESHOLD, QUIET, CONTROL).compare(base, heads, false);
        assertEquals(List.of(3, 3, 3), comparisons.stream().map(Comparison::family).toList());
        assertTrue(comparisons.stream().map(one -> one.rows().getFirst()).allMatch(row -> row.adjustedP() >= row.p()));
    }

    /** Twenty benchmarks of unchanged code, fifty times: a false verdict in few of the runs. */
    @Test
    void shouldSeldomSeeWhatIsNotThere() {
        int runs = 0;
        for (int run = 0; run < 50; run++) {
            final Map<String, double[]> base = new TreeMap<>();
            final Map<String, double[]> head = new TreeMap<>();
            for (int i = 0; i < 20; i++) {
                final double spread = 0.05;
                final DoubleUnaryOperator noise = unused -> 100 * (1 + spread * random.nextGaussian());
                base.put("b" + i, random.doubles(5).map(noise).toArray());
                head.put("b" + i, random.doubles(5).map(noise).toArray());
            }
            final Comparison comparison = judge(side("base", base), side("head", head));
            runs += comparison.count(Verdict.SLOWER) + comparison.count(Verdict.FASTER) > 0 ? 1 : 0;
        }
        final int wrong = runs;
        assertTrue(wrong <= 6, () -> wrong + " runs of 50 had a false verdict");
    }

    @Test
    void shouldSayWhichTestItUsed() {
        assertEquals("exact", only(1.1, 5).test());
        final Map<String, double[]> base = new TreeMap<>();
        final Map<String, double[]> head = new TreeMap<>();
        for (int i = 0; i < 20; i++) {
            base.put("b" + i, forks(5, 1));
            head.put("b" + i, forks(5, 1.5));
        }
        final Comparison comparison = judge(side("base", base), side("head", head));
        assertEquals(20, comparison.count(Verdict.SLOWER), "5 forks suffice for 20 comparisons");
        assertTrue(comparison.rows().stream().allMatch(row -> row.test().equals("Student's t")));
    }

    @Test
    void shouldRefuseUnlikeConditions() {
        final Map<String, double[]> forks = Map.of("a", forks(5, 1));
        final Row row = judge(side("base", forks, "ns/op", Map.of("JVM", "25", "CPU", "x")),
            side("head", forks, "ns/op", Map.of("JVM", "26"))).rows().getFirst();
        assertEquals(Verdict.INCOMPARABLE, row.verdict());
        assertEquals("measured under unlike conditions: JVM (25, 26)", row.why());
    }

    @Test
    void shouldRefuseUnlikeUnitsFewForksAndNonsense() {
        final Map<String, double[]> five = Map.of("a", forks(5, 1));
        assertEquals("units differ (ns/op, us/op)", judge(side("base", five),
            side("head", five, "us/op", Map.of())).rows().getFirst().why());
        assertEquals("3 forks a side, and a verdict needs 4", only(1, 3).why());
        assertEquals("1 fork a side, and a verdict needs 4", only(1, 1).why());
        assertEquals("0 forks a side, and a verdict needs 4", only(1, 0).why());
        assertEquals("a fork gave no positive number", judge(side("base", five),
            side("head", Map.of("a", new double[] {1, 2, Double.NaN, 3, 4}))).rows().getFirst().why());
    }

    @Test
    void shouldListWhatOnlyOneSideHas() {
        final Comparison comparison = judge(side("base", Map.of("a", forks(5, 1), "b", forks(5, 1))),
            side("head", Map.of("b", forks(5, 1), "c", forks(5, 1))));
        assertEquals(List.of(key("a")), comparison.onlyBase());
        assertEquals(List.of(key("c")), comparison.onlyHead());
    }

    @Test
    void shouldWarnOfDrift() {
        final Map<String, double[]> base = new TreeMap<>();
        final Map<String, double[]> head = new TreeMap<>();
        for (final String name : List.of("a", "b", "c", "d", "control")) {
            base.put(name, forks(10, 1));
            head.put(name, forks(10, 1.1));
        }
        final List<String> warnings = judge(side("base", base), side("head", head)).warnings();
        assertTrue(warnings.getFirst().startsWith("The control Bench.control t=1 is slower"), warnings::toString);
        assertTrue(warnings.get(1).startsWith("Nearly everything moved one way"), warnings::toString);
        head.replaceAll((name, forks) -> name.equals("a") || name.equals("b") ? forks(10, 0.9) : forks(10, 1));
        assertEquals(List.of(), judge(side("base", base), side("head", head)).warnings());
    }

    @Test
    void shouldGiveGeometricMeans() {
        final Map<String, double[]> ones = new TreeMap<>(Map.of("a", forks(5, 1), "b", forks(5, 1)));
        final Map<String, double[]> other = new TreeMap<>();
        ones.forEach((name, forks) -> other.put(name,
            Arrays.stream(forks).map(value -> value * (name.equals("a") ? 2 : 8)).toArray()));
        final Comparison.Group group = judge(side("base", ones), side("head", other)).groups().getFirst();
        assertEquals("Bench", group.name());
        assertEquals(4, group.ratio(), 1e-9);
    }

    @Test
    void shouldLearnNoiseFromRunsOfTheSameCode() {
        final List<Comparison> runs = new ArrayList<>();
        for (final boolean same : List.of(true, true, false)) {
            runs.add(new Judge(THRESHOLD, QUIET, CONTROL).compare(side("x", Map.of("a", forks(5, 1))),
                List.of(side("y", Map.of("a", forks(5, same ? 1 : 2)))), same).getFirst());
        }
        final Noise noise = Noise.of(runs);
        assertEquals(2, noise.runs());
        final double[] shares = runs.stream().limit(2)
            .mapToDouble(run -> Math.expm1(Math.abs(Math.log(run.rows().getFirst().ratio())))).sorted().toArray();
        assertTrue(noise.of(key("a")) > shares[0] && noise.of(key("a")) <= shares[1], noise::toString);
        assertEquals(noise.overall(), noise.of(key("unknown")));
    }
}
