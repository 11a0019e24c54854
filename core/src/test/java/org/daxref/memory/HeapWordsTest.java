/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** The test double of the model checker keeps the contract of the words that it stands for. */
class HeapWordsTest extends WordsContractTest {
    @Override
    Words create(final MappedRegion mapped) {
        return new HeapWords(BYTES);
    }

    @Test
    void shouldRefuseAnAccessOutsideTheMemory() {
        for (final long offset : new long[] {-8, BYTES, Long.MAX_VALUE & -8, Long.MIN_VALUE}) {
            assertThrows(IndexOutOfBoundsException.class, () -> words.getIntVolatile(offset));
            assertThrows(IndexOutOfBoundsException.class, () -> words.putIntRelease(offset, 1));
            assertThrows(IndexOutOfBoundsException.class, () -> words.getLongVolatile(offset));
            assertThrows(IndexOutOfBoundsException.class, () -> words.putLongRelease(offset, 1));
        }
    }

    @Test
    void shouldRefuseAMisalignedAccess() {
        assertThrows(IllegalArgumentException.class, () -> words.getIntVolatile(2));
        assertThrows(IllegalArgumentException.class, () -> words.putIntRelease(1, 1));
        assertThrows(IllegalArgumentException.class, () -> words.getLongVolatile(4));
    }
}
