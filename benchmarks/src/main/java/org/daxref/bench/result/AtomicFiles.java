/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * File operations that leave either the whole new file or the old state behind, whatever stops them.
 */
public final class AtomicFiles {
    private AtomicFiles() {
    }

    /**
     * Writes a file aside, forces it to the disk, and renames it into place.
     *
     * @param file    the file to appear
     * @param content its whole content
     * @throws SuiteException when it cannot be written; {@code file} is then as it was before
     */
    public static void write(final Path file, final String content) {
        final Path aside = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                final ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            move(aside, file);
        } catch (final IOException e) {
            aside.toFile().delete();
            throw new SuiteException("Cannot write " + file + ": " + reason(e) + ".", e);
        }
    }

    /**
     * Renames within one file system and forces the rename to the disk.
     *
     * @param from what to rename
     * @param to   its new name, replaced if it is a file that exists
     * @throws IOException when the rename fails; nothing has changed then
     */
    public static void move(final Path from, final Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel folder = FileChannel.open(to.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    /**
     * Creates a folder and those above it.
     *
     * @param folder the folder that shall exist
     * @throws SuiteException when it cannot be created
     */
    public static void createFolders(final Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (final IOException e) {
            throw new SuiteException("Cannot create the folder " + folder + ": " + reason(e) + ".", e);
        }
    }

    /**
     * Deletes a folder and all in it, as far as that is possible.
     *
     * @param folder the folder that shall be gone
     */
    public static void deleteFolder(final Path folder) {
        if (Files.isDirectory(folder)) {
            try (Stream<Path> inside = Files.walk(folder)) {
                inside.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
            } catch (final IOException e) {
                throw new SuiteException("Cannot delete the folder " + folder + ": " + reason(e) + ".", e);
            }
        }
    }

    /**
     * What the file system said, without the path that its message repeats.
     *
     * @param e what was thrown
     * @return a few words
     */
    public static String reason(final IOException e) {
        return switch (e) {
            case final AccessDeniedException denied -> "permission denied";
            case final FileAlreadyExistsException exists -> exists.getFile() + " is a file";
            case final FileSystemException fs when fs.getReason() != null ->
                fs.getReason() + (fs.getFile() == null ? "" : " (" + fs.getFile() + ")");
            default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        };
    }
}
