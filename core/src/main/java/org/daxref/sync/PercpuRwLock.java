/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import org.daxref.memory.Words;

/**
 * A lock that costs those who share it no more than a read section: {@code percpu_rw_semaphore} of
 * kernel/locking/percpu-rwsem.c. It stands for {@code mapping->invalidate_lock}, which faults share and which a
 * truncate takes for itself.
 *
 * <p><b>Theory.</b> Sharing is being inside a read section that found the word 0. An exclusive owner sets the word to
 * 1, so that nobody new gets in, and waits a grace period for those who are in.
 *
 * <pre>
 *   fault                                 truncate
 *   enter section
 *   word == 0?  no -> exit, sleep, again  word := 1            (RMW; one owner at a time)
 *   ...                                   grace period
 *   exit section                          -> no fault is inside, and none gets in
 *                                         word := 0            (RMW), wake
 * </pre>
 *
 * <p><b>Memory ordering.</b> The barriers of {@link Epochs} stand between a reader's sequence and its look at the word,
 * and between the owner's word and its look at the sequences: one of the two sees the other. The word is read with
 * acquire, which pairs with the subtraction that frees it; the release of a section's end pairs with the acquire in the
 * grace period.
 *
 * <p>Progress: sharing is wait-free while there is no owner and blocking otherwise; owning blocks. Neither can be
 * interrupted.
 */
public final class PercpuRwLock {
    private final Words words;
    private final Epochs epochs;
    private final WaitTable waits;
    private final long offset;
    private final Mutex owner;

    /**
     * A lock, free at first.
     *
     * @param words  access to the device
     * @param epochs the read sections that stand for sharing
     * @param waits  where its waiters sleep
     * @param offset of its word, zero at first
     */
    public PercpuRwLock(final Words words, final Epochs epochs, final WaitTable waits, final long offset) {
        this.words = words;
        this.epochs = epochs;
        this.waits = waits;
        this.offset = offset;
        this.owner = new Mutex(words, waits, offset);
    }

    /**
     * Shares the lock: enters a read section while there is no owner.
     *
     * @param cpu the calling thread's CPU, outside any section
     */
    public void lockShared(final CpuSlot cpu) {
        epochs.enter(cpu);
        if (words.getIntAcquire(offset) != 0) {
            lockSharedSlow(cpu);
        }
    }

    private void lockSharedSlow(final CpuSlot cpu) {
        do {
            epochs.exit(cpu);
            waits.waitVarUninterruptible(offset, () -> words.getIntVolatile(offset) == 0);
            epochs.enter(cpu);
        } while (words.getIntAcquire(offset) != 0);
    }

    /**
     * Ends sharing.
     *
     * @param cpu the calling thread's CPU
     */
    public void unlockShared(final CpuSlot cpu) {
        epochs.exit(cpu);
    }

    /** Takes the lock for the calling thread, which is outside any read section. */
    public void lock() {
        owner.lock();
        epochs.synchronize();
    }

    /** Frees the lock, which this thread has taken. */
    public void unlock() {
        owner.unlock();
    }
}
