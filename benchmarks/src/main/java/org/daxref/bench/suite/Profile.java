/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.Machine;
import org.daxref.bench.result.SuiteException;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * How much a run measures, and for how long. A profile is data: its cells by pattern, the number of forks of each, and
 * the timing of every fork.
 */
public enum Profile {
    /** Proves that every benchmark runs and its books balance. Its numbers mean nothing and are not stored. */
    SMOKE(1, new Timing(1, 10, 1, 40), false, List.of(
        cells("^(?!.*\\.(contended|asymmetric)\\.)", with(pin("cas"), Axes.DESIGN, "fs-held"), "1"),
        cells("\\.(PinPageBenchmark\\.|FaultZapBenchmark\\.|GupPmdBenchmark\\.gup$)", everyDesign(), "1"),
        cells("\\.(contended|asymmetric)\\.", pin("cas"), "max"),
        cells("\\.PeerBenchmark\\.hot$", Map.of("peer", List.of("netty", "arena", "xadd")), "max"))),

    /** Answers the headline: what does each design cost per page, alone and contended? */
    QUICK(5, new Timing(5, 100, 5, 100), false, List.of(
        cells("\\.EmptyBodyBenchmark\\.", baseline(), "1"),
        cells("\\.AtomicBenchmark\\.casIncrementThenDecrement$", baseline(), "1"),
        cells("\\.EmptyWalkBenchmark\\.", baseline(), "1"),
        cells("\\.FlatPinBenchmark\\.", baseline(), "1"),
        cells("\\.SeamBenchmark\\.\\w*GetAndAdd$", baseline(), "1"),
        cells("\\.GetDevPagemapBenchmark\\.",
            Map.of(Axes.DESIGN, List.of("dev-pagemap"), Axes.COUNTER, List.of("cas")), "1"),
        cells("\\.PinPageBenchmark\\.", pin("cas", "cas-fused"), "1"),
        cells("\\.PinPageBenchmark\\.", take("GET", "cas"), "1"),
        cells("\\.PinUniformBenchmark\\.", pin("cas"), "1"),
        cells("\\.GupLengthBenchmark\\.", with(pin("cas"), "pages", "8", "64", "512"), "1"),
        cells("\\.GupPmdBenchmark\\.gup$", pin("cas"), "1"),
        cells("\\.FaultZapBenchmark\\.", pin("cas"), "1"),
        cells("\\.HotPageBenchmark\\.", pin("cas"), "max"),
        cells("\\.PinLatencyBenchmark\\.", pin("cas"), "1"))),

    /** What the answers to the questions need. */
    QUESTIONS(5, new Timing(5, 100, 5, 100), false, List.of(
        cells("\\.AtomicBenchmark\\.casIncrementThenDecrement$", baseline(), "1"),
        cells("\\.PointerChaseBenchmark\\.", Map.of("devicePages", List.of("1024", "16384", "262144", "4194304")), "1"),
        cells("\\.GetDevPagemapBenchmark\\.",
            Map.of(Axes.DESIGN, List.of("dev-pagemap"), Axes.COUNTER, List.of("cas")), "1"),
        cells("\\.PagemapLookupBenchmark\\.", Map.of("alignedPages", List.of("1", "64", "4096", "262144")), "1"),
        cells("\\.PinPageBenchmark\\.", pin("cas"), "1"),
        cells("\\.GupLengthBenchmark\\.", with(pin("cas"), "pages", "1", "8", "64", "512"), "1"),
        cells("\\.GupPmdBenchmark\\.", pin("cas"), "1"),
        cells("\\.GupRangesBenchmark\\.",
            with(with(pin("cas"), "walkPages", "8", "512"), "ranges", "1", "2", "8"), "1"),
        cells("\\.DeviceSizeBenchmark\\.", with(pin("cas"), "devicePages", "1024", "16384", "262144", "4194304"), "1"),
        cells("\\.FaultZapBenchmark\\.", with(pin("cas"), Axes.DESIGN, "dev-pagemap", "pgmap-folio", "fs-held"), "1"),
        cells("\\.WakeTaxBenchmark\\.", with(with(pin("cas"), "wake", "ON", "OFF"), "foll", "PIN", "GET"), "1"),
        cells("\\.PayloadBenchmark\\.", with(with(pin("cas"), "payload", "NONE", "TOUCH_64", "COPY_4K"), "workingSet",
            "SAME_PAGE", "UNIFORM"), "1"),
        cells("\\.HotPageBenchmark\\.", pin("cas"), "1", "max"),
        cells("\\.SpreadPagesBenchmark\\.", with(pin("cas"), "distribution", "UNIFORM", "ZIPF"), "max"),
        cells("\\.NeighbourPagesBenchmark\\.", with(pin("cas"), "descriptorBytesApart", "64", "128", "4096"), "max"),
        cells("\\.FairnessBenchmark\\.", pin("cas"), "max"),
        cells("\\.PinAgainstTruncateBenchmark\\.", with(pin("cas"), "truncatesPerSecond", "0", "10", "1000"), "max"),
        cells("\\.PinAgainstFaultBenchmark\\.", with(pin("cas"), "zapped", "SAME", "NEIGHBOUR", "FAR"), "max"),
        cells("\\.PinAgainstRemovalBenchmark\\.", with(pin("cas"), "removalsPerSecond", "0", "10"), "max"),
        cells("\\.PinUnderTruncateBenchmark\\.", with(pin("cas"), "truncatesPerSecond", "0", "10", "1000"), "1"),
        cells("\\.TruncateLatencyBenchmark\\.", with(with(everyDesign(), Axes.DESIGN, "dev-pagemap", "pgmap-folio",
            "fs-held"), "collidingSleepers", "0", "16", "256"), "1"),
        cells("\\.RemovalLatencyBenchmark\\.", with(with(everyDesign(), "walkers", "0", "1"), "longPins", "0", "1",
            "64"),
            "1"),
        cells("\\.SurpriseRemovalBenchmark\\.", with(with(with(everyDesign(), Axes.DESIGN, "dev-pagemap", "fs-held",
            "fs-held-drain"), "mappedPages", "0", "64", "4096"), "fileSystem", "EXT4", "XFS"), "1"))),

    /** What can be had by counting in another way: every counter on a hot page, alone, and where it could lose. */
    COUNTERS(5, new Timing(5, 100, 5, 100), false, List.of(
        cells("\\.AtomicBenchmark\\.", baseline(), "1", "max"),
        cells("\\.HotPageBenchmark\\.hot$", counted(), "1", "max"),
        cells("\\.HotPageBenchmark\\.own$", counted(), "max"),
        cells("\\.PinUniformBenchmark\\.", counted(), "1"),
        cells("\\.SpreadPagesBenchmark\\.", with(counted(), "distribution", "UNIFORM", "ZIPF"), "max"),
        cells("\\.FaultZapBenchmark\\.page$", counted(), "1"),
        cells("\\.TruncatedHotPageBenchmark\\.", with(with(counted(), Axes.COUNTER, "cas-fused", "xadd", "striped",
            "striped-asym", "hazard"), "truncatesPerSecond", "0", "10", "1000"), "max"),
        cells("\\.PeerBenchmark\\.", Map.of("peer", List.of("atomic-add", "atomic-cas", "long-adder", "stamped-lock",
            "netty", "arena", "cas-fused", "xadd")), "max"))),

    /** For publishing: every benchmark with every value of every parameter. */
    FULL(5, new Timing(5, 1000, 5, 1000), true, List.of(
        cells("^(?!.*\\.(contended|asymmetric|baseline)\\.)", Map.of(), "1"),
        cells("\\.baseline\\.(?!PeerBenchmark\\.hot$)", baseline(), "1"),
        cells("\\.PeerBenchmark\\.", Map.of(), "max"),
        cells("\\.asymmetric\\.", Map.of(), "max"),
        cells("\\.contended\\.", Map.of(), "1", "max")));

    private final int rounds;
    private final Timing timing;
    private final boolean everyValue;
    private final List<Cells> cells;

    Profile(final int rounds, final Timing timing, final boolean everyValue, final List<Cells> cells) {
        this.rounds = rounds;
        this.timing = timing;
        this.everyValue = everyValue;
        this.cells = cells;
    }

    /**
     * A group of cells.
     *
     * @param benchmarks pattern found in the benchmark's full name
     * @param params     values to measure, by parameter. Of any other parameter the first value that the benchmark
     *                   declares, or every one where the profile says so
     * @param threads    numbers of threads, or {@code max}
     */
    record Cells(Pattern benchmarks, Map<String, List<String>> params, List<String> threads) {
        boolean hold(final Catalog.Benchmark benchmark) {
            return benchmarks.matcher(benchmark.name()).find();
        }
    }

    private static Cells cells(final String benchmarks, final Map<String, List<String>> params,
                               final String... threads) {
        return new Cells(Pattern.compile(benchmarks), params, List.of(threads));
    }

    private static Map<String, List<String>> pin(final String... counters) {
        return take("PIN", counters);
    }

    /** The two designs of the headline. */
    private static Map<String, List<String>> take(final String foll, final String... counters) {
        return Map.of(Axes.DESIGN, List.of("dev-pagemap", "fs-held"), Axes.COUNTER, List.of(counters),
            "foll", List.of(foll));
    }

    private static Map<String, List<String>> with(final Map<String, List<String>> params, final String param,
                                                  final String... values) {
        final Map<String, List<String>> more = new TreeMap<>(params);
        more.put(param, List.of(values));
        return more;
    }

    private static Map<String, List<String>> everyDesign() {
        return Map.of(Axes.DESIGN, Machine.designNames(), Axes.COUNTER, List.of("cas"), "foll", List.of("PIN"));
    }

    /** Every counter in the design that all of them are made for. */
    private static Map<String, List<String>> counted() {
        return Map.of(Axes.DESIGN, List.of("fs-held"), Axes.COUNTER, Machine.counterNames(), "foll", List.of("PIN"));
    }

    /** Baselines have a device, and so a design, but do not use it. */
    private static Map<String, List<String>> baseline() {
        return Map.of(Axes.DESIGN, List.of("fs-held"), Axes.COUNTER, List.of("cas"));
    }

    /**
     * Finds a profile.
     *
     * @param name as typed
     * @return the profile
     * @throws SuiteException naming the profiles there are
     */
    public static Profile named(final String name) {
        final List<String> names = Arrays.stream(values()).map(Profile::label).toList();
        Axes.check("profile", List.of(name), names);
        return values()[names.indexOf(name)];
    }

    /**
     * The name as typed and stored.
     *
     * @return lower case
     */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Forks of each cell.
     *
     * @return at least 1
     */
    public int rounds() {
        return rounds;
    }

    /**
     * The timing of each fork.
     *
     * @return the timing
     */
    public Timing timing() {
        return timing;
    }

    /**
     * Whether the run is kept, and so judged by the contention guard.
     *
     * @return false for a run whose numbers mean nothing
     */
    public boolean stored() {
        return this != SMOKE;
    }

    boolean everyValue() {
        return everyValue;
    }

    List<Cells> cells() {
        return cells;
    }

    /**
     * Tells whether a run of this profile without a filter measures a benchmark.
     *
     * @param benchmark the benchmark
     * @return whether some of its cells do
     */
    public boolean holds(final Catalog.Benchmark benchmark) {
        return cells.stream().anyMatch(cell -> cell.hold(benchmark));
    }
}
