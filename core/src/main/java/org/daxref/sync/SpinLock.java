/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import org.daxref.memory.Words;

/**
 * A lock in one word of the device: 0 free, 1 taken. Counterpart of the kernel's spin locks, for the page tables and
 * the entries of a file; nothing on a pin path takes it.
 *
 * <p>A kernel does not preempt the holder. A JVM may be, so after a while a waiter lets others run.
 *
 * <p><b>Memory ordering.</b> Taken by compare-and-exchange, dropped by a release store, which pair. Not reentrant.
 */
public final class SpinLock {
    private static final int SPINS_BEFORE_YIELD = 1000;

    private SpinLock() {
    }

    /**
     * Takes the lock. Blocking.
     *
     * @param words  access to the device
     * @param offset of the lock's word
     */
    public static void lock(final Words words, final long offset) {
        int spins = 0;
        while (words.getIntOpaque(offset) != 0 || words.compareAndExchangeInt(offset, 0, 1) != 0) {
            if (++spins % SPINS_BEFORE_YIELD == 0) {
                Thread.yield();
            } else {
                Thread.onSpinWait();
            }
        }
    }

    /**
     * Drops the lock, also if the memory of the device fails once: what it guards is whole, and others may go on.
     * Wait-free.
     *
     * @param words  access to the device
     * @param offset of the lock's word, taken by this thread
     */
    public static void unlock(final Words words, final long offset) {
        try {
            words.putIntRelease(offset, 0);
        } catch (final InternalError e) {
            words.putIntRelease(offset, 0);
        }
    }
}
