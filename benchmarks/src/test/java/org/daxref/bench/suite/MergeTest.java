/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.util.ListStatistics;
import tools.jackson.databind.JsonNode;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

class MergeTest {
    private static final Cell CELL = Samples.cell("fs-held");
    private static final long[][] FORKS = {{20, 22, 21}, {30, 29, 31}, {25, 24, 23}};

    @TempDir
    private Path folder;

    /** Forks as they come back from the journal, out of order. */
    private List<UnitRecord> journalled() {
        final Journal journal = new Journal(folder);
        final List<UnitRecord> records = new ArrayList<>();
        for (final int round : new int[] {2, 0, 1}) {
            final Plan.Unit unit = new Plan.Unit(CELL, round);
            journal.write(round, UnitRecord.of(unit, 1, GuardVerdict.NONE, Samples.fork(CELL, 0, FORKS[round])));
            records.add(journal.read(round, unit));
        }
        return records;
    }

    @Test
    void shouldPoolAllIterationsAsJmhDoesForAMultiForkRun() {
        final JsonNode merged = Merge.merge(journalled(), 3);
        assertEquals(1, merged.size());
        final JsonNode metric = merged.get(0).get("primaryMetric");
        final ListStatistics pool = new ListStatistics();
        for (final long[] fork : FORKS) {
            for (final long ns : fork) {
                pool.addValue(ns);
            }
        }
        assertEquals(pool.getMean(), metric.get("score").asDouble());
        assertEquals(pool.getMeanErrorAt(0.999), metric.get("scoreError").asDouble());
        assertEquals(pool.getConfidenceIntervalAt(0.999)[0], metric.get("scoreConfidence").get(0).asDouble());
        assertEquals(pool.getConfidenceIntervalAt(0.999)[1], metric.get("scoreConfidence").get(1).asDouble());
        for (final String rank : List.of("0.0", "50.0", "90.0", "95.0", "99.0", "99.9", "99.99", "100.0")) {
            assertEquals(pool.getPercentile(Double.parseDouble(rank)),
                metric.get("scorePercentiles").get(rank).asDouble(), rank);
        }
        assertEquals(3, merged.get(0).get("forks").asInt());
    }

    @Test
    void shouldHaveARowPerForkInTheOrderOfTheRounds() {
        final JmhResult result = Json.as(Merge.merge(journalled(), 3).get(0), JmhResult.class);
        assertEquals(List.of(List.of(20.0, 22.0, 21.0), List.of(30.0, 29.0, 31.0), List.of(25.0, 24.0, 23.0)),
            result.primaryMetric().rawData());
        assertEquals(3, result.secondaryMetrics().get("guard.wait").rawData().size());
    }

    @Test
    void shouldKeepHowEachSecondaryMetricAggregates() {
        final JmhResult result = Json.as(Merge.merge(journalled(), 3).get(0), JmhResult.class);
        assertEquals(225.0, result.secondaryMetrics().get("pins").score(), "a sum over all iterations of all forks");
        assertEquals(0.0, result.secondaryMetrics().get("guard.wait").score(), "a mean");
    }

    @Test
    void shouldWriteTheFieldsThatJmhWritesLessTheLocalJvm() {
        final JsonNode entry = Merge.merge(journalled(), 3).get(0);
        assertEquals(List.of("jmhVersion", "benchmark", "mode", "threads", "forks", "jvmArgs", "jdkVersion", "vmName",
            "vmVersion", "warmupIterations", "warmupTime", "warmupBatchSize", "measurementIterations",
            "measurementTime",
            "measurementBatchSize", "params", "primaryMetric", "secondaryMetrics"), List.copyOf(entry.propertyNames()));
        assertEquals("[\"-Xmx256m\",\"-Ddaxref.hlog=PATH\"]", entry.get("jvmArgs").toString());
        assertFalse(entry.toString().contains("somebody"));
    }

    @Test
    void shouldWriteWhatIsNotFiniteAsJmhDoes() {
        final JsonNode entry = Merge.merge(List.of(UnitRecord.of(new Plan.Unit(CELL, 0), 1, GuardVerdict.NONE,
            Samples.fork(CELL, 0, 20))), 1).get(0);
        assertEquals("\"NaN\"", entry.get("primaryMetric").get("scoreError").toString());
        assertEquals(Double.NaN, Json.as(entry, JmhResult.class).primaryMetric().scoreError());
    }

    @Test
    void shouldLeaveOutForksThatFailed() {
        final List<UnitRecord> records = new ArrayList<>(journalled());
        records.set(0, UnitRecord.failed(records.getFirst().unit(), 1, "it threw"));
        assertEquals(2, Json.as(Merge.merge(records, 3).get(0), JmhResult.class).primaryMetric().rawData().size());
        assertEquals(0, Merge.merge(List.of(records.getFirst()), 3).size());
    }
}
