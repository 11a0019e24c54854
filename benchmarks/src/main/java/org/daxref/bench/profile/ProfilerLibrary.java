/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.profile;

import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.SuiteException;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * async-profiler's native library, unpacked from this program while it is needed: a fork can only load a file.
 */
public final class ProfilerLibrary implements AutoCloseable {
    private static final String NAME = "libasyncProfiler.so";

    private final Path folder;

    private ProfilerLibrary(final Path folder) {
        this.folder = folder;
    }

    /**
     * Unpacks the library for a platform.
     *
     * @param os   the system property {@code os.name}
     * @param arch the system property {@code os.arch}
     * @return the library
     * @throws SuiteException when async-profiler has none for this platform, or it cannot be unpacked
     */
    public static ProfilerLibrary unpack(final String os, final String arch) {
        final String platform = platform(os.toLowerCase(Locale.ROOT), arch.toLowerCase(Locale.ROOT));
        try (InputStream library = ProfilerLibrary.class.getResourceAsStream("/" + platform + "/" + NAME)) {
            if (library == null) {
                throw new SuiteException("There is no async-profiler for " + os + " on " + arch
                    + ": it runs on Linux (x64, arm64) and macOS. JMH's own profilers remain:"
                    + " ./run-bench.sh --filter ... -- -prof jfr.");
            }
            final Path folder = Files.createTempDirectory("daxref-profiler-");
            Files.copy(library, folder.resolve(NAME));
            return new ProfilerLibrary(folder);
        } catch (final IOException e) {
            throw new SuiteException("Cannot unpack async-profiler into " + System.getProperty("java.io.tmpdir") + ": "
                + AtomicFiles.reason(e) + ".", e);
        }
    }

    private static String platform(final String os, final String arch) {
        if (os.startsWith("mac")) {
            return "macos";
        }
        return os + "-" + switch (arch) {
            case "amd64", "x86_64" -> "x64";
            case "aarch64" -> "arm64";
            default -> arch;
        };
    }

    /**
     * Where it lies.
     *
     * @return absolute path
     */
    public Path file() {
        return folder.resolve(NAME).toAbsolutePath();
    }

    @Override
    public void close() {
        AtomicFiles.deleteFolder(folder);
    }
}
