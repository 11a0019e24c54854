/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.RunStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Answers from numbers that a test chose, and from scenarios that are really played. */
class AnswersTest {
    private static final double[] NOISE = {-0.01, 0.005, 0, 0.01, -0.005};
    private static final String PACKAGE = "org.daxref.bench.uncontended.";

    @TempDir
    private Path home;
    private final List<JmhResult> results = new ArrayList<>();

    /** Five forks around a cost. */
    private void measured(final String benchmark, final double cost, final String... params) {
        final TreeMap<String, String> values = new TreeMap<>(Arrays.stream(params).map(param -> param.split("="))
            .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1])));
        values.put("counter", "cas");
        results.add(new JmhResult(PACKAGE + benchmark, "avgt", 1, NOISE.length, values, new JmhResult.Metric(cost, 0,
            "ns/op", DoubleStream.of(NOISE).mapToObj(noise -> List.of(cost * (1 + noise))).toList()), Map.of()));
    }

    private void both(final String benchmark, final double old, final double young, final String... params) {
        measured(benchmark, old, with(params, "design=dev-pagemap"));
        measured(benchmark, young, with(params, "design=fs-held"));
    }

    private static String[] with(final String[] params, final String more) {
        final String[] all = Arrays.copyOf(params, params.length + 1);
        all[params.length] = more;
        return all;
    }

    private Map<Question, String> verdicts() throws IOException {
        final Path run = RunFiles.write(home.resolve("run"),
            RunFiles.manifest(RunStatus.OK, results.size(), List.of()), results.toArray(JmhResult[]::new));
        return new Answers(Headline.of(run)).all().stream()
            .collect(Collectors.toMap(Answer::question, Answer::verdict));
    }

    private void walks(final double guardAtOne, final double guardPerPage) {
        for (final int pages : new int[] {1, 8, 64, 512}) {
            both("GupLengthBenchmark.gup", 16 * pages + guardAtOne + guardPerPage * pages, 16 * pages, "foll=PIN",
                "pages=" + pages);
        }
        both("GupPmdBenchmark.gup", 9_000, 400, "foll=PIN", "pages=512");
    }

    @Test
    void shouldTellTheLookupFromTheBatching() throws IOException {
        walks(9, 2);
        assertTrue(verdicts().get(Question.LOOKUP_AGAINST_BATCHING).startsWith("Both were right."));
        assertTrue(verdicts().get(Question.LENGTH_THAT_HIDES).startsWith("It does not disappear up to 512 pages"));
    }

    @Test
    void shouldFindTheLengthThatHidesALookup() throws IOException {
        walks(9, 0);
        assertEquals("From 64 pages on it costs less than 5 %.", verdicts().get(Question.LENGTH_THAT_HIDES));
    }

    @Test
    void shouldComputeWhatEarnsAMappingBack() throws IOException {
        both("FaultZapBenchmark.page", 40, 70);
        both("PinPageBenchmark.pinUnpin", 28, 18, "foll=PIN");
        final Path run = RunFiles.write(home.resolve("run"),
            RunFiles.manifest(RunStatus.OK, results.size(), List.of()), results.toArray(JmhResult[]::new));
        final String page = Answers.markdown(run);
        assertTrue(page.contains("A mapping is dearer: reference and mapcount of every PTE are counted. A handful of"
            + " pins of the mapping earns it back."), page);
        assertTrue(page.contains("it is earned back after 3.00 [3.00, 3.00] pins of it"), page);
    }

    @Test
    void shouldCallSmallDifferencesNone() throws IOException {
        for (final String foll : List.of("PIN", "GET")) {
            measured("WakeTaxBenchmark.takeAndDrop", 30, "wake=OFF", "foll=" + foll);
        }
        measured("WakeTaxBenchmark.takeAndDrop", 31, "wake=ON", "foll=GET");
        measured("WakeTaxBenchmark.takeAndDrop", 36, "wake=ON", "foll=PIN");
        assertEquals("With nobody waiting it costs, of a pin or reference and its drop: PIN more than a tenth, GET next"
            + " to nothing.", verdicts().get(Question.WAKE_TAX));
    }

    @Test
    void shouldSayTheSameWithOtherNoise() throws IOException {
        walks(9, 2);
        final Map<Question, String> first = verdicts();
        results.clear();
        walks(10, 2.2);
        assertEquals(first, verdicts());
    }

    @Test
    void shouldSayWhatWasNotMeasured() throws IOException {
        measured("PinPageBenchmark.pinUnpin", 20, "design=fs-held", "foll=PIN");
        final Map<Question, String> verdicts = verdicts();
        assertEquals(Question.values().length, verdicts.size());
        assertEquals("Not measured in this run.", verdicts.get(Question.TREE_SHAPE));
        assertFalse(verdicts.get(Question.LEAKS).startsWith("Not measured"), "played, not measured");
    }

    @Test
    void shouldPlayScenariosAnew() {
        final List<String> endings = Played.sentences("S9");
        assertEquals(2, endings.size(), endings::toString);
        assertTrue(endings.getLast().startsWith("`lost-wakeup`: The page is idle and the truncate sleeps on"),
            endings::toString);
    }
}
