/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The program as a user starts it: a process of its own, with what it prints and how it ends. */
final class Cli {
    private static final long PATIENCE_S = 120;
    /**
     * Spares a fork the touching of its heap, which takes longer than all else that a short fork does. For tests that
     * do not look at the fork's flags.
     */
    static final String LEAN_HEAP = "-XX:-AlwaysPreTouch";
    /** As short as a fork can be. */
    static final List<String> BRIEF =
        List.of("--", "-wi", "0", "-i", "1", "-r", "1ms", "-jvmArgsAppend", LEAN_HEAP);

    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin/java").toString();

    private final Path home;

    /**
     * A place to work in.
     *
     * @param home stands for the work tree; temporary files, and so JMH's lock, go there too
     */
    Cli(final Path home) {
        this.home = home;
    }

    /**
     * How a process ended.
     *
     * @param exit code
     * @param out  what it printed
     * @param err  what it complained about
     */
    record Ended(int exit, String out, String err) {
        /** The user sees one sentence, and no stack trace. */
        void assertRefused(final String sentence) {
            assertEquals(sentence + "\n", err);
            assertEquals(2, exit);
            assertFalse((out + err).contains("\tat "), "no stack trace");
        }
    }

    /** A process that goes on. */
    record Running(Process process, Path out, Path err) {
        Ended await() throws IOException, InterruptedException {
            assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS), "it ends");
            return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
        }

        void awaitLine(final String text) throws InterruptedException {
            until(() -> {
                try {
                    return Files.readString(out).contains(text);
                } catch (final IOException e) {
                    return false;
                }
            });
        }

        void signal(final String name) throws IOException, InterruptedException {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
        }
    }

    static void until(final BooleanSupplier condition) throws InterruptedException {
        final long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(PATIENCE_S), "it happens in time");
            Thread.sleep(5);
        }
    }

    Running start(final String... arguments) throws IOException {
        // A build that runs in the background ignores SIGINT, and so would what it starts.
        return start(List.of("env", "--default-signal=INT"), arguments);
    }

    Running startOn(final String cpu, final String... arguments) throws IOException {
        return start(List.of("taskset", "-c", cpu), arguments);
    }

    /**
     * The program behind another one that starts it.
     *
     * @param launcher  what stands in front of the command
     * @param arguments the words after {@code run-bench.sh}
     */
    Running start(final List<String> launcher, final String... arguments) throws IOException {
        final List<String> command = new ArrayList<>(launcher);
        // The program itself measures nothing and lives for seconds: C2 would only take the CPU from it. Forks have C2.
        command.addAll(List.of(JAVA, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
            "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED", "-Ddaxref.home=" + home,
            "-Djava.io.tmpdir=" + home, "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            "org.daxref.bench.cli.DaxrefCommand"));
        command.addAll(List.of(arguments));
        final Path out = Files.createTempFile(home, "out", "");
        final Path err = Files.createTempFile(home, "err", "");
        return new Running(new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile()).start(),
            out, err);
    }

    Ended run(final String... arguments) throws IOException, InterruptedException {
        return start(arguments).await();
    }

    Ended runBriefly(final String... arguments) throws IOException, InterruptedException {
        final List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(BRIEF);
        return run(all.toArray(String[]::new));
    }

    /** Every run folder under results/, stopped or finished. */
    List<Path> runs() throws IOException {
        return runs(home.resolve("results"));
    }

    static List<Path> runs(final Path results) throws IOException {
        if (!Files.isDirectory(results)) {
            return List.of();
        }
        try (var folders = Files.find(results, 2, (path, attributes) -> attributes.isDirectory()
            && path.getParent().getParent() != null && path.getParent().getParent().equals(results))) {
            return folders.sorted().toList();
        }
    }
}
