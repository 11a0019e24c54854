/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;

/**
 * One side of a comparison.
 *
 * @param label        how the user named it, or the commit
 * @param measurements what it has, by key
 * @param cautions     what a reader has to know before trusting it, to stand behind the label
 * @param machine      the machine's folder name; empty when it is not known
 * @param file         where the numbers are
 */
record Side(String label, SortedMap<Key, Measurement> measurements, List<String> cautions, String machine,
            Path file) {

    /**
     * The same side with other measurements.
     *
     * @param others what it has instead
     * @return the side
     */
    Side with(final SortedMap<Key, Measurement> others) {
        return new Side(label, others, cautions, machine, file);
    }

    /**
     * The same side under another name.
     *
     * @param name what it is called
     * @return the side
     */
    Side called(final String name) {
        return new Side(name, measurements, cautions, machine, file);
    }

    /**
     * Whether fork i of the other side ran beside fork i of this one.
     *
     * @param other the other side
     * @return true for the base and the head of one A/B run
     */
    boolean ranInTurnWith(final Side other) {
        return lies("base") && other.lies("head") && run().getParent().equals(other.run().getParent());
    }

    /**
     * Whether both sides are parts of one run, so that no time lies between them.
     *
     * @param other the other side
     * @return whether they come from one file
     */
    boolean isOfTheRunOf(final Side other) {
        return file.equals(other.file);
    }

    private boolean lies(final String name) {
        return run().endsWith(name) && Files.isDirectory(run().resolveSibling("base"))
            && Files.isDirectory(run().resolveSibling("head"));
    }

    private Path run() {
        return file.getParent();
    }
}
