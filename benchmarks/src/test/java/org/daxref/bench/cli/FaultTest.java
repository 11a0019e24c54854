/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.Machine;
import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunStatus;
import org.daxref.device.DeviceException;
import org.daxref.device.PmemDevice;
import org.daxref.device.SuperblockDescriptor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * What a run works with is taken away while it goes on: its device, its results folder, or both by another run. It
 * stops with one sentence and exit code 2, keeps the forks that finished, and goes on with them once all is back.
 */
class FaultTest {
    private static final int PAGES = 512;
    private static final int FORKS = 3;

    @TempDir
    private Path home;
    private Path device;
    private Cli cli;

    @BeforeEach
    void workHere() {
        device = home.resolve("device.pmem");
        cli = new Cli(home);
    }

    private String[] arguments(final boolean resume) {
        return arguments(resume, "300ms");
    }

    private String[] arguments(final boolean resume, final String iteration) {
        final List<String> arguments = new ArrayList<>(List.of("--filter", "PinPage", "--design", "fs-held",
            "--counter", "cas", "--device", device.toString(), "--pages", Integer.toString(PAGES),
            "--forks", Integer.toString(FORKS)));
        if (resume) {
            arguments.add("--resume");
        }
        arguments.addAll(List.of("--", "-p", "foll=PIN", "-wi", "0", "-i", "1", "-r", iteration,
            "-jvmArgsAppend", Cli.LEAN_HEAP));
        return arguments.toArray(String[]::new);
    }

    private Path onlyRun() throws IOException {
        assertEquals(1, cli.runs().size(), cli.runs().toString());
        return cli.runs().getFirst();
    }

    /** Waits until a fork after the first one has the device mapped. */
    private Cli.Running startUntilMapped() throws IOException, InterruptedException {
        final Cli.Running running = cli.start(arguments(false));
        running.awaitLine("[1/3]");
        Cli.until(() -> running.process().descendants().anyMatch(this::maps));
        return running;
    }

    private boolean maps(final ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "maps")).contains(device.toString());
        } catch (final IOException e) {
            return false;
        }
    }

    private void assertStopped(final Cli.Ended ended, final String reason) throws IOException {
        final Path partial = onlyRun();
        ended.assertRefused(reason + " The forks that finished are kept in " + partial
            + "; continue with: ./run-bench.sh run " + String.join(" ", arguments(true)));
        assertFalse(ended.out().contains("FAILED"), ended.out());
        assertTrue(partial.toString().endsWith(".partial"));
        assertEquals(RunStatus.PARTIAL, Json.read(partial.resolve("manifest.json"), Manifest.class).status());
        assertTrue(Files.exists(partial.resolve("units/0001.json")));
    }

    private void assertGoesOn() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.run(arguments(true));
        assertEquals(0, ended.exit(), ended.toString());
        assertFalse(ended.out().contains("[1/3]"), "what is finished is not run again");
        assertWhole(onlyRun());
    }

    private static void assertWhole(final Path run) {
        assertEquals(FORKS,
            Json.read(run.resolve("jmh.json"), JmhResult[].class)[0].primaryMetric().rawData().size());
    }

    @Test
    void shouldStopWhenItsDeviceIsCutOffWhileItIsMapped() throws IOException, InterruptedException {
        final Cli.Running running = startUntilMapped();
        try (RandomAccessFile file = new RandomAccessFile(device.toFile(), "rw")) {
            file.setLength(SuperblockDescriptor.SUPERBLOCK_BYTES);
        }
        assertStopped(running.await(), "Cannot use this device: the file is truncated; delete it and create it again:"
            + " path=" + device + ", bytes=" + SuperblockDescriptor.SUPERBLOCK_BYTES + ", expected="
            + Machine.geometry(PAGES).fileBytes() + ".");

        Files.delete(device);
        assertGoesOn();
    }

    @Test
    void shouldStopWhenItsDeviceIsRemovedWhileItIsMapped() throws IOException, InterruptedException {
        final Cli.Running running = startUntilMapped();
        Files.delete(device);
        assertStopped(running.await(), "Cannot use this device: there is no such device file: path=" + device + ".");
        assertFalse(Files.exists(device));
    }

    @Test
    void shouldStopWhenItsDeviceIsOpenedByAnotherBetweenForks() throws IOException, InterruptedException {
        final Cli.Running running = cli.start(arguments(false));
        running.awaitLine("[1/3]");
        final AtomicReference<PmemDevice> mine = new AtomicReference<>();
        Cli.until(() -> {
            try {
                mine.set(PmemDevice.open(device));
                return true;
            } catch (final DeviceException busy) {
                return false;
            }
        });
        try (PmemDevice opened = mine.get()) {
            assertStopped(running.await(), "Cannot use this device: the device is in use; wait for its user to end or"
                + " name another path: path=" + device + ".");
            assertEquals(PAGES, opened.geometry().pages());
        }
    }

    /** As in two containers: they share the device, and not the folder of the lock that JMH takes. */
    @Test
    void shouldFinishOrStopEachOfTwoRunsOnOneDevice() throws IOException, InterruptedException {
        PmemDevice.create(device, Machine.geometry(PAGES));
        final List<Cli> both = new ArrayList<>();
        final List<Cli.Running> running = new ArrayList<>();
        for (final String name : List.of("one", "two")) {
            both.add(new Cli(Files.createDirectory(home.resolve(name))));
            running.add(both.getLast().start(arguments(false, "1ms")));
        }
        for (int index = 0; index < both.size(); index++) {
            final Cli.Ended ended = running.get(index).await();
            assertFalse(ended.out().contains("FAILED"), ended.out());
            if (ended.exit() != 0) {
                assertTrue(ended.err().startsWith("Cannot use this device: the device is in use; "), ended.err());
                assertEquals(2, ended.exit());
            }
        }
        for (final Cli run : both) {
            if (run.runs().isEmpty() || run.runs().getFirst().toString().endsWith(".partial")) {
                assertEquals(0, run.run(arguments(!run.runs().isEmpty(), "1ms")).exit());
            }
            assertWhole(run.runs().getFirst());
        }
    }

    /* Root may write everywhere, but for these capabilities. */
    private static List<String> unprivileged() {
        return "root".equals(System.getProperty("user.name"))
            ? List.of("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override") : List.of("env");
    }

    @Test
    void shouldStopWhenItsResultsBecomeReadOnly() throws IOException, InterruptedException {
        final Cli.Running running = cli.start(unprivileged(), arguments(false));
        running.awaitLine("[1/3]");
        final Path units = onlyRun().resolve("units");
        assertTrue(units.toFile().setWritable(false, false));
        final Cli.Ended ended = running.await();
        assertTrue(units.toFile().setWritable(true, true));
        assertTrue(ended.err().matches("Cannot write " + units + "/000[23]\\.(json|log): permission denied\\..*\n"),
            ended.err());
        assertStopped(ended, ended.err().replaceFirst(" The forks that finished (?s:.*)", ""));

        assertGoesOn();
    }

    @Test
    void shouldNotBeginWhereResultsCannotBeWritten() throws IOException, InterruptedException {
        final Path results = Files.createDirectory(home.resolve("results"));
        assertTrue(results.toFile().setWritable(false, false));
        final Cli.Ended ended = cli.start(unprivileged(), arguments(false)).await();
        assertTrue(results.toFile().setWritable(true, true));
        assertTrue(ended.err().matches("Cannot create the folder " + results + "/\\S+: permission denied\\.\n"),
            ended.err());
        ended.assertRefused(ended.err().strip());
        assertEquals(List.of(), cli.runs());
    }
}
