/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.SuiteException;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Mode;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SelectionTest {
    private static final List<String> DESIGNS = List.of("dev-pagemap", "fs-held");
    private static final Catalog CATALOG = new Catalog(List.of(
        benchmark("baseline.AtomicBenchmark.casIncrementThenDecrement", Map.of(), null, 1),
        benchmark("baseline.AtomicBenchmark.getAndAdd", Map.of(), null, 1),
        benchmark("contended.HotPageBenchmark.hot",
            Map.of("design", DESIGNS, "counter", List.of("cas", "cas-fused"), "foll", List.of("GET", "PIN")), null, 1),
        benchmark("asymmetric.ReaderBenchmark.mixed", Map.of("size", List.of("1", "2")), null, 3, 1),
        benchmark("latency.PinLatencyBenchmark.openLoop", Map.of("design", DESIGNS), "1", 1)));

    private static Catalog.Benchmark benchmark(final String name, final Map<String, List<String>> params,
                                               final String threads, final Integer... groups) {
        return new Catalog.Benchmark("org.daxref.bench." + name, Mode.AverageTime, new TreeMap<>(params), threads,
            List.of(groups));
    }

    private static List<String> cells(final Profile profile, final String filter, final List<String> threads,
                                      final Map<String, List<String>> values) {
        return new Selection(profile, filter == null ? null : Pattern.compile(filter), threads, values, false)
            .cells(CATALOG, 4).stream().map(Cell::toString).toList();
    }

    private static String refusal(final String filter, final List<String> threads,
                                  final Map<String, List<String>> values) {
        return assertThrows(SuiteException.class, () -> cells(Profile.QUICK, filter, threads, values)).getMessage();
    }

    @Test
    void shouldTakeTheProfilesCellsWithoutAFilter() {
        assertEquals(List.of("AtomicBenchmark.casIncrementThenDecrement t=1",
            "HotPageBenchmark.hot design=dev-pagemap counter=cas foll=PIN t=4",
            "HotPageBenchmark.hot design=fs-held counter=cas foll=PIN t=4",
            "PinLatencyBenchmark.openLoop design=dev-pagemap t=1",
            "PinLatencyBenchmark.openLoop design=fs-held t=1"), cells(Profile.QUICK, null, List.of(), Map.of()));
    }

    @Test
    void shouldRunAFilteredBenchmarkThatTheProfileLeavesOutWithItsDefaults() {
        assertEquals(List.of("AtomicBenchmark.casIncrementThenDecrement t=1", "AtomicBenchmark.getAndAdd t=1"),
            cells(Profile.QUICK, "AtomicBenchmark", List.of(), Map.of()));
        assertEquals(List.of("ReaderBenchmark.mixed size=1 t=4", "ReaderBenchmark.mixed size=2 t=4"),
            cells(Profile.QUICK, "Reader", List.of(), Map.of()));
    }

    @Test
    void shouldLetTheUsersValuesTakeThePlaceOfTheProfiles() {
        assertEquals(List.of("HotPageBenchmark.hot design=fs-held counter=cas-fused foll=PIN t=1",
                "HotPageBenchmark.hot design=fs-held counter=cas-fused foll=PIN t=2"),
            cells(Profile.QUICK, "Hot", List.of("1", "2"),
                Map.of("design", List.of("fs-held"), "counter", List.of("cas-fused"))));
    }

    @Test
    void shouldMeasureEveryValueInTheFullProfile() {
        assertEquals(2 * 2 * 2 * 2, cells(Profile.FULL, "Hot", List.of(), Map.of()).size());
    }

    @Test
    void shouldMeasureACellOnceWhenMaxIsOne() {
        assertEquals(8, new Selection(Profile.FULL, Pattern.compile("Hot"), List.of(), Map.of(), false)
            .cells(CATALOG, 1).size());
    }

    @Test
    void shouldKeepTheThreadsThatABenchmarkFixes() {
        assertEquals(List.of("PinLatencyBenchmark.openLoop design=fs-held t=1"),
            cells(Profile.QUICK, "Latency", List.of("2"), Map.of("design", List.of("fs-held"))));
    }

    @Test
    void shouldCountTheThreadsOfWholeGroups() {
        assertEquals("8 threads on 4 CPUs would measure the scheduler: use at most 4, or add --oversubscribe to run"
            + " them anyway, marked OVERSUBSCRIBED.", refusal("Reader", List.of("5"), Map.of()));
    }

    @Test
    void shouldLeaveOutGroupsThatAreLargerThanTheMachineUnlessNamed() {
        final Selection all = new Selection(Profile.FULL, null, List.of(), Map.of(), false);
        assertTrue(all.cells(CATALOG, 4).stream().anyMatch(cell -> cell.benchmark().contains("Reader")));
        assertTrue(all.cells(CATALOG, 2).stream().noneMatch(cell -> cell.benchmark().contains("Reader")));
        final Selection named =
            new Selection(Profile.FULL, Pattern.compile("Reader"), List.of(), Map.of(), false);
        assertThrows(SuiteException.class, () -> named.cells(CATALOG, 2));
    }

    @Test
    void shouldRefuseWhatDoesNotExist() {
        assertEquals("No benchmark matches 'Nope': choose from AtomicBenchmark.casIncrementThenDecrement,"
            + " AtomicBenchmark.getAndAdd, HotPageBenchmark.hot, ReaderBenchmark.mixed, PinLatencyBenchmark.openLoop.",
            refusal("Nope", List.of(), Map.of()));
        assertEquals("None of the selected benchmarks has the parameter 'size'.",
            refusal("Atomic", List.of(), Map.of("size", List.of("1"))));
        assertEquals("'0' is no number of threads: --threads takes numbers from 1 and 'max', as in 1,2,max.",
            refusal("Atomic", List.of("0"), Map.of()));
    }

    @Test
    void shouldOversubscribeOnlyOnRequest() {
        final Selection selection =
            new Selection(Profile.QUICK, Pattern.compile("getAndAdd"), List.of("5"), Map.of(), true);
        assertEquals(5, selection.cells(CATALOG, 4).getFirst().threads());
    }
}
