/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import jdk.jfr.consumer.RecordingFile;
import one.convert.Arguments;
import one.convert.FlameGraph;
import org.daxref.bench.report.RunFiles;
import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.RunStatus;
import org.daxref.bench.suite.MachineProbe;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Real profiles by the real profiler, as a user asks for them. */
class ProfileCommandTest {
    private static final String[] ONE_CELL = {"profile", "PinPage", "--counter", "cas"};
    private static final String[] BRIEFLY = {"--", "-p", "foll=PIN", "-wi", "1", "-w", "200ms", "-i", "1", "-r",
        "400ms"};
    private static final String CELL = "PinPageBenchmark.pinUnpin_counter=cas_design=fs-held_foll=PIN_t=1";

    @TempDir
    private Path home;
    private Cli cli;

    @BeforeEach
    void workHere() {
        cli = new Cli(home);
    }

    private static String[] words(final String... options) {
        return Stream.of(ONE_CELL, options, BRIEFLY).flatMap(Arrays::stream).toArray(String[]::new);
    }

    private Cli.Ended profile(final String... options) throws IOException, InterruptedException {
        final Cli.Ended ended = cli.run(words(options));
        assertEquals("", ended.err());
        assertEquals(0, ended.exit(), ended.out());
        assertEquals(List.of(), cli.runs(), "a profile is no result");
        try (Stream<Path> left = Files.list(home)) {
            assertEquals(List.of(), left.filter(file -> file.getFileName().toString().startsWith("daxref-")).toList());
        }
        return ended;
    }

    private Path page(final String name) {
        return home.resolve("target/profile").resolve(name);
    }

    private List<String> pages() throws IOException {
        try (Stream<Path> files = Files.list(page(""))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** What a flame graph shows, as text. */
    private static String stacks(final Path page) throws IOException {
        final ByteArrayOutputStream text = new ByteArrayOutputStream();
        FlameGraph.parse(page.toString(), new Arguments("--output", "collapsed")).dump(text);
        return text.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu", "ctimer", "itimer", "wall"})
    void shouldShowWhereTheTimeGoes(final String event) throws IOException, InterruptedException {
        final Cli.Ended ended = profile("--design", "fs-held", "--event", event);
        assertTrue(ended.out().contains("method  ") && ended.out().contains("self ns/op"), ended.out());
        assertTrue(ended.out().contains("\nPlainPageCounter.subtract "), "the kernel's names: " + ended.out());
        final Path page = page("flame-" + CELL + (event.equals("cpu") ? "" : "_" + event) + ".html");
        assertTrue(ended.out().endsWith(page + "\n"), ended.out());
        final String stacks = stacks(page);
        assertTrue(stacks.contains(";Gup.pinFast_[i];"), "inlined frames too: " + stacks);
        assertFalse(stacks.contains("jmhStub") || stacks.contains("Thread.run"), "the harness is folded: " + stacks);
    }

    @Test
    void shouldShowWhatIsAllocated() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.run("profile", "BusyBenchmark.allocate", "--event", "alloc", "--", "-wi", "1", "-i",
            "1", "-r", "200ms");
        assertEquals(0, ended.exit(), ended.err());
        assertTrue(ended.out().contains("\nbyte[] ") && !ended.out().contains("ns/op\nbyte"), ended.out());
        assertTrue(profile("--design", "fs-held", "--event", "alloc").out().contains(
            "No alloc samples in the benchmark's method: nothing of the kind happened there.\n"));
    }

    @Test
    void shouldShowWhichLocksAreWaitedFor() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.run("profile", "BusyBenchmark.contend", "--oversubscribe", "--event", "lock", "--",
            "-wi", "1", "-i", "1", "-r", "200ms");
        assertEquals(0, ended.exit(), ended.err());
        assertTrue(ended.out().contains("\nBusyBenchmark_jmhType  100.0 %"), ended.out());
    }

    @Test
    void shouldKeepARecordingThatMissionControlOpens() throws IOException, InterruptedException {
        profile("--design", "fs-held", "--jfr");
        assertEquals(List.of("flame-" + CELL + ".html", "flame-" + CELL + ".jfr"), pages());
        assertTrue(RecordingFile.readAllEvents(page("flame-" + CELL + ".jfr")).stream()
            .filter(event -> event.getEventType().getName().equals("jdk.ExecutionSample")).count() > 100);
    }

    @Test
    void shouldKeepOnlyWhatWasAskedFor() throws IOException, InterruptedException {
        profile("--design", "fs-held", "--format", "collapsed");
        assertEquals(List.of("flame-" + CELL + ".collapsed"), pages());
        final List<String> lines = Files.readAllLines(page("flame-" + CELL + ".collapsed"));
        assertTrue(lines.stream().anyMatch(line ->
            line.matches("PinPageBenchmark\\.pinUnpin_\\[[ij]].*;PageCounter\\.put_.* \\d+")),
            lines.toString());
        profile("--design", "fs-held", "--format", "jfr");
        assertEquals(2, pages().size());
    }

    @Test
    void shouldFallBackToATimerAndSaySoOnce() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.start(Forbidden.launcher(Forbidden.perfEventOpen()), words()).await();
        Assumptions.assumeTrue(ended.exit() != Forbidden.NO_FILTER, "this kernel takes no seccomp filter");
        assertEquals(0, ended.exit(), ended.err());
        assertEquals(2, ended.out().split("so samples come from a timer \\(ctimer\\)", -1).length, ended.out());
        assertEquals(2, pages().size(), "a page per design");
    }

    @Test
    void shouldShowTheDifferenceOfTwoDesigns() throws IOException, InterruptedException {
        final Cli.Ended ended = profile("--diff", "dev-pagemap,fs-held");
        assertTrue(ended.out().contains("method, self ns/op ") && ended.out().contains("\nall methods "), ended.out());
        assertTrue(ended.out().contains("\nPagemapArray."), "the guard that only one of them has: " + ended.out());
        final String about = "flame-diff-PinPageBenchmark.pinUnpin_counter=cas_foll=PIN_t=1_";
        assertEquals(4, pages().size());
        final Path guarded = page(about + "fs-held-to-dev-pagemap.html");
        assertTrue(Files.readString(guarded).contains("' ps/op'"));
        assertTrue(stacks(guarded).contains(";PagemapArray."), stacks(guarded));
        assertFalse(stacks(page(about + "dev-pagemap-to-fs-held.html")).contains(";PagemapArray."));
    }

    @Test
    void shouldShowTheDifferenceOfTwoCommits() throws IOException, InterruptedException {
        final Repository repository = Repository.create(home);
        repository.build(repository.commit("one"), true);
        repository.build(repository.commit("two"), true);
        final Cli.Ended ended = profile("--design", "fs-held", "--diff", "HEAD~1,HEAD");
        assertTrue(ended.out().contains(": HEAD~1, then HEAD\n"), ended.out());
        assertEquals(List.of("flame-diff-" + CELL + "_HEAD-1-to-HEAD.html", "flame-diff-" + CELL
            + "_HEAD-to-HEAD-1.html"), pages());
    }

    private Path measured(final String commit, final double... forks) throws IOException {
        final Path run = RunFiles.write(home.resolve("results").resolve(MachineProbe.here().facts().folderName())
            .resolve("20260101-000000-" + commit.substring(0, 10) + "-quick"), RunFiles.manifest(RunStatus.OK),
            result("dev-pagemap", forks), result("fs-held", forks));
        final Path manifest = run.resolve("manifest.json");
        Files.writeString(manifest, Files.readString(manifest).replace("0123456789abcdef", commit));
        return run;
    }

    private static JmhResult result(final String design, final double... forks) {
        return RunFiles.pin(design, Map.of("counter", "cas", "foll", "PIN"), forks);
    }

    @Test
    void shouldGoIntoTheReportOfTheCommitsRun() throws IOException, InterruptedException {
        final Path run = measured(Repository.create(home).commit("one"), 19, 20, 21);
        final String scores = Files.readString(run.resolve("jmh.json"));
        final Cli.Ended ended = cli.run(words("--design", "fs-held"));
        assertEquals(0, ended.exit(), ended.err());
        assertTrue(ended.out().endsWith(run.resolve("report.html") + "\n"), ended.out());
        assertTrue(Files.exists(run.resolve("flame-" + CELL + ".html")));
        assertTrue(Files.readString(run.resolve("report.html")).contains(
            "<a href=\"./flame-PinPageBenchmark.pinUnpin_counter%3Dcas_design%3Dfs-held_foll%3DPIN_t%3D1.html\">"));
        assertEquals(scores, Files.readString(run.resolve("jmh.json")));
    }

    @Test
    void shouldExplainAVerdict() throws IOException, InterruptedException {
        final Repository repository = Repository.create(home);
        final String first = repository.commit("one");
        repository.build(first, true);
        measured(first, 100, 101, 99, 102, 98);
        final String second = repository.commit("two");
        repository.build(second, true);
        final Path run = measured(second, 200, 201, 199, 202, 198);
        final Cli.Ended ended = cli.run("compare", first + "@design=fs-held", second + "@design=fs-held", "--explain");
        assertEquals(1, ended.exit(), ended.out() + ended.err());
        assertTrue(ended.out().contains("1 slower, 0 faster") && ended.out().contains("2 forks: 2 cells"), ended.out());
        try (Stream<Path> files = Files.list(run)) {
            final List<String> flames = files.map(file -> file.getFileName().toString())
                .filter(name -> name.startsWith("flame-diff-PinPage")).toList();
            assertEquals(2, flames.size(), flames::toString);
        }
        final String report = Files.readString(run.resolve("report.html"));
        assertEquals(3, report.split("href=\"./flame-diff-", -1).length, "both are linked");
        assertTrue(cli.run("compare", first, first, "--explain").out().endsWith(
            "Nothing is faster or slower, so there is nothing to explain.\n"));
    }

    @Test
    void shouldSayWhatCannotBeExplained() throws IOException, InterruptedException {
        final Path base = Files.writeString(home.resolve("base.json"),
            Json.write(List.of(result("fs-held", 100, 101, 99, 102, 98))));
        final Path head = Files.writeString(home.resolve("head.json"),
            Json.write(List.of(result("fs-held", 200, 201, 199, 202, 198))));
        final Cli.Ended ended = cli.run("compare", base.toString(), head.toString(), "--explain");
        assertTrue(ended.out().contains("1 slower"), ended.out() + ended.err());
        ended.assertRefused("Cannot explain " + base
            + ": it is no run of daxref's, and does not say which commit it measured.");
    }

    @Test
    void shouldKeepNothingWhenStopped() throws IOException, InterruptedException {
        final Cli.Running running = cli.start("profile", "PinPage", "--design", "fs-held");
        running.awaitLine("[1/");
        running.signal("INT");
        final Cli.Ended ended = running.await();
        assertEquals(130, ended.exit());
        assertEquals("Stopped; a profile that is stopped keeps nothing.\n", ended.err());
        assertFalse(Files.exists(page("")));
    }

    @Test
    void shouldRefuseWhatItCannotProfile() throws IOException, InterruptedException {
        assertTrue(cli.run("profile", "Nope").err().startsWith("No benchmark matches 'Nope': choose from "));
        cli.run(words("--event", "cycles")).assertRefused(
            "Unknown event 'cycles': choose from cpu, ctimer, itimer, wall, alloc, lock.");
        cli.run(words("--format", "svg"))
            .assertRefused("Unknown format 'svg': choose from flamegraph, jfr, collapsed.");
        cli.run(words("--diff", "fs-held")).assertRefused(
            "--diff takes two designs or two commits, as in --diff dev-pagemap,fs-held.");
        cli.run(words("--diff", "dev-pagemap,fs-held", "--design", "fs-held")).assertRefused(
            "--diff names the designs already: leave out --design.");
        cli.run(words("--diff", "no,nope")).assertRefused("'no' is no commit of this repository.");
        final Cli.Ended failed = cli.run("profile", "ThrowingBenchmark.bodyThrows", "--", "-wi", "0", "-i", "1", "-r",
            "1ms");
        assertEquals(2, failed.exit());
        assertTrue(failed.err().startsWith("Cannot profile ThrowingBenchmark."), failed.err());
        assertEquals(1, failed.err().lines().count(), failed.err());
    }

    /** Without anything on the PATH there is no perf. */
    @Test
    void shouldSayWhatIsMissingForMachineCodeAndCounters() throws IOException, InterruptedException {
        final String missing = " cannot be had here: perf is missing (packages linux-perf, linux-tools or perf) or not"
            + " allowed (kernel.perf_event_paranoid).";
        for (final String option : List.of("--asm", "--counters")) {
            cli.start(List.of("env", "PATH=/nowhere"), words(option)).await().assertRefused(option + missing);
        }
    }
}
