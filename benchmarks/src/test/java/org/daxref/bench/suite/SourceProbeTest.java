/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.Manifest;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SourceProbeTest {
    @TempDir
    private Path home;

    private void git(final String... arguments) throws IOException, InterruptedException {
        final List<String> command = Stream.concat(Stream.of("git", "-C", home.toString(), "-c", "user.name=A", "-c",
            "user.email=a@b"), Stream.of(arguments)).toList();
        Assumptions.assumeTrue(new ProcessBuilder(command).redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0, "git is there");
    }

    @Test
    void shouldTellAWorkTreeThatDiffersFromItsCommit() throws IOException, InterruptedException {
        Files.writeString(home.resolve("file"), "one");
        git("init", "-q");
        git("add", "file");
        git("commit", "-q", "-m", "first");
        final Manifest.Source clean = SourceProbe.read(home);
        assertFalse(clean.dirty());
        assertEquals("", clean.diffHash());
        assertEquals(clean.commit().substring(0, 10), clean.label());

        Files.createDirectories(home.resolve("results/machine"));
        Files.writeString(home.resolve("results/machine/jmh.json"), "[]");
        assertFalse(SourceProbe.read(home).dirty(), "results do not count");

        Files.writeString(home.resolve("file"), "two");
        final Manifest.Source changed = SourceProbe.read(home);
        assertTrue(changed.dirty());
        assertEquals(clean.commit().substring(0, 10) + "-dirty", changed.label());

        Files.writeString(home.resolve("new"), "three");
        final Manifest.Source added = SourceProbe.read(home);
        assertNotEquals(changed.diffHash(), added.diffHash());
        Files.writeString(home.resolve("new"), "four");
        assertNotEquals(added.diffHash(), SourceProbe.read(home).diffHash());
    }

    @Test
    void shouldNotKnowTheCommitOutsideAWorkTree() {
        final Manifest.Source source = SourceProbe.read(home.resolve("nowhere"));
        assertEquals("unknown", source.label());
    }

    @Test
    void shouldHashBenchmarkClassesAndNotTheRunner() {
        final var classes = SourceProbe.read(home).benchmarkClasses();
        assertTrue(classes.containsKey("org.daxref.bench.baseline.AtomicBenchmark"));
        assertTrue(classes.keySet().stream().noneMatch(
            name -> name.contains("jmh_generated") || name.contains("$") || name.contains(".suite.")));
    }
}
