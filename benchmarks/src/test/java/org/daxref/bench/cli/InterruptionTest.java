/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class InterruptionTest {
    private static final String[] ARGUMENTS =
        {"--filter", "PinPage", "--design", "fs-held", "--counter", "cas", "--forks", "3", "--", "-p",
            "foll=PIN", "-wi", "0", "-i", "1", "-r", "300ms", "-jvmArgsAppend", Cli.LEAN_HEAP};

    @TempDir
    private Path home;
    private Cli cli;

    @BeforeEach
    void workHere() {
        cli = new Cli(home);
    }

    private static String[] resumed() {
        return Stream.concat(Stream.of("--resume"), Stream.of(ARGUMENTS)).toArray(String[]::new);
    }

    private static boolean leftItsDevice(final ProcessHandle fork) {
        return Files.exists(Path.of("/dev/shm/daxref-" + fork.pid() + ".pmem"));
    }

    private Path onlyRun() throws IOException {
        assertEquals(1, cli.runs().size(), cli.runs().toString());
        return cli.runs().getFirst();
    }

    private void assertStopped(final Path run) throws IOException {
        assertTrue(run.getFileName().toString().endsWith(".partial"));
        assertEquals(RunStatus.PARTIAL, Json.read(run.resolve("manifest.json"), Manifest.class).status());
        assertFalse(Files.exists(run.resolve("jmh.json")));
    }

    @Test
    void shouldKeepWhatIsFinishedOnCtrlCAndGoOnLater() throws IOException, InterruptedException {
        final Cli.Running running = cli.start(ARGUMENTS);
        running.awaitLine("[2/3]");
        Cli.until(() -> running.process().descendants().findAny().isPresent());
        final List<ProcessHandle> forks = running.process().descendants().toList();
        running.signal("INT");
        final Cli.Ended stopped = running.await();
        assertEquals(130, stopped.exit());
        final Path partial = onlyRun();
        assertTrue(stopped.err().matches("Stopped after \\d of 3 forks; they are kept in " + partial
            + "\\. Continue with:"
            + " \\./run-bench\\.sh run --filter PinPage .* --resume -- -p foll=PIN -wi 0 -i 1 -r 300ms -jvmArgsAppend "
            + Cli.LEAN_HEAP + "\n"),
                stopped.err());
        assertFalse((stopped.out() + stopped.err()).contains("\tat "));
        assertFalse(stopped.out().contains("FAILED"), stopped.out());
        assertTrue(forks.stream().noneMatch(ProcessHandle::isAlive), "no JVM is left");
        assertTrue(forks.stream().noneMatch(InterruptionTest::leftItsDevice), "no device is left");
        assertStopped(partial);

        cli.runBriefly("--resume", "--filter", "PinPage").assertRefused("Cannot resume " + partial.getFileName()
            + ", for this is not the same: plan. Leave out --resume to start a new run.");
        assertStopped(onlyRun());
        cli.runBriefly("--resume", "--filter", "PinPage", "--forks", "6").assertRefused("Cannot resume "
            + partial.getFileName() + ", for this is not the same: plan. Leave out --resume to start a new run.");
        assertStopped(onlyRun());

        final Cli.Ended ended = cli.run(resumed());
        assertEquals(0, ended.exit(), ended.err());
        assertTrue(ended.out().contains(" finished before; about "), ended.out());
        assertFalse(ended.out().contains("[1/3]"), "what is finished is not run again");
        final Path run = onlyRun();
        assertFalse(run.getFileName().toString().endsWith(".partial"));
        assertEquals(3, Json.read(run.resolve("jmh.json"), JmhResult[].class)[0].primaryMetric().rawData().size());
    }

    @Test
    void shouldStayPartialWhenItIsKilled() throws IOException, InterruptedException {
        final Cli.Running running = cli.start(ARGUMENTS);
        running.awaitLine("[1/3]");
        final List<ProcessHandle> forks = running.process().descendants().toList();
        running.signal("KILL");
        running.await();
        assertStopped(onlyRun());
        forks.forEach(ProcessHandle::destroyForcibly);
        assertEquals(0, cli.run(resumed()).exit());
        assertFalse(onlyRun().getFileName().toString().endsWith(".partial"));
    }
}
