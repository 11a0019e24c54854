/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system of a test's own, for which the test has to run as root. */
record Mounts(Path point) implements AutoCloseable {
    static Mounts tmpfs(final Path point, final String options) throws IOException, InterruptedException {
        Files.createDirectories(point);
        final Process mount = new ProcessBuilder("mount", "-t", "tmpfs", "-o", options, "tmpfs", point.toString())
            .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        Assumptions.assumeTrue(mount.waitFor() == 0, "mounting a file system takes root");
        return new Mounts(point);
    }

    @Override
    public void close() throws IOException {
        try {
            new ProcessBuilder("umount", "-l", point.toString()).inheritIO().start().waitFor();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
