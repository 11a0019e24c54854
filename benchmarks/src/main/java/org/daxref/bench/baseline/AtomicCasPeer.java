/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * An {@link AtomicInteger} that is incremented unless it is zero, by a loop that looks and exchanges, and decremented
 * by one addition. Lucene's {@code IndexReader.tryIncRef} and {@code decRef} do the same.
 */
final class AtomicCasPeer extends Peer {
    private final byte[] before = spacer();
    private final AtomicInteger count = new AtomicInteger(1);
    private final byte[] after = spacer();

    private AtomicCasPeer() {
    }

    static Peer create() {
        return new AtomicCasPeer();
    }

    @Override
    long take() {
        int seen = count.get();
        while (seen > 0) {
            if (count.compareAndSet(seen, seen + 1)) {
                return seen;
            }
            seen = count.get();
        }
        throw refused(seen);
    }

    @Override
    void drop(final long taken) {
        count.decrementAndGet();
    }

    @Override
    void checkBooks() {
        requireCount(1, count.get());
    }
}
