/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder of one run. While the run goes on its name ends in {@code .partial}; the rename that takes the ending away
 * is what makes the run whole. A run that was killed therefore never passes for a finished one.
 *
 * @param partial where files are written while the run goes on
 * @param whole   the name it gets at the end
 */
public record RunFolder(Path partial, Path whole) {
    /** The ending of the name of a run that is not finished. */
    public static final String PARTIAL = ".partial";

    /** How much of a commit's hash stands in a name. */
    static final int SHORT_COMMIT = 10;

    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);
    private static final long LEAST_FREE_BYTES = 16L << 20;

    /**
     * Makes the folder of a new run. Never reuses one that exists, finished or not.
     *
     * @param machine the machine's folder, created when missing
     * @param started when the run started, in UTC
     * @param commit  short commit hash, with {@code -dirty} where that is so
     * @param profile the run's profile
     * @return the folder, there and writable
     * @throws SuiteException when the folder cannot be written or the disk is all but full
     */
    public static RunFolder create(final Path machine, final LocalDateTime started, final String commit,
                                   final String profile) {
        AtomicFiles.createFolders(machine);
        LocalDateTime stamp = started;
        while (true) {
            final String name = STAMP.format(stamp.atOffset(ZoneOffset.UTC)) + "-" + commit + "-" + profile;
            final RunFolder folder = of(machine.resolve(name + PARTIAL));
            if (!Files.exists(folder.whole) && folder.tryCreate()) {
                folder.checkSpace();
                return folder;
            }
            stamp = stamp.plusSeconds(1);
        }
    }

    /**
     * Finds the run to go on with.
     *
     * @param results the results folder
     * @param profile the profile wanted
     * @return the newest run of that profile on any machine that was not finished
     */
    public static Optional<RunFolder> newestPartial(final Path results, final String profile) {
        if (!Files.isDirectory(results)) {
            return Optional.empty();
        }
        try (Stream<Path> folders = Files.find(results, 2,
            (path, attributes) -> path.getFileName().toString().endsWith("-" + profile + PARTIAL))) {
            return folders.filter(folder -> Files.exists(folder.resolve("manifest.json")))
                .max(Comparator.comparing(folder -> folder.getFileName().toString())).map(RunFolder::of);
        } catch (final IOException e) {
            throw new SuiteException("Cannot read " + results + ": " + AtomicFiles.reason(e) + ".", e);
        }
    }

    /**
     * A folder for a run that is not kept.
     *
     * @return a fresh folder where temporary files go
     */
    public static RunFolder temporary() {
        try {
            final Path folder = Files.createTempDirectory("daxref-");
            return new RunFolder(folder, folder);
        } catch (final IOException e) {
            throw new SuiteException("Cannot create a temporary folder: " + AtomicFiles.reason(e) + ".", e);
        }
    }

    private static RunFolder of(final Path partial) {
        final String name = partial.getFileName().toString();
        return new RunFolder(partial, partial.resolveSibling(name.substring(0, name.length() - PARTIAL.length())));
    }

    private boolean tryCreate() {
        try {
            Files.createDirectory(partial);
            return true;
        } catch (final java.nio.file.FileAlreadyExistsException e) {
            return false;
        } catch (final IOException e) {
            throw new SuiteException(
                "Cannot write to " + partial.getParent() + ": " + AtomicFiles.reason(e) + ".", e);
        }
    }

    private void checkSpace() {
        final long free = partial.toFile().getUsableSpace();
        if (free < LEAST_FREE_BYTES) {
            partial.toFile().delete();
            throw new SuiteException("The disk under " + partial.getParent() + " is full: " + (free >> 10)
                + " KiB are free and a run needs " + (LEAST_FREE_BYTES >> 20) + " MiB.");
        }
    }

    /**
     * Gives the finished run its name.
     *
     * @throws SuiteException when the rename fails; the run then stays partial, and can be resumed
     */
    public void finish() {
        try {
            AtomicFiles.move(partial, whole);
        } catch (final IOException e) {
            throw new SuiteException("Cannot rename " + partial + ": " + AtomicFiles.reason(e) + ".", e);
        }
    }
}
