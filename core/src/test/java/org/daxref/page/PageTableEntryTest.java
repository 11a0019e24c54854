/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageTableEntry.DEVMAP;
import static org.daxref.page.PageTableEntry.LEAF;
import static org.daxref.page.PageTableEntry.NONE;
import static org.daxref.page.PageTableEntry.PRESENT;
import static org.daxref.page.PageTableEntry.SPECIAL;
import static org.daxref.page.PageTableEntry.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.daxref.Machine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageTableEntryTest {
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 511, 512, Machine.START_PFN, (1L << 32) - 1, (1L << 40) - 1})
    void shouldKeepThePageFrameNumberApartFromTheBits(final long pfn) {
        final long allBits = PRESENT | WRITE | LEAF | SPECIAL | DEVMAP;

        assertEquals(pfn, PageTableEntry.pfn(PageTableEntry.of(pfn, 0)));
        assertEquals(pfn, PageTableEntry.pfn(PageTableEntry.of(pfn, allBits)));
        assertEquals(allBits, PageTableEntry.of(pfn, allBits) & allBits);
        assertEquals(0, PageTableEntry.of(pfn, 0) & allBits);
    }

    @Test
    void shouldHaveTheBitsOfX86() {
        assertEquals(1, PRESENT);
        assertEquals(2, WRITE);
        assertEquals(0x80, LEAF);
        assertEquals(0x200, SPECIAL);
        assertEquals(0x0200_0000_0000_0000L, DEVMAP);
        assertEquals(512, PageTableEntry.ENTRIES);
        assertEquals(PageTableEntry.ENTRIES, 1 << PageTableEntry.PMD_ORDER);
    }

    @Test
    void shouldPermitWhatTheBitsSay() {
        assertFalse(PageTableEntry.permits(NONE, false));
        assertFalse(PageTableEntry.permits(WRITE, false));
        assertFalse(PageTableEntry.permits(WRITE, true));
        assertTrue(PageTableEntry.permits(PRESENT, false));
        assertFalse(PageTableEntry.permits(PRESENT, true));
        assertTrue(PageTableEntry.permits(PRESENT | WRITE, false));
        assertTrue(PageTableEntry.permits(PRESENT | WRITE, true));
        assertTrue(PageTableEntry.permits(PRESENT | WRITE | LEAF | DEVMAP, true));
        assertFalse(PageTableEntry.permits(PRESENT | WRITE | SPECIAL, true));
        assertFalse(PageTableEntry.permits(PRESENT | SPECIAL, false));
    }

    @Test
    void shouldFindTheIndexOfAPageInItsTable() {
        assertEquals(0, PageTableEntry.index(0));
        assertEquals(511, PageTableEntry.index(511));
        assertEquals(0, PageTableEntry.index(512));
        assertEquals(511, PageTableEntry.index((1L << 40) - 1));
    }
}
