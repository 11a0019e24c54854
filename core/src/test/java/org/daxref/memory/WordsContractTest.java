/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.daxref.Race;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every implementation of {@link Words} does, over a mapped file. */
abstract class WordsContractTest {
    static final long BYTES = 8192;

    private static final long OFFSET = 64;

    @TempDir
    Path directory;

    MappedRegion region;
    Words words;

    abstract Words create(MappedRegion mapped);

    @BeforeEach
    void setUp() throws IOException {
        try (FileChannel channel = FileChannel.open(directory.resolve("words"), StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            region = MappedRegion.map(channel, BYTES);
        }
        words = create(region);
    }

    @AfterEach
    void tearDown() {
        if (region.segment().scope().isAlive()) {
            region.close();
        }
    }

    @Test
    void shouldTellItsCapacity() {
        assertEquals(BYTES, words.capacityBytes());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0x0102_0304})
    void shouldReadTheIntThatWasWrittenInWhateverOrder(final int value) {
        words.putIntOpaque(OFFSET, value);
        words.putIntRelease(BYTES - 4, value);

        assertEquals(value, words.getIntOpaque(OFFSET));
        assertEquals(value, words.getIntAcquire(OFFSET));
        assertEquals(value, words.getIntVolatile(OFFSET));
        assertEquals(value, words.getIntVolatile(BYTES - 4));
        assertEquals(0, words.getIntVolatile(OFFSET - 4));
        assertEquals(0, words.getIntVolatile(OFFSET + 4));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0x0102_0304_0506_0708L})
    void shouldReadTheLongThatWasWrittenInWhateverOrder(final long value) {
        words.putLongOpaque(OFFSET, value);
        words.putLongRelease(BYTES - 8, value);

        assertEquals(value, words.getLongOpaque(OFFSET));
        assertEquals(value, words.getLongAcquire(OFFSET));
        assertEquals(value, words.getLongVolatile(OFFSET));
        assertEquals(value, words.getLongVolatile(BYTES - 8));
        assertEquals(0, words.getLongVolatile(OFFSET - 8));
        assertEquals(0, words.getLongVolatile(OFFSET + 8));
    }

    @Test
    void shouldLayTwoIntsIntoALongLittleEndFirst() {
        words.putIntOpaque(OFFSET, 0x0506_0708);
        words.putIntOpaque(OFFSET + 4, 0x0102_0304);

        assertEquals(0x0102_0304_0506_0708L, words.getLongVolatile(OFFSET));
    }

    @Test
    void shouldAddToAnIntAndReturnWhatWasThere() {
        words.putIntOpaque(OFFSET, Integer.MAX_VALUE);

        assertEquals(Integer.MAX_VALUE, words.getAndAddInt(OFFSET, 1));
        assertEquals(Integer.MIN_VALUE, words.getAndAddInt(OFFSET, -2));
        assertEquals(Integer.MAX_VALUE - 1, words.getIntVolatile(OFFSET));
        assertEquals(0, words.getIntVolatile(OFFSET + 4), "a carry must not leave the word");
    }

    @Test
    void shouldAddToALongAndReturnWhatWasThere() {
        words.putLongOpaque(OFFSET, Long.MAX_VALUE);

        assertEquals(Long.MAX_VALUE, words.getAndAddLong(OFFSET, 1));
        assertEquals(Long.MIN_VALUE, words.getAndAddLong(OFFSET, -2));
        assertEquals(Long.MAX_VALUE - 1, words.getLongVolatile(OFFSET));
    }

    @Test
    void shouldSetAndClearBitsAndReturnWhatWasThere() {
        words.putIntOpaque(OFFSET, 0b0101);

        assertEquals(0b0101, words.getAndBitwiseOrInt(OFFSET, 0b0011));
        assertEquals(0b0111, words.getAndBitwiseAndInt(OFFSET, ~0b0100));
        assertEquals(0b0011, words.getIntVolatile(OFFSET));
    }

    @Test
    void shouldExchangeAnIntOnlyIfItIsTheExpectedOne() {
        words.putIntOpaque(OFFSET, 7);

        assertEquals(7, words.compareAndExchangeInt(OFFSET, 8, 9), "the value found is returned");
        assertEquals(7, words.getIntVolatile(OFFSET));
        assertEquals(7, words.compareAndExchangeInt(OFFSET, 7, 9));
        assertEquals(9, words.getIntVolatile(OFFSET));
    }

    @Test
    void shouldSetALongOnlyIfItIsTheExpectedOne() {
        words.putLongOpaque(OFFSET, -7);

        assertFalse(words.compareAndSetLong(OFFSET, 7, 9));
        assertEquals(-7, words.getLongVolatile(OFFSET));
        assertTrue(words.compareAndSetLong(OFFSET, -7, 9));
        assertEquals(9, words.getLongVolatile(OFFSET));
    }

    @Test
    void shouldExchangeALongWhateverIsThere() {
        words.putLongOpaque(OFFSET, 5);

        assertEquals(5, words.getAndSetLong(OFFSET, -1));
        assertEquals(-1, words.getLongVolatile(OFFSET));
    }

    /** Neighbouring words, also those on both sides of a cache line and of a page, keep out of each other's way. */
    @ParameterizedTest
    @ValueSource(longs = {0, 60, 124, 4092, BYTES - 8})
    void shouldLoseNoIntAdditionAtAWordBorder(final long offset) throws Exception {
        final int[] left = new int[1];
        final int[] right = new int[1];
        final long deadline = Race.deadline();
        Race.run(() -> left[0] = addTo(offset, offset + 4, 1, deadline),
            () -> right[0] = addTo(offset, offset + 4, -1, deadline));

        assertEquals(left[0] - right[0], words.getIntVolatile(offset));
        assertEquals(left[0] - right[0], words.getIntVolatile(offset + 4));
    }

    private int addTo(final long first, final long second, final int delta, final long deadline) {
        int rounds = 0;
        while (!Race.isOver(deadline)) {
            words.getAndAddInt(first, delta);
            int seen = words.getIntOpaque(second);
            int found = words.compareAndExchangeInt(second, seen, seen + delta);
            while (found != seen) {
                seen = found;
                found = words.compareAndExchangeInt(second, seen, seen + delta);
            }
            rounds++;
        }
        return rounds;
    }

    @ParameterizedTest
    @ValueSource(longs = {56, 4088})
    void shouldLoseNoLongAdditionAtAWordBorder(final long offset) throws Exception {
        final long[] rounds = new long[2];
        final long deadline = Race.deadline();
        Race.run(() -> rounds[0] = addLongs(offset, offset + 8, deadline),
            () -> rounds[1] = addLongs(offset, offset + 8, deadline));

        final long expected = (rounds[0] + rounds[1]) * 0x1_0000_0001L;
        assertEquals(expected, words.getLongVolatile(offset));
        assertEquals(expected, words.getLongVolatile(offset + 8));
    }

    private long addLongs(final long first, final long second, final long deadline) {
        long rounds = 0;
        while (!Race.isOver(deadline)) {
            words.getAndAddLong(first, 0x1_0000_0001L);
            long seen = words.getLongOpaque(second);
            while (!words.compareAndSetLong(second, seen, seen + 0x1_0000_0001L)) {
                seen = words.getLongOpaque(second);
            }
            rounds++;
        }
        return rounds;
    }

    @Test
    void shouldNeverShowHalfALong() throws Exception {
        final long deadline = Race.deadline();
        Race.run(() -> {
            while (!Race.isOver(deadline)) {
                words.putLongOpaque(OFFSET, -1);
                words.putLongRelease(OFFSET, 0);
            }
        }, () -> {
            while (!Race.isOver(deadline)) {
                final long seen = words.getLongOpaque(OFFSET);
                assertTrue(seen == 0 || seen == -1, "torn: value=" + seen);
            }
        });
    }
}
