/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.daxref.dax.Extents.EMPTY;
import static org.daxref.dax.Extents.HOLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What the file system answers to iomap: blocks, holes, and what cutting and filling make of them. */
class ExtentsTest {
    private static final long SEED = Long.getLong("daxref.test.seed", 1234);

    private static List<Long> blocks(final Extents extents, final long index, final long count) {
        final List<Long> blocks = new ArrayList<>();
        extents.forEach(index, count, (first, run) -> LongStream.range(first, first + run).forEach(blocks::add));
        return blocks;
    }

    @Test
    void shouldBeOneHoleAtFirst() {
        assertEquals(HOLE, EMPTY.pfn(0));
        assertEquals(HOLE, EMPTY.pfn(Long.MAX_VALUE));
        assertEquals(List.of(), blocks(EMPTY, 0, 100));
        assertFalse(EMPTY.isContiguous(0, 1, HOLE));
    }

    @Test
    void shouldFindTheBlockOfEveryOffset() {
        final Extents extents = EMPTY.with(10, 100, 5).with(0, 500, 5).with(20, 7, 1);

        assertEquals(500, extents.pfn(0));
        assertEquals(504, extents.pfn(4));
        assertEquals(HOLE, extents.pfn(5));
        assertEquals(HOLE, extents.pfn(9));
        assertEquals(100, extents.pfn(10));
        assertEquals(104, extents.pfn(14));
        assertEquals(HOLE, extents.pfn(15));
        assertEquals(7, extents.pfn(20));
        assertEquals(HOLE, extents.pfn(21));
        assertEquals(HOLE, extents.pfn(-1));
    }

    @Test
    void shouldCutAnExtentInTwo() {
        final Extents before = EMPTY.with(0, 100, 10);

        final Extents after = before.without(3, 4);

        assertEquals(List.of(100L, 101L, 102L, 107L, 108L, 109L), blocks(after, 0, 10));
        assertEquals(HOLE, after.pfn(3));
        assertEquals(HOLE, after.pfn(6));
        assertEquals(107, after.pfn(7));
        assertEquals(103, before.pfn(3), "immutable");
    }

    @Test
    void shouldCutAwayWholeExtentsAndTheEndsOfOthers() {
        final Extents extents = EMPTY.with(0, 100, 10).with(10, 300, 5).with(20, 500, 10);

        assertEquals(List.of(100L, 101L, 508L, 509L), blocks(extents.without(2, 26), 0, 100));
        assertEquals(List.of(), blocks(extents.without(0, 30), 0, 100));
        assertEquals(25, blocks(extents.without(15, 5), 0, 100).size(), "a hole already");
        assertEquals(25, blocks(extents.without(5, 0), 0, 100).size());
    }

    @Test
    void shouldNameTheBlocksOfAPartOnly() {
        final Extents extents = EMPTY.with(0, 100, 10).with(12, 300, 5);

        assertEquals(List.of(108L, 109L, 300L), blocks(extents, 8, 5));
        assertEquals(List.of(), blocks(extents, 10, 2));
    }

    private static List<String> runs(final Extents extents) {
        final List<String> runs = new ArrayList<>();
        extents.forEach(0, 10_000, (first, count) -> runs.add(first + "+" + count));
        return runs;
    }

    /** A PMD entry needs one run: two that do not go on will not do, nor a part of one. */
    @Test
    void shouldKnowOneRun() {
        final Extents extents = EMPTY.with(0, 512, 600).with(600, 1113, 600);

        assertTrue(extents.isContiguous(0, 512, 512));
        assertTrue(extents.isContiguous(88, 512, 600));
        assertFalse(extents.isContiguous(89, 512, 601), "it crosses into the next extent");
        assertFalse(extents.isContiguous(0, 512, 513), "another block");
        assertFalse(extents.isContiguous(1000, 512, 1513), "beyond the end");
    }

    /** Otherwise filling a hole block by block would copy longer and longer arrays. */
    @Test
    void shouldJoinExtentsThatGoOn() {
        assertEquals(List.of("512+1200"), runs(EMPTY.with(0, 512, 600).with(600, 1112, 600)));
        assertEquals(List.of("512+1200"), runs(EMPTY.with(600, 1112, 600).with(0, 512, 600)));
        assertEquals(List.of("512+30"), runs(EMPTY.with(0, 512, 10).with(20, 532, 10).with(10, 522, 10)));
        assertEquals(List.of("512+10", "522+10"), runs(EMPTY.with(0, 512, 10).with(11, 522, 10)), "a hole between");
        assertEquals(List.of("512+10", "523+10"), runs(EMPTY.with(0, 512, 10).with(10, 523, 10)), "other blocks");
    }

    /** Against an array of blocks. */
    @Test
    void shouldAgreeWithAnArray() {
        final int size = 64;
        final SplittableRandom random = new SplittableRandom(SEED);
        final long[] expected = new long[size];
        Arrays.fill(expected, HOLE);
        Extents extents = EMPTY;
        long block = 1000;
        for (int round = 0; round < 5000; round++) {
            final int index = random.nextInt(size);
            final int count = 1 + random.nextInt(Math.min(9, size - index));
            extents = extents.without(index, count);
            Arrays.fill(expected, index, index + count, HOLE);
            if (random.nextBoolean()) {
                extents = extents.with(index, block, count);
                for (int i = 0; i < count; i++) {
                    expected[index + i] = block + i;
                }
                block += count;
            }
            for (int i = 0; i < size; i++) {
                assertEquals(expected[i], extents.pfn(i), "round=" + round + ", i=" + i + ", seed=" + SEED);
            }
            assertEquals(Arrays.stream(expected).filter(pfn -> pfn != HOLE).boxed().toList(),
                blocks(extents, 0, size));
        }
    }
}
