/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.Machine;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.SuiteException;
import org.daxref.device.DeviceException;
import org.daxref.device.DeviceGeometry;
import org.daxref.device.PmemDevice;

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
     * Makes sure that forks will have a device: checks or creates the given file, or looks for room for fresh ones.
     *
     * @param given where the user wants it; null for a fresh file in every fork
     * @param asked size that the user wants in 4 KiB pages; 0 for that of an existing file, or the default
     * @return the device
     * @throws SuiteException when there can be none
     */
    static DeviceFile prepare(final Path given, final long asked) {
        try {
            if (given != null && Files.exists(given)) {
                final long pages = PmemDevice.check(given).pages();
                if (asked != 0 && asked != pages) {
                    throw new SuiteException("The device " + given + " has " + pages + " pages and not " + asked
                        + ": leave out --pages, or name another path.");
                }
                return new DeviceFile(given, pages);
            }
            final long pages = asked == 0 ? DEFAULT_PAGES : asked;
            final DeviceGeometry geometry = Machine.geometry(pages);
            if (given != null) {
                PmemDevice.create(given, geometry);
            } else {
                checkRoom(geometry);
            }
            return new DeviceFile(given, pages);
        } catch (final DeviceException | IllegalArgumentException e) {
            throw refusal(e);
        }
    }

    /**
     * A file that every fork uses in turn, in shared memory. {@link #removeLeftover} of this process takes it away.
     *
     * @param asked its size in 4 KiB pages; 0 for the default
     * @return the device
     * @throws SuiteException when there can be none
     */
    static DeviceFile ofAllForks(final long asked) {
        return prepare(fresh(ProcessHandle.current().pid()), asked);
    }

    /**
     * A device that cannot be used.
     *
     * @param e why not
     * @return what to throw
     */
    static SuiteException refusal(final RuntimeException e) {
        return new SuiteException("Cannot use this device: " + e.getMessage() + ".", e);
    }

    /**
     * Called after a fork has failed: tells a benchmark that fails from a device that was taken away under it. A file
     * that is cut off while it is mapped ends its user by SIGBUS, which does not say what happened.
     *
     * @param cause what made the fork fail
     * @throws SuiteException when it was the device, so that further forks would fail in the same way
     */
    void requireUsable(final Throwable cause) {
        if (cause instanceof final DeviceException e) {
            throw refusal(e);
        }
        if (path != null) {
            try {
                PmemDevice.check(path);
            } catch (final DeviceException e) {
                throw refusal(e);
            }
        }
    }

    private static void checkRoom(final DeviceGeometry geometry) {
        final long needed = Math.min(geometry.dataOffset(), PmemDevice.DEFAULT_UP_FRONT_BYTES);
        final long free = freshFolder().toFile().getUsableSpace();
        if (free < needed) {
            throw new SuiteException(freshFolder() + " is full: " + (free >> 20) + " MiB are free and a device of "
                + geometry.pages() + " pages needs " + (needed >> 20)
                + " MiB; free some, ask for fewer by --pages, or name a path by --device.");
        }
    }

    private static Path freshFolder() {
        final Path shm = Path.of("/dev/shm");
        return Files.isWritable(shm) ? shm : Path.of(System.getProperty("java.io.tmpdir"));
    }

    /**
     * Removes the fresh device of a process: of a fork that was killed before it could unlink the file, which it does
     * once it has mapped it.
     *
     * @param pid the process id
     */
    static void removeLeftover(final long pid) {
        fresh(pid).toFile().delete();
    }

    private static Path fresh(final long pid) {
        return freshFolder().resolve("daxref-" + pid + ".pmem");
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
        final Path lies = path != null ? path.toAbsolutePath() : freshFolder();
        return new Manifest.Device(path != null ? "a file that was given" : "a fresh file in every fork",
            machine.fileSystem(lies), pages);
    }
}
