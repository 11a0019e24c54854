/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.HlogFile;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.SuiteException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * The finished forks of a run, each in a file of its own that appears whole. What is in the journal is never run again.
 *
 * @param folder where the files are
 */
record Journal(Path folder) {
    private static final String HLOG = ".hlog";
    private static final String REPEATED_HLOG = ".repeated.hlog";
    private static final String LOG = ".log";

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

    /**
     * Where a fork leaves what is no score.
     *
     * @param index   its place in the plan, from 0
     * @param attempt which time it is run, from 1
     * @return files of the journal
     */
    ForkRunner.Traces traces(final int index, final int attempt) {
        return new ForkRunner.Traces(file(index, attempt == 1 ? HLOG : REPEATED_HLOG), file(index,
            ForkRunner.CRASH_LOG), file(index, LOG));
    }

    /**
     * Puts the histogram log of the repetition in the place of the first one.
     *
     * @param index place of the fork in the plan, from 0
     */
    void keepRepeated(final int index) {
        move(index, REPEATED_HLOG, folder, file(index, HLOG).getFileName().toString());
    }

    /**
     * Brings the histogram logs, and the logs of the forks that failed, to where a reader looks.
     *
     * @param records every entry
     * @param run     the run's folder
     */
    void collect(final List<UnitRecord> records, final Path run) {
        for (int index = 0; index < records.size(); index++) {
            final Cell cell = records.get(index).unit().cell();
            move(index, HLOG, run, HlogFile.name(cell.benchmark(), cell.params(), cell.threads(),
                records.get(index).unit().round()));
            if (records.get(index).failure() != null) {
                for (final String log : List.of(LOG, ForkRunner.CRASH_LOG)) {
                    move(index, log, run, "failed-%04d%s".formatted(index + 1, log));
                }
            }
        }
    }

    /** A fork need not have left one. */
    private void move(final int index, final String kind, final Path where, final String name) {
        file(index, kind).toFile().renameTo(where.resolve(name).toFile());
    }
}
