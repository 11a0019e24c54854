/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.Floor;
import org.daxref.bench.result.SuiteException;
import org.openjdk.jmh.annotations.Mode;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The pin paths that the C program has as well, each with the benchmark that is its Java form. One has a second form,
 * in which the whole path is one Java method: what is left of its distance to C is the compiler's and the harness's.
 */
public final class FloorPaths {
    private static final String OWN = "org.daxref.bench.uncontended.PinPageBenchmark.pinUnpin";
    private static final String HOT = "org.daxref.bench.contended.HotPageBenchmark.hot";
    private static final String FLAT = "org.daxref.bench.baseline.FlatPinBenchmark.pinUnpin";
    private static final Map<String, String> PAGES = Map.of(OWN, "own", HOT, "hot", FLAT, Floor.FLAT);
    private static final int RIVALS = 2;
    private static final List<String> FS_HELD = List.of("cas", "cas-fused", "cas-backoff", "xadd", "rcuref", "sticky",
        "striped", "striped-asym", "hazard");
    private static final List<String> DEV_PAGEMAP = List.of("cas", "cas-fused");

    private FloorPaths() {
    }

    /**
     * Chooses paths.
     *
     * @param filter pattern found in a path's name, such as {@code fs-held/cas own}; null for all
     * @param cpus   CPUs to run on; with one there are no hot pages
     * @return the cells of their Java forms
     * @throws SuiteException when the pattern is found in no name
     */
    public static List<Cell> select(final Pattern filter, final int cpus) {
        final List<Cell> all = all(cpus);
        final List<Cell> selected =
            all.stream().filter(cell -> filter == null || filter.matcher(name(cell)).find()).toList();
        if (selected.isEmpty()) {
            throw new SuiteException("No path matches '" + filter + "': choose from "
                + String.join(", ", all.stream().map(FloorPaths::name).toList()) + ".");
        }
        return selected;
    }

    private static List<Cell> all(final int cpus) {
        final List<Cell> cells = new ArrayList<>();
        add(cells, OWN, 1);
        if (cpus >= RIVALS) {
            add(cells, HOT, RIVALS);
        }
        List.of("fs-held", "dev-pagemap").forEach(design -> cells.add(new Cell(FLAT, Mode.AverageTime,
            new TreeMap<>(Map.of(Axes.DESIGN, design, Axes.COUNTER, "cas-fused")), 1)));
        return cells;
    }

    private static void add(final List<Cell> cells, final String benchmark, final int threads) {
        FS_HELD.forEach(counter -> cells.add(cell(benchmark, "fs-held", counter, threads)));
        DEV_PAGEMAP.forEach(counter -> cells.add(cell(benchmark, "dev-pagemap", counter, threads)));
    }

    private static Cell cell(final String benchmark, final String design, final String counter, final int threads) {
        return new Cell(benchmark, Mode.AverageTime,
            new TreeMap<>(Map.of(Axes.DESIGN, design, Axes.COUNTER, counter, "foll", "PIN")), threads);
    }

    /**
     * A path with what was measured on it.
     *
     * @param cell the cell of its Java form
     * @param java ns per operation, a row per fork
     * @param c    the processes of the C program
     * @return the path
     */
    static Floor.Path path(final Cell cell, final List<List<Double>> java, final List<Floor.Process> c) {
        return new Floor.Path(cell.params().get(Axes.DESIGN), cell.params().get(Axes.COUNTER),
            PAGES.get(cell.benchmark()), cell.threads(), java, c);
    }

    /**
     * What a path is called.
     *
     * @param cell the cell of its Java form
     * @return for example {@code fs-held/cas own}
     */
    static String name(final Cell cell) {
        return path(cell, List.of(), List.of()).name();
    }
}
