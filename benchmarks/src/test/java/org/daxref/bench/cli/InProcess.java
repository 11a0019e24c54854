/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The program within this JVM, thousands of times a minute. It cannot measure: the {@code java} that it would start
 * for a fork ends at once. Until closed, the system properties that say where things are point to a test's folder.
 */
final class InProcess implements AutoCloseable {
    private final Map<String, String> before = new TreeMap<>();
    private final PrintStream out = System.out;
    private final PrintStream err = System.err;

    InProcess(final Path home) throws IOException {
        final Path java = home.resolve("no-jdk/bin/java");
        Files.createDirectories(java.getParent());
        Files.writeString(java, "#!/bin/sh\nexit 1\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        replace("java.home", java.getParent().getParent());
        replace("java.io.tmpdir", home);
        replace("daxref.home", home);
    }

    private void replace(final String property, final Path value) {
        before.put(property, System.getProperty(property, ""));
        System.setProperty(property, value.toString());
    }

    Cli.Ended run(final String... arguments) {
        final ByteArrayOutputStream printed = new ByteArrayOutputStream();
        final ByteArrayOutputStream complained = new ByteArrayOutputStream();
        final int exit = DaxrefCommand.execute(new PrintStream(printed, true, StandardCharsets.UTF_8),
            new PrintStream(complained, true, StandardCharsets.UTF_8), arguments);
        return new Cli.Ended(exit, printed.toString(StandardCharsets.UTF_8),
            complained.toString(StandardCharsets.UTF_8));
    }

    /** What may never be seen, and that a refusal is one sentence. */
    static void assertOrderly(final Cli.Ended ended) {
        final String all = ended.out() + ended.err();
        assertFalse(all.contains("\tat ") || all.contains("this is a defect"), all);
        assertTrue(ended.exit() >= 0 && ended.exit() <= DaxrefCommand.BAD_INPUT, "exit=" + ended.exit());
        if (ended.exit() == DaxrefCommand.BAD_INPUT && !ended.err().isEmpty()) {
            assertTrue(ended.err().endsWith(".\n"), "no sentence: " + ended.err());
            assertEquals(1, ended.err().lines().count(), "not one line: " + ended.err());
        }
    }

    @Override
    public void close() {
        System.setOut(out);
        System.setErr(err);
        before.forEach((property, value) -> {
            if (value.isEmpty()) {
                System.clearProperty(property);
            } else {
                System.setProperty(property, value);
            }
        });
    }
}
