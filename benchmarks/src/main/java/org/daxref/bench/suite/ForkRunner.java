/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.SuiteException;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.ProfilerConfig;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Runs one fork through JMH.
 *
 * @param timing     its warm-up and measurement
 * @param properties system properties that the fork gets
 * @param handed     options that the user handed to JMH
 * @param classPath  where the fork finds its classes
 */
record ForkRunner(Timing timing, Map<String, String> properties, Options handed, String classPath) {
    /** The class path of this JVM. */
    static final String OWN_CLASSES = System.getProperty("java.class.path");

    /**
     * Flags of every fork. The first three are what this code needs on JDK 25. The next four take the heap out of the
     * numbers: fixed in size, touched beforehand, and of a collector that starts no threads. The last one takes luck
     * out of them: C2 does not inline a method that it has compiled to more than 2500 bytes already, so without it a
     * walk is cut in two, or not, depending on which method happened to be compiled first, and forks differ by a third.
     */
    static final List<String> JVM_FLAGS = List.of("--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow", "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
        "-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:InlineSmallCode=10000");
    /**
     * How much longer a fork warms up when its workers take every CPU. The JVM's compilers then run in place of a
     * worker, so they need longer, and while they run the workers are not at work together.
     */
    static final int CROWDED = 4;

    /** How JMH consumes results; forced, because it changes scores and JMH's JSON does not say which it was. */
    static final String BLACKHOLE_MODE = "COMPILER";

    /** Ending of the file in which a JVM that crashes says why. */
    static final String CRASH_LOG = ".crash.log";

    /**
     * Runs a fork.
     *
     * @param unit  which one
     * @param hlog  the histogram log that the fork may write
     * @param crash where the JVM writes why it crashed
     * @param log   gets everything that JMH and the fork print
     * @return JMH's result
     * @throws RunnerException when the benchmark failed
     */
    BenchmarkResult run(final Plan.Unit unit, final Path hlog, final Path crash, final Path log)
        throws RunnerException {
        System.setProperty("jmh.blackhole.mode", BLACKHOLE_MODE);
        // JMH has no option for it: a fork gets the class path that its parent says it has.
        System.setProperty("java.class.path", classPath);
        try (PrintStream out = new PrintStream(Files.newOutputStream(log), false, StandardCharsets.UTF_8)) {
            final Collection<RunResult> results = new Runner(options(unit, hlog, crash),
                OutputFormatFactory.createFormatInstance(out, VerboseMode.NORMAL)).run();
            return results.iterator().next().getBenchmarkResults().iterator().next();
        } catch (final IOException e) {
            throw new SuiteException("Cannot write " + log + ": " + AtomicFiles.reason(e) + ".", e);
        }
    }

    private Options options(final Plan.Unit unit, final Path hlog, final Path crash) {
        final Cell cell = unit.cell();
        final List<String> flags = new ArrayList<>(flags());
        flags.add("-Ddaxref.hlog=" + hlog.toAbsolutePath());
        flags.add("-XX:ErrorFile=" + crash.toAbsolutePath());
        if (oversubscribed(cell)) {
            flags.add("-Ddaxref.pin=false");
        }
        final ChainedOptionsBuilder options = new OptionsBuilder()
            .include("^" + Pattern.quote(cell.benchmark()) + "$").mode(cell.mode()).threads(cell.threads())
            .forks(1).warmupForks(0).shouldFailOnError(true)
            .warmupIterations(warmups(cell)).warmupTime(TimeValue.milliseconds(timing.warmupMs()))
            .measurementIterations(timing.measurements())
            .measurementTime(TimeValue.milliseconds(timing.measurementMs()))
            .jvmArgs(flags.toArray(String[]::new))
            .addProfiler(ContentionGuard.class);
        cell.params().forEach(options::param);
        for (final ProfilerConfig profiler : handed.getProfilers()) {
            options.addProfiler(profiler.getKlass(), profiler.getOpts());
        }
        if (handed.shouldDoGC().hasValue()) {
            options.shouldDoGC(handed.shouldDoGC().get());
        }
        if (handed.getTimeout().hasValue()) {
            options.timeout(handed.getTimeout().get());
        }
        return options.build();
    }

    private int warmups(final Cell cell) {
        final boolean crowded = cell.threads() >= Runtime.getRuntime().availableProcessors();
        return crowded && !handed.getWarmupIterations().hasValue() ? CROWDED * timing.warmups() : timing.warmups();
    }

    /**
     * Tells whether a cell has more workers than there are CPUs; they cannot have one each then.
     *
     * @param cell the cell
     * @return whether it has
     */
    static boolean oversubscribed(final Cell cell) {
        return cell.threads() > Runtime.getRuntime().availableProcessors();
    }

    /**
     * The fork's flags, less what differs from fork to fork.
     *
     * @return flags and system properties
     */
    List<String> flags() {
        final List<String> flags = new ArrayList<>(JVM_FLAGS);
        properties.forEach((name, value) -> flags.add("-D" + name + "=" + value));
        flags.addAll(handed.getJvmArgsAppend().orElse(List.of()));
        return flags;
    }

    /**
     * What made a benchmark fail, in one sentence.
     *
     * @param failure what JMH threw
     * @return the innermost message in one line
     */
    static String reason(final Throwable failure) {
        final Throwable cause = rootCause(failure);
        final String message = cause.getMessage() == null ? "" : cause.getMessage().lines().findFirst().orElse("");
        return cause instanceof RunnerException || cause instanceof IllegalStateException && !message.isEmpty()
            ? message : cause.getClass().getSimpleName() + (message.isEmpty() ? "" : ": " + message);
    }

    /**
     * What was thrown first. JMH wraps it several times, and hides it among the suppressed.
     *
     * @param failure what JMH threw
     * @return the innermost of them
     */
    static Throwable rootCause(final Throwable failure) {
        Throwable cause = failure;
        while (true) {
            if (cause.getCause() != null && cause.getCause() != cause) {
                cause = cause.getCause();
            } else if (cause.getSuppressed().length > 0) {
                cause = cause.getSuppressed()[0];
            } else {
                return cause;
            }
        }
    }
}
