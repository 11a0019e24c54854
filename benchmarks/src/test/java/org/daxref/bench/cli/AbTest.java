/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class AbTest {
    private static final String[] ONE_CELL = {"--filter", "EmptyBody", "--forks", "4", "--", "-wi", "0", "-i", "1",
        "-r", "10ms", "-jvmArgsAppend", Cli.LEAN_HEAP};

    @TempDir
    private Path home;
    private Cli cli;
    private Repository repository;
    private String first;

    @BeforeEach
    void haveACommit() throws IOException, InterruptedException {
        cli = new Cli(home);
        repository = Repository.create(home);
        first = repository.commit("one");
        repository.build(first, true);
    }

    private static String[] ab(final String base, final String head, final String... options) {
        final List<String> all = new java.util.ArrayList<>(List.of("ab", base, head));
        all.addAll(List.of(options));
        return all.toArray(String[]::new);
    }

    private Path folder() throws IOException {
        final List<Path> runs = cli.runs();
        assertEquals(1, runs.size(), runs::toString);
        return runs.getFirst();
    }

    private static Manifest manifest(final Path side) {
        return Json.read(side.resolve("manifest.json"), Manifest.class);
    }

    @Test
    void shouldRunBothSidesInTurnAndLearnTheNoise() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.run(ab("HEAD", first, ONE_CELL));
        assertTrue(ended.out().contains("8 forks: 1 cell, 8 forks each"), ended.out() + ended.err());
        assertTrue(ended.out().contains(first + " against HEAD, forks run in turn, the same code"), ended.out());
        final Path folder = folder();
        final JsonNode comparison = Json.parse(Files.readString(folder.resolve("comparison.json")));
        assertTrue(comparison.get("sameCode").asBoolean() && comparison.get("inTurn").asBoolean());
        final boolean slower = comparison.get("rows").get(0).get("verdict").asString().equals("SLOWER");
        assertEquals(slower ? 1 : 0, ended.exit());
        for (final String side : List.of("base", "head")) {
            assertEquals(first, manifest(folder.resolve(side)).source().commit());
            assertFalse(manifest(folder.resolve(side)).status() == RunStatus.FAIL);
            assertEquals(4, Json.parse(Files.readString(folder.resolve(side).resolve("jmh.json"))).get(0)
                .get("primaryMetric").get("rawData").size());
        }
        final Cli.Ended again = cli.run("compare", folder.resolve("base").toString(),
            folder.resolve("head").toString());
        assertTrue(again.out().contains("forks run in turn"), again.out() + again.err());
        assertFalse(again.out().contains("noise of this machine is not known"), again.out());
        assertTrue(ended.out().contains("noise of this machine is not known"), ended.out());
    }

    @Test
    void shouldRunEachSideOnItsOwnClasses() throws IOException, InterruptedException {
        final String second = repository.commit("two");
        repository.build(second, false);
        final Cli.Ended ended = cli.run(ab(first, "HEAD", ONE_CELL));
        assertEquals(2, ended.exit(), ended.out() + ended.err());
        assertEquals(RunStatus.FAIL, manifest(folder().resolve("head")).status());
        assertEquals(second, manifest(folder().resolve("head")).source().commit());
        assertFalse(manifest(folder().resolve("base")).status() == RunStatus.FAIL);
        assertTrue(ended.err().endsWith("head/jmh.json holds no results.\n"), ended.err());
    }

    @Test
    void shouldKeepNothingOfARunThatIsStopped() throws IOException, InterruptedException {
        final Cli.Running running = cli.start(ab("HEAD", "HEAD", ONE_CELL));
        running.awaitLine("[1/8]");
        running.signal("INT");
        final Cli.Ended ended = running.await();
        assertEquals(130, ended.exit());
        assertEquals("Stopped; an A/B run that is stopped keeps nothing.\n", ended.err());
        assertEquals(List.of(), cli.runs());
    }

    @Test
    void shouldRefuseWhatItCannotMeasure() throws IOException, InterruptedException {
        cli.run(ab("nope", "HEAD")).assertRefused("'nope' is no commit of this repository.");
        cli.run(ab("HEAD", "HEAD", "--forks", "5"))
            .assertRefused("--forks takes an even number from 4 to 1000.");
        cli.run(ab("HEAD", "HEAD", "--profile", "smoke"))
            .assertRefused("The numbers of a smoke run mean nothing: compare by quick or full.");
        repository.change("not committed");
        cli.run(ab("HEAD", "HEAD", ONE_CELL)).assertRefused("The work tree has uncommitted changes, and HEAD would be"
            + " measured without them: commit or stash them first.");
        assertEquals(List.of(), cli.runs());
    }

    @Test
    void shouldSayThatACommitDoesNotBuild() throws IOException, InterruptedException {
        final String second = repository.commit("no pom");
        cli.run(ab(first, "HEAD", ONE_CELL)).assertRefused("Commit " + second + " does not build: see "
            + home.resolve("target/ab").resolve(second + ".log") + ".");
        assertFalse(Files.exists(home.resolve("target/ab").resolve(second)), "the work tree is gone");
    }
}
