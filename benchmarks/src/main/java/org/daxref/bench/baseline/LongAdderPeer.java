/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import java.util.concurrent.atomic.LongAdder;

/**
 * A {@link LongAdder}, which gives threads that meet words of their own. Its sum is no snapshot, so nobody learns that
 * a drop was the last: a bound, not a reference count.
 */
final class LongAdderPeer extends Peer {
    private final byte[] before = spacer();
    private final LongAdder count = new LongAdder();
    private final byte[] after = spacer();

    private LongAdderPeer() {
        count.increment();
    }

    static Peer create() {
        return new LongAdderPeer();
    }

    @Override
    long take() {
        count.increment();
        return 1;
    }

    @Override
    void drop(final long taken) {
        count.decrement();
    }

    @Override
    void checkBooks() {
        requireCount(1, count.sum());
    }
}
