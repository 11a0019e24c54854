/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunStatus;
import org.daxref.bench.result.RunStore;
import org.daxref.bench.result.SuiteException;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What the benchmarks of the headline cost from run to run, in the order in which the runs started.
 *
 * @param runs   at least one
 * @param remarks what the reader has to know about the choice of runs
 */
record History(List<Headline> runs, List<String> remarks) {
    private static final int FEWEST = 2;

    /** The clean runs of the same machine and profile, whole and quiet, and the one that the report is about. */
    static History of(final Headline subject) {
        final List<Headline> runs = new ArrayList<>(List.of(subject));
        final List<String> remarks = new ArrayList<>();
        final Path own = subject.folder().toAbsolutePath().normalize();
        for (final Path folder : RunStore.finished(own.getParent())) {
            if (folder.equals(own)) {
                continue;
            }
            try {
                final Headline other = Headline.of(folder);
                if (isClean(other.manifest()) && alike(other.manifest(), subject.manifest())) {
                    runs.add(other);
                }
            } catch (final SuiteException e) {
                remarks.add("The run " + folder.getFileName() + " is left out: it is damaged.");
            }
        }
        return new History(sorted(runs), remarks);
    }

    /** Chosen runs. */
    static History of(final List<Headline> chosen) {
        return new History(sorted(chosen), List.of());
    }

    private static List<Headline> sorted(final List<Headline> runs) {
        return runs.stream().sorted(Comparator.comparing(run -> run.manifest().started())).toList();
    }

    private static boolean isClean(final Manifest manifest) {
        return manifest.status() == RunStatus.OK && !manifest.source().dirty();
    }

    private static boolean alike(final Manifest one, final Manifest other) {
        return one.machine().equals(other.machine()) && one.profile().equals(other.profile())
            && one.plan().timing().equals(other.plan().timing());
    }

    /** A figure per benchmark of the headline that at least two runs have. */
    List<Figure> figures(final Headline subject) {
        return DesignRow.of(subject.results()).stream().map(DesignRow::conditions).filter(History::isOfHeadline)
            .filter(conditions -> runs.stream().filter(run -> row(run, conditions) != null).count() >= FEWEST)
            .map(this::figure).toList();
    }

    private static boolean isOfHeadline(final Conditions conditions) {
        final Map<String, String> params = conditions.params();
        return params.getOrDefault("counter", "cas").equals("cas") && params.getOrDefault("foll", "PIN").equals("PIN");
    }

    private Figure figure(final Conditions conditions) {
        final List<String> categories = runs.stream().map(History::label).toList();
        final List<Figure.Series> series = Stream.of(DesignRow.OLD, DesignRow.NEW).map(design ->
            new Figure.Series(design, Figure.style(design), false, points(conditions, design)))
            .filter(Figure.Series::hasPoints).toList();
        return new Figure(Figure.Kind.LINES, conditions.label() + ", " + conditions.detail(),
            "The vertical axis need not begin at 0.",
            new Figure.Lines("run", "ns per page", false, categories, series),
            Figures.table("run", categories, series));
    }

    private List<Figure.Point> points(final Conditions conditions, final String design) {
        final List<Figure.Point> points = new ArrayList<>();
        Headline before = null;
        for (final Headline run : runs) {
            final Figure.Point point = Figures.perPage(row(run, conditions), design);
            points.add(point == null || before == null ? point
                : point.setApart(!comparable(before, run, conditions.benchmark())));
            before = point == null ? before : run;
        }
        return points;
    }

    private static DesignRow row(final Headline run, final Conditions conditions) {
        return DesignRow.of(run.results()).stream().filter(row -> row.conditions().equals(conditions)).findFirst()
            .orElse(null);
    }

    /** Two runs tell something about the code between them only if neither the JVM nor the benchmark changed. */
    private static boolean comparable(final Headline one, final Headline other, final String benchmark) {
        return one.manifest().jvm().equals(other.manifest().jvm())
            && hashes(one, benchmark).equals(hashes(other, benchmark));
    }

    /** Hashes of the benchmark's class and of what all benchmarks share. */
    private static SortedMap<String, String> hashes(final Headline run, final String benchmark) {
        final String simpleName = "." + benchmark.replaceFirst("\\..*", "");
        final SortedMap<String, String> hashes = new TreeMap<>(run.manifest().source().benchmarkClasses());
        hashes.keySet().removeIf(name -> name.endsWith("Benchmark") && !name.endsWith(simpleName));
        return hashes;
    }

    private static String label(final Headline run) {
        return run.manifest().started().replaceFirst("T(\\d\\d:\\d\\d).*", " $1") + "\n"
            + run.manifest().source().label();
    }
}
