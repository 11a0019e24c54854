/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RunFolderTest {
    private static final LocalDateTime NOON = LocalDateTime.of(2026, 1, 2, 12, 0, 0);

    @TempDir
    private Path results;

    private RunFolder create(final LocalDateTime when) {
        return RunFolder.create(results.resolve("machine"), when, "abc123-dirty", "quick");
    }

    @Test
    void shouldCarryItsFinalNameOnlyAtTheEnd() {
        final RunFolder folder = create(NOON);
        assertEquals("20260102-120000-abc123-dirty-quick.partial", folder.partial().getFileName().toString());
        assertFalse(Files.exists(folder.whole()));
        folder.finish();
        assertEquals("20260102-120000-abc123-dirty-quick", folder.whole().getFileName().toString());
        assertTrue(Files.isDirectory(folder.whole()));
        assertFalse(Files.exists(folder.partial()));
    }

    @Test
    void shouldNeverReuseAFolder() {
        create(NOON).finish();
        assertEquals("20260102-120001-abc123-dirty-quick.partial", create(NOON).partial().getFileName().toString());
        assertEquals("20260102-120002-abc123-dirty-quick.partial", create(NOON).partial().getFileName().toString());
    }

    @Test
    void shouldFindTheNewestRunThatWasStopped() throws IOException {
        assertTrue(RunFolder.newestPartial(results.resolve("missing"), "quick").isEmpty());
        for (final int hour : new int[] {9, 11, 10}) {
            Files.writeString(create(NOON.withHour(hour)).partial().resolve("manifest.json"), "{}");
        }
        create(NOON);
        final RunFolder newest = RunFolder.newestPartial(results, "quick").orElseThrow();
        assertEquals("20260102-110000-abc123-dirty-quick", newest.whole().getFileName().toString());
        assertTrue(RunFolder.newestPartial(results, "full").isEmpty());
    }

    @Test
    void shouldSayThatAFileStandsInTheWay() throws IOException {
        Files.writeString(results.resolve("machine"), "a file");
        assertEquals("Cannot create the folder " + results.resolve("machine") + ": " + results.resolve("machine")
            + " is a file.",
            assertThrows(SuiteException.class, () -> create(NOON)).getMessage());
    }
}
