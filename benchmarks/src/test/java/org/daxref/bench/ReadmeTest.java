/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.daxref.Machine;
import org.junit.jupiter.api.Test;

/** What README.md says is what the repository holds. */
class ReadmeTest {
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern RUN = Pattern.compile("\\]\\((results/[^)]+-quick)\\)");

    @Test
    void shouldShowTheTablesOfTheRunThatItNames() throws IOException {
        final String readme = Files.readString(HOME.resolve("README.md"));
        final Matcher run = RUN.matcher(readme);
        assertTrue(run.find(), "README.md names no run");
        final Path headline = HOME.resolve(run.group(1)).resolve("headline.md");

        for (final String line : Files.readAllLines(headline)) {
            assertTrue(readme.contains(line), () -> "README.md lacks a line of " + headline + ": " + line);
        }
    }

    @Test
    void shouldNameEveryBenchmarkDesignAndCounter() throws IOException {
        final String readme = Files.readString(HOME.resolve("README.md"));
        final Path classes = HOME.resolve("benchmarks/src/main/java/org/daxref/bench");
        final List<String> benchmarks;
        try (var files = Files.walk(classes, 2)) {
            benchmarks = files.map(Path::getFileName).map(Path::toString)
                .filter(name -> name.endsWith("Benchmark.java")).map(name -> name.replace(".java", "")).toList();
        }

        assertTrue(benchmarks.size() >= 12, benchmarks.toString());
        for (final String benchmark : benchmarks) {
            assertTrue(readme.contains(benchmark), benchmark);
        }
        for (final String name : Machine.designNames()) {
            assertTrue(readme.contains("`" + name + "`"), name);
        }
        for (final String name : Machine.counterNames()) {
            assertTrue(readme.contains("`" + name + "`"), name);
        }
    }
}
