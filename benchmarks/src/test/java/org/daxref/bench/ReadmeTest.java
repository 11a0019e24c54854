/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.daxref.Machine;
import org.daxref.bench.report.Answers;
import org.junit.jupiter.api.Test;

/** What README.md says is what the repository holds. */
class ReadmeTest {
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
    private static final int QUESTIONS = 17;
    private static final Pattern QUESTIONS_RUN = Pattern.compile("\\]\\((results/[^)]+-questions)/ANSWERS.md\\)");
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

    /** Question and answer of each, without numbers. */
    private static List<String> answers(final Path run) throws IOException {
        return Files.readAllLines(run.resolve(Answers.FILE)).stream()
            .filter(line -> !line.isEmpty() && !line.startsWith("- ") && !line.startsWith("#")
                && !line.startsWith("Commit ")).toList();
    }

    @Test
    void shouldGiveTheAnswersThatTwoRunsGave() throws IOException {
        final String readme = Files.readString(HOME.resolve("README.md"));
        final List<Path> runs = QUESTIONS_RUN.matcher(readme).results().map(found -> HOME.resolve(found.group(1)))
            .toList();
        assertEquals(2, runs.size(), runs.toString());
        final List<String> newest = answers(runs.getFirst());

        assertEquals(newest, answers(runs.getLast()));
        assertEquals(2 * QUESTIONS, newest.size());
        for (int i = 0; i < newest.size(); i += 2) {
            final String entry = newest.get(i).replace("**", "").replaceFirst("\\. ", ". **") + "** " + newest.get(i
                + 1);
            assertTrue(readme.contains("\n" + entry + "\n"), entry);
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
