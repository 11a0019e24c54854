/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.Floor;
import org.daxref.bench.result.SuiteException;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The C program of the floor ({@code src/main/c/floor.c}), compiled for this machine.
 *
 * @param folder   where it lies
 * @param compiler the compiler's name and version
 * @param fenced   whether its readers execute a fence
 */
record FloorProgram(Path folder, String compiler, boolean fenced) {
    /** What the compiler is given. */
    static final List<String> FLAGS = List.of("-std=gnu11", "-O3", "-march=native", "-pthread", "-Wall", "-Wextra",
        "-Werror");

    private static final String NAME = "floor";
    private static final String SOURCE = NAME + ".c";
    private static final int WARMUPS = 1;
    /** What a process takes beside its windows, the device included. */
    private static final long START_MS = 100;
    private static final long PATIENCE_MS = 60_000;
    private static final int NUMBERS_PER_THREAD = 3;
    private static final double PERCENT = 100;

    /** How a process ended. */
    private record Ended(int exit, String out, String err) {
        private String why() {
            final List<String> lines = err.lines().toList();
            return lines.stream().filter(line -> line.contains("error:")).findFirst()
                .or(() -> lines.stream().findFirst()).orElse("it ended with exit code " + exit);
        }
    }

    /**
     * Compiles the program.
     *
     * @param folder where it is to lie
     * @param fenced whether its readers execute a fence
     * @return the program
     * @throws SuiteException when there is no compiler, or it does not take the program
     */
    static FloorProgram compile(final Path folder, final boolean fenced) {
        for (final String compiler : List.of("gcc", "cc")) {
            final Optional<String> version = version(compiler);
            if (version.isPresent()) {
                compile(folder, compiler, FloorLayout.header(fenced));
                return new FloorProgram(folder, version.get(), fenced);
            }
        }
        throw new SuiteException("The floor cannot be had here: neither gcc nor cc is on the PATH; install a C"
            + " compiler.");
    }

    private static Optional<String> version(final String compiler) {
        try {
            final Process process = new ProcessBuilder(compiler, "--version").redirectErrorStream(true).start();
            final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? said.lines().findFirst() : Optional.empty();
        } catch (final IOException e) {
            return Optional.empty();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private static void compile(final Path folder, final String compiler, final String layout) {
        AtomicFiles.write(folder.resolve("layout.h"), layout);
        AtomicFiles.write(folder.resolve(SOURCE), source());
        final Ended ended = run(Stream.of(List.of(compiler), FLAGS, List.of("-o", NAME, SOURCE))
            .flatMap(List::stream).toList(), folder, PATIENCE_MS);
        if (ended.exit != 0) {
            throw new SuiteException(compiler + " does not compile the floor: " + ended.why() + ".");
        }
    }

    private static String source() {
        try (InputStream source = FloorProgram.class.getResourceAsStream(SOURCE)) {
            return new String(source.readAllBytes(), StandardCharsets.UTF_8);
        } catch (final IOException e) {
            throw new IllegalStateException("the source is a part of this build", e);
        }
    }

    /**
     * About how long a process takes.
     *
     * @param timing of the Java forks
     * @return milliseconds
     */
    static long expectedMs(final Timing timing) {
        return (WARMUPS + timing.measurements()) * timing.measurementMs() + START_MS;
    }

    /**
     * Runs a process: as many windows as a fork has measured iterations, of the same length.
     *
     * @param device what it is told of the device
     * @param timing of the Java forks
     * @return what it did
     * @throws SuiteException when it left the fast path, or the count of the page is not what it was
     */
    Floor.Process measure(final List<String> device, final Timing timing) {
        final List<String> command = new ArrayList<>(List.of(folder.resolve(NAME).toString()));
        command.addAll(device);
        command.addAll(List.of("warmups=" + WARMUPS, "windows=" + timing.measurements(),
            "ms=" + timing.measurementMs()));
        final Ended ended = run(command, folder, PATIENCE_MS + expectedMs(timing));
        if (ended.exit != 0) {
            throw new SuiteException("The C program failed on " + device.get(1) + ": " + ended.why() + ".");
        }
        return new Floor.Process(ended.out.lines().map(line -> threads(line.split(" "))).toList());
    }

    private static List<Floor.Work> threads(final String... words) {
        return IntStream.range(0, words.length / NUMBERS_PER_THREAD).map(thread -> NUMBERS_PER_THREAD * thread + 1)
            .mapToObj(at -> new Floor.Work(Long.parseLong(words[at]), Long.parseLong(words[at + 1]),
                Long.parseLong(words[at + 2]))).toList();
    }

    /**
     * Judges a process by the contention guard's rule, as far as it is about the run queue.
     *
     * @param process what it did
     * @return the verdict
     */
    static GuardVerdict judge(final Floor.Process process) {
        return process.windows().stream().map(threads -> {
            final double wait = threads.stream().mapToDouble(work -> work.waitNs() < 0 ? Double.NaN : work.waitNs())
                .sum();
            return GuardVerdict.of(PERCENT * wait / threads.stream().mapToLong(Floor.Work::ns).sum(), Double.NaN);
        }).reduce(GuardVerdict.NONE, GuardVerdict::plus);
    }

    private static Ended run(final List<String> command, final Path folder, final long patienceMs) {
        final Path out = folder.resolve("out");
        final Path err = folder.resolve("err");
        try {
            final ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile())
                .redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().put("LC_ALL", "C");
            final Process process = builder.start();
            if (!process.waitFor(patienceMs, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                throw new SuiteException(command.getFirst() + " did not come to its end.");
            }
            return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
        } catch (final IOException e) {
            throw new SuiteException("Cannot run " + command.getFirst() + ": " + AtomicFiles.reason(e) + ".", e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SuiteException("Interrupted while " + command.getFirst() + " ran.", e);
        }
    }
}
