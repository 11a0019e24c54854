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

    private long first;
    private long offset;
    private long end;

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
        first = words.origin();
        offset = first + 64;
        end = first + BYTES;
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
        words.putIntOpaque(offset, value);
        words.putIntRelease(end - 4, value);

        assertEquals(value, words.getIntOpaque(offset));
        assertEquals(value, words.getIntAcquire(offset));
        assertEquals(value, words.getIntVolatile(offset));
        assertEquals(value, words.getIntVolatile(end - 4));
        assertEquals(0, words.getIntVolatile(offset - 4));
        assertEquals(0, words.getIntVolatile(offset + 4));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0x0102_0304_0506_0708L})
    void shouldReadTheLongThatWasWrittenInWhateverOrder(final long value) {
        words.putLongOpaque(offset, value);
        words.putLongRelease(end - 8, value);

        assertEquals(value, words.getLongOpaque(offset));
        assertEquals(value, words.getLongAcquire(offset));
        assertEquals(value, words.getLongVolatile(offset));
        assertEquals(value, words.getLongVolatile(end - 8));
        assertEquals(0, words.getLongVolatile(offset - 8));
        assertEquals(0, words.getLongVolatile(offset + 8));
    }

    @Test
    void shouldLayTwoIntsIntoALongLittleEndFirst() {
        words.putIntOpaque(offset, 0x0506_0708);
        words.putIntOpaque(offset + 4, 0x0102_0304);

        assertEquals(0x0102_0304_0506_0708L, words.getLongVolatile(offset));
    }

    @Test
    void shouldAddToAnIntAndReturnWhatWasThere() {
        words.putIntOpaque(offset, Integer.MAX_VALUE);

        assertEquals(Integer.MAX_VALUE, words.getAndAddInt(offset, 1));
        assertEquals(Integer.MIN_VALUE, words.getAndAddInt(offset, -2));
        assertEquals(Integer.MAX_VALUE - 1, words.getIntVolatile(offset));
        assertEquals(0, words.getIntVolatile(offset + 4), "a carry must not leave the word");
    }

    @Test
    void shouldAddToALongAndReturnWhatWasThere() {
        words.putLongOpaque(offset, Long.MAX_VALUE);

        assertEquals(Long.MAX_VALUE, words.getAndAddLong(offset, 1));
        assertEquals(Long.MIN_VALUE, words.getAndAddLong(offset, -2));
        assertEquals(Long.MAX_VALUE - 1, words.getLongVolatile(offset));
    }

    @Test
    void shouldSetAndClearBitsAndReturnWhatWasThere() {
        words.putIntOpaque(offset, 0b0101);

        assertEquals(0b0101, words.getAndBitwiseOrInt(offset, 0b0011));
        assertEquals(0b0111, words.getAndBitwiseAndInt(offset, ~0b0100));
        assertEquals(0b0011, words.getIntVolatile(offset));
    }

    @Test
    void shouldExchangeAnIntOnlyIfItIsTheExpectedOne() {
        words.putIntOpaque(offset, 7);

        assertEquals(7, words.compareAndExchangeInt(offset, 8, 9), "the value found is returned");
        assertEquals(7, words.getIntVolatile(offset));
        assertEquals(7, words.compareAndExchangeInt(offset, 7, 9));
        assertEquals(9, words.getIntVolatile(offset));
    }

    @Test
    void shouldSetALongOnlyIfItIsTheExpectedOne() {
        words.putLongOpaque(offset, -7);

        assertFalse(words.compareAndSetLong(offset, 7, 9));
        assertEquals(-7, words.getLongVolatile(offset));
        assertTrue(words.compareAndSetLong(offset, -7, 9));
        assertEquals(9, words.getLongVolatile(offset));
    }

    @Test
    void shouldExchangeALongWhateverIsThere() {
        words.putLongOpaque(offset, 5);

        assertEquals(5, words.getAndSetLong(offset, -1));
        assertEquals(-1, words.getLongVolatile(offset));
    }

    /** Neighbouring words, also those on both sides of a cache line and of a page, keep out of each other's way. */
    @ParameterizedTest
    @ValueSource(longs = {0, 60, 124, 4092, BYTES - 8})
    void shouldLoseNoIntAdditionAtAWordBorder(final long place) throws Exception {
        final long one = first + place;
        final long other = one + 4;
        final int[] left = new int[1];
        final int[] right = new int[1];
        final long deadline = Race.deadline();
        Race.run(() -> left[0] = addTo(one, other, 1, deadline), () -> right[0] = addTo(one, other, -1, deadline));

        assertEquals(left[0] - right[0], words.getIntVolatile(one));
        assertEquals(left[0] - right[0], words.getIntVolatile(other));
    }

    private int addTo(final long one, final long other, final int delta, final long deadline) {
        int rounds = 0;
        while (!Race.isOver(deadline)) {
            words.getAndAddInt(one, delta);
            int seen = words.getIntOpaque(other);
            int found = words.compareAndExchangeInt(other, seen, seen + delta);
            while (found != seen) {
                seen = found;
                found = words.compareAndExchangeInt(other, seen, seen + delta);
            }
            rounds++;
        }
        return rounds;
    }

    @ParameterizedTest
    @ValueSource(longs = {56, 4088})
    void shouldLoseNoLongAdditionAtAWordBorder(final long place) throws Exception {
        final long one = first + place;
        final long other = one + 8;
        final long[] rounds = new long[2];
        final long deadline = Race.deadline();
        Race.run(() -> rounds[0] = addLongs(one, other, deadline), () -> rounds[1] = addLongs(one, other, deadline));

        final long expected = (rounds[0] + rounds[1]) * 0x1_0000_0001L;
        assertEquals(expected, words.getLongVolatile(one));
        assertEquals(expected, words.getLongVolatile(other));
    }

    private long addLongs(final long one, final long other, final long deadline) {
        long rounds = 0;
        while (!Race.isOver(deadline)) {
            words.getAndAddLong(one, 0x1_0000_0001L);
            long seen = words.getLongOpaque(other);
            while (!words.compareAndSetLong(other, seen, seen + 0x1_0000_0001L)) {
                seen = words.getLongOpaque(other);
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
                words.putLongOpaque(offset, -1);
                words.putLongRelease(offset, 0);
            }
        }, () -> {
            while (!Race.isOver(deadline)) {
                final long seen = words.getLongOpaque(offset);
                assertTrue(seen == 0 || seen == -1, "torn: value=" + seen);
            }
        });
    }
}
