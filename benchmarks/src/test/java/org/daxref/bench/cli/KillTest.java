/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunStatus;
import org.daxref.device.PmemDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * {@code kill -9} at random moments, {@code daxref.test.kills} times, each time of the run that goes on with what the
 * one before left, and about every third time of one that has to create its device. The device file is whole or not
 * there, results hold only whole runs and such as are marked partial, and the last run, which is left alone, comes to
 * its end. A failure names the seed of the moments; what else happens on the machine no seed repeats.
 */
class KillTest {
    private static final long SEED = Long.getLong("daxref.test.seed", System.nanoTime());
    private static final int KILLS = Integer.getInteger("daxref.test.kills", 5);
    private static final int LONGEST_MS = 2000;
    private static final int FORKS = 3;
    private static final long PATIENCE_S = 120;
    private static final int PAGES = 512;

    @TempDir
    private Path home;

    private Path device;
    private Cli cli;

    private String[] arguments(final boolean resume) {
        final List<String> arguments = new ArrayList<>(List.of("--filter", "PinPage", "--design", "fs-held",
            "--counter", "cas", "--device", device.toString(), "--pages", Integer.toString(PAGES),
            "--forks", Integer.toString(FORKS)));
        if (resume) {
            arguments.add("--resume");
        }
        arguments.addAll(Cli.BRIEF);
        arguments.addAll(List.of("-p", "foll=PIN"));
        return arguments.toArray(String[]::new);
    }

    @Test
    void shouldLoseNothingWhenItIsKilledAtAnyMoment() throws Exception {
        device = home.resolve("device.pmem");
        cli = new Cli(home);
        final Random random = new Random(SEED);
        try {
            for (int kills = 0; kills < KILLS;) {
                if (random.nextInt(3) == 0) {
                    Files.deleteIfExists(device);
                }
                final Cli.Running running = cli.start(arguments(hasStopped()));
                if (!running.process().waitFor(random.nextInt(LONGEST_MS), TimeUnit.MILLISECONDS)) {
                    kill(running);
                    kills++;
                }
                assertOrder(running.await());
            }
            finish();
        } catch (final AssertionError | Exception e) {
            throw new AssertionError("seed=" + SEED + ": " + e, e);
        }
    }

    /** Stopped first, so that it starts no fork while its forks are looked up. They have to end by themselves. */
    private static void kill(final Cli.Running running) throws Exception {
        running.signal("STOP");
        final List<ProcessHandle> forks = running.process().descendants().toList();
        running.signal("KILL");
        for (final ProcessHandle fork : forks) {
            fork.onExit().get(PATIENCE_S, TimeUnit.SECONDS);
        }
    }

    private void assertOrder(final Cli.Ended ended) throws IOException {
        assertTrue(ended.exit() == 0 || ended.exit() == 128 + 9, ended.toString());
        assertFalse(ended.out().contains("FAILED"), ended.out());
        if (Files.exists(device)) {
            assertEquals(PAGES, PmemDevice.check(device).pages());
        }
        for (final Path run : cli.runs()) {
            if (run.toString().endsWith(".partial")) {
                assertEveryFileIsWhole(run);
            } else {
                assertWhole(run);
            }
        }
    }

    private static void assertEveryFileIsWhole(final Path run) throws IOException {
        try (Stream<Path> files = Files.walk(run)) {
            for (final Path file : files.filter(path -> path.toString().endsWith(".json")).toList()) {
                assertTrue(Json.parse(Files.readString(file)).isContainer(), file.toString());
            }
        }
    }

    private static void assertWhole(final Path run) {
        final RunStatus status = Json.read(run.resolve("manifest.json"), Manifest.class).status();
        assertTrue(status == RunStatus.OK || status == RunStatus.NOISY, run + " is " + status);
        final JmhResult[] results = Json.read(run.resolve("jmh.json"), JmhResult[].class);
        assertEquals(1, results.length);
        assertEquals(FORKS, results[0].primaryMetric().rawData().size());
    }

    private boolean hasStopped() throws IOException {
        return cli.runs().stream().anyMatch(run -> run.toString().endsWith(".partial")
            && Files.exists(run.resolve("manifest.json")));
    }

    private void finish() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.run(arguments(hasStopped()));
        assertOrder(ended);
        assertEquals(0, ended.exit());
        assertFalse(hasStopped(), "the last run was finished");
        assertTrue(cli.runs().stream().anyMatch(run -> !run.toString().endsWith(".partial")));
    }
}
