/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.daxref.memory.ForwardingWords;
import org.daxref.memory.HeapWords;
import org.daxref.page.Memmap;
import org.daxref.pagemap.PfnRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PinLedgerTest {
    private static final long FIRST = 1 << 20;

    /** 1 TiB, and more pages than an int can number. Nothing is poisoned there. */
    @ParameterizedTest
    @ValueSource(longs = {1L << 28, 1L << 32})
    void shouldKeepTheBooksOfALargeDevice(final long pages) {
        final PinLedger ledger = new PinLedger(new Memmap(new ForwardingWords(new HeapWords(64)) {
            @Override
            public int getIntOpaque(final long offset) {
                return 0;
            }
        }, 0, FIRST, pages));
        final long last = FIRST + pages - 1;
        ledger.take(last, true);
        ledger.take(last, true);
        ledger.take(FIRST, false);

        ledger.drop(last, true);

        assertEquals(1, ledger.pins(last));
        assertEquals(0, ledger.gets(last));
        assertEquals(1, ledger.gets(FIRST));
        ledger.forget(new PfnRange(FIRST, last));
        assertEquals("unpin of a page that is not pinned: pfn=" + last + ", gets=0, pins=0",
            assertThrows(IllegalStateException.class, () -> ledger.drop(last, true)).getMessage());
        assertEquals(0, ledger.gets(FIRST));
    }
}
