/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.Digits;
import org.daxref.bench.result.SuiteException;
import org.openjdk.jmh.profile.ProfilerException;
import org.openjdk.jmh.profile.ProfilerFactory;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.ProfilerConfig;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What JMH's profilers on top of Linux perf show: machine code, and hardware counters. Each says what it lacks before
 * anything runs.
 *
 * @param handed options for JMH
 * @param out    gets the progress, a line per fork
 */
public record PerfProfile(Options handed, PrintStream out) {
    private static final ProfilerConfig COUNTERS = new ProfilerConfig("perfnorm", "");
    private static final ProfilerConfig ASSEMBLY = new ProfilerConfig("perfasm", "");
    /** Samples by a timer, where a virtual machine shows no cycles: they point some instructions behind the cause. */
    private static final ProfilerConfig ASSEMBLY_BY_CLOCK = new ProfilerConfig("perfasm", "events=cpu-clock");
    private static final String GET_PERF =
        "perf is missing (packages linux-perf, linux-tools or perf) or not allowed (kernel.perf_event_paranoid)";

    /**
     * Makes sure that counters can be read.
     *
     * @throws SuiteException when they cannot, saying what is missing
     */
    public void requireCounters() {
        if (!works(COUNTERS)) {
            throw new SuiteException("--counters cannot be had here: " + (hasPerf()
                ? "this CPU shows no hardware counters, as in most virtual machines; leave the option out."
                : GET_PERF + "."));
        }
    }

    /**
     * Makes sure that machine code can be shown.
     *
     * @throws SuiteException when it cannot, saying what is missing
     */
    public void requireDisassembly() {
        if (!works(ASSEMBLY) && !works(ASSEMBLY_BY_CLOCK)) {
            throw new SuiteException("--asm cannot be had here: " + GET_PERF + ".");
        }
        if (!hasDisassembler()) {
            throw new SuiteException("--asm cannot be had here: hsdis-" + System.getProperty("os.arch")
                + ".so, the JVM's disassembler, is missing or too old, as some distributions' are. Build it from the"
                + " sources of JDK 25 (bash configure --with-hsdis=capstone, make build-hsdis), and put it into "
                + Path.of(System.getProperty("java.home"), "lib") + " or a folder named by LD_LIBRARY_PATH.");
        }
    }

    /**
     * Shows the hottest machine code.
     *
     * @param targets what to run
     * @param folder  where logs go while it runs
     * @return JMH's text for each
     */
    public String disassemble(final List<ProfileRun.Target> targets, final Path folder) {
        final List<BenchmarkResult> results = new ProfileRun(handed, out).measure(targets,
            works(ASSEMBLY) ? ASSEMBLY : ASSEMBLY_BY_CLOCK, folder);
        return IntStream.range(0, targets.size()).mapToObj(index -> "\n" + targets.get(index).cell() + "\n"
            + results.get(index).getSecondaryResults().values().stream().map(result -> result.extendedInfo())
                .filter(text -> !text.isBlank()).collect(Collectors.joining("\n"))).collect(Collectors.joining());
    }

    /**
     * Shows the hardware counters, per operation.
     *
     * @param targets what to run
     * @param folder  where logs go while it runs
     * @return a line per counter of each
     */
    public String count(final List<ProfileRun.Target> targets, final Path folder) {
        final List<BenchmarkResult> results = new ProfileRun(handed, out).measure(targets, COUNTERS, folder);
        return IntStream.range(0, targets.size()).mapToObj(index -> "\n" + targets.get(index).cell() + "\n"
            + results.get(index).getSecondaryResults().values().stream()
                .filter(counter -> counter.getScoreUnit().equals("#/op"))
                .map(counter -> "%-32s %s%n".formatted(counter.getLabel(), Digits.of(counter.getScore())))
                .collect(Collectors.joining())).collect(Collectors.joining());
    }

    private static boolean works(final ProfilerConfig profiler) {
        try {
            ProfilerFactory.getProfilerOrException(profiler);
            return true;
        } catch (final ProfilerException e) {
            return false;
        }
    }

    private static boolean hasPerf() {
        return works(new ProfilerConfig("perfnorm", "events=context-switches"));
    }

    private static boolean hasDisassembler() {
        try {
            final Process java = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UnlockDiagnosticVMOptions", "-XX:+PrintAssembly", "-version").redirectErrorStream(true).start();
            final String said = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return java.waitFor() == 0 && said.contains("[Disassembly]");
        } catch (final IOException e) {
            return false;
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
