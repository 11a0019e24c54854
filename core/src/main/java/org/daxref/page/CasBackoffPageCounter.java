/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;

import org.daxref.memory.Words;

/**
 * {@code cas-backoff}: {@code cas-fused} whose failed exchange waits before the next one (Dice, Hendler, Mirsky,
 * "Lightweight contention management for efficient compare-and-swap operations", Euro-Par 2013: constant back-off).
 *
 * <p><b>Theory.</b> Of the exchanges that compete for one value one succeeds; each of the others has taken the line
 * from the next that could. Who failed stays away from the line for a while, so that fewer compete. The wait is the
 * same after every failure: it keeps no state between calls, and costs nothing while no exchange fails.
 *
 * <pre>
 *   walker                          rival
 *   seen = count
 *                                   count: seen -> seen + 1024  (RMW)
 *   exchange fails, found = new
 *   pause                           drops, or pins again
 *   look; 0: refuse; else exchange
 * </pre>
 *
 * <p>The pause is {@value #PAUSES} times {@link Thread#onSpinWait}, on x86-64 the instruction PAUSE. One takes about 10
 * cycles on older processors and 140 on Skylake and later, so the wait is 0.1 to 1.5 microseconds at 3 GHz: from one to
 * about a dozen handoffs of a line between cores, long enough that a rival is done and short enough that the walk,
 * which holds off grace periods meanwhile, is not late. It is chosen by that estimate and tuned for no machine; the
 * paper finds the best constant per platform by experiment. The value found is stale after the pause, so the count is
 * looked at again.
 *
 * <p><b>Memory ordering.</b> That of {@link PlainPageCounter}; a pause orders nothing.
 *
 * <p>Thread-safe. As {@link PlainPageCounter}.
 */
public final class CasBackoffPageCounter extends PlainPageCounter {
    private static final int PAUSES = 32;

    private CasBackoffPageCounter(final Words words) {
        super(words);
    }

    /**
     * The counter that backs off.
     *
     * @param words access to the device
     * @return the counter
     */
    public static PageCounter create(final Words words) {
        return new CasBackoffPageCounter(words);
    }

    @Override
    public boolean tryPin(final long head, final int pins) {
        return tryPinAtOnce(head, pins);
    }

    @Override
    protected boolean addAfterRace(final long head, final int delta, final int found) {
        int seen = found;
        while (seen > 0) {
            backOff();
            seen = words.getIntOpaque(head + REFCOUNT_OFFSET);
            if (seen > 0 && words.compareAndExchangeInt(head + REFCOUNT_OFFSET, seen, seen + delta) == seen) {
                return true;
            }
        }
        return refuse(seen);
    }

    private static void backOff() {
        for (int i = 0; i < PAUSES; i++) {
            Thread.onSpinWait();
        }
    }
}
