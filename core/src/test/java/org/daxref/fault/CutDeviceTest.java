/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.daxref.memory.WordsKind;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real device file is cut short by {@code ftruncate} under a machine that runs: in a process of its own. */
class CutDeviceTest {
    private static final long PATIENCE_SECONDS = 60;

    @TempDir
    private Path directory;

    /** In an interpreter, which reports an error at the access: what compiled code does later is not to be foreseen. */
    private List<String> run(final WordsKind kind, final String counter, final String lost)
        throws IOException, InterruptedException {
        final Path output = directory.resolve("output");
        final Process process = new ProcessBuilder(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m", "-Xint", "-Xshare:auto",
            "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
            "-XX:+SuppressFatalErrorMessage",
            "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
            CutDevice.class.getName(), directory.resolve("device").toString(), kind.name(), counter, lost))
            .redirectErrorStream(true).redirectOutput(output.toFile()).start();
        final boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        process.destroyForcibly().waitFor();
        final List<String> lines = Files.readAllLines(output, StandardCharsets.UTF_8);
        assertTrue(ended, () -> "hangs after " + lines);
        assertEquals(0, process.exitValue(), lines::toString);
        return lines;
    }

    @ParameterizedTest
    @EnumSource
    void shouldGoOnWithTheRestWhenDataIsLost(final WordsKind kind) throws IOException, InterruptedException {
        assertEquals(List.of("read: failed", "write: failed", "punch: done", "write to a hole: failed",
            "fault in a hole: failed", "fault of a copy: failed", "write of a copy: failed", "books: balanced",
            "closed"), run(kind, "striped-asym", "data"));
    }

    @ParameterizedTest
    @EnumSource
    void shouldSaySoOfEveryOperationWhenAllIsLost(final WordsKind kind) throws IOException, InterruptedException {
        assertEquals(List.of("pinFast: failed", "getFast: failed", "pin: failed", "pinSlow: failed", "unpin: failed",
            "put: failed", "fault: failed", "zap: failed", "read: failed", "write: failed", "fsync: failed",
            "truncate: failed", "punch: failed", "reflink: failed", "munmap: failed", "createPagemap: failed",
            "unbind: failed", "attach: failed", "closed"), run(kind, "hazard", "all"));
    }
}
