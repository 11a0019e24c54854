/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.profile.ProfilerEvent;
import org.daxref.bench.profile.ProfilerLibrary;
import org.daxref.bench.profile.Recording;
import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.SuiteException;
import org.openjdk.jmh.profile.AsyncProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.ProfilerConfig;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs forks under a profiler, one per cell and build. JMH 1.37 keeps only the profile of a benchmark's last fork, so
 * every fork is a run of JMH's own. Nothing of it is a result: a profiler takes time, and one fork says little.
 */
public final class ProfileRun {
    /** Long enough for some thousand samples of each worker. */
    private static final Timing TIMING = new Timing(5, 200, 3, 1000);

    private static final String LOG = "fork.log";

    private final Options handed;
    private final PrintStream out;

    /**
     * What is profiled.
     *
     * @param cell      the benchmark with its parameters and threads
     * @param classPath where its classes are
     */
    public record Target(Cell cell, String classPath) {
        /**
         * A cell of this program.
         *
         * @param cell the cell
         * @return it with the classes that run now
         */
        public static Target here(final Cell cell) {
            return new Target(cell, ForkRunner.OWN_CLASSES);
        }

        /**
         * A cell of another commit.
         *
         * @param cell  the cell
         * @param build the commit
         * @return it with the commit's classes
         */
        public static Target of(final Cell cell, final Build build) {
            return new Target(cell, build.jar().toString());
        }
    }

    /**
     * What a profiled fork left.
     *
     * @param cell      what ran
     * @param score     its score, slowed down by the profiler
     * @param unit      the score's unit
     * @param recording the samples
     */
    public record Profiled(Cell cell, double score, String unit, Recording recording) {
    }

    /**
     * A run to be executed once.
     *
     * @param handed options for JMH
     * @param out    gets the progress, a line per fork
     */
    public ProfileRun(final Options handed, final PrintStream out) {
        this.handed = handed;
        this.out = out;
    }

    /**
     * Records each target in turn.
     *
     * @param targets what to profile
     * @param event   what to take samples at
     * @param folder  where recordings go; what is there of an earlier run is lost
     * @return what was recorded, in the order of the targets
     * @throws SuiteException when a fork fails, or async-profiler cannot run
     */
    public List<Profiled> record(final List<Target> targets, final ProfilerEvent event, final Path folder) {
        try (ProfilerLibrary library = ProfilerLibrary.unpack(System.getProperty("os.name"),
            System.getProperty("os.arch"))) {
            return run(targets, folder, fork -> new ProfilerConfig(AsyncProfiler.class.getName(),
                "libPath=" + library.file() + ";output=jfr;dir=" + fork + ";" + event.options()),
                (cell, result, fork) -> new Profiled(cell, result.getPrimaryResult().getScore(),
                    result.getPrimaryResult().getScoreUnit(), new Recording(recording(fork), event)));
        }
    }

    /**
     * Runs each target in turn under one of JMH's own profilers.
     *
     * @param targets  what to profile
     * @param profiler JMH's name of the profiler and its options
     * @param folder   where logs go while it runs
     * @return what the profiler had to say of each, in the order of the targets
     * @throws SuiteException when a fork fails, or the profiler cannot run
     */
    public List<BenchmarkResult> measure(final List<Target> targets, final ProfilerConfig profiler,
                                         final Path folder) {
        return run(targets, folder, _ -> profiler, (_, result, _) -> result);
    }

    private <T> List<T> run(final List<Target> targets, final Path folder, final Profiler profiler,
                            final Outcome<T> outcome) {
        final List<T> outcomes = new ArrayList<>();
        final Timing timing = TIMING.overriddenBy(handed);
        try (JmhLock _ = JmhLock.acquire()) {
            final DeviceFile device = DeviceFile.prepare(null, 0);
            AtomicFiles.createFolders(folder);
            final Progress progress = new Progress(out, targets.size(), targets.stream().mapToLong(target ->
                new ForkRunner(timing, device, handed, target.classPath()).expectedMs(target.cell())).sum());
            try (Interruption interruption = new Interruption(() -> {
                AtomicFiles.deleteFolder(folder);
                System.err.println("Stopped; a profile that is stopped keeps nothing.");
            })) {
                progress.begin(targets.size(), 1, 0);
                for (int index = 0; index < targets.size(); index++) {
                    interruption.check();
                    final Target target = targets.get(index);
                    final Path fork = folder.resolve("fork-" + index);
                    AtomicFiles.createFolders(fork);
                    final ProfilerConfig config = profiler.of(fork);
                    final ForkRunner forks = new ForkRunner(timing, device, new OptionsBuilder()
                        .parent(handed).addProfiler(config.getKlass(), config.getOpts()).build(), target.classPath());
                    final UnitRecord record = fork(forks, target.cell(), fork, interruption);
                    progress.finished(index, record);
                    outcomes.add(outcome.of(target.cell(), record.fork(), fork));
                }
            }
        }
        return List.copyOf(outcomes);
    }

    private static UnitRecord fork(final ForkRunner forks, final Cell cell, final Path folder,
                                   final Interruption interruption) {
        final Path log = folder.resolve(LOG);
        final UnitRecord record = forks.record(new Plan.Unit(cell, 0), 1, false, new ForkRunner.Traces(
            folder.resolve("fork.hlog"), folder.resolve("fork" + ForkRunner.CRASH_LOG), log), interruption);
        if (record.failure() != null) {
            throw new SuiteException("Cannot profile " + cell + ": " + record.failure() + "; see " + log + ".");
        }
        return record;
    }

    /** JMH puts it into a folder named after the benchmark. */
    private static Path recording(final Path fork) {
        try (Stream<Path> files = Files.walk(fork)) {
            return files.filter(file -> file.toString().endsWith(".jfr")).findFirst().orElseThrow(() ->
                new SuiteException("async-profiler recorded nothing: see " + fork.resolve(LOG) + "."));
        } catch (final IOException e) {
            throw new SuiteException("Cannot read " + fork + ": " + AtomicFiles.reason(e) + ".", e);
        }
    }

    /** The profiler of one fork, which may leave files in the fork's folder. */
    private interface Profiler {
        ProfilerConfig of(Path fork);
    }

    /** What is made of a fork that ended. */
    private interface Outcome<T> {
        T of(Cell cell, BenchmarkResult result, Path fork);
    }
}
