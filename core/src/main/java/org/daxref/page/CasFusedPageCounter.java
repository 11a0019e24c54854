/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import org.daxref.memory.Words;

/**
 * {@code cas-fused}: the kernel's counter with the two steps of a small pin made one, +1024 unless zero. Two locked
 * operations for a pin and its unpin, and no window in which the pin is not visible as one.
 */
public final class CasFusedPageCounter extends PlainPageCounter {

    private CasFusedPageCounter(final Words words) {
        super(words);
    }

    /**
     * The fused counter.
     *
     * @param words access to the device
     * @return the counter
     */
    public static PageCounter create(final Words words) {
        return new CasFusedPageCounter(words);
    }

    @Override
    public boolean tryPin(final long head, final int pins) {
        return tryPinAtOnce(head, pins);
    }
}
