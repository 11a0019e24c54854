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
        assertEquals(record, journal.read(36, UNIT));
        assertEquals(21.0, journal.read(36, UNIT).fork().getPrimaryResult().getScore());
    }

    @Test
    void shouldReadBackAFailure() {
        final Journal journal = new Journal(folder);
        journal.write(0, UnitRecord.failed(UNIT, 1, "the books do not balance"));
        assertEquals("the books do not balance", journal.read(0, UNIT).failure());
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
            assertThrows(SuiteException.class, () -> journal.read(0, UNIT)).getMessage());
    }

    /** Each of them is JSON that daxref could have written, only not of this fork. */
    @Test
    void shouldSayWhenAnEntryDoesNotTellOfItsFork() {
        final Journal journal = new Journal(folder);
        final UnitRecord sound = UnitRecord.of(UNIT, 1, GuardVerdict.NONE, Samples.fork(UNIT.cell(), 0, 20, 21, 22));
        final UnitRecord other = UnitRecord.of(UNIT, 1, GuardVerdict.NONE, Samples.fork(UNIT.cell(), 0, 20, 21, 23));
        journal.write(0, new UnitRecord(UNIT, 1, GuardVerdict.NONE, null, sound.jmh(), "bm90aGluZw=="));
        journal.write(1, new UnitRecord(UNIT, 1, GuardVerdict.NONE, null, sound.jmh(), other.result()));
        journal.write(2, UnitRecord.failed(new Plan.Unit(Samples.cell("dev-pagemap"), 3), 1, "a reason"));
        for (int index = 0; index < 3; index++) {
            final int entry = index;
            assertEquals(journal.file(index, ".json") + " is damaged: delete it, and --resume runs its fork again.",
                assertThrows(SuiteException.class, () -> journal.read(entry, UNIT)).getMessage());
        }
    }
}
