/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.daxref.dax.DaxFileDescriptor.ZAPPED;

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
 * <p>Pins that CPUs keep with themselves are gathered before a page is looked at, which may take a grace period. So the
 * lock of the entries is dropped for it, once for each offset; then the entry is looked at again ({@code
 * LayoutBreakTest.shouldDropTheLockOfTheEntriesWhileItGathers}). A counter that keeps nothing apart is not asked to
 * gather at all.
 *
 * <p><b>Memory ordering.</b> That of {@link org.daxref.mm.PageMapper} and {@link WaitTable}.
 *
 * <p>Thread contract: one thread at a time per file, which owns the invalidate lock, or is the last user of the file.
 */
final class LayoutBreak {
    /** In place of a page: nothing is busy. */
    static final long NONE = RefcountDesign.NOT_COUNTED;

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
        final Scan scan = new Scan(cpu, first);
        while (scan.index < end && scan.busy == NONE) {
            lookWhileHeld(scan, end);
            if (scan.locked != 0) {
                entries.await(scan.locked);
                scan.index += design.skipsLockedEntries() ? 1 : 0;
            } else if (scan.toGather != 0) {
                design.gather(cpu, DaxEntries.pfn(scan.toGather), DaxEntries.order(scan.toGather));
                scan.gathered = scan.index;
            }
        }
        return scan.busy;
    }

    /** How far a scan has come, and why it dropped the lock. */
    private static final class Scan {
        private final CpuSlot cpu;
        private long index;
        private long gathered = -1;
        private long locked;
        private long toGather;
        private long busy = NONE;

        Scan(final CpuSlot cpu, final long first) {
            this.cpu = cpu;
            this.index = first;
        }

        boolean goesOn() {
            return busy == NONE && locked == 0 && toGather == 0;
        }
    }

    private void lookWhileHeld(final Scan scan, final long end) {
        final long holdEnd = DaxEntries.holdEnd(scan.index, end);
        scan.locked = 0;
        scan.toGather = 0;
        entries.lock();
        try {
            scan.index = entries.nextUsed(scan.index, end);
            while (scan.index < holdEnd && scan.goesOn()) {
                final long offset = entries.entryOffset(scan.index);
                final long entry = entries.get(offset);
                if (DaxEntries.isLocked(entry)) {
                    scan.locked = offset;
                } else {
                    look(scan, offset, entry, end);
                }
            }
        } finally {
            entries.unlock();
        }
    }

    private void look(final Scan scan, final long offset, final long entry, final long end) {
        if (DaxEntries.isReal(entry)) {
            final long pfn = DaxEntries.pfn(entry);
            final int order = DaxEntries.order(entry);
            if (scan.gathered != scan.index && design.mayGather(pfn, order)) {
                scan.toGather = entry;
                return;
            }
            if ((entry & ZAPPED) == 0) {
                breakEntry(scan.cpu, offset, entry);
            }
            scan.busy = design.busyPage(pfn, order);
        }
        scan.index = entries.nextUsed(DaxEntries.next(scan.index, entry), end);
    }

    /** What an entry holds is let go, also if that throws. */
    private void breakEntry(final CpuSlot cpu, final long offset, final long entry) {
        boolean broken = true;
        try {
            broken = design.breakEntry(cpu, DaxEntries.pfn(entry), DaxEntries.order(entry));
        } finally {
            if (broken) {
                entries.set(offset, entry | ZAPPED);
            }
        }
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
        final long end = first + count;
        long index = first;
        while (index < end) {
            final long holdEnd = DaxEntries.holdEnd(index, end);
            long locked = 0;
            entries.lock();
            try {
                index = entries.nextUsed(index, end);
                while (index < holdEnd && locked == 0) {
                    final long offset = entries.entryOffset(index);
                    final long entry = entries.get(offset);
                    if (DaxEntries.isLocked(entry)) {
                        locked = offset;
                    } else {
                        deleteEntry(cpu, offset, entry, truncate);
                        index = entries.nextUsed(DaxEntries.next(index, entry), end);
                    }
                }
            } finally {
                entries.unlock();
            }
            if (locked != 0) {
                entries.await(locked);
            }
        }
    }

    /** The page is untied, also if that throws. */
    private void deleteEntry(final CpuSlot cpu, final long offset, final long entry, final boolean truncate) {
        try {
            if (DaxEntries.isReal(entry)) {
                file.disassociate(cpu, entry, truncate);
            }
        } finally {
            if (entry != 0) {
                entries.set(offset, 0);
            }
        }
    }
}
