/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.result.Floor;
import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunStatus;
import org.daxref.device.PmemDevice;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class FloorTest {
    private static final int FORKS = 4;
    private static final String NO_COMPILER =
        "The floor cannot be had here: neither gcc nor cc is on the PATH; install a C compiler.";

    @TempDir
    private Path home;
    private Cli cli;

    @BeforeEach
    void workHere() {
        cli = new Cli(home);
    }

    private static String[] floor(final String... options) {
        return Stream.of(List.of("floor", "--filter", "/cas-fused own", "--forks", Integer.toString(FORKS)),
            Arrays.asList(options), List.of("--", "-wi", "1", "-w", "20ms", "-i", "2", "-r", "20ms",
                "-jvmArgsAppend", Cli.LEAN_HEAP))
            .flatMap(List::stream).toArray(String[]::new);
    }

    private List<String> leftovers() throws IOException {
        try (Stream<Path> left = Files.list(home)) {
            return left.map(file -> file.getFileName().toString()).filter(name -> name.startsWith("daxref-")).toList();
        }
    }

    @Test
    void shouldMeasureJavaAndCInTurn() throws IOException, InterruptedException {
        final Path device = home.resolve("device.pmem");
        final Cli.Ended ended = cli.run(floor("--device", device.toString(), "--pages", "512"));
        Assumptions.assumeFalse(ended.err().contains(NO_COMPILER), "there is a C compiler");
        assertEquals(0, ended.exit(), ended.out() + ended.err());
        assertTrue(ended.out().contains("16 forks: 2 cells, 8 forks each; about "), ended.out());
        assertEquals("JCCJ".repeat(FORKS), ended.out().lines().filter(line -> line.startsWith("["))
            .map(line -> line.contains(" own, Java  ") ? "J" : line.contains(" own, C  ") ? "C" : line)
            .reduce("", String::concat), ended.out());
        assertTrue(ended.out().contains("\nMedian of Java / C over 2 paths: "), ended.out());
        assertRun(cli.runs().getFirst());
        assertEquals(512, PmemDevice.check(device).pages(), "the device can be used again");
        assertEquals(List.of(), leftovers());
    }

    private void assertRun(final Path run) throws IOException {
        assertTrue(run.getFileName().toString().endsWith("-floor"), run::toString);
        final Floor floor = Json.read(run.resolve("floor.json"), Floor.class);
        assertEquals(List.of("fs-held/cas-fused own", "dev-pagemap/cas-fused own"),
            floor.paths().stream().map(Floor.Path::name).toList());
        for (final Floor.Path path : floor.paths()) {
            assertEquals(FORKS, path.java().size());
            assertEquals(FORKS, path.c().size());
            assertTrue(path.java().stream().allMatch(fork -> fork.size() == 2), path::toString);
            assertTrue(path.c().stream().allMatch(process -> process.windows().size() == 2), path::toString);
            Stream.concat(path.javaMeans().stream(), path.cMeans().stream())
                .forEach(ns -> assertTrue(ns > 1 && ns < 100_000, path::toString));
        }
        final String page = Files.readString(run.resolve("FLOOR.md"));
        assertTrue(page.contains("| fs-held | cas-fused | own | 1 | "), page);
        assertFalse(page.contains(home.toString()), page);
        final Manifest manifest = Json.read(run.resolve("manifest.json"), Manifest.class);
        assertNotEquals(RunStatus.PARTIAL, manifest.status());
        assertEquals("floor", manifest.profile());
        final JmhResult[] java = Json.read(run.resolve("java/jmh.json"), JmhResult[].class);
        assertEquals(2, java.length);
        assertEquals(FORKS, java[0].primaryMetric().rawData().size());
    }

    @Test
    void shouldSayThatThereIsNoCompiler() throws IOException, InterruptedException {
        final Path empty = Files.createDirectory(home.resolve("empty"));
        cli.start(List.of("env", "PATH=" + empty), floor()).await().assertRefused(NO_COMPILER);
        assertEquals(List.of(), cli.runs());
        assertEquals(List.of(), leftovers());
    }

    private Cli.Ended withCompiler(final String source) throws IOException, InterruptedException {
        final Path bin = Files.createDirectory(home.resolve("bin"));
        Files.writeString(bin.resolve("gcc"), "#!/bin/sh\n" + source);
        assertTrue(bin.resolve("gcc").toFile().setExecutable(true));
        return cli.start(List.of("env", "PATH=" + bin + ":/usr/bin:/bin"), floor()).await();
    }

    @Test
    void shouldSayWhatTheCompilerDoesNotLike() throws IOException, InterruptedException {
        withCompiler("test \"$1\" = --version && echo mine && exit 0\necho 'floor.c: In function' >&2\n"
            + "echo 'floor.c:1:2: error: no such thing' >&2\nexit 1\n")
            .assertRefused("gcc does not compile the floor: floor.c:1:2: error: no such thing.");
        assertEquals(List.of(), cli.runs());
    }

    /** A program that fails is an error and not a number. */
    @Test
    void shouldEndWhenTheCProgramFails() throws IOException, InterruptedException {
        final Cli.Ended ended = withCompiler("test \"$1\" = --version && echo mine && exit 0\n"
            + "printf '#!/bin/sh\\necho the entry has changed >&2\\nexit 1\\n' > floor && chmod +x floor\n");
        assertEquals(2, ended.exit(), ended.out());
        assertTrue(ended.err().matches(
            "The C program failed on (fs-held|dev-pagemap)/cas-fused: the entry has changed\\.\n"), ended.err());
        assertFalse(ended.out().contains("Java / C"), ended.out());
        assertEquals(List.of(), cli.runs());
        assertEquals(List.of(), leftovers());
    }

    @Test
    void shouldKeepNothingOnCtrlC() throws IOException, InterruptedException {
        final Cli.Running running = cli.start(floor());
        final Path device = Path.of("/dev/shm/daxref-" + running.process().pid() + ".pmem");
        Cli.until(() -> !running.process().isAlive() || said(running).contains("[2/16]"));
        running.signal("INT");
        final Cli.Ended ended = running.await();
        Assumptions.assumeFalse(ended.err().contains(NO_COMPILER), "there is a C compiler");
        assertEquals(130, ended.exit());
        assertEquals("Stopped; a floor run that is stopped keeps nothing.\n", ended.err());
        assertEquals(List.of(), cli.runs());
        assertEquals(List.of(), leftovers());
        assertFalse(Files.exists(device), "no device is left");
    }

    private static String said(final Cli.Running running) {
        try {
            return Files.readString(running.out());
        } catch (final IOException e) {
            return "";
        }
    }

    @Test
    void shouldRefuseWhatItCannotMeasure() throws IOException, InterruptedException {
        cli.run("floor", "--forks", "5").assertRefused("--forks takes an even number from 4 to 1000.");
        cli.run("floor", "--", "-p", "foll=GET")
            .assertRefused("JMH's -p cannot be handed through: paths are chosen by --filter.");
        final Cli.Ended ended = cli.run("floor", "--filter", "pre-518");
        ended.assertRefused(ended.err().strip());
        assertTrue(ended.err().startsWith("No path matches 'pre-518': choose from fs-held/cas own, "), ended.err());
    }
}
