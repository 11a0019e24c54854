/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/**
 * Makes JMH files as other projects have them: fields as {@code JSONResultFormat} writes them, no manifest.
 */
public final class JmhText {
    private final List<String> entries = new ArrayList<>();

    /**
     * Adds a benchmark, one value per fork.
     *
     * @param method its name
     * @param unit   of the values
     * @param forks  the values
     * @return this
     */
    public JmhText add(final String method, final String unit, final double... forks) {
        return add(method, unit.startsWith("ops") ? "thrpt" : "avgt", "25.0.3+9", metric(unit, forks), "");
    }

    /**
     * Adds a benchmark in full.
     *
     * @param method    its name
     * @param mode      JMH's label
     * @param vm        build of the JVM
     * @param primary   the primary metric as JSON
     * @param secondary the secondary metrics as JSON members
     * @return this
     */
    public JmhText add(final String method, final String mode, final String vm, final String primary,
                       final String secondary) {
        entries.add("""
            {"jmhVersion": "1.37", "benchmark": "com.example.QueueBench.%s", "mode": "%s", "threads": 1, "forks": 5,
             "jvm": "/usr/bin/java", "jvmArgs": ["-Xmx1g"], "jdkVersion": "25", "vmName": "OpenJDK", "vmVersion": "%s",
             "warmupIterations": 1, "warmupTime": "1 s", "warmupBatchSize": 1, "measurementIterations": 1,
             "measurementTime": "1 s", "measurementBatchSize": 1, "params": {"size": "8"},
             "primaryMetric": %s, "secondaryMetrics": {%s}}""".formatted(method, mode, vm, primary, secondary));
        return this;
    }

    /**
     * One metric.
     *
     * @param unit  of the values
     * @param forks one value each
     * @return JSON
     */
    public static String metric(final String unit, final double... forks) {
        return """
            {"score": 1.0, "scoreError": "NaN", "scoreConfidence": ["NaN", "NaN"], "scorePercentiles": {},
             "scoreUnit": "%s", "rawData": [%s]}""".formatted(unit, DoubleStream.of(forks)
            .mapToObj(value -> String.format(Locale.ROOT, "[%f]", value)).collect(Collectors.joining(", ")));
    }

    /**
     * Writes the file.
     *
     * @param file where
     * @return the same path
     */
    public Path write(final Path file) {
        try {
            Files.createDirectories(file.getParent());
            return Files.writeString(file, "[" + String.join(",\n", entries) + "]\n");
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
