/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.lang.foreign.MemorySegment;
import org.daxref.memory.SegmentWords;
import org.daxref.memory.Words;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RandomCycleTest {
    private static final long BASE = 128;

    private static Words cycle(final int lines, final long seed) {
        final Words words = new SegmentWords(MemorySegment.ofArray(
            new long[(int) (BASE + ((long) lines << RandomCycle.LINE_SHIFT)) / Long.BYTES]));
        RandomCycle.write(words, BASE, lines, seed);
        return words;
    }

    private static long next(final Words words, final long line) {
        return words.getLongOpaque(BASE + (line << RandomCycle.LINE_SHIFT));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 64, 1000})
    void shouldVisitEveryLineBeforeItComesBack(final int lines) {
        for (long seed = 1; seed <= 20; seed++) {
            final Words words = cycle(lines, seed);
            long at = 0;
            int steps = 0;
            do {
                at = next(words, at);
                steps++;
            } while (at != 0 && steps < lines);
            assertEquals(lines, steps);
            assertEquals(0, at);
        }
    }

    @Test
    void shouldNotWalkInOrder() {
        final Words words = cycle(1000, 1234);
        int inOrder = 0;
        for (long line = 0; line < 1000; line++) {
            inOrder += next(words, line) == line + 1 ? 1 : 0;
        }
        assertEquals(0, inOrder / 10, "at most a few by chance");
        assertNotEquals(next(words, 0), next(cycle(1000, 1235), 0));
    }
}
