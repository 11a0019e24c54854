/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.Manifest;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The file that stands in for the pmem device, as far as the runner deals with it.
 *
 * @param path  where it lies; null when every fork makes a fresh one
 * @param pages its size in 4 KiB pages
 */
record DeviceFile(Path path, long pages) {
    /** The size when none is asked for. */
    static final long DEFAULT_PAGES = 65_536;

    /**
     * Makes sure that a given file is a device that forks can use.
     */
    void prepare() {
        // The check of the file's content is PmemDevice's.
    }

    /**
     * What forks are told.
     *
     * @return system properties
     */
    SortedMap<String, String> properties() {
        final SortedMap<String, String> properties = new TreeMap<>();
        properties.put("daxref.pages", Long.toString(pages));
        if (path != null) {
            properties.put("daxref.device", path.toAbsolutePath().toString());
        }
        return properties;
    }

    /**
     * What the manifest says of it.
     *
     * @param machine knows the file systems
     * @return kind, file system and size; not the path
     */
    Manifest.Device describe(final MachineProbe machine) {
        final Path shm = Path.of("/dev/shm");
        final Path lies = path != null ? path.toAbsolutePath()
            : Files.isDirectory(shm) ? shm : Path.of(System.getProperty("java.io.tmpdir"));
        return new Manifest.Device(path != null ? "a file that was given" : "a fresh file in every fork",
            machine.fileSystem(lies), pages);
    }
}
