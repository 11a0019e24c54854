/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.results.ScalarResult;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ContentionGuardTest {
    private static final String WORKER = "org.daxref.bench.contended.HotPageBenchmark.hot-jmh-worker-1";

    @TempDir
    private Path root;

    private static Map<String, Double> scores(final List<ScalarResult> results) {
        return results.stream().collect(Collectors.toMap(ScalarResult::getLabel, ScalarResult::getScore));
    }

    private static OptionalLong some(final long value) {
        return OptionalLong.of(value);
    }

    @Test
    void shouldTurnCountersIntoShares() {
        final ContentionGuard.Reading start =
            new ContentionGuard.Reading(1_000, some(500), some(10), some(3), some(100));
        final ContentionGuard.Reading end = new ContentionGuard.Reading(100_001_000, some(190_000_500),
            some(10_000_010), some(4), some(50_100));
        assertEquals(Map.of(ContentionGuard.CPU, 19.0, ContentionGuard.WAIT, 5.0, ContentionGuard.STEAL, 5.0,
            ContentionGuard.PRESSURE, 50.0), scores(end.since(start, 2, 2, 10_000_000)));
    }

    @Test
    void shouldLeaveOutWhatThePlatformDoesNotSay() {
        final OptionalLong none = OptionalLong.empty();
        final ContentionGuard.Reading start = new ContentionGuard.Reading(0, some(0), none, none, none);
        final ContentionGuard.Reading end = new ContentionGuard.Reading(100, some(50), none, none, none);
        assertEquals(Map.of(ContentionGuard.CPU, 5.0), scores(end.since(start, 1, 2, 10)));
    }

    private void task(final String id, final String name, final String schedstat) throws IOException {
        final Path task = Files.createDirectories(root.resolve("proc/self/task").resolve(id));
        Files.writeString(task.resolve("comm"), name + "\n");
        Files.writeString(task.resolve("schedstat"), schedstat + "\n");
    }

    @Test
    void shouldFindWorkersByTheNamesThatTheKernelKeeps() throws IOException {
        Files.createDirectories(root.resolve("proc/self"));
        Files.writeString(root.resolve("proc/self/schedstat"), "1 2 3\n");
        task("10", "java", "9 1000000 9");
        task("11", "org.daxref.benc", "9 30 9");
        task("12", "org.dax..rker-1", "9 400 9");
        task("13", "C2 CompilerThre", "9 1000000 9");
        assertEquals(some(430), new ContentionGuard(new SystemFiles(root)).workerWaitNs(List.of(WORKER)));
    }

    @Test
    void shouldNotKnowTheWaitWhereThereIsNoSchedstat() {
        assertEquals(OptionalLong.empty(), new ContentionGuard(new SystemFiles(root)).workerWaitNs(List.of(WORKER)));
    }

    @Test
    void shouldSpoilAnIterationOnlyAboveTheLimits() {
        assertEquals(new GuardVerdict(1, 0, 0), GuardVerdict.of(5.0, 10.0));
        assertEquals(new GuardVerdict(1, 0, 1), GuardVerdict.of(5.1, 0.0));
        assertEquals(new GuardVerdict(1, 0, 1), GuardVerdict.of(0.0, 10.1));
        assertEquals(new GuardVerdict(1, 0, 0), GuardVerdict.of(Double.NaN, 0.0));
        assertEquals(new GuardVerdict(0, 1, 0), GuardVerdict.of(Double.NaN, Double.NaN));
    }

    @Test
    void shouldJudgeAForkByMostOfItsIterations() {
        final Cell cell = Samples.cell("fs-held");
        assertEquals(new GuardVerdict(3, 0, 3), GuardVerdict.of(Samples.fork(cell, 40, 20, 21, 22)));
        assertEquals(new GuardVerdict(3, 0, 0), GuardVerdict.of(Samples.fork(cell, 4, 20, 21, 22)));
        assertTrue(new GuardVerdict(5, 0, 3).mostlySpoilt());
        assertFalse(new GuardVerdict(4, 0, 2).mostlySpoilt());
        assertFalse(GuardVerdict.NONE.mostlySpoilt());
    }
}
