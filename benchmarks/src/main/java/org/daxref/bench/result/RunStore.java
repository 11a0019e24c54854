/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The finished runs in a results folder.
 *
 * @param results a folder per machine, and in each a folder per run
 */
public record RunStore(Path results) {
    private static final String MANIFEST = "manifest.json";
    private static final String SCORES = "jmh.json";

    /**
     * Finds the run that is meant.
     *
     * @param argument a run folder, or the name of one
     * @return its folder, which holds the files of a finished run
     * @throws SuiteException when there is none, or it did not come to its end
     */
    public Path find(final String argument) {
        final Path path = path(argument);
        if (Files.isDirectory(path)) {
            return checked(path.toAbsolutePath());
        }
        final List<Path> named = list(results).stream().map(machine -> machine.resolve(path.getFileName()))
            .filter(Files::isDirectory).toList();
        if (path.getNameCount() > 1 || named.isEmpty()) {
            throw new SuiteException("There is no run " + argument + ": name a run folder, or one of those in "
                + results + ".");
        }
        if (named.size() > 1) {
            throw new SuiteException("More than one machine has a run " + argument + ": give the path of its folder.");
        }
        return checked(named.getFirst());
    }

    private static Path path(final String argument) {
        try {
            final Path path = Path.of(argument).normalize();
            if (path.getFileName() != null && !argument.isBlank()) {
                return path;
            }
        } catch (final InvalidPathException e) {
            throw new SuiteException("A run cannot have the name '" + argument + "'.", e);
        }
        throw new SuiteException("A run cannot have the name '" + argument + "'.");
    }

    private static Path checked(final Path folder) {
        if (folder.getFileName().toString().endsWith(RunFolder.PARTIAL)) {
            throw new SuiteException("The run " + folder + " was stopped before its end: go on with it by --resume.");
        }
        for (final String file : List.of(MANIFEST, SCORES)) {
            if (!Files.isRegularFile(folder.resolve(file))) {
                throw new SuiteException(folder + " is not the folder of a finished run: it has no " + file + ".");
            }
        }
        return folder;
    }

    /**
     * The run to show when none was named.
     *
     * @param machine name of a machine's folder
     * @return the newest finished run of that machine, or of any when it has none
     * @throws SuiteException when there is no finished run at all
     */
    public Path newest(final String machine) {
        final Comparator<Path> age = Comparator.comparing(folder -> folder.getFileName().toString());
        final Optional<Path> here = finished(results.resolve(machine)).stream().max(age);
        return here.or(() -> list(results).stream().flatMap(folder -> finished(folder).stream()).max(age))
            .orElseThrow(() -> new SuiteException(
                "There is no finished run in " + results + ": ./run-bench.sh makes one."));
    }

    /**
     * The run that measured a commit.
     *
     * @param machine name of a machine's folder
     * @param commit  full hash
     * @return the newest finished run of it on that machine, if there is one
     */
    public Optional<Path> newest(final String machine, final String commit) {
        final Pattern name = Pattern.compile(
            "\\d{8}-\\d{6}-" + commit.substring(0, RunFolder.SHORT_COMMIT) + "-[a-z]+");
        return finished(results.resolve(machine)).stream()
            .filter(folder -> name.matcher(folder.getFileName().toString()).matches())
            .max(Comparator.comparing(folder -> folder.getFileName().toString()));
    }

    /**
     * The finished runs of a machine.
     *
     * @param machine the machine's folder
     * @return the folders of its runs, oldest first
     */
    public static List<Path> finished(final Path machine) {
        return list(machine).stream().filter(folder -> !folder.getFileName().toString().endsWith(RunFolder.PARTIAL)
            && Files.isRegularFile(folder.resolve(MANIFEST)) && Files.isRegularFile(folder.resolve(SCORES))).toList();
    }

    private static List<Path> list(final Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> inside = Files.list(folder)) {
            return inside.filter(Files::isDirectory).sorted().toList();
        } catch (final IOException e) {
            throw new SuiteException("Cannot read " + folder + ": " + AtomicFiles.reason(e) + ".", e);
        }
    }
}
