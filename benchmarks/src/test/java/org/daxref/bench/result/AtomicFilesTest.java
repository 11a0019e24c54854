/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

class AtomicFilesTest {
    @TempDir
    private Path folder;

    @Test
    void shouldReplaceAFileAsAWhole() throws IOException {
        final Path file = folder.resolve("file");
        AtomicFiles.write(file, "one");
        AtomicFiles.write(file, "twö");
        assertEquals("twö", Files.readString(file));
        assertFalse(Files.exists(folder.resolve("file.tmp")));
    }

    @Test
    void shouldSayWhatCannotBeWritten() {
        final Path file = folder.resolve("missing/file");
        assertEquals("Cannot write " + file + ": " + folder.resolve("missing/file.tmp") + ".",
            assertThrows(SuiteException.class, () -> AtomicFiles.write(file, "text")).getMessage());
    }

    @Test
    void shouldNameTheReasonOnce() {
        assertEquals("permission denied", AtomicFiles.reason(new AccessDeniedException("/x")));
        assertEquals("Read-only file system (/x)",
            AtomicFiles.reason(new FileSystemException("/x", null, "Read-only file system")));
        assertEquals("No space left on device", AtomicFiles.reason(new IOException("No space left on device")));
    }

    @Test
    void shouldDeleteAFolderWithAllInIt() throws IOException {
        Files.createDirectories(folder.resolve("a/b"));
        Files.writeString(folder.resolve("a/b/c"), "text");
        AtomicFiles.deleteFolder(folder.resolve("a"));
        assertFalse(Files.exists(folder.resolve("a")));
        AtomicFiles.deleteFolder(folder.resolve("a"));
    }
}
