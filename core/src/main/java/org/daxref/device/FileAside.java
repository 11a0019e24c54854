/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.device;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * A new file that is written beside its place and linked into it once it is whole. A process that is killed before
 * leaves nothing in the place, and beside it a file that the next creation of the same place removes.
 *
 * <p>A file that is being written is locked, and the lock falls with its process: what can be locked is abandoned. The
 * remover holds the lock while it deletes, so a creator that finds its fresh file locked or gone takes another name.
 */
final class FileAside implements AutoCloseable {
    private static final String MARK = ".creating-";

    private final Path place;
    private final Path aside;
    private final RandomAccessFile file;

    private FileAside(final Path place, final Path aside, final RandomAccessFile file) {
        this.place = place;
        this.aside = aside;
        this.file = file;
    }

    /** Begins a file for a place, and removes what an earlier, interrupted creation left beside it. */
    static FileAside create(final Path place) throws IOException {
        removeAbandoned(place);
        while (true) {
            final Path aside = Files.createFile(place.resolveSibling(
                place.getFileName() + MARK + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt())));
            final RandomAccessFile file = new RandomAccessFile(aside.toFile(), "rw");
            if (takesLock(file.getChannel()) && Files.exists(aside)) {
                return new FileAside(place, aside, file);
            }
            file.close();
        }
    }

    private static boolean takesLock(final FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (final OverlappingFileLockException e) {
            return false;
        }
    }

    private static void removeAbandoned(final Path place) {
        final Pattern name = Pattern.compile(Pattern.quote(place.getFileName() + MARK) + "\\p{XDigit}{8}");
        try (DirectoryStream<Path> beside = Files.newDirectoryStream(place.toAbsolutePath().getParent(),
            path -> name.matcher(path.getFileName().toString()).matches() && Files.isRegularFile(path))) {
            for (final Path path : beside) {
                removeIfAbandoned(path);
            }
        } catch (final IOException | DirectoryIteratorException e) {
            // What cannot be removed stays and harms nobody; what is wrong with the folder, the creation will say.
        }
    }

    private static void removeIfAbandoned(final Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (takesLock(channel) && (channel.size() == 0 || Superblock.isAt(channel))) {
                Files.deleteIfExists(path);
            }
        }
    }

    RandomAccessFile file() {
        return file;
    }

    /**
     * Puts the whole file into its place.
     *
     * @throws java.nio.file.FileAlreadyExistsException if the place has been taken meanwhile; it is left as it is
     */
    void linkIntoPlace() throws IOException {
        Files.createLink(place, aside);
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(aside);
        file.close();
    }
}
