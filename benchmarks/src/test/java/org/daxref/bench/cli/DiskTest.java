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

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class DiskTest {
    @TempDir
    private Path home;
    private Cli cli;
    private Path disk;

    @BeforeEach
    void workHere() {
        cli = new Cli(home);
        disk = home.resolve("disk");
    }

    @Test
    void shouldNotBeginOnAFullDisk() throws IOException, InterruptedException {
        try (Mounts mounts = Mounts.tmpfs(disk, "size=1m")) {
            final Cli.Ended ended = cli.run("--filter", "getAndAdd", "--out", mounts.point().toString());
            ended.assertRefused(ended.err().strip());
            assertTrue(ended.err().matches("The disk under " + disk
                + "/\\S+ is full: 10\\d\\d KiB are free and a run needs 16 MiB\\.\n"), ended.err());
            assertEquals(List.of(), Cli.runs(disk));
        }
    }

    @Test
    void shouldKeepWhatIsFinishedWhenTheDiskFillsUp() throws IOException, InterruptedException {
        try (Mounts mounts = Mounts.tmpfs(disk, "size=20m")) {
            final String[] arguments = {"--filter", "getAndAdd", "--forks", "3", "--out", mounts.point().toString(),
                "--", "-wi", "0", "-i", "1", "-r", "300ms", "-jvmArgsAppend", Cli.LEAN_HEAP};
            final Cli.Running running = cli.start(arguments);
            running.awaitLine("[1/3]");
            final Path filler = disk.resolve("filler");
            fill(filler);
            final Cli.Ended ended = running.await();
            final Path partial = Cli.runs(disk).getFirst();
            ended.assertRefused(ended.err().strip());
            assertTrue(ended.err().matches("Cannot write " + partial
                + "/units/000\\d\\.json: No space left on device\\."
                + " The forks that finished are kept in " + partial + "; continue with: .* --resume -- .*\n"),
                    ended.err());
            assertEquals(RunStatus.PARTIAL, Json.read(partial.resolve("manifest.json"), Manifest.class).status());

            Files.delete(filler);
            final Cli.Ended whole = cli.run(Stream.concat(Stream.of("--resume"), Arrays.stream(arguments))
                .toArray(String[]::new));
            assertEquals(0, whole.exit(), whole.err());
            assertFalse(whole.out().contains("[1/3]"), "what is finished is not run again");
        }
    }

    private static void fill(final Path file) throws IOException {
        final byte[] block = new byte[4096];
        try (OutputStream out = Files.newOutputStream(file)) {
            while (true) {
                out.write(block);
            }
        } catch (final IOException e) {
            assertEquals("No space left on device", e.getMessage());
        }
    }

    @Test
    void shouldNotCreateADeviceForWhichThereIsNoRoom() throws IOException, InterruptedException {
        try (Mounts mounts = Mounts.tmpfs(disk, "size=2m")) {
            final Path device = mounts.point().resolve("device.pmem");
            final Cli.Ended ended = cli.run("--filter", "getAndAdd", "--device", device.toString());
            ended.assertRefused(ended.err().strip());
            assertTrue(ended.err().startsWith("Cannot use this device: not enough free space for the metadata; "
                + "free some or ask for fewer pages: path=" + device), ended.err());
            assertFalse(Files.exists(device));
            assertEquals(List.of(), cli.runs());
        }
    }

    @Test
    void shouldSayThatResultsCannotBeWritten() throws IOException, InterruptedException {
        try (Mounts mounts = Mounts.tmpfs(disk, "ro")) {
            final Cli.Ended ended = cli.run("--filter", "getAndAdd", "--out", mounts.point().toString());
            ended.assertRefused(ended.err().strip());
            assertTrue(ended.err().matches("Cannot create the folder " + disk + "/\\S+: Read-only file system .*\\.\n"),
                ended.err());
        }
    }
}
