/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import org.daxref.memory.Words;

/**
 * Takes the barrier from the drop of a count: a load and a release store, which the processor may move behind the load
 * that follows. For one dropper, whose processor is busy with other stores, so that this one waits behind them.
 */
final class WeakDropWords extends ForwardingWords {
    private static final int STORES = 8;
    /** Words from one store to the next: another line of another page each time, long out of the nearest caches. */
    private static final int STRIDE = 520;

    private final long[] elsewhere = new long[1 << 20];
    private int next;

    WeakDropWords(final Words target) {
        super(target);
    }

    @Override
    public int getAndAddInt(final long offset, final int delta) {
        if (delta > 0) {
            return super.getAndAddInt(offset, delta);
        }
        final int seen = super.getIntOpaque(offset);
        for (int i = 0; i < STORES; i++) {
            next = next + STRIDE & elsewhere.length - 1;
            elsewhere[next] = seen;
        }
        super.putIntRelease(offset, seen + delta);
        return seen;
    }
}
