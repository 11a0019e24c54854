/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.WaitTable;

/**
 * {@code dev-pagemap} (M2, kernels 5.19 to 6.14): a page holds a reference on itself, so it idles at 1, and mappings
 * hold none. Because 1 means both "idle" and "alive", a walk cannot tell a living page from one whose device is going
 * away, and takes a reference to the dev_pagemap while it runs.
 *
 * <p>The drop to 1 wakes whoever waits for the page to be idle; it is found by comparing every put's result with 1,
 * after looking up what kind of page it is ({@code put_devmap_managed_folio_refs}). Every 4 KiB page under a PMD leaf
 * is counted by itself.
 */
public class DevPagemapDesign extends RefcountDesign {
    private static final int IDLE_COUNT = 1;

    /**
     * For eras that differ in a few rules.
     *
     * @param counter  counts the references
     * @param memmap   the pages
     * @param pagemaps the devices that the pages belong to
     * @param waits    where waiters for a page sleep
     */
    DevPagemapDesign(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                     final WaitTable waits) {
        super(counter, memmap, pagemaps, waits);
    }

    /**
     * The design of 5.19 to 6.14.
     *
     * @param counter  counts the references
     * @param memmap   the pages
     * @param pagemaps the devices that the pages belong to
     * @param waits    where waiters for a page sleep
     * @return the design
     */
    public static RefcountDesign create(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                                        final WaitTable waits) {
        return new DevPagemapDesign(counter, memmap, pagemaps, waits);
    }

    @Override
    public final int idleCount() {
        return IDLE_COUNT;
    }

    @Override
    public final long idleAddress(final long head) {
        return head + PageDescriptor.REFCOUNT_OFFSET;
    }

    @Override
    public final int restingCount(final long head) {
        return IDLE_COUNT;
    }

    @Override
    public final long entryBits() {
        return PageTableEntry.DEVMAP;
    }

    @Override
    public boolean guard(final CpuSlot cpu, final long entry, final long pfn) {
        return (entry & PageTableEntry.DEVMAP) == 0 || pagemaps.get(cpu, pfn);
    }

    @Override
    public final void unguard(final CpuSlot cpu) {
        pagemaps.put(cpu);
    }

    @Override
    public final boolean grabLeaf(final CpuSlot cpu, final long entry, final long pfn, final int pages,
                                  final boolean pin, final long[] out, final int at) {
        return grabPageByPage(cpu, entry, pfn, pages, pin, out, at);
    }

    @Override
    public void put(final CpuSlot cpu, final long head, final int refs) {
        final boolean managed = pagemaps.isFsDax(memmap.pgmap(head));
        dropped(cpu, head, counter.put(head, refs), managed);
    }

    @Override
    public void unpin(final CpuSlot cpu, final long head, final int pins) {
        final boolean managed = pagemaps.isFsDax(memmap.pgmap(head));
        dropped(cpu, head, counter.unpin(head, pins), managed);
    }

    private void dropped(final CpuSlot cpu, final long head, final int left, final boolean managed) {
        if (left == 0 || managed && left == IDLE_COUNT) {
            try {
                ended(cpu, head, left, managed);
            } catch (final InternalError e) {
                afterDrop(head, e, () -> ended(cpu, head, left, managed));
            }
        }
    }

    private void ended(final CpuSlot cpu, final long head, final int left, final boolean managed) {
        if (left == 0) {
            freed(cpu, head, managed);
        } else {
            waits.wakeUpVar(idleAddress(head));
        }
    }

    /**
     * The last reference of a page is gone, its own one included: {@code free_zone_device_page}. A page of a file
     * system gets here by a put too many only, and is left as it is.
     *
     * @param cpu     the calling thread's CPU
     * @param head    offset of the page
     * @param managed whether file systems map it
     */
    void freed(final CpuSlot cpu, final long head, final boolean managed) {
        if (!managed) {
            freeOther(cpu, head, memmap.pgmap(head));
        }
    }

    @Override
    public boolean associate(final CpuSlot cpu, final long pfn, final int order, final long mapping, final long index,
                             final boolean shared) {
        int done = 0;
        try {
            while (done < 1 << order && associate(memmap.page(pfn + done), mapping, index + done, shared)) {
                done++;
            }
            return true;
        } catch (final Throwable e) {
            for (int i = 0; i < done; i++) {
                final long page = memmap.page(pfn + i);
                Failures.undo(e, () -> SharedMark.remove(memmap, page));
            }
            throw e;
        }
    }

    /** One page: not if its device has gone. */
    private boolean associate(final long page, final long mapping, final long index, final boolean shared) {
        if (isGone("dax_associate_entry", page)) {
            return false;
        }
        if (shared) {
            SharedMark.add(memmap, page);
        } else {
            if (memmap.mapping(page) != 0) {
                warn("dax_associate_entry", page);
            }
            memmap.associate(page, mapping, index);
        }
        return true;
    }

    @Override
    public void disassociate(final CpuSlot cpu, final long pfn, final int order, final boolean truncate,
                             final boolean held) {
        Throwable failure = null;
        boolean there = true;
        for (int i = 0; i < 1 << order && there; i++) {
            final long page = memmap.page(pfn + i);
            try {
                there = disassociate(page, truncate);
            } catch (final InternalError e) {
                Failures.undo(e, () -> disassociate(page, truncate));
                failure = Failures.add(failure, e);
            }
        }
        Failures.throwFirst(failure);
    }

    /** One page: not if its device has gone. */
    private boolean disassociate(final long page, final boolean truncate) {
        if (isGone("dax_disassociate_entry", page)) {
            return false;
        }
        if (truncate && counter.count(page) > IDLE_COUNT) {
            warn("dax_disassociate_entry", page);
        }
        SharedMark.remove(memmap, page);
        return true;
    }

    @Override
    public final boolean beginInsert(final CpuSlot cpu, final long head) {
        return true; // mappings hold no reference
    }

    @Override
    public final void map(final long head) {
        // and are not counted
    }

    @Override
    public final void undoMap(final long head) {
        // so there is nothing to undo
    }

    @Override
    public final void endInsert(final CpuSlot cpu, final long head) {
        // so nothing is to be given back
    }

    @Override
    public final void unmap(final long head) {
        // vm_normal_page() is NULL for a devmap entry
    }

    @Override
    public final void flushed(final CpuSlot cpu, final long head, final int entries) {
        // nothing was put into the batch
    }

    @Override
    public final long busyPage(final long pfn, final int order) {
        for (int i = 0; i < 1 << order; i++) {
            final long page = memmap.page(pfn + i);
            if (counter.count(page) > IDLE_COUNT) {
                return page;
            }
        }
        return NOT_COUNTED;
    }

    @Override
    public final boolean looksAtUnmappedFiles() {
        return false;
    }

    @Override
    public final boolean skipsLockedEntries() {
        return true;
    }

    @Override
    public final boolean waitsAtEviction() {
        return false;
    }

    @Override
    public final boolean deletesBrokenEntries() {
        return false;
    }
}
