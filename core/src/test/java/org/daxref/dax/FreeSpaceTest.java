/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.daxref.Race;
import org.junit.jupiter.api.Test;

/** Free blocks: what is given out belongs to one owner, and what comes back joins its neighbours. */
class FreeSpaceTest {
    private static final long SEED = Long.getLong("daxref.test.seed", 1234);

    @Test
    void shouldGiveOutTheLowestRunThatFits() {
        final FreeSpace space = new FreeSpace(100, 50);

        assertEquals(100, space.allocate(10, 1));
        assertEquals(110, space.allocate(10, 1));
        space.free(100, 10);
        assertEquals(120, space.allocate(11, 1), "the hole at 100 is too small");
        assertEquals(100, space.allocate(10, 1));
        assertEquals(131, space.allocate(19, 1));
        assertEquals(FreeSpace.NONE, space.allocate(1, 1));
    }

    @Test
    void shouldAlignAndKeepWhatLiesBefore() {
        final FreeSpace space = new FreeSpace(100, 1200);

        assertEquals(512, space.allocate(512, 512));
        assertEquals(FreeSpace.NONE, space.allocate(512, 512), "1024 to 1299 is too short");
        assertTrue(space.isFree(511));
        assertFalse(space.isFree(512));
        assertFalse(space.isFree(1023));
        assertTrue(space.isFree(1024));
        assertEquals(100, space.allocate(412, 1));
        assertEquals(1024, space.allocate(276, 1));
    }

    /** The end of such a run would be negative. */
    @Test
    void shouldFindNoRunThatNoNumberCanEnd() {
        final FreeSpace space = new FreeSpace(100, 50);

        assertEquals(FreeSpace.NONE, space.allocate(Long.MAX_VALUE, 1));
        assertFalse(space.claim(100, Long.MAX_VALUE));

        assertEquals(100, space.allocate(50, 1));
    }

    @Test
    void shouldClaimACertainRunOrNothing() {
        final FreeSpace space = new FreeSpace(0, 100);

        assertTrue(space.claim(40, 20));
        assertFalse(space.claim(30, 11));
        assertFalse(space.claim(59, 5));
        assertFalse(space.claim(50, 1));
        assertFalse(space.claim(90, 11), "beyond the end");
        assertTrue(space.isFree(30), "a refused claim takes nothing");
        assertTrue(space.claim(30, 10));
        assertTrue(space.claim(0, 30));
        assertTrue(space.claim(60, 40));
        assertEquals(FreeSpace.NONE, space.allocate(1, 1));
    }

    @Test
    void shouldJoinWhatComesBack() {
        final FreeSpace space = new FreeSpace(0, 30);
        assertEquals(0, space.allocate(30, 1));
        space.free(0, 10);
        space.free(20, 10);
        assertEquals(FreeSpace.NONE, space.allocate(11, 1));

        space.free(10, 10);

        assertEquals(0, space.allocate(30, 1));
    }

    @Test
    void shouldRefuseWhatIsFreeAlready() {
        final FreeSpace space = new FreeSpace(0, 100);
        assertTrue(space.claim(40, 20));
        for (final long[] run : new long[][] {{0, 1}, {39, 2}, {59, 2}, {99, 1}, {30, 40}}) {
            assertEquals("is free already: start=" + run[0] + ", count=" + run[1],
                assertThrows(IllegalStateException.class, () -> space.free(run[0], run[1])).getMessage());
        }

        space.free(40, 20);

        assertEquals(0, space.allocate(100, 1), "the refused ones changed nothing");
    }

    @Test
    void shouldKnowWhatIsOutside() {
        final FreeSpace space = new FreeSpace(10, 5);

        assertFalse(space.isFree(9));
        assertTrue(space.isFree(10));
        assertTrue(space.isFree(14));
        assertFalse(space.isFree(15));
    }

    /** Against a set of bits. */
    @Test
    void shouldAgreeWithASetOfBits() {
        final int size = 200;
        final SplittableRandom random = new SplittableRandom(SEED);
        final FreeSpace space = new FreeSpace(0, size);
        final BitSet free = new BitSet(size);
        free.set(0, size);
        for (int round = 0; round < 20_000; round++) {
            final int start = random.nextInt(size);
            final int count = 1 + random.nextInt(Math.min(20, size - start));
            final boolean allFree = free.nextClearBit(start) >= start + count;
            final int nextFree = free.nextSetBit(start);
            if (nextFree < 0 || nextFree >= start + count) {
                space.free(start, count);
                free.set(start, start + count);
            } else {
                assertEquals(allFree, space.claim(start, count), "round=" + round + ", seed=" + SEED);
                if (allFree) {
                    free.clear(start, start + count);
                }
            }
            assertEquals(free.get(start), space.isFree(start), "round=" + round + ", seed=" + SEED);
        }
    }

    @Test
    void shouldNeverGiveOneRunToTwo() throws Exception {
        final int size = 16;
        final FreeSpace space = new FreeSpace(0, size);
        final AtomicIntegerArray owners = new AtomicIntegerArray(size);
        final long deadline = Race.deadline();
        final Race.Body user = () -> {
            while (!Race.isOver(deadline)) {
                final long start = space.allocate(3, 1);
                if (start != FreeSpace.NONE) {
                    for (int i = 0; i < 3; i++) {
                        assertEquals(1, owners.incrementAndGet((int) start + i), "two have it");
                    }
                    for (int i = 0; i < 3; i++) {
                        owners.decrementAndGet((int) start + i);
                    }
                    space.free(start, 3);
                }
            }
        };
        Race.run(user, user, user);

        assertEquals(0, space.allocate(size, 1));
    }
}
