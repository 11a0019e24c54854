/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import org.daxref.bench.result.Git;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.MachineFacts;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunStatus;
import org.daxref.bench.result.SuiteException;
import org.daxref.bench.suite.Samples;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SideReaderTest {
    private static final MachineFacts HERE = new MachineFacts("Here", "v", "1", "1", "1", 2, 8, false);
    private static final MachineFacts THERE = new MachineFacts("There", "v", "1", "1", "1", 2, 8, false);

    @TempDir
    private Path home;
    private String commit;
    private int runs;

    @BeforeEach
    void haveACommit() throws IOException, InterruptedException {
        for (final List<String> command : List.of(List.of("git", "init", "-q"),
            List.of("git", "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "--allow-empty", "-m",
                "one"))) {
            assertEquals(0, new ProcessBuilder(command).directory(home.toFile()).start().waitFor());
        }
        commit = new Git(home).commit("HEAD").orElseThrow();
    }

    private SideReader reader() {
        return new SideReader(home.resolve("results"), new Git(home), HERE.folderName());
    }

    private Path store(final MachineFacts machine, final boolean dirty, final RunStatus status, final double value)
        throws IOException {
        runs++;
        final Path folder = home.resolve("results").resolve(machine.folderName()).resolve("run" + runs);
        final Manifest any = Samples.manifest();
        final Manifest.Source source = new Manifest.Source(commit, dirty, dirty ? "x" : "", "jar",
            any.source().benchmarkClasses());
        new JmhText().add("put", "ns/op", value, value, value, value, value).write(folder.resolve("jmh.json"));
        Files.writeString(folder.resolve("manifest.json"), Json.write(new Manifest(status, List.of("Because."),
            any.profile(), any.command(), "2026-01-01T00:00:0" + runs + "Z", any.finished(), source, any.plan(),
            any.jvm(), machine, any.host(), any.device(), any.groups(), 1, 1, any.guard(), List.of(), List.of())));
        return folder;
    }

    private static double value(final Side side) {
        return side.measurements().values().iterator().next().mean();
    }

    @Test
    void shouldTakeTheNewestCleanRunOfACommitOnThisMachine() throws IOException {
        store(HERE, false, RunStatus.OK, 1);
        store(HERE, false, RunStatus.OK, 2);
        store(HERE, true, RunStatus.OK, 3);
        store(THERE, false, RunStatus.OK, 4);
        final List<Side> sides = reader().read("HEAD", List.of(commit));
        assertEquals(List.of(2.0, 2.0), sides.stream().map(SideReaderTest::value).toList());
        assertEquals("HEAD (" + commit.substring(0, 10) + ")", sides.getFirst().label());
        assertEquals(commit.substring(0, 10), sides.getLast().label());
    }

    @Test
    void shouldTakeTheRunOfTheOtherSidesMachine() throws IOException {
        store(HERE, false, RunStatus.OK, 1);
        final Path there = store(THERE, false, RunStatus.OK, 4);
        assertEquals(4, value(reader().read("HEAD", List.of(there.toString())).getFirst()));
        assertEquals(4, value(reader().read(there.getFileName().toString(), List.of("HEAD")).getLast()));
    }

    @Test
    void shouldKnowARunByItsFolderItsFileAndItsName() throws IOException {
        final Path folder = store(HERE, false, RunStatus.NOISY, 7);
        for (final String name : List.of(folder.toString(), folder.resolve("jmh.json").toString(), "run1")) {
            final Side side = reader().read(name, List.of(name)).getFirst();
            assertEquals(7, value(side));
            assertEquals(HERE.folderName(), side.machine());
            assertEquals("run1", side.label(), "no local path");
            assertEquals(List.of("is NOISY: Because."), side.cautions());
        }
    }

    @Test
    void shouldTellNumbersOfTwoMachinesApart() throws IOException {
        final String here = store(HERE, false, RunStatus.OK, 1).toString();
        final String there = store(THERE, false, RunStatus.OK, 1).toString();
        final List<Side> sides = reader().read(here, List.of(there));
        final Row row = new Judge(0.03, Noise.of(home), java.util.regex.Pattern.compile("x"))
            .compare(sides.getFirst(), sides.subList(1, 2), false).getFirst().rows().getFirst();
        assertEquals("measured under unlike conditions: CPU (" + HERE.folderName() + ", " + THERE.folderName() + ")",
            row.why());
    }

    private void assertRefused(final String sentence, final String base) {
        assertEquals(sentence, assertThrows(SuiteException.class, () -> reader().read(base, List.of(base)))
            .getMessage());
    }

    @Test
    void shouldSayWhatIsMissing() throws IOException {
        final String advice = ": run ./run-bench.sh with it checked out, or measure both sides by ./run-bench.sh ab.";
        final String label = "Commit " + commit.substring(0, 10) + " ('HEAD') was ";
        assertRefused(label + "never measured" + advice, "HEAD");
        final Path dirty = store(HERE, true, RunStatus.OK, 1);
        assertRefused(label + "only measured with uncommitted changes on top" + advice, "HEAD");
        assertTrue(reader().read(dirty.toString(), List.of(dirty.toString())).getFirst().cautions()
            .contains("was measured with uncommitted changes."));
        Files.delete(dirty.resolve("jmh.json"));
        assertRefused(dirty + " is no run folder: there is no jmh.json in it.", dirty.toString());
        Files.createDirectories(dirty.resolve("base"));
        Files.createDirectories(dirty.resolve("head"));
        assertRefused(dirty + " holds both sides of an A/B run: name " + dirty.resolve("base") + " and "
            + dirty.resolve("head") + ".", dirty.toString());
    }
}
