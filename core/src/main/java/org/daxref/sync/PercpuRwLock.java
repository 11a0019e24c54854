/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.daxref.memory.Words;

/**
 * A lock that costs those who share it one store at each end: {@code percpu_rw_semaphore} of
 * kernel/locking/percpu-rwsem.c. It stands for {@code mapping->invalidate_lock}, which faults share and which a
 * truncate takes for itself.
 *
 * <p><b>Theory.</b> Every CPU has a word which says which lock it shares, with a sequence that makes each sharing
 * differ from the one before. An exclusive owner sets the word of the lock to 1, so that nobody new gets in, and waits
 * for every CPU that names <em>this</em> lock until its word has changed. Sharing is no read section: who shares may
 * sleep and may wait for a grace period, as a fault does that copies a block and gathers its page.
 *
 * <pre>
 *   fault                                 truncate
 *   shared[cpu] := (sequence + 1, lock)   word := 1            (RMW; one owner at a time)
 *   [A: barrier]                          [B: barrier]
 *   retired?  yes -> end, throw
 *   word == 0?  no -> end, sleep, again   for each CPU: s = shared; if it names the lock, wait until shared != s
 *   ...                                   -> no fault is in, and none gets in
 *   shared[cpu] := (sequence, 0)          word := 0            (RMW), wake
 * </pre>
 *
 * <p>A and B are the barriers of {@link Epochs}: a sharer stores its word and then loads that of the lock, an owner
 * stores and then loads the words of the CPUs, and one of the two sees the other
 * ({@code PercpuRwLockTest.shouldShowSharersNothingHalfDone}). The sequence has 20 bits. If it comes round between two
 * looks of an owner, the owner looks once more; nobody gets in while the word is 1, so that cannot go on.
 *
 * <p><b>No cycle.</b> An owner waits for sharers of its own lock and for nobody else, and it waits outside any read
 * section. A sharer that waits for a grace period waits for read sections, which wait for nobody
 * ({@code PercpuRwLockTest.shouldLetASharerWaitForAGracePeriodWhileAnotherOwns}).
 *
 * <p><b>Retiring.</b> The memory of the lock may be used for something else after {@link #retire}. So a sharer looks
 * whether the lock was retired after its own word has named it and before it reads the word of the lock: either it
 * sees that, or {@code retire} finds it sharing and waits for it. Owners, of whom there are few, are counted on the
 * heap, and {@code retire} waits for those that came before it; later ones are refused before they touch the word.
 *
 * <p><b>Memory ordering.</b> The word of the lock is read with acquire, which pairs with the subtraction that frees it:
 * a sharer sees what the owner did. The release store that ends sharing pairs with the acquire of the changed word: an
 * owner sees what sharers did.
 *
 * <p>Progress: sharing is wait-free while there is no owner and blocking otherwise; its end is wait-free; owning
 * blocks. Neither can be interrupted.
 */
public final class PercpuRwLock {
    private static final long PARK_NS = 20_000;

    private final Words words;
    private final Epochs epochs;
    private final WaitTable waits;
    private final long offset;
    private final long place;
    private final Mutex owner;
    private final AtomicInteger owners = new AtomicInteger();
    private volatile Thread owningThread;
    private volatile boolean retired;

    /**
     * A lock, free at first.
     *
     * @param words  access to the device
     * @param epochs whose barriers and CPUs it uses
     * @param waits  where its waiters sleep
     * @param offset of its word, zero at first
     * @throws IllegalArgumentException if a CPU's word cannot say that the lock lies there
     */
    public PercpuRwLock(final Words words, final Epochs epochs, final WaitTable waits, final long offset) {
        this.words = words;
        this.epochs = epochs;
        this.waits = waits;
        this.offset = offset;
        this.place = offset - words.origin();
        this.owner = new Mutex(words, waits, offset);
        if (place == 0 || CpuSlot.placeOfLock(place) != place) {
            throw new IllegalArgumentException("no lock can lie there: place=" + place);
        }
    }

    /**
     * Shares the lock while there is no owner.
     *
     * @param cpu the calling thread's CPU, which is outside any read section and shares no lock
     * @throws IllegalStateException if the lock was retired, or the CPU is inside a section, shares a lock already or
     *                               was given back; the lock is not shared then
     */
    public void lockShared(final CpuSlot cpu) {
        if (cpu.isOccupied()) {
            throw cpu.misplaced();
        }
        try {
            share(cpu);
            if (retired || words.getIntAcquire(offset) != 0) {
                lockSharedSlow(cpu);
            }
        } catch (final Throwable e) {
            unlockShared(cpu);
            throw e;
        }
    }

    private void share(final CpuSlot cpu) {
        words.putLongOpaque(cpu.sharedLockOffset(), cpu.nextShare(place));
        epochs.readerBarrier();
    }

    private void lockSharedSlow(final CpuSlot cpu) {
        do {
            unlockShared(cpu);
            waits.waitVarUninterruptible(offset, () -> retired || words.getIntVolatile(offset) == 0);
            requireAlive();
            share(cpu);
        } while (retired || words.getIntAcquire(offset) != 0);
    }

    private void requireAlive() {
        if (retired) {
            throw new IllegalStateException("the lock is retired: place=" + place);
        }
    }

    /**
     * Ends sharing, also if the memory of the device fails once.
     *
     * @param cpu the calling thread's CPU, which shares the lock
     */
    public void unlockShared(final CpuSlot cpu) {
        final long none = cpu.endShare();
        try {
            words.putLongRelease(cpu.sharedLockOffset(), none);
        } catch (final InternalError e) {
            words.putLongRelease(cpu.sharedLockOffset(), none);
        }
    }

    /**
     * Takes the lock for the calling thread, which neither shares a lock nor is inside a read section.
     *
     * @throws IllegalStateException if the lock was retired, if the thread is inside a read section, or if the barrier
     *                               fails; it is not taken then
     */
    public void lock() {
        lock(false);
    }

    private void lock(final boolean forEver) {
        owners.getAndIncrement();
        try {
            requireAlive();
            owner.lock();
            try {
                requireAlive();
                shutOut(forEver);
            } catch (final Throwable e) {
                owner.unlock();
                throw e;
            }
        } catch (final Throwable e) {
            owners.getAndDecrement();
            throw e;
        }
        owningThread = Thread.currentThread();
    }

    private void shutOut(final boolean forEver) {
        try {
            retired = forEver;
            epochs.updaterBarrier();
            awaitSharers(words, epochs, place);
        } catch (final Throwable e) {
            retired = false;
            throw e;
        }
    }

    /**
     * Whether the calling thread owns the lock.
     *
     * @return true between {@link #lock()} and {@link #unlock}
     */
    public boolean isOwned() {
        return owningThread == Thread.currentThread();
    }

    /**
     * Frees the lock.
     *
     * @throws IllegalStateException if the calling thread has not taken it
     */
    public void unlock() {
        if (!isOwned()) {
            throw new IllegalStateException("the lock is not this thread's: place=" + place);
        }
        owningThread = null;
        try {
            owner.unlock();
        } finally {
            owners.getAndDecrement();
        }
    }

    /**
     * Ends the life of the lock: waits until nobody shares, owns or waits for it, and lets nobody in any more. Its word
     * is 0 then and may be used for something else. From outside any read section, by a thread that does not hold it.
     *
     * <p>If the memory of the device fails in this call, nothing has changed. It is retired without an error if only
     * the word had to be freed twice.
     *
     * @throws IllegalStateException if it was retired before, if the thread is inside a read section, or if the barrier
     *                               fails; nothing has changed then
     */
    public void retire() {
        lock(true);
        try {
            unlock();
        } catch (final InternalError e) {
            if (words.getIntVolatile(offset) != 0) {
                throw e;
            }
        }
        while (owners.get() != 0) {
            LockSupport.parkNanos(PARK_NS);
        }
    }

    /**
     * Waits for everybody who shares any lock of a device at the call: {@code synchronize_srcu} of kill_dax. From
     * outside any read section, by a thread that shares none.
     *
     * @param words  access to the device
     * @param epochs whose barriers and CPUs its locks use
     * @throws IllegalStateException if the calling thread is inside a read section, or the barrier fails
     */
    public static void awaitSharers(final Words words, final Epochs epochs) {
        CpuSlots.requireOutside("waiting for those who share a lock");
        epochs.updaterBarrier();
        awaitSharers(words, epochs, 0);
    }

    private static void awaitSharers(final Words words, final Epochs epochs, final long place) {
        final CpuSlots cpus = epochs.cpus();
        final int limit = cpus.limit();
        for (int i = 0; i < limit; i++) {
            final long shared = cpus.areaOffset(i) + CpuSlotDescriptor.SHARED_LOCK_OFFSET;
            final long found = words.getLongAcquire(shared);
            final long named = CpuSlot.placeOfLock(found);
            if (named != 0 && (place == 0 || named == place)) {
                epochs.awaitChange(i, shared, found, "shares a lock");
            }
        }
    }
}
