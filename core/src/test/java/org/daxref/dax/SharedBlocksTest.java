/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How many files have a block. */
class SharedBlocksTest {
    private static final long TEBIBYTE_PAGES = 1L << 28;
    private static final int BLOCKS = 40;

    private final SharedBlocks shared = new SharedBlocks();
    private final List<String> freed = new ArrayList<>();

    private void remove(final long first, final long count) {
        shared.remove(first, count, (from, blocks) -> freed.add(from + "+" + blocks));
    }

    @Test
    void shouldFreeABlockOfOneOwner() {
        remove(5, 3);

        assertEquals(List.of("5+3"), freed);
        assertFalse(shared.isShared(5));
    }

    @Test
    void shouldCountOwners() {
        shared.add(5, 3);
        shared.add(5, 3);
        assertTrue(shared.isShared(7));
        assertFalse(shared.isShared(4));
        assertFalse(shared.isShared(8));

        remove(5, 3);
        assertTrue(shared.isShared(5));
        remove(5, 3);
        assertFalse(shared.isShared(5));
        assertEquals(List.of(), freed);
        remove(5, 3);
        assertEquals(List.of("5+3"), freed);
    }

    @Test
    void shouldSplitRunsAndJoinThemAgain() {
        shared.add(0, 10);
        shared.add(3, 2);
        assertEquals(3, shared.runs());
        remove(3, 2);
        assertEquals(1, shared.runs());
        remove(4, 1);
        assertEquals(2, shared.runs());
        assertFalse(shared.isShared(4));
        shared.add(4, 1);
        assertEquals(1, shared.runs());

        remove(8, 4);

        assertEquals(List.of("10+2"), freed, "what was shared has an owner left");
        assertFalse(shared.isShared(8));
        assertTrue(shared.isShared(7));
    }

    @Test
    void shouldShareATebibyteAsOneRun() {
        for (int i = 0; i < 1000; i++) {
            shared.add(TEBIBYTE_PAGES, TEBIBYTE_PAGES);
        }
        assertEquals(1, shared.runs());
        assertTrue(shared.isShared(2 * TEBIBYTE_PAGES - 1));
        for (int i = 0; i < 1001; i++) {
            remove(TEBIBYTE_PAGES, TEBIBYTE_PAGES);
        }
        assertEquals(List.of(TEBIBYTE_PAGES + "+" + TEBIBYTE_PAGES), freed);
        assertEquals(0, shared.runs());
    }

    /** Against one number per block. */
    @Test
    void shouldDoAsOneNumberPerBlockWould() {
        final Random random = new Random(1234);
        final int[] owners = new int[BLOCKS];
        Arrays.fill(owners, 1);
        for (int i = 0; i < 20_000; i++) {
            final int first = random.nextInt(BLOCKS);
            final int count = 1 + random.nextInt(BLOCKS - first);
            if (random.nextBoolean()) {
                shared.add(first, count);
                for (int block = first; block < first + count; block++) {
                    owners[block]++;
                }
            } else {
                shared.remove(first, count, (from, blocks) -> {
                    for (long block = from; block < from + blocks; block++) {
                        assertEquals(1, owners[(int) block]);
                        owners[(int) block] = 2; // it goes to another file
                    }
                });
                for (int block = first; block < first + count; block++) {
                    owners[block]--;
                }
            }
            for (int block = 0; block < BLOCKS; block++) {
                assertEquals(owners[block] > 1, shared.isShared(block), "block=" + block);
            }
            assertEquals(changes(owners), shared.runs(), "no run too many");
        }
    }

    private static int changes(final int[] owners) {
        int runs = 0;
        for (int block = 0; block < BLOCKS; block++) {
            runs += owners[block] > 1 && (block == 0 || owners[block - 1] != owners[block]) ? 1 : 0;
        }
        return runs;
    }
}
