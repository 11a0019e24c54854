/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class AgronaWordsTest extends WordsContractTest {
    @Override
    Words create(final MappedRegion mapped) {
        return new AgronaWords(mapped.segment());
    }

    @Test
    void shouldRefuseMemoryThatIsNotPageAligned() {
        final MemorySegment segment = region.segment().asSlice(8);

        final IllegalArgumentException e =
            assertThrows(IllegalArgumentException.class, () -> new AgronaWords(segment));

        assertEquals("native memory aligned to 4096 bytes is needed: address=" + segment.address(), e.getMessage());
    }

    @Test
    void shouldRefuseMemoryOnTheHeap() {
        final MemorySegment segment = MemorySegment.ofArray(new long[512]);

        final IllegalArgumentException e =
            assertThrows(IllegalArgumentException.class, () -> new AgronaWords(segment));

        assertTrue(e.getMessage().startsWith("native memory aligned to 4096 bytes is needed: address="));
    }
}
