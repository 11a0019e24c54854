/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

/** Marsaglia's xorshift: random numbers at about a nanosecond each. One thread only. */
public final class Xorshift {
    private long state;

    /**
     * Starts the sequence.
     *
     * @param seed not 0
     */
    public Xorshift(final long seed) {
        state = seed;
    }

    /**
     * The next number, reduced by the high half of a product.
     *
     * @param bound more than 0
     * @return 0 to {@code bound} - 1
     */
    public long below(final long bound) {
        long next = state;
        next ^= next << 13;
        next ^= next >>> 7;
        next ^= next << 17;
        state = next;
        return Math.unsignedMultiplyHigh(next, bound);
    }
}
