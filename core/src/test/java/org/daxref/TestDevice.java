/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.daxref.device.DeviceGeometry;
import org.daxref.device.PmemDevice;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;

/** A real device file, created, mapped and opened; closed and deleted at the end. */
public final class TestDevice implements AutoCloseable {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    private final Path directory;
    private final PmemDevice device;
    private final Words words;

    private TestDevice(final Path directory, final PmemDevice device, final Words words) {
        this.directory = directory;
        this.device = device;
        this.words = words;
    }

    public static TestDevice open(final WordsKind kind, final long pages) {
        return open(kind, pages, UnaryOperator.identity());
    }

    /** A device whose words are seen through a test double. */
    public static TestDevice open(final WordsKind kind, final long pages, final UnaryOperator<Words> wrap) {
        try {
            final Path directory = Files.isWritable(SHARED_MEMORY)
                ? Files.createTempDirectory(SHARED_MEMORY, "daxref-test") : Files.createTempDirectory("daxref-test");
            final Path path = directory.resolve("device");
            PmemDevice.create(path, Machine.geometry(pages));
            final PmemDevice device = PmemDevice.open(path);
            return new TestDevice(directory, device, wrap.apply(kind.over(device.region().segment())));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where everything lies in the file. */
    public DeviceGeometry layout() {
        return device.geometry();
    }

    /** Where everything lies, as {@link #words()} counts offsets. */
    public DeviceGeometry geometry() {
        return device.geometry().from(words.origin());
    }

    public Words words() {
        return words;
    }

    @Override
    public void close() {
        try {
            device.close();
            Files.delete(directory.resolve("device"));
            Files.delete(directory);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
