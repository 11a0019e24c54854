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

class RunTest {
    @TempDir
    private Path home;
    private Cli cli;

    @BeforeEach
    void workHere() {
        cli = new Cli(home);
    }

    private static Manifest manifest(final Path run) {
        return Json.read(run.resolve("manifest.json"), Manifest.class);
    }

    private static JmhResult[] results(final Path run) {
        return Json.read(run.resolve("jmh.json"), JmhResult[].class);
    }

    private static List<String> files(final Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void shouldStoreAWholeRunOfTheForksAskedForAndPrintItsHeadline() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.run("--filter", "getAndAdd|ParameterBenchmark", "--forks", "3", "--", "-p",
            "pages=8", "-wi", "0", "-i", "2", "-r", "1ms", "-jvmArgsAppend", Cli.LEAN_HEAP);
        assertEquals(0, ended.exit(), ended.err());
        final Path run = cli.runs().getFirst();
        assertTrue(run.getFileName().toString().matches("\\d{8}-\\d{6}-unknown-quick"), run.toString());
        assertEquals(List.of("headline.md", "jmh.json", "manifest.json", "report.html"), files(run));
        assertEquals(List.of("machine.json", run.getFileName().toString()).stream().sorted().toList(),
            files(run.getParent()));

        final Manifest manifest = manifest(run);
        assertTrue(List.of(RunStatus.OK, RunStatus.NOISY).contains(manifest.status()));
        assertEquals(3, manifest.plan().rounds());
        assertEquals(9, manifest.plan().units());
        assertEquals(3, manifest.actualResults());
        assertEquals(3, manifest.expectedResults());
        assertEquals("COMPILER", manifest.jvm().blackholeMode());
        for (final JmhResult result : results(run)) {
            assertEquals(3, result.primaryMetric().rawData().size(), "a row per fork");
            assertTrue(result.secondaryMetrics().containsKey("guard.cpu"));
        }

        assertTrue(ended.out().contains("9 forks: 3 cells, 3 forks each; about 0:"), ended.out());
        assertTrue(ended.out().contains("\n[9/9] "), ended.out());
        assertTrue(ended.out().lines().anyMatch(line ->
            line.matches("ParameterBenchmark\\.work +pages=8 +1 +[\\d.]+ ± [\\d.]+ +[\\d.]+ ± [\\d.]+ +.*]")),
            ended.out());
        assertTrue(ended.out().lines().anyMatch(line ->
            line.matches("AtomicBenchmark\\.getAndAdd +1 +[\\d.]+ ± [\\d.]+")), ended.out());
        for (final String file : files(run)) {
            assertFalse(Files.readString(run.resolve(file)).contains(home.toString()), file + " holds no local path");
        }
    }

    @Test
    void shouldFailVisiblyWhenABenchmarkThrowsAndGoOnWithTheOthers() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.runBriefly("--filter", "ThrowingBenchmark|getAndAdd", "--forks", "2");
        assertEquals(1, ended.exit());
        assertEquals("4 of 6 forks failed, 1 of 3 results are there; details are in failed-*.log.\n", ended.err());
        assertEquals(2, ended.out().lines().filter(line -> line.contains(
            "ThrowingBenchmark.bodyThrows t=1  FAILED: UnsupportedOperationException: no such page  ")).count());
        assertEquals(2, ended.out().lines().filter(line -> line.contains("ThrowingBenchmark.booksDoNotBalance t=1"
            + "  FAILED: the books do not balance: pins=2, unpins=1  ")).count());
        assertFalse((ended.out() + ended.err()).contains("\tat "));
        final Path run = cli.runs().getFirst();
        final Manifest manifest = manifest(run);
        assertEquals(RunStatus.FAIL, manifest.status());
        assertEquals(4, manifest.failures().size());
        assertEquals(1, results(run).length);
        assertEquals(4, files(run).stream().filter(name -> name.matches("failed-\\d{4}\\.log")).count());
    }

    @Test
    void shouldMarkARunWithMoreThreadsThanCpus() throws IOException, InterruptedException {
        final int threads = Runtime.getRuntime().availableProcessors() + 1;
        final Cli.Ended ended =
            cli.runBriefly("--filter", "getAndAdd", "--threads", Integer.toString(threads), "--oversubscribe");
        assertEquals(0, ended.exit(), ended.err());
        assertTrue(ended.out().contains("5 forks: 1 cell, 5 forks each; about 0:"), "the default: " + ended.out());
        assertTrue(ended.err().contains("Some cells ran more threads than there are CPUs.\n"), ended.err());
        assertEquals(RunStatus.OVERSUBSCRIBED, manifest(cli.runs().getFirst()).status());
    }

    @Test
    void shouldKeepNothingOfASmokeRun() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.runBriefly("--profile", "smoke", "--filter", "getAndAdd");
        assertEquals(0, ended.exit(), ended.err());
        assertTrue(ended.out().endsWith("OK\n"), ended.out());
        assertEquals(List.of(), cli.runs());
        assertEquals(List.of(), files(home).stream().filter(name -> name.startsWith("daxref-")).toList());
        assertEquals(1, cli.runBriefly("--profile", "smoke", "--filter", "bodyThrows").exit());
    }

    /** Flags for all forks would make new results incomparable with old ones, so a benchmark may have its own. */
    @Test
    void shouldGiveAForkTheFlagsOfItsBenchmark() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.run("--profile", "smoke", "--filter", "PeerBenchmark.own", "--threads", "1", "--",
            "-p", "peer=arena", "-wi", "0", "-i", "1", "-r", "1ms", "-jvmArgsAppend", Cli.LEAN_HEAP);
        assertEquals(0, ended.exit(), ended.out() + ended.err());
        assertTrue(ended.out().endsWith("OK\n"), ended.out());
    }

    @Test
    void shouldMeasureOnADeviceThatItCreates() throws IOException, InterruptedException {
        final Path device = home.resolve("device.pmem");
        final Cli.Ended ended = cli.run("--filter", "PinPage", "--design", "fs-held", "--counter", "cas-fused",
            "--device", device.toString(), "--pages", "512", "--threads", "1", "--forks", "2", "--", "-p", "foll=PIN",
            "-wi", "0", "-i", "1", "-r", "1ms", "-jvmArgsAppend", Cli.LEAN_HEAP);
        assertEquals(0, ended.exit(), ended.out() + ended.err());
        assertTrue(Files.exists(device), "it is the user's to keep");
        assertEquals(new Manifest.Device("a file that was given", manifest(cli.runs().getFirst()).device().fileSystem(),
            512), manifest(cli.runs().getFirst()).device());
    }

    @Test
    void shouldKeepTheHistogramsOfLatencyRuns() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.run("--filter", "PinLatency", "--design", "fs-held", "--forks", "2", "--", "-wi",
            "0", "-i", "1", "-r", "20ms", "-jvmArgsAppend", Cli.LEAN_HEAP);
        assertEquals(0, ended.exit(), ended.out() + ended.err());
        assertEquals(2, files(cli.runs().getFirst()).stream().filter(name
            -> name.matches("PinLatencyBenchmark\\.openLoop"
            + "_counter=cas_design=fs-held_foll=PIN_ratePerSecond=\\d+_t=1_fork=\\d\\.hlog")).count());
        assertTrue(ended.out().contains("Latencies, all forks together"), ended.out());
    }

    @Test
    void shouldListWhatCanBeMeasured() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.run("list");
        assertEquals(0, ended.exit());
        assertTrue(ended.out().lines().anyMatch(
            line -> line.matches("AtomicBenchmark\\.getAndAdd +smoke counters full")), ended.out());
        assertTrue(ended.out().lines().anyMatch(line -> line.matches(
            "GupLengthBenchmark\\.gup +design=pre-518,dev-pagemap,pgmap-folio,fs-held,fs-held-drain "
                + "counter=cas,cas-fused foll=GET,PIN pages=1,8,64,512 +smoke quick questions full")), ended.out());
    }

    @Test
    void shouldExamineTheMachineWithoutChangingIt() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.run("doctor");
        assertEquals(0, ended.exit(), ended.out());
        for (final String subject : List.of("JDK", "other benchmarks", "load", "CPU pressure", "steal", "affinity",
            "cgroup CPU limit", "governor", "turbo", "SMT", "hypervisor", "hardware counters", "transparent huge pages",
            "mitigations", "clocksource", "free memory", "/dev/shm", "membarrier", "power", "temperature")) {
            assertTrue(ended.out().lines().anyMatch(line -> line.matches("(ok|note|warning|blocker) +" + subject
                + " .*")), subject);
        }
    }

    @Test
    void shouldHelpWithExamples() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.run("--help");
        assertEquals(0, ended.exit());
        assertTrue(ended.out().contains("./run-bench.sh --filter PinPage --threads 1,max"), ended.out());
        assertTrue(ended.out().contains("Exit codes: 0"), ended.out());
        assertTrue(cli.run("run", "--help").out().contains("--oversubscribe"));
    }
}
