/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the small text files in which Linux describes itself. What a platform does not have is absent, never an error.
 *
 * @param root {@code /}, or a folder that imitates it
 */
public record SystemFiles(Path root) {
    /**
     * The running system.
     *
     * @return its files
     */
    public static SystemFiles ofThisSystem() {
        return new SystemFiles(Path.of("/"));
    }

    /**
     * Reads a file.
     *
     * @param path the file, from the root, without the leading slash
     * @return its content without the surrounding white space, or nothing when it cannot be read
     */
    public Optional<String> read(final String path) {
        try {
            return Optional.of(Files.readString(root.resolve(path)).strip());
        } catch (final IOException e) {
            return Optional.empty();
        }
    }

    /**
     * Reads a file that holds a number.
     *
     * @param path the file, from the root, without the leading slash
     * @return the number, or nothing when there is none
     */
    public Optional<Long> number(final String path) {
        return read(path).filter(text -> text.matches("-?\\d{1,18}")).map(Long::valueOf);
    }

    /**
     * The value of a {@code key: value} line.
     *
     * @param path the file, from the root, without the leading slash
     * @param key  what stands before the colon
     * @return the first such value, or nothing
     */
    public Optional<String> field(final String path, final String key) {
        return read(path).stream().flatMap(String::lines)
            .filter(line -> line.contains(":") && line.substring(0, line.indexOf(':')).strip().equals(key))
            .map(line -> line.substring(line.indexOf(':') + 1).strip()).findFirst();
    }

    /**
     * Lists paths by pattern.
     *
     * @param folder the folder, from the root, without the leading slash
     * @param glob   pattern of the names in it
     * @return what matches, from the root, sorted; empty when the folder is missing
     */
    public List<String> list(final String folder, final String glob) {
        final List<String> found = new ArrayList<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(root.resolve(folder), glob)) {
            paths.forEach(path -> found.add(root.relativize(path).toString()));
        } catch (final IOException e) {
            return List.of();
        }
        return found.stream().sorted().toList();
    }

    /**
     * Tells whether a path exists.
     *
     * @param path the path, from the root, without the leading slash
     * @return whether it is there
     */
    public boolean exists(final String path) {
        return Files.exists(root.resolve(path));
    }
}
