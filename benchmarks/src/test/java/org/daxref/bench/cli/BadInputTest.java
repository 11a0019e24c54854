/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.Machine;
import org.daxref.bench.suite.Catalog;
import org.daxref.device.PmemDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Each refusal is looked at within this JVM, and as the user sees it where locks are held or nothing is begun yet. */
class BadInputTest {
    private static final String DESIGNS = String.join(", ", Machine.designNames());
    private static final String COUNTERS = String.join(", ", Machine.counterNames());
    @TempDir
    private Path home;
    private Cli cli;
    private InProcess program;

    @BeforeEach
    void workHere() throws IOException {
        cli = new Cli(home);
        program = new InProcess(home);
    }

    @AfterEach
    void leave() {
        program.close();
    }

    private void assertRefused(final String sentence, final String... arguments) throws IOException {
        program.run(arguments).assertRefused(sentence);
        assertEquals(List.of(), cli.runs(), "nothing was begun");
    }

    private void assertRefusedAsAProcess(final String sentence, final String... arguments)
        throws IOException, InterruptedException {
        cli.run(arguments).assertRefused(sentence);
        assertEquals(List.of(), cli.runs(), "nothing was begun");
    }

    @Test
    void shouldNameTheBenchmarksThereAre() throws IOException, InterruptedException {
        assertRefusedAsAProcess("No benchmark matches 'Nope': choose from " + Catalog.load().names() + ".",
            "--filter", "Nope");
    }

    @Test
    void shouldNameTheDesignsProfilesAndCountersThereAre() throws IOException {
        assertRefused("Unknown design 'dev-pagemop': choose from " + DESIGNS + ".", "--design",
            "fs-held,dev-pagemop");
        assertRefused("Unknown profile 'fast': choose from smoke, quick, questions, counters, full.", "run",
            "--profile", "fast");
        assertRefused("Unknown counter 'rcu': choose from " + COUNTERS + ".", "--counter", "rcu");
        assertRefused("Unknown design 'x': choose from " + DESIGNS + ".", "--", "-p", "design=x");
    }

    @Test
    void shouldRefuseMoreThreadsThanCpus() throws IOException {
        final int cpus = Runtime.getRuntime().availableProcessors();
        assertRefused((cpus + 1) + " threads on " + cpus + (cpus == 1 ? " CPU" : " CPUs")
            + " would measure the scheduler:"
            + " use at most " + cpus + ", or add --oversubscribe to run them anyway, marked OVERSUBSCRIBED.",
            "--filter", "getAndAdd", "--threads", "1," + (cpus + 1));
    }

    @Test
    void shouldSayInASentenceWhatItDoesNotUnderstand() throws IOException {
        assertRefused("Unknown option: '--fliter=Pin'; see ./run-bench.sh --help.", "--fliter=Pin");
        assertRefused("Missing required parameter for option '--filter' (REGEX); see ./run-bench.sh --help.",
            "--filter");
        assertRefused("Invalid value for option '--pages': 'many' is not a long; see ./run-bench.sh --help.", "--pages",
            "many");
        assertRefused("A device of 0 pages cannot be: --pages takes a number from 1.", "--pages", "0");
        for (final String forks : new String[] {"1", "1001"}) {
            assertRefused("--forks takes a number from 2 to 1000.", "--forks", forks);
        }
        assertRefused("--filter 'Pin(' is no regular expression: Unclosed group.", "--filter", "Pin(");
        assertRefused("JMH does not take these options: zz is not a recognized option.", "--", "--zz");
        assertRefused("A smoke run stores nothing: leave out --resume.", "--profile", "smoke", "--resume");
        assertRefused("A smoke run stores nothing: leave out --out.", "--profile", "smoke", "--out", "x");
        assertRefused("There is no stopped quick run in " + home.resolve("results")
            + " to resume: leave out --resume to"
            + " start one.", "--resume");
    }

    private void assertDeviceRefused(final String reason, final Path device) throws IOException {
        final byte[] before = Files.readAllBytes(device);
        assertRefused("Cannot use this device: " + reason + device + ".", "--filter", "getAndAdd", "--device",
            device.toString());
        assertArrayEquals(before, Files.readAllBytes(device), "it was left as it was");
    }

    @Test
    void shouldNotTouchSomebodyElsesFile() throws IOException {
        final Path thesis = Files.writeString(home.resolve("thesis.txt"), "years of work ".repeat(1000));
        assertDeviceRefused("not a daxref device, so it is left untouched; name another path: path=", thesis);
    }

    private Path device() {
        final Path device = home.resolve("device.pmem");
        PmemDevice.create(device, Machine.geometry(512));
        return device;
    }

    @Test
    void shouldRefuseADamagedOrTruncatedDevice() throws IOException {
        final Path device = device();
        try (RandomAccessFile file = new RandomAccessFile(device.toFile(), "rw")) {
            file.seek(20);
            file.write(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
        }
        final Cli.Ended damaged = program.run("--filter", "getAndAdd", "--device", device.toString());
        damaged.assertRefused(damaged.err().strip());
        assertTrue(damaged.err().startsWith("Cannot use this device: the superblock is damaged"), damaged.err());

        Files.delete(device);
        device();
        try (RandomAccessFile file = new RandomAccessFile(device.toFile(), "rw")) {
            file.setLength(file.length() / 2);
        }
        final Cli.Ended truncated = program.run("--filter", "getAndAdd", "--device", device.toString());
        truncated.assertRefused(truncated.err().strip());
        assertTrue(truncated.err().startsWith("Cannot use this device: the file is truncated"), truncated.err());
    }

    @Test
    void shouldRefuseABusyDevice() throws IOException, InterruptedException {
        final Path path = device();
        try (PmemDevice device = PmemDevice.open(path)) {
            assertRefusedAsAProcess("Cannot use this device: the device is in use; wait for its user to end"
                + " or name another path: path=" + path + ".", "--filter", "getAndAdd", "--device", path.toString());
            assertEquals(512, device.geometry().pages());
        }
    }

    @Test
    void shouldRefuseAnotherSizeThanTheDeviceHas() throws IOException {
        final Path device = device();
        assertRefused("The device " + device + " has 512 pages and not 1024: leave out --pages, or name another path.",
            "--filter", "getAndAdd", "--device", device.toString(), "--pages", "1024");
    }

    @Test
    void shouldRefuseAResultsFolderThatIsAFile() throws IOException, InterruptedException {
        final Path results = Files.writeString(home.resolve("results"), "mine");
        final Cli.Ended ended = cli.run("--filter", "getAndAdd");
        ended.assertRefused(ended.err().strip());
        assertTrue(ended.err().matches("Cannot create the folder " + results + "/\\S+: (Not a directory|" + results
            + " is a file).*\\.\n"), ended.err());
        assertEquals("mine", Files.readString(results));
    }

    @Test
    void shouldRefuseASecondRunOnTheSameMachine() throws IOException, InterruptedException {
        final Path lock = home.resolve("jmh.lock");
        try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.CREATE,
            StandardOpenOption.WRITE); FileLock held = channel.lock()) {
            assertRefusedAsAProcess("Another benchmark run is active on this machine (it holds " + lock
                + "): wait for it, for two runs at once would measure each other.", "--filter", "getAndAdd");
            assertEquals(2, cli.run("doctor").exit(), "doctor says that no run is possible");
            assertTrue(held.isValid());
        }
    }
}
