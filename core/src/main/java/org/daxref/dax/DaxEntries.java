/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.daxref.dax.DaxFileDescriptor.EMPTY;
import static org.daxref.dax.DaxFileDescriptor.ENTRIES_OFFSET;
import static org.daxref.dax.DaxFileDescriptor.LOCKED;
import static org.daxref.dax.DaxFileDescriptor.LOCK_OFFSET;
import static org.daxref.dax.DaxFileDescriptor.PFN_SHIFT;
import static org.daxref.dax.DaxFileDescriptor.PMD;
import static org.daxref.dax.DaxFileDescriptor.ZERO_PAGE;
import static org.daxref.page.PageTableEntry.ENTRIES;
import static org.daxref.page.PageTableEntry.PMD_ORDER;

import org.daxref.memory.Words;
import org.daxref.sync.SpinLock;
import org.daxref.sync.WaitTable;

/**
 * The DAX entries of a file, by offset, and their locks: {@code grab_mapping_entry} and {@code dax_unlock_entry} of
 * fs/dax.c.
 *
 * <p><b>Theory.</b> Who works on an offset locks its entry first, so that two faults at one offset, or a fault and a
 * write-back, follow each other. The lock is a bit of the entry; it is set under the lock of all entries
 * ({@code xa_lock}), and who finds it set waits for the entry. Nobody but its owner changes a locked entry, so the
 * owner unlocks it without that lock. Where there is no entry, an empty one is made to be locked.
 *
 * <pre>
 *   fault A                               fault B
 *   lock; entry |= LOCKED; unlock
 *                                         lock; entry is LOCKED; unlock; wait
 *   map the page
 *   entry &amp;= ~LOCKED      (RMW)
 *   wake                                  lock; entry |= LOCKED; unlock ...
 * </pre>
 *
 * <p><b>Memory ordering.</b> The lock of all entries is taken by compare-and-exchange and dropped by a release store,
 * which pair. An owner unlocks its entry by a volatile exchange, which pairs with the acquire of the next one to lock
 * it, and with the volatile read of a waiter, after it was enqueued (see {@link WaitTable}).
 *
 * <p>Thread-safe; blocking, uninterruptibly.
 */
final class DaxEntries {
    /** In place of an entry's offset: single pages are in the way of a PMD entry. */
    static final long CONFLICT = 0;

    private final Words words;
    private final WaitTable waits;
    private final long baseOffset;
    private final long lockOffset;

    DaxEntries(final Words words, final WaitTable waits, final long baseOffset) {
        this.words = words;
        this.waits = waits;
        this.baseOffset = baseOffset;
        this.lockOffset = baseOffset + LOCK_OFFSET;
    }

    static long pfn(final long entry) {
        return entry >>> PFN_SHIFT;
    }

    static int order(final long entry) {
        return (entry & PMD) != 0 ? PMD_ORDER : 0;
    }

    /** Whether an entry stands for pages of the device. */
    static boolean isReal(final long entry) {
        return entry != 0 && (entry & (EMPTY | ZERO_PAGE)) == 0;
    }

    static boolean isLocked(final long entry) {
        return (entry & LOCKED) != 0;
    }

    /**
     * Locks the entry of an offset and makes an empty one if there is none.
     *
     * @param size 0, or {@link DaxFileDescriptor#PMD} for the 512 pages from this offset on
     * @return the entry's offset, locked, or {@link #CONFLICT}
     */
    long grab(final long index, final long size) {
        while (true) {
            lock();
            final long offset = entryOffset(index);
            final long entry = get(offset);
            if (!isLocked(entry)) {
                final boolean conflict = size == PMD && (entry & PMD) == 0 && !isEmptyRange(index);
                final long grabbed = conflict ? CONFLICT : lockEntry(index, size, offset, entry);
                unlock();
                return grabbed;
            }
            unlock();
            await(offset);
        }
    }

    private long lockEntry(final long index, final long size, final long offset, final long entry) {
        if (entry != 0 && ((entry & EMPTY) == 0 || (entry & PMD) == size)) {
            words.putLongOpaque(offset, entry | LOCKED);
            return offset;
        }
        // an empty PMD entry is in the way of a single page: it is made smaller
        words.putLongOpaque(offset, 0);
        words.putLongOpaque(slotOffset(index), EMPTY | size | LOCKED);
        return slotOffset(index);
    }

    /** Locks an entry that is there; returns its offset, 0 if there is none or it stands for nothing. */
    long grabReal(final long index) {
        while (true) {
            lock();
            final long offset = entryOffset(index);
            final long entry = get(offset);
            if (!isLocked(entry)) {
                if (isReal(entry)) {
                    words.putLongOpaque(offset, entry | LOCKED);
                }
                unlock();
                return isReal(entry) ? offset : 0;
            }
            unlock();
            await(offset);
        }
    }

    /** Waits until the entry is unlocked. */
    void await(final long offset) {
        waits.waitVarUninterruptible(offset, () -> !isLocked(words.getLongVolatile(offset)));
    }

    private boolean isEmptyRange(final long index) {
        for (int i = 0; i < ENTRIES; i++) {
            if (words.getLongOpaque(slotOffset(index + i)) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Reads an entry that the caller has locked, or under {@link #lock}. */
    long get(final long offset) {
        return words.getLongAcquire(offset);
    }

    /** Replaces an entry that the caller has locked; it stays locked. */
    void replace(final long offset, final long entry) {
        lock();
        words.putLongOpaque(offset, entry | LOCKED);
        unlock();
    }

    /** Writes an entry under {@link #lock}. */
    void set(final long offset, final long entry) {
        words.putLongOpaque(offset, entry);
    }

    /** Unlocks an entry and wakes who waits for it. */
    void release(final long offset) {
        words.getAndSetLong(offset, words.getLongOpaque(offset) & ~LOCKED);
        waits.wakeUpVar(offset);
    }

    /** Where the entry that speaks for an offset lies: at the offset itself, or at the PMD entry around it. */
    long entryOffset(final long index) {
        final long head = slotOffset(index & -ENTRIES);
        return (words.getLongOpaque(head) & PMD) != 0 ? head : slotOffset(index);
    }

    /** The offset in the file that an entry stands at. */
    long indexOf(final long offset) {
        return (offset - baseOffset - ENTRIES_OFFSET) >>> 3;
    }

    void lock() {
        SpinLock.lock(words, lockOffset);
    }

    void unlock() {
        SpinLock.unlock(words, lockOffset);
    }

    private long slotOffset(final long index) {
        return baseOffset + ENTRIES_OFFSET + (index << 3);
    }
}
