/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class SegmentWordsTest extends WordsContractTest {
    private static final long ORIGIN = 1L << 48;

    @Override
    Words create(final MappedRegion mapped) {
        return new SegmentWords(mapped.segment(), ORIGIN);
    }

    private List<Executable> intAccesses(final long offset) {
        return List.of(() -> words.getIntOpaque(offset), () -> words.getIntAcquire(offset),
            () -> words.getIntVolatile(offset), () -> words.putIntOpaque(offset, 1),
            () -> words.putIntRelease(offset, 1), () -> words.getAndAddInt(offset, 1),
            () -> words.getAndBitwiseOrInt(offset, 1), () -> words.getAndBitwiseAndInt(offset, 1),
            () -> words.compareAndExchangeInt(offset, 0, 1));
    }

    private List<Executable> longAccesses(final long offset) {
        return List.of(() -> words.getLongOpaque(offset), () -> words.getLongAcquire(offset),
            () -> words.getLongVolatile(offset), () -> words.putLongOpaque(offset, 1),
            () -> words.putLongRelease(offset, 1), () -> words.getAndAddLong(offset, 1),
            () -> words.getAndSetLong(offset, 1), () -> words.compareAndSetLong(offset, 0, 1));
    }

    @Test
    void shouldRefuseEveryAccessOutsideTheMemory() {
        for (final long offset : new long[] {0, ORIGIN - 8, ORIGIN + BYTES, Long.MAX_VALUE & -8, Long.MIN_VALUE}) {
            intAccesses(offset).forEach(access -> assertThrows(IndexOutOfBoundsException.class, access));
            longAccesses(offset).forEach(access -> assertThrows(IndexOutOfBoundsException.class, access));
        }
        longAccesses(ORIGIN + BYTES - 4).forEach(access -> assertThrows(RuntimeException.class, access));
    }

    @Test
    void shouldRefuseEveryMisalignedAccess() {
        for (final long offset : new long[] {ORIGIN + 1, ORIGIN + 2, ORIGIN + 3}) {
            intAccesses(offset).forEach(access -> assertThrows(IllegalArgumentException.class, access));
        }
        for (final long offset : new long[] {ORIGIN + 1, ORIGIN + 4, ORIGIN + 60}) {
            longAccesses(offset).forEach(access -> assertThrows(IllegalArgumentException.class, access));
        }
    }

    @Test
    void shouldRefuseEveryAccessAfterTheRegionWasClosed() {
        region.close();

        intAccesses(ORIGIN).forEach(access ->
            assertEquals("Already closed", assertThrows(IllegalStateException.class, access).getMessage()));
        longAccesses(ORIGIN).forEach(access ->
            assertEquals("Already closed", assertThrows(IllegalStateException.class, access).getMessage()));
    }

    @Test
    void shouldAlsoWorkOnTheHeap() {
        final Words heap = new SegmentWords(MemorySegment.ofArray(new long[16]));

        heap.putLongRelease(120, 42);

        assertEquals(0, heap.origin());
        assertEquals(42, heap.getAndAddLong(120, 1));
        assertEquals(128, heap.capacityBytes());
    }
}
