/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import java.util.concurrent.locks.StampedLock;

/** A {@link StampedLock} whose read lock is the reference: who wants the object idle takes the write lock. */
final class StampedLockPeer extends Peer {
    private final byte[] before = spacer();
    private final StampedLock lock = new StampedLock();
    private final byte[] after = spacer();

    private StampedLockPeer() {
    }

    static Peer create() {
        return new StampedLockPeer();
    }

    @Override
    long take() {
        return lock.readLock();
    }

    @Override
    void drop(final long taken) {
        lock.unlockRead(taken);
    }

    @Override
    void checkBooks() {
        requireCount(0, lock.getReadLockCount());
    }
}
