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

import java.util.BitSet;
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
 * <p><b>Sparse files.</b> Which 512 offsets ever had an entry is noted on the heap, one bit for each, so that whoever
 * looks at all entries of a file reads no others ({@code DaxFileSizeTest}).
 *
 * <p><b>Failing memory.</b> Locks are given back whatever an access throws. A store that ends something, such as the
 * one that unlocks, is tried once more if it fails: memory that comes back is not found locked
 * ({@code DaxFailuresTest}).
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

    private static final long OFFSETS_PER_HOLD = 4096;

    private final Words words;
    private final WaitTable waits;
    private final long baseOffset;
    private final long lockOffset;
    private final BitSet usedNodes = new BitSet();

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
            final long offset;
            lock();
            try {
                offset = entryOffset(index);
                final long entry = get(offset);
                if (!isLocked(entry)) {
                    final boolean conflict = size == PMD && (entry & PMD) == 0 && !isEmptyRange(index);
                    return conflict ? CONFLICT : lockEntry(index, size, offset, entry);
                }
            } finally {
                unlock();
            }
            await(offset);
        }
    }

    private long lockEntry(final long index, final long size, final long offset, final long entry) {
        if (entry != 0 && ((entry & EMPTY) == 0 || (entry & PMD) == size)) {
            words.putLongOpaque(offset, entry | LOCKED);
            return offset;
        }
        usedNodes.set(node(index));
        // an empty PMD entry is in the way of a single page: it is made smaller
        words.putLongOpaque(offset, 0);
        words.putLongOpaque(slotOffset(index), EMPTY | size | LOCKED);
        return slotOffset(index);
    }

    /**
     * Locks the first entry from an offset on that stands for pages.
     *
     * @param end before which offset it must begin, or lie if it is a PMD entry
     * @return the entry's offset, locked, or 0 if there is none
     */
    long grabReal(final long index, final long end) {
        long next = index;
        while (next < end) {
            final long holdEnd = holdEnd(next, end);
            long locked = 0;
            lock();
            try {
                for (next = nextUsed(next, end); next < holdEnd && locked == 0;) {
                    final long offset = entryOffset(next);
                    final long entry = get(offset);
                    if (isLocked(entry)) {
                        locked = offset;
                    } else if (isReal(entry)) {
                        words.putLongOpaque(offset, entry | LOCKED);
                        return offset;
                    } else {
                        next = nextUsed(next(next, entry), end);
                    }
                }
            } finally {
                unlock();
            }
            if (locked != 0) {
                await(locked);
            }
        }
        return 0;
    }

    /** How far to go before others may have the lock. */
    static long holdEnd(final long index, final long end) {
        return end - index > OFFSETS_PER_HOLD ? index + OFFSETS_PER_HOLD : end;
    }

    /** The offset after all that an entry speaks for. */
    static long next(final long index, final long entry) {
        return (entry & PMD) != 0 ? (index & -ENTRIES) + ENTRIES : index + 1;
    }

    /** The first offset from one on where an entry may be, the end if there is none. Under {@link #lock}. */
    long nextUsed(final long index, final long end) {
        if (usedNodes.get(node(index))) {
            return index;
        }
        final int node = usedNodes.nextSetBit(node(index));
        return node < 0 ? end : Math.min(end, (long) node << PMD_ORDER);
    }

    /** The first offset with a PMD entry, the end if there is none. */
    long firstLeaf(final long end) {
        lock();
        try {
            long index = nextUsed(0, end);
            while (index < end && (get(entryOffset(index)) & PMD) == 0) {
                index = nextUsed((index & -ENTRIES) + ENTRIES, end);
            }
            return index;
        } finally {
            unlock();
        }
    }

    private static int node(final long index) {
        return (int) (index >>> PMD_ORDER);
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

    /** Replaces an entry that the caller has locked; it stays locked, and as large as it is. */
    void replace(final long offset, final long entry) {
        set(offset, entry | LOCKED);
    }

    /** Writes an entry under {@link #lock}, or one that the caller has locked. */
    void set(final long offset, final long entry) {
        try {
            words.putLongOpaque(offset, entry);
        } catch (final InternalError e) {
            words.putLongOpaque(offset, entry);
        }
    }

    /** Unlocks an entry and wakes who waits for it. */
    void release(final long offset) {
        try {
            clearLocked(offset);
        } catch (final InternalError e) {
            clearLocked(offset);
        }
        waits.wakeUpVar(offset);
    }

    private void clearLocked(final long offset) {
        words.getAndSetLong(offset, words.getLongOpaque(offset) & ~LOCKED);
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
