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
    private static final String[] ARGUMENTS = {"--filter", "getAndAdd", "--", "-wi", "0", "-i", "3", "-r", "60ms"};

    @TempDir
    private Path home;
    private Cli cli;
    private Process neighbour;

    @BeforeEach
    void shareOneCpu() throws IOException, InterruptedException {
        Assumptions.assumeTrue(new ProcessBuilder("taskset", "-c", "0", "true").start().waitFor() == 0,
            "taskset is there");
        cli = new Cli(home);
        neighbour = new ProcessBuilder("taskset", "-c", "0", "bash", "-c", "while :; do :; done").start();
    }

    @AfterEach
    void goAway() {
        if (neighbour != null) {
            neighbour.destroyForcibly();
        }
    }

    private Manifest manifest() throws IOException {
        return Json.read(cli.runs().getFirst().resolve("manifest.json"), Manifest.class);
    }

    @Test
    void shouldMarkARunWhoseWorkersHadToWait() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.startOn("0", ARGUMENTS).await();
        assertEquals(0, ended.exit(), ended.err());
        assertTrue(ended.out().contains("too many to repeat, this machine is busy.\n"), ended.out());
        assertTrue(ended.err().matches("In [345] of 5 forks the workers had to wait for a CPU\\.\n"), ended.err());
        assertEquals(RunStatus.NOISY, manifest().status());
        assertTrue(manifest().guard().spoiltUnits() >= 3 && manifest().guard().spoiltIterations() >= 6);
    }

    @Test
    void shouldRepeatAForkWhoseWorkersHadToWait() throws IOException, InterruptedException {
        final Cli.Running running = cli.startOn("0", ARGUMENTS);
        running.awaitLine("[1/5]");
        neighbour.destroyForcibly();
        final Cli.Ended ended = running.await();
        Assumptions.assumeFalse(ended.out().contains("too many to repeat"), "nobody else is busy here");
        assertEquals(0, ended.exit(), ended.err());
        assertTrue(ended.out().contains("(spoilt: in "), ended.out());
        assertTrue(ended.out().contains("[repeated] AtomicBenchmark.getAndAdd t=1  "), ended.out());
        assertTrue(manifest().guard().repeatedUnits() >= 1);
    }
}
