/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Runs that have to share their one CPU with a process that never sleeps. */
class NoiseTest {
    /** The last one: workers of other tests are tied to the first. */
    private static final String CPU = Integer.toString(Runtime.getRuntime().availableProcessors() - 1);

    @TempDir
    private Path home;
    private Cli cli;
    private Process neighbour;

    @BeforeEach
    void shareOneCpu() throws IOException, InterruptedException {
        Assumptions.assumeTrue(new ProcessBuilder("taskset", "-c", CPU, "true").start().waitFor() == 0,
            "taskset is there");
        cli = new Cli(home);
        neighbour = new ProcessBuilder("taskset", "-c", CPU, "bash", "-c", "while :; do :; done").start();
    }

    @AfterEach
    void goAway() {
        if (neighbour != null) {
            neighbour.destroyForcibly();
        }
    }

    private static String[] arguments(final int forks) {
        return new String[] {"--filter", "getAndAdd", "--forks", Integer.toString(forks), "--", "-wi", "0", "-i", "3",
            "-r", "60ms", "-jvmArgsAppend", Cli.LEAN_HEAP};
    }

    private Manifest manifest() throws IOException {
        return Json.read(cli.runs().getFirst().resolve("manifest.json"), Manifest.class);
    }

    @Test
    void shouldMarkARunWhoseWorkersHadToWait() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.startOn(CPU, arguments(4)).await();
        assertEquals(0, ended.exit(), ended.err());
        assertTrue(ended.out().contains("too many to repeat, this machine is busy.\n"), ended.out());
        assertTrue(ended.err().matches("In [34] of 4 forks the workers had to wait for a CPU\\.\n"), ended.err());
        assertEquals(RunStatus.NOISY, manifest().status());
        assertTrue(manifest().guard().spoiltUnits() >= 3 && manifest().guard().spoiltIterations() >= 6);
    }

    @Test
    void shouldRepeatAForkWhoseWorkersHadToWait() throws IOException, InterruptedException {
        final Cli.Running running = cli.startOn(CPU, arguments(3));
        running.awaitLine("[1/3]");
        neighbour.destroyForcibly();
        final Cli.Ended ended = running.await();
        Assumptions.assumeFalse(ended.out().contains("too many to repeat"), "nobody else is busy here");
        assertEquals(0, ended.exit(), ended.err());
        assertTrue(ended.out().contains("(spoilt: in "), ended.out());
        assertTrue(ended.out().contains("[repeated] AtomicBenchmark.getAndAdd t=1  "), ended.out());
        assertTrue(manifest().guard().repeatedUnits() >= 1);
    }
}
