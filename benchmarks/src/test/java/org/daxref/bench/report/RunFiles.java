/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunStatus;
import org.daxref.bench.suite.Samples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Run folders as a run leaves them, with numbers that a test chose. */
public final class RunFiles {
    private static final Path RESULTS = Path.of("../results/amd-epyc-2cpu-1c11cdaf");

    private RunFiles() {
    }

    /** A copy of all that is committed about one machine. */
    public static Path committed(final Path target) throws IOException {
        final Path machine = target.resolve(RESULTS.getFileName());
        try (Stream<Path> files = Files.walk(RESULTS)) {
            for (final Path file : files.toList()) {
                if (!file.endsWith(Report.FILE)) {
                    Files.copy(file, machine.resolve(RESULTS.relativize(file).toString()));
                }
            }
        }
        return machine;
    }

    /** The newest run of the profile that compares the designs. */
    static Path newestOf(final Path machine) throws IOException {
        try (Stream<Path> runs = Files.list(machine)) {
            return runs.filter(run -> run.toString().endsWith("-quick")).max(Path::compareTo).orElseThrow();
        }
    }

    /** The manifest of a run with two results. */
    public static Manifest manifest(final RunStatus status) {
        return manifest(status, 2, List.of());
    }

    static Manifest manifest(final RunStatus status, final int results, final List<Manifest.Failure> failures) {
        return Samples.manifest().ended(status, List.of(), "2026-01-02T03:10:00Z", "1 1 1", results,
            Samples.manifest().guard(), failures);
    }

    public static JmhResult pin(final String design, final Map<String, String> params, final double... forks) {
        final TreeMap<String, String> all = new TreeMap<>(params);
        all.put("design", design);
        return new JmhResult("org.daxref.bench.uncontended.PinPageBenchmark.pinUnpin", "avgt", 1, forks.length, all,
            new JmhResult.Metric(0, 0, "ns/op", Arrays.stream(forks).mapToObj(ns -> List.of(ns - 1, ns + 1)).toList()),
            Map.of());
    }

    public static Path write(final Path folder, final Manifest manifest, final JmhResult... results)
        throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("manifest.json"), Json.write(manifest));
        Files.writeString(folder.resolve("jmh.json"), Json.write(results));
        return folder;
    }

    /** Both designs in three forks each. */
    public static Path writeTwoDesigns(final Path folder, final Manifest manifest) throws IOException {
        return write(folder, manifest, pin("dev-pagemap", Map.of("counter", "cas"), 21, 22, 23),
            pin("fs-held", Map.of("counter", "cas"), 19, 20, 21));
    }
}
