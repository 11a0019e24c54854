/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import org.daxref.memory.Words;

/**
 * A lock whose waiters sleep, uninterruptibly: the counterpart of an inode's {@code i_rwsem}, taken for writing.
 *
 * <p><b>Theory.</b> One word: 0 free, 1 taken. Who finds it taken sleeps on its address; the unlocker frees the word,
 * then looks for waiters, as {@link WaitTable} demands.
 *
 * <p>Who comes looks before it exchanges: of memory that is lost the look says so, where an exchange in the interpreter
 * would end the JVM ({@link org.daxref.memory.DeviceFailedException}).
 *
 * <p><b>Memory ordering.</b> Taken by a compare-and-exchange and freed by a subtraction, both volatile, which pair.
 *
 * <p>Not reentrant, not fair. Blocking.
 */
public final class Mutex {
    private final Words words;
    private final WaitTable waits;
    private final long offset;

    /**
     * A lock, free at first.
     *
     * @param words  access to the device
     * @param waits  where its waiters sleep
     * @param offset of its word, zero at first
     */
    public Mutex(final Words words, final WaitTable waits, final long offset) {
        this.words = words;
        this.waits = waits;
        this.offset = offset;
    }

    /**
     * Takes the lock.
     *
     * @throws IllegalStateException if the calling thread is inside a read section
     */
    public void lock() {
        CpuSlots.requireOutside("taking a lock");
        while (words.getIntOpaque(offset) != 0 || words.compareAndExchangeInt(offset, 0, 1) != 0) {
            waits.waitVarUninterruptible(offset, () -> words.getIntVolatile(offset) == 0);
        }
    }

    /** Frees the lock, which this thread has taken, also if the memory of the device fails once. Lock-free. */
    public void unlock() {
        try {
            words.getAndAddInt(offset, -1);
        } catch (final InternalError e) {
            words.compareAndExchangeInt(offset, 1, 0);
        }
        waits.wakeUpVar(offset);
    }
}
