/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import org.HdrHistogram.Histogram;
import org.daxref.bench.result.HlogFile;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.Redaction;
import org.daxref.bench.result.RunStatus;
import org.daxref.bench.result.SuiteException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleBiFunction;

/**
 * Turns one JMH file, and what lies beside it, into measurements.
 */
final class RunReader {
    /** Percentiles of latencies that are compared, by name. */
    private static final Map<String, Double> PERCENTILES =
        new TreeMap<>(Map.of("p50", 50.0, "p90", 90.0, "p99", 99.0, "p99.9", 99.9));
    private static final String ALLOCATION = "gc.alloc.rate.norm";
    private static final String ROLE = "[A-Za-z_]\\w*";

    private final SideReader.Place place;
    private final SortedMap<Key, Measurement> measurements = new TreeMap<>();

    private RunReader(final SideReader.Place place) {
        this.place = place;
    }

    /**
     * Reads a run.
     *
     * @param place where it is
     * @return all of it
     * @throws SuiteException when the file is not JMH's, or empty
     */
    static Side read(final SideReader.Place place) {
        final RunReader reader = new RunReader(place);
        final JmhEntry[] entries = entries(place.json());
        for (final JmhEntry entry : entries) {
            reader.add(entry);
        }
        return new Side(place.label(), reader.measurements, cautions(place),
            place.manifest() == null ? "" : place.manifest().machine().folderName(),
            place.json().toAbsolutePath().normalize());
    }

    private static JmhEntry[] entries(final Path json) {
        final SuiteException foreign =
            new SuiteException(json + " is no JMH JSON file, or only a part of one: JMH writes it by -rf json.");
        try {
            final JmhEntry[] entries = Json.read(json, JmhEntry[].class);
            if (List.of(entries).isEmpty()) {
                throw new SuiteException(json + " holds no results.");
            }
            return entries;
        } catch (final SuiteException e) {
            throw e.getCause() == null || e.getCause() instanceof IOException ? e : foreign;
        } catch (final NullPointerException e) {
            throw foreign;
        }
    }

    private static List<String> cautions(final SideReader.Place place) {
        final Manifest manifest = place.manifest();
        final List<String> cautions = new ArrayList<>();
        if (manifest != null) {
            if (manifest.status() != RunStatus.OK) {
                cautions.add("is " + manifest.status() + ": " + String.join(" ", manifest.reasons()));
            }
            if (manifest.source().dirty()) {
                cautions.add("was measured with uncommitted changes.");
            }
        }
        return cautions;
    }

    private void add(final JmhEntry entry) {
        final Conditions conditions = conditions(entry);
        put(entry, "", entry.primaryMetric().scoreUnit(), entry.primaryMetric().forkMeans(), conditions);
        entry.secondaryMetrics().forEach((name, metric) -> {
            final String plain = name.replace("\u00b7", "");
            if (plain.equals(ALLOCATION)) {
                put(entry, plain, metric.scoreUnit(), metric.forkMeans().stream()
                    .map(bytes -> Math.max(1, bytes)).toList(), conditions);
            } else if (plain.matches(ROLE) && metric.scoreUnit().equals(entry.primaryMetric().scoreUnit())) {
                put(entry, plain, metric.scoreUnit(), metric.forkMeans(), conditions);
            }
        });
        if (entry.primaryMetric().rawDataHistogram() != null) {
            percentiles(entry, entry.primaryMetric().samples(), (samples, rank) -> samples.percentile(rank),
                conditions);
        } else if (place.manifest() != null) {
            final int forks = entry.primaryMetric().forkMeans().size();
            final List<Histogram> logs = HlogFile.readAll(place.json().toAbsolutePath().getParent(), entry.benchmark(),
                entry.params(), entry.threads(), forks);
            if (forks > 0 && logs.size() == forks) {
                percentiles(entry, logs, (log, rank) -> log.getValueAtPercentile(rank), conditions);
            }
        }
    }

    private <T> void percentiles(final JmhEntry entry, final List<T> forks,
                                 final ToDoubleBiFunction<T, Double> percentile, final Conditions conditions) {
        PERCENTILES.forEach((name, rank) -> put(entry, name, latencyUnit(entry), forks.stream()
            .map(fork -> percentile.applyAsDouble(fork, rank)).toList(), conditions));
    }

    private static String latencyUnit(final JmhEntry entry) {
        return entry.primaryMetric().rawDataHistogram() == null ? "ns/op" : entry.primaryMetric().scoreUnit();
    }

    private void put(final JmhEntry entry, final String metric, final String unit, final List<Double> forks,
                     final Conditions conditions) {
        final Key key = new Key(entry.benchmark(), entry.mode(), entry.params(), entry.threads(), metric);
        if (measurements.put(key, new Measurement(key, unit, forks, conditions)) != null) {
            throw new SuiteException(place.json() + " holds " + key + " twice.");
        }
    }

    private Conditions conditions(final JmhEntry entry) {
        final SortedMap<String, String> facts = new TreeMap<>();
        facts.put("JVM", entry.vmVersion() == null ? null : entry.vmName() + " " + entry.vmVersion());
        facts.put("JVM flags", String.join(" ", Redaction.of(entry.jvmArgs())));
        facts.put("JMH", entry.jmhVersion());
        facts.put("warm-up and measurement", entry.warmupIterations() + " x " + entry.warmupTime() + ", "
            + entry.measurementIterations() + " x " + entry.measurementTime());
        final Manifest manifest = place.manifest();
        if (manifest != null) {
            facts.put("CPU", manifest.machine().folderName());
            facts.put("blackhole mode", manifest.jvm().blackholeMode());
            facts.put("device", manifest.device().toString());
            facts.put("threads of the group", manifest.groups().getOrDefault(entry.benchmark(), List.of()).toString());
            facts.put("source of the benchmark", manifest.source().benchmarkClasses()
                .getOrDefault(entry.benchmark().replaceFirst("\\.[^.]*$", ""), "unknown"));
        }
        return new Conditions(facts);
    }
}
