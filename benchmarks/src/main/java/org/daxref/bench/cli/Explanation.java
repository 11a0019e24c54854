/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.compare.Comparison;
import org.daxref.bench.compare.Key;
import org.daxref.bench.compare.Row;
import org.daxref.bench.compare.SideReader;
import org.daxref.bench.compare.Verdict;
import org.daxref.bench.profile.ProfilerEvent;
import org.daxref.bench.report.Report;
import org.daxref.bench.report.Verdicts;
import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunFolder;
import org.daxref.bench.result.SuiteException;
import org.daxref.bench.suite.Build;
import org.daxref.bench.suite.Cell;
import org.daxref.bench.suite.ProfileRun;
import org.daxref.bench.suite.ProfileRun.Profiled;
import org.daxref.bench.suite.ProfileRun.Target;
import org.openjdk.jmh.annotations.Mode;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * From the verdict to the cause: profiles both sides of whatever got faster or slower.
 *
 * @param home the work tree, whose repository has the commits
 * @param out  gets progress, tables and the paths of pages
 */
record Explanation(Path home, PrintStream out) {

    /** One side as it can be run again. */
    private record Side(String name, Path folder, Build build, SortedMap<String, String> part) {
        private Target target(final Cell cell) {
            final SortedMap<String, String> params = new TreeMap<>(cell.params());
            params.putAll(part);
            return Target.of(cell.with(params), build);
        }
    }

    /**
     * Profiles what changed, and links it from the report of the head's run.
     *
     * @param comparison what was found
     * @param base       where the base comes from
     * @param head       where the head comes from
     * @throws SuiteException when a side cannot be built or run again
     */
    void explain(final Comparison comparison, final SideReader.Origin base, final SideReader.Origin head) {
        final Set<Cell> changed = new LinkedHashSet<>();
        comparison.rows().stream()
            .filter(row -> row.verdict() == Verdict.FASTER || row.verdict() == Verdict.SLOWER)
            .map(Row::key).map(Explanation::cell).forEach(changed::add);
        if (changed.isEmpty()) {
            out.println("Nothing is faster or slower, so there is nothing to explain.");
            return;
        }
        final Side before = side(comparison.base(), base);
        final Side after = side(comparison.head(), head);
        final RunFolder work = RunFolder.temporary();
        final List<Profiled> recorded = new ProfileRun(JmhOptions.parse(List.of()), out).record(changed.stream()
            .flatMap(cell -> Stream.of(before.target(cell), after.target(cell))).toList(), ProfilerEvent.CPU,
            work.partial());
        final Flames flames = new Flames(after.folder, ProfilerEvent.CPU, out);
        flames.sayHow(recorded);
        int index = 0;
        for (final Cell cell : changed) {
            flames.showDifference(new Flames.Side(before.name, recorded.get(index)),
                new Flames.Side(after.name, recorded.get(index + 1)), cell);
            index += 2;
        }
        AtomicFiles.deleteFolder(work.partial());
        out.println(Report.write(Stream.of(after.folder, before.folder).distinct().toList(),
            Verdicts.of(comparison)));
    }

    private static Cell cell(final Key key) {
        return new Cell(key.benchmark(), Mode.deepValueOf(key.mode()), key.params(), key.threads());
    }

    private Side side(final String name, final SideReader.Origin origin) {
        final Path folder = origin.json().toAbsolutePath().getParent();
        final Path manifest = folder.resolve("manifest.json");
        if (!origin.json().endsWith("jmh.json") || !Files.exists(manifest)) {
            throw new SuiteException("Cannot explain " + name
                + ": it is no run of daxref's, and does not say which commit it measured.");
        }
        final Manifest.Source source = Json.read(manifest, Manifest.class).source();
        if (source.dirty()) {
            throw new SuiteException("Cannot explain " + name
                + ": it measured changes that were not committed, and they cannot be built again.");
        }
        return new Side(name, folder, Build.of(home, source.commit(), out), origin.part());
    }
}
