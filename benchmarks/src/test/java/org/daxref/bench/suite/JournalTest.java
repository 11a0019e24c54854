/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.SuiteException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class JournalTest {
    private static final Plan.Unit UNIT = new Plan.Unit(Samples.cell("fs-held"), 3);

    @TempDir
    private Path folder;

    @Test
    void shouldReadBackWhatWasWritten() {
        final Journal journal = new Journal(folder.resolve("units"));
        final UnitRecord record =
            UnitRecord.of(UNIT, 2, new GuardVerdict(3, 0, 2), Samples.fork(UNIT.cell(), 0, 20, 21, 22));
        journal.write(36, record);
        assertTrue(journal.has(36));
        assertEquals(record, journal.read(36));
        assertEquals(21.0, journal.read(36).fork().getPrimaryResult().getScore());
    }

    @Test
    void shouldReadBackAFailure() {
        final Journal journal = new Journal(folder);
        journal.write(0, UnitRecord.failed(UNIT, 1, "the books do not balance"));
        assertEquals("the books do not balance", journal.read(0).failure());
    }

    @Test
    void shouldCountOnlyWhatIsWhole() throws IOException {
        final Journal journal = new Journal(folder);
        journal.write(0, UnitRecord.failed(UNIT, 1, "a reason"));
        Files.writeString(folder.resolve("0002.json.tmp"), "{ \"unit\" :");
        Files.writeString(folder.resolve("0002.log"), "log");
        assertEquals(1, journal.size());
        assertFalse(journal.has(1));
    }

    @Test
    void shouldLeaveNothingAsideBehind() throws IOException {
        new Journal(folder).write(0, UnitRecord.failed(UNIT, 1, "a reason"));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of("0001.json"), files.map(file -> file.getFileName().toString()).toList());
        }
    }

    @Test
    void shouldSayWhenAnEntryIsDamaged() throws IOException {
        final Journal journal = new Journal(folder);
        Files.writeString(folder.resolve("0001.json"), "{ half");
        assertEquals(folder.resolve("0001.json") + " is damaged: it is not the JSON that daxref wrote.",
            assertThrows(SuiteException.class, () -> journal.read(0)).getMessage());
        assertEquals("The journal of " + UNIT + " is damaged: start a new run without --resume.",
            assertThrows(SuiteException.class, () -> new UnitRecord(UNIT, 1, GuardVerdict.NONE, null, null,
                "bm90aGluZw==").fork()).getMessage());
    }
}
