/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import org.daxref.memory.Words;

/**
 * {@code cas}: the kernel's own way. A small page is pinned in two steps, +1 unless zero and then +1023, so a pin and
 * its unpin are three locked operations. Between the steps the page shows a plain reference and is not reported as
 * pinned.
 */
public final class CasPageCounter extends PageCounter {

    private CasPageCounter(final Words words, final Memmap memmap) {
        super(words, memmap);
    }

    /**
     * The kernel's counter.
     *
     * @param words  access to the device
     * @param memmap the pages
     * @return the counter
     */
    public static PageCounter create(final Words words, final Memmap memmap) {
        return new CasPageCounter(words, memmap);
    }

    @Override
    protected boolean tryPinSmall(final long page, final int pins) {
        if (!addUnlessZero(page, pins)) {
            return false;
        }
        words.getAndAddInt(page + PageDescriptor.REFCOUNT_OFFSET, pins * (GUP_PIN_COUNTING_BIAS - 1));
        return true;
    }
}
