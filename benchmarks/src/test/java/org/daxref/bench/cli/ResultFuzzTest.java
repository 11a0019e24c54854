/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.report.Headline;
import org.daxref.bench.report.Report;
import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.SuiteException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Results that were damaged since they were written. Resuming such a run ends in a sentence, or in the very results
 * that the whole files give; never in other numbers. The run that is damaged here is a real one, stopped by a folder
 * that stands where its {@code jmh.json} should go.
 */
class ResultFuzzTest {
    private static final String[] ARGUMENTS = {"--filter", "getAndAdd", "--forks", "3", "--", "-wi", "0", "-i", "2",
        "-r", "1ms", "-jvmArgsAppend", Cli.LEAN_HEAP};
    private static final String[] RESUMED =
        Stream.concat(Stream.of("--resume"), Arrays.stream(ARGUMENTS)).toArray(String[]::new);

    @TempDir
    private static Path home;

    private static Path stopped;
    private static Path sound;
    private static InProcess program;

    @BeforeAll
    static void stopARunAtItsEnd() throws IOException, InterruptedException {
        final Cli cli = new Cli(home);
        final Cli.Running running = cli.start(ARGUMENTS);
        running.awaitLine("[1/3]");
        final Path obstacle = cli.runs().getFirst().resolve("jmh.json.tmp");
        Files.createDirectory(obstacle);
        final Cli.Ended ended = running.await();
        final Path partial = cli.runs().getFirst();
        ended.assertRefused("Cannot write " + partial.resolve("jmh.json") + ": Is a directory (" + obstacle
            + "). The forks that finished"
            + " are kept in " + partial + "; continue with: ./run-bench.sh run --filter getAndAdd --forks 3"
            + " --resume -- -wi 0 -i 2 -r 1ms -jvmArgsAppend " + Cli.LEAN_HEAP);
        Files.deleteIfExists(obstacle);

        program = new InProcess(home);
        stopped = Files.move(home.resolve("results"), home.resolve("stopped"));
        renew();
        final Cli.Ended resumed = program.run(RESUMED);
        assertEquals(0, resumed.exit(), resumed.err());
        assertFalse(resumed.out().contains("[3/3]"), "every fork was kept: " + resumed.out());
        sound = Files.move(home.resolve("results"), home.resolve("sound"));
    }

    @AfterAll
    static void tearDown() {
        program.close();
    }

    private static void renew() throws IOException {
        final Path results = home.resolve("results");
        AtomicFiles.deleteFolder(results);
        copy(stopped, results);
    }

    private static void copy(final Path from, final Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (final Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    private static List<Path> files(final Path folder, final String pattern) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().matches(pattern)).sorted().toList();
        }
    }

    private static Path damageOne(final List<Path> files, final Random random) throws IOException {
        final Path file = Fuzz.oneOf(random, files);
        Files.write(file, Damage.of(Files.readAllBytes(file), random));
        return file;
    }

    @Test
    void shouldResumeADamagedRunWithTheSameResultsOrNotAtAll() throws IOException {
        final byte[] expected = Files.readAllBytes(files(sound, ".*/jmh\\.json").getFirst());
        Fuzz.eachTenthCase(random -> {
            renew();
            final Path damaged = damageOne(files(home.resolve("results"), ".*/(manifest|\\d{4})\\.json"), random);
            final String text = Files.readString(damaged, StandardCharsets.ISO_8859_1);
            final Cli.Ended ended = program.run(RESUMED);
            InProcess.assertOrderly(ended);
            if (ended.exit() == 0) {
                final List<Path> results = files(home.resolve("results"), ".*/jmh\\.json");
                assertEquals(1, results.size(), "exit 0 without a result");
                assertArrayEquals(expected, Files.readAllBytes(results.getFirst()), "other results from " + damaged
                    + ": " + text.substring(0, Math.min(300, text.length())));
            }
        });
    }

    @Test
    void shouldRefuseToReadADamagedResult() throws IOException {
        final Path results = home.resolve("results");
        AtomicFiles.deleteFolder(results);
        Fuzz.eachCase(random -> {
            AtomicFiles.deleteFolder(results);
            copy(sound, results);
            final Path damaged = damageOne(files(results, ".*/(manifest|jmh)\\.json"), random);
            try {
                final Headline headline = Headline.of(damaged.getParent());
                assertTrue(headline.text().length() + headline.markdown().length() > 0);
            } catch (final SuiteException e) {
                assertTrue(e.getMessage().startsWith(damaged + " is damaged: "), e.getMessage());
            }
        });
    }

    @Test
    void shouldReportADamagedRunOrSayThatItIsDamaged() throws IOException {
        final Path results = home.resolve("results");
        Fuzz.eachTenthCase(random -> {
            AtomicFiles.deleteFolder(results);
            copy(sound, results);
            final Path run = damageOne(files(results, ".*/(manifest|jmh)\\.json"), random).getParent();
            Files.delete(run.resolve(Report.FILE));
            final Cli.Ended ended = program.run("report", run.toString());
            InProcess.assertOrderly(ended);
            assertEquals(ended.exit() == 0, Files.exists(run.resolve(Report.FILE)));
        });
    }

    @Test
    void shouldCompareADamagedResultWithItselfOrNotAtAll() throws IOException {
        final Path results = home.resolve("results");
        AtomicFiles.deleteFolder(results);
        Fuzz.eachCase(random -> {
            AtomicFiles.deleteFolder(results);
            copy(sound, results);
            final Path damaged = damageOne(files(results, ".*/(manifest|jmh)\\.json"), random);
            final String folder = damaged.getParent().toString();
            final Cli.Ended ended = program.run("compare", folder, folder, "--csv");
            InProcess.assertOrderly(ended);
            assertFalse(ended.exit() == DaxrefCommand.FAILED, "slower than itself: " + ended.out());
            if (ended.exit() == 0) {
                assertTrue(Json.parse(Files.readString(damaged)).isContainer(), "compared what is not JSON");
            }
        });
    }
}
