/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.SuiteException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The finished forks of a run, each in a file of its own that appears whole. What is in the journal is never run again.
 *
 * @param folder where the files are
 */
record Journal(Path folder) {
    Journal {
        AtomicFiles.createFolders(folder);
    }

    /**
     * Keeps a finished fork.
     *
     * @param index  its place in the plan, from 0
     * @param record what came of it
     */
    void write(final int index, final UnitRecord record) {
        AtomicFiles.write(file(index, ".json"), Json.write(record));
    }

    /**
     * Looks up a fork that has ended.
     *
     * @param index its place in the plan, from 0
     * @param unit  the fork that has this place
     * @return what came of it
     * @throws SuiteException when the entry is not what was written of this fork
     */
    UnitRecord read(final int index, final Plan.Unit unit) {
        final Path file = file(index, ".json");
        final UnitRecord record = Json.read(file, UnitRecord.class);
        if (!record.unit().equals(unit) || !record.isIntact()) {
            throw new SuiteException(file + " is damaged: delete it, and --resume runs its fork again.");
        }
        return record;
    }

    /**
     * Tells whether a fork has ended.
     *
     * @param index its place in the plan, from 0
     * @return whether it is in the journal
     */
    boolean has(final int index) {
        return Files.exists(file(index, ".json"));
    }

    /**
     * Counts the forks that have ended.
     *
     * @return entries
     */
    int size() {
        return Objects.requireNonNullElse(folder.toFile().list((where, name) -> name.endsWith(".json")), new String[0])
            .length;
    }

    /**
     * A file that belongs to a fork.
     *
     * @param index its place in the plan, from 0
     * @param kind  ending of the name
     * @return the path
     */
    Path file(final int index, final String kind) {
        return folder.resolve("%04d%s".formatted(index + 1, kind));
    }
}
