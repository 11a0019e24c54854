/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.WaitTable;

/**
 * {@code pgmap-folio} (M3, the series "Fix the DAX-gup mistake" of October 2022, never merged): counts idle at 0, the
 * page-cache entry holds one reference on each of its pages, whether mapped or not, and a page in use holds its
 * dev_pagemap ({@link FsHeldDrainDesign} has that rule from here). Removal waits for entries and pins.
 *
 * <p>A layout break lets the references of entries go, marks the entries as zapped, and then waits for pages to come to
 * 0. That a fault on a zapped entry takes the reference again is inferred from the series' description. Pages of a PMD
 * entry stay single pages, and shared ones are marked as before ({@link SharedMark}), each entry with a reference of
 * its own.
 */
public final class PgmapFolioDesign extends FsHeldDrainDesign {

    private PgmapFolioDesign(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                             final WaitTable waits) {
        super(counter, memmap, pagemaps, waits);
    }

    /**
     * The design of October 2022.
     *
     * @param counter  counts the references
     * @param memmap   the pages
     * @param pagemaps the devices that the pages belong to
     * @param waits    where waiters for a page sleep
     * @return the design
     */
    public static RefcountDesign create(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                                        final WaitTable waits) {
        return new PgmapFolioDesign(counter, memmap, pagemaps, waits);
    }

    @Override
    public int restingCount(final long head) {
        final int sharers = memmap.share(head);
        return sharers != 0 || memmap.mapping(head) == 0 ? sharers : 1;
    }

    @Override
    public boolean grabLeaf(final CpuSlot cpu, final long entry, final long pfn, final int pages, final boolean pin,
                            final long[] out, final int at) {
        return grabPageByPage(cpu, entry, pfn, pages, pin, out, at);
    }

    @Override
    public boolean associate(final CpuSlot cpu, final long pfn, final int order, final long mapping, final long index,
                             final boolean shared) {
        if (!request(cpu, pfn, order)) {
            return false;
        }
        int done = 0;
        try {
            while (done < 1 << order) {
                associatePage(cpu, pfn + done, mapping, index + done, shared);
                done++;
            }
            return true;
        } catch (final Throwable e) {
            for (int i = 0; i < done; i++) {
                final long page = memmap.page(pfn + i);
                Failures.undo(e, () -> SharedMark.remove(memmap, page));
            }
            Failures.undo(e, () -> release(cpu, pfn, 1 << order));
            throw e;
        }
    }

    private void associatePage(final CpuSlot cpu, final long pfn, final long mapping, final long index,
                               final boolean shared) {
        if (!shared) {
            super.associate(cpu, pfn, 0, mapping, index, false);
        } else if (!isGone("dax_associate_entry", memmap.page(pfn))) {
            SharedMark.add(memmap, memmap.page(pfn));
        }
    }

    @Override
    public void disassociate(final CpuSlot cpu, final long pfn, final int order, final boolean truncate,
                             final boolean held) {
        Throwable failure = null;
        for (int i = 0; i < 1 << order; i++) {
            final long page = memmap.page(pfn + i);
            try {
                untie(page);
            } catch (final InternalError e) {
                Failures.undo(e, () -> untie(page));
                failure = Failures.add(failure, e);
            }
        }
        try {
            if (held && isThere(pfn)) {
                release(cpu, pfn, 1 << order);
            }
        } catch (final InternalError e) {
            failure = Failures.add(failure, e);
        }
        Failures.throwFirst(failure);
    }

    /** Asked once more if that fails: otherwise the references of an entry that is gone would stay. */
    private boolean isThere(final long pfn) {
        try {
            return !isGone("pgmap_release_folios", memmap.page(pfn));
        } catch (final InternalError e) {
            return !isGone("pgmap_release_folios", memmap.page(pfn));
        }
    }

    private void untie(final long page) {
        if (!isGone("dax_disassociate_entry", page)) {
            SharedMark.remove(memmap, page);
        }
    }

    @Override
    public boolean breakEntry(final CpuSlot cpu, final long pfn, final int order) {
        release(cpu, pfn, 1 << order);
        return true;
    }

    @Override
    public boolean restoreEntry(final CpuSlot cpu, final long pfn, final int order) {
        return request(cpu, pfn, order);
    }

    /** All pages or none: {@code pgmap_request_folios}. */
    private boolean request(final CpuSlot cpu, final long pfn, final int order) {
        int taken = 0;
        try {
            while (taken < 1 << order && super.beginInsert(cpu, memmap.page(pfn + taken))) {
                taken++;
            }
        } catch (final Throwable e) {
            final int held = taken;
            Failures.undo(e, () -> release(cpu, pfn, held));
            throw e;
        }
        if (taken < 1 << order) {
            release(cpu, pfn, taken);
        }
        return taken == 1 << order;
    }

    /** {@code pgmap_release_folios}: all of them, whatever fails. */
    private void release(final CpuSlot cpu, final long pfn, final int pages) {
        Throwable failure = null;
        for (int i = 0; i < pages; i++) {
            try {
                dropSurely(cpu, memmap.page(pfn + i), 1, false);
            } catch (final InternalError e) {
                failure = Failures.add(failure, e);
            }
        }
        Failures.throwFirst(failure);
    }

    @Override
    public boolean beginInsert(final CpuSlot cpu, final long head) {
        return true; // the entry holds the reference already
    }

    @Override
    public void map(final long head) {
        // entries of page tables hold none
    }

    @Override
    public void undoMap(final long head) {
        // so there is nothing to undo
    }

    @Override
    public void endInsert(final CpuSlot cpu, final long head) {
        // and need none meanwhile
    }

    @Override
    public void unmap(final long head) {
        // nor are they counted
    }

    @Override
    public void flushed(final CpuSlot cpu, final long head, final int entries) {
        // so nothing was put into the batch
    }

    @Override
    public long busyPage(final long pfn, final int order) {
        for (int i = 0; i < 1 << order; i++) {
            final long page = memmap.page(pfn + i);
            if (!isIdle(page)) {
                return page;
            }
        }
        return NOT_COUNTED;
    }

    @Override
    public boolean skipsLockedEntries() {
        return true;
    }

    @Override
    public boolean deletesBrokenEntries() {
        return false;
    }
}
