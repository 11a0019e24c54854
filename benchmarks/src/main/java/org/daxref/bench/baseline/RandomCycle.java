/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import org.daxref.bench.Xorshift;
import org.daxref.memory.Words;

/**
 * A random cycle through lines of memory: the first word of each names the next, and only when all were visited comes
 * the first again. Made by Sattolo's algorithm in the memory itself.
 */
final class RandomCycle {
    /** Binary logarithm of the distance of two lines in bytes. */
    static final int LINE_SHIFT = 6;

    private RandomCycle() {
    }

    /**
     * Writes the cycle.
     *
     * @param words access to the memory
     * @param base  offset of the first line
     * @param lines how many
     * @param seed  not 0
     */
    static void write(final Words words, final long base, final long lines, final long seed) {
        for (long line = 0; line < lines; line++) {
            words.putLongOpaque(base + (line << LINE_SHIFT), line);
        }
        final Xorshift random = new Xorshift(seed);
        for (long line = lines - 1; line > 0; line--) {
            swap(words, base + (line << LINE_SHIFT), base + (random.below(line) << LINE_SHIFT));
        }
    }

    private static void swap(final Words words, final long one, final long other) {
        final long kept = words.getLongOpaque(one);
        words.putLongOpaque(one, words.getLongOpaque(other));
        words.putLongOpaque(other, kept);
    }
}
