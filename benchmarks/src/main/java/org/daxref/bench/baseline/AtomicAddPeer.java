/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import java.util.concurrent.atomic.AtomicInteger;

/** An {@link AtomicInteger} that is added to whatever it holds: nothing keeps it from coming back from zero. */
final class AtomicAddPeer extends Peer {
    private final byte[] before = spacer();
    private final AtomicInteger count = new AtomicInteger(1);
    private final byte[] after = spacer();

    private AtomicAddPeer() {
    }

    static Peer create() {
        return new AtomicAddPeer();
    }

    @Override
    long take() {
        return count.getAndIncrement();
    }

    @Override
    void drop(final long taken) {
        count.getAndDecrement();
    }

    @Override
    void checkBooks() {
        requireCount(1, count.get());
    }
}
