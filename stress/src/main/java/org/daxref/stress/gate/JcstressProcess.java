/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress.gate;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;

/**
 * One run of jcstress, as a process in a folder of its own, which keeps all of its files.
 *
 * <p>Actors are bound to a CPU each and spin while they wait for each other: where there are more threads than CPUs,
 * who yields misses the other, and a million samples show less than a hundred that met.
 *
 * <p>The short form has one JVM configuration, the default one, which runs interpreted, C1 and C2 code in turn;
 * jcstress offers that by {@code -jvmArgs} only. The long form has each by itself, and C2 with random choices.
 */
final class JcstressProcess {
    private static final String RESULTS = "jcstress-results-*.bin.gz";
    private static final String JVM_FLAGS = "--enable-native-access=ALL-UNNAMED"
        + " --sun-misc-unsafe-memory-access=allow --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED";
    private static final String CPUS = "2";

    private final Path folder;

    /** A run whose files go to a folder. */
    JcstressProcess(final Path folder) {
        this.folder = folder;
    }

    /**
     * How much to run.
     *
     * @param timeMs  how long a test runs in each JVM, in milliseconds
     * @param allJvms every JVM configuration that jcstress knows, instead of the default one
     */
    record Effort(int timeMs, boolean allJvms) {
    }

    /** Runs tests and returns what they have shown, whatever the exit code. */
    Collection<TestResult> run(final Collection<String> tests, final Effort effort, final int liveStates) {
        try {
            Files.createDirectories(folder);
            new ProcessBuilder(command(tests, effort, liveStates)).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(folder.resolve("output.txt").toFile()).start().waitFor();
            return results();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while jcstress ran", e);
        }
    }

    private List<String> command(final Collection<String> tests, final Effort effort, final int liveStates) {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Djava.io.tmpdir=" + folder.toAbsolutePath(),
            "-cp", absoluteClassPath(), "org.openjdk.jcstress.Main"));
        command.addAll(List.of("-r", "report", "-c", CPUS, "-f", "1", "-fsm", "1", "-pth", "false"));
        command.addAll(List.of("-t", tests.stream().map(test -> "^" + Pattern.quote(test) + "$")
            .collect(Collectors.joining("|"))));
        command.addAll(List.of("-strideSize", Integer.toString(liveStates), "-strideCount", "1"));
        command.addAll(List.of("-iters", "1", "-time", Integer.toString(effort.timeMs)));
        command.addAll(List.of("-sc", "false", effort.allJvms ? "-jvmArgsPrepend" : "-jvmArgs", JVM_FLAGS));
        return command;
    }

    private static String absoluteClassPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> Path.of(entry).toAbsolutePath().toString()).collect(Collectors.joining(File.pathSeparator));
    }

    private Collection<TestResult> results() throws IOException {
        final InProcessCollector collector = new InProcessCollector();
        try (var files = Files.newDirectoryStream(folder, RESULTS)) {
            for (final Path file : files) {
                read(file, collector);
            }
        }
        return collector.getTestResults();
    }

    private static void read(final Path file, final InProcessCollector collector) throws IOException {
        final DiskReadCollector reader = new DiskReadCollector(file.toString(), collector);
        try {
            reader.dump();
        } catch (final ClassNotFoundException e) {
            throw new IOException("not a result of this jcstress: " + file, e);
        } finally {
            reader.close();
        }
    }
}
