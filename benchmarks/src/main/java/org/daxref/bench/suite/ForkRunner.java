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
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs one fork through JMH.
 *
 * @param timing    its warm-up and measurement
 * @param device    what the fork measures on
 * @param handed    options that the user handed to JMH
 * @param classPath where the fork finds its classes
 */
record ForkRunner(Timing timing, DeviceFile device, Options handed, String classPath) {
    /** The class path of this JVM. */
    static final String OWN_CLASSES = System.getProperty("java.class.path");

    /** What this code needs on JDK 25. */
    private static final List<String> NEEDED = List.of("--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow", "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED");

    /** Takes the heap out of the numbers: fixed in size, touched beforehand, of a collector that starts no threads. */
    private static final List<String> QUIET_HEAP = List.of("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch",
        "-XX:+UseSerialGC");

    /**
     * Takes luck out of the numbers. C2 does not inline a method that it has compiled to more than 2500 bytes already,
     * so without the first a walk is cut in two, or not, depending on which method happened to be compiled first, and
     * forks differ by a third. Nor does it inline a call that its profile takes for rare, and no register outlives a
     * call: without the second a page that becomes striped while its pin is compiled costs a third more than one that
     * was striped from the start.
     */
    private static final List<String> WHOLE_PATHS = List.of("-XX:InlineSmallCode=10000",
        "-XX:+UnlockDiagnosticVMOptions", "-XX:MinInlineFrequencyRatio=0");

    /**
     * Lets C2 take what is final in a constant for constant, so that the places of a device's parts stand in the
     * compiled path, as in a kernel, and are not loaded from one object after another
     * ({@code org.daxref.bench.CompiledMachine}). Nothing here changes a final field after construction.
     */
    private static final List<String> FINAL_IS_FINAL = List.of("-XX:+UnlockExperimentalVMOptions",
        "-XX:+TrustFinalNonStaticFields");

    /** Flags of every fork. */
    static final List<String> JVM_FLAGS = Stream.of(NEEDED, QUIET_HEAP, WHOLE_PATHS, FINAL_IS_FINAL)
        .flatMap(List::stream).toList();

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
     * Where a fork leaves what is no score.
     *
     * @param hlog  the histogram log that it may write
     * @param crash where the JVM writes why it crashed
     * @param log   gets everything that JMH and the fork print
     */
    record Traces(Path hlog, Path crash, Path log) {
    }

    /**
     * Runs a fork, and records what came of it.
     *
     * @param unit         which one
     * @param attempt      which time it is, from 1
     * @param judged       whether the contention guard has a say
     * @param traces       where the fork leaves what is no score
     * @param interruption may have been what ended it
     * @return a result, or the reason why there is none
     * @throws SuiteException when the device is gone, so that further forks would fail in the same way
     */
    UnitRecord record(final Plan.Unit unit, final int attempt, final boolean judged, final Traces traces,
                      final Interruption interruption) {
        try {
            final BenchmarkResult result = run(unit, traces);
            return UnitRecord.of(unit, attempt, judged ? GuardVerdict.of(result) : GuardVerdict.NONE, result);
        } catch (final RunnerException e) {
            interruption.checkAfterFailure();
            device.requireUsable(rootCause(e));
            return UnitRecord.failed(unit, attempt, reason(e));
        }
    }

    private BenchmarkResult run(final Plan.Unit unit, final Traces traces) throws RunnerException {
        System.setProperty("jmh.blackhole.mode", BLACKHOLE_MODE);
        // JMH has no option for it: a fork gets the class path that its parent says it has.
        System.setProperty("java.class.path", classPath);
        try (PrintStream out = new PrintStream(Files.newOutputStream(traces.log), false, StandardCharsets.UTF_8)) {
            final Collection<RunResult> results = new Runner(options(unit, traces),
                OutputFormatFactory.createFormatInstance(out, VerboseMode.NORMAL)).run();
            return results.iterator().next().getBenchmarkResults().iterator().next();
        } catch (final IOException e) {
            throw new SuiteException("Cannot write " + traces.log + ": " + AtomicFiles.reason(e) + ".", e);
        }
    }

    private Options options(final Plan.Unit unit, final Traces traces) {
        final Cell cell = unit.cell();
        final List<String> flags = new ArrayList<>(flags());
        flags.add("-Ddaxref.hlog=" + traces.hlog.toAbsolutePath());
        flags.add("-XX:ErrorFile=" + traces.crash.toAbsolutePath());
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

    /**
     * How often a fork warms up.
     *
     * @param cell what it measures
     * @return iterations
     */
    int warmups(final Cell cell) {
        final boolean crowded = cell.threads() >= Runtime.getRuntime().availableProcessors();
        return crowded && !handed.getWarmupIterations().hasValue() ? CROWDED * timing.warmups() : timing.warmups();
    }

    /**
     * About how long a fork takes.
     *
     * @param cell what it measures
     * @return milliseconds
     */
    long expectedMs(final Cell cell) {
        return timing.expectedForkMs(warmups(cell));
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
        device.properties().forEach((name, value) -> flags.add("-D" + name + "=" + value));
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
    private static Throwable rootCause(final Throwable failure) {
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
