/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.daxref.dax.DaxFileDescriptor.PMD;
import static org.daxref.dax.DaxFileDescriptor.ZAPPED;
import static org.daxref.page.PageTableEntry.ENTRIES;

import org.daxref.design.RefcountDesign;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.PercpuRwLock;
import org.daxref.sync.WaitTable;

/**
 * Makes pages of a file free to be given to somebody else: {@code dax_layout_busy_page_range}, {@code dax_break_layout}
 * and {@code dax_delete_mapping_range} of fs/dax.c, {@code ext4_break_layouts}, {@code xfs_break_dax_layouts}.
 *
 * <p><b>Theory.</b> Unmap first, then look at the counts. A walk that counted a page before its entry was cleared is
 * seen by the scan; one that counts it later finds its entry changed and backs out. A busy page is waited for with the
 * invalidate lock dropped, so that it may be faulted and pinned again meanwhile; the scan then begins anew.
 *
 * <pre>
 *   truncate                              walk
 *   entries := none      (RMW)            count += refs   (RMW)
 *   count == idle?  no -> sleep           entry unchanged?  no -> count -= refs, wake
 * </pre>
 *
 * <p>Eras differ in what they overlook, which {@link RefcountDesign} answers: up to 6.14 a file that nobody maps is not
 * looked at, and an entry found locked is passed over. What is waited for (idle) is stricter than what is looked for
 * (busy) since 6.15: a page that was faulted again keeps the waiter asleep after the last pin has gone.
 *
 * <p><b>Memory ordering.</b> That of {@link org.daxref.mm.PageMapper} and {@link WaitTable}.
 *
 * <p>Thread contract: one thread at a time per file, which owns the invalidate lock, or is the last user of the file.
 */
final class LayoutBreak {
    /** In place of a page: nothing is busy. */
    static final long NONE = RefcountDesign.NOT_COUNTED;

    private static final int ENTRIES_PER_HOLD = 4096;

    private final DaxFile file;
    private final DaxEntries entries;
    private final RefcountDesign design;
    private final WaitTable waits;
    private final PercpuRwLock invalidateLock;

    LayoutBreak(final DaxFile file, final DaxEntries entries, final RefcountDesign design, final WaitTable waits,
                final PercpuRwLock invalidateLock) {
        this.file = file;
        this.entries = entries;
        this.design = design;
        this.waits = waits;
        this.invalidateLock = invalidateLock;
    }

    /**
     * Unmaps a range and looks for a page in use: {@code dax_layout_busy_page_range}.
     *
     * @return offset of its descriptor, or {@link #NONE}
     */
    long busyPage(final CpuSlot cpu, final long first, final long count) {
        if (!design.looksAtUnmappedFiles() && !file.isMapped()) {
            return NONE;
        }
        file.unmap(cpu, first, count);
        return scan(cpu, first, first + count);
    }

    private long scan(final CpuSlot cpu, final long first, final long end) {
        long index = first;
        long busy = NONE;
        while (index < end && busy == NONE) {
            final long holdEnd = Math.min(end, index + ENTRIES_PER_HOLD);
            long locked = 0;
            entries.lock();
            while (index < holdEnd && busy == NONE && locked == 0) {
                final long offset = entries.entryOffset(index);
                final long entry = entries.get(offset);
                if (DaxEntries.isLocked(entry)) {
                    locked = offset;
                } else {
                    busy = DaxEntries.isReal(entry) ? look(cpu, offset, entry) : NONE;
                    index = next(index, entry);
                }
            }
            entries.unlock();
            if (locked != 0) {
                entries.await(locked);
                index += design.skipsLockedEntries() ? 1 : 0;
            }
        }
        return busy;
    }

    private long look(final CpuSlot cpu, final long offset, final long entry) {
        final long pfn = DaxEntries.pfn(entry);
        final int order = DaxEntries.order(entry);
        if ((entry & ZAPPED) == 0 && design.breakEntry(cpu, pfn, order)) {
            entries.set(offset, entry | ZAPPED);
        }
        design.gather(cpu, pfn, order);
        return design.busyPage(pfn, order);
    }

    private static long next(final long index, final long entry) {
        return (entry & PMD) != 0 ? (index & -ENTRIES) + ENTRIES : index + 1;
    }

    /**
     * Waits until nothing in a range is busy. The invalidate lock is dropped while asleep.
     *
     * @throws InterruptedException on a signal: {@code -ERESTARTSYS}
     */
    void breakLayout(final CpuSlot cpu, final long first, final long count) throws InterruptedException {
        for (long page = busyPage(cpu, first, count); page != NONE; page = busyPage(cpu, first, count)) {
            final long busy = page;
            waits.waitVar(design.idleAddress(busy), () -> design.isIdle(busy), WaitTable.FOREVER, sleep -> {
                invalidateLock.unlock();
                try {
                    sleep.run();
                } finally {
                    invalidateLock.lock();
                }
            });
        }
        deleteBroken(cpu, first, count);
    }

    /** Does not wait; returns false if something is busy, and the entries are kept. */
    boolean tryBreakLayout(final CpuSlot cpu, final long first, final long count) {
        final boolean broken = busyPage(cpu, first, count) == NONE;
        if (broken) {
            deleteBroken(cpu, first, count);
        }
        return broken;
    }

    /** Waits at the end of a file, whatever the signals: {@code dax_break_layout_final}. */
    void breakFinal(final CpuSlot cpu, final long count) {
        for (long page = busyPage(cpu, 0, count); page != NONE; page = busyPage(cpu, 0, count)) {
            final long busy = page;
            waits.waitVarUninterruptible(design.idleAddress(busy), () -> design.isIdle(busy));
        }
    }

    private void deleteBroken(final CpuSlot cpu, final long first, final long count) {
        if (design.deletesBrokenEntries()) {
            delete(cpu, first, count, true);
        }
    }

    /**
     * Removes the entries of a range and unties their pages: {@code dax_delete_mapping_entry}. Waits for locked ones.
     *
     * @param truncate whether the blocks go as well
     */
    void delete(final CpuSlot cpu, final long first, final long count, final boolean truncate) {
        long index = first;
        while (index < first + count) {
            entries.lock();
            final long offset = entries.entryOffset(index);
            final long entry = entries.get(offset);
            if (DaxEntries.isLocked(entry)) {
                entries.unlock();
                entries.await(offset);
            } else {
                entries.set(offset, 0);
                if (DaxEntries.isReal(entry)) {
                    file.disassociate(cpu, entry, truncate);
                }
                entries.unlock();
                index = next(index, entry);
            }
        }
    }
}
