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
public final class CasPageCounter extends PlainPageCounter {

    private CasPageCounter(final Words words) {
        super(words);
    }

    /**
     * The kernel's counter.
     *
     * @param words access to the device
     * @return the counter
     */
    public static PageCounter create(final Words words) {
        return new CasPageCounter(words);
    }

    @Override
    public boolean tryPin(final long head, final int pins) {
        return tryAdd(head, pins) && referencesToPins(head, pins);
    }
}
