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
public final class DevPagemapDesign extends RefcountDesign {
    private static final int IDLE_COUNT = 1;

    private DevPagemapDesign(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
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
    public int idleCount() {
        return IDLE_COUNT;
    }

    @Override
    public long idleAddress(final long head) {
        return head + PageDescriptor.REFCOUNT_OFFSET;
    }

    @Override
    public int restingCount(final int mapcount) {
        return IDLE_COUNT;
    }

    @Override
    public long entryBits() {
        return PageTableEntry.DEVMAP;
    }

    @Override
    public boolean guard(final CpuSlot cpu, final long entry, final long pfn) {
        return (entry & PageTableEntry.DEVMAP) == 0 || pagemaps.get(cpu, pfn);
    }

    @Override
    public void unguard(final CpuSlot cpu) {
        pagemaps.put(cpu);
    }

    @Override
    public boolean grabLeaf(final CpuSlot cpu, final long entry, final long pfn, final int pages, final boolean pin,
                            final long[] out, final int at) {
        for (int i = 0; i < pages; i++) {
            final long page = memmap.page(pfn + i);
            if (!pagemaps.get(cpu, pfn + i) || tryGrabFast(page, 1, pin) == NOT_COUNTED) {
                undo(out, at, i, pin);
                pagemaps.put(cpu);
                return false;
            }
            memmap.setReferenced(page);
            out[at + i] = pfn + i;
        }
        pagemaps.put(cpu);
        return true;
    }

    @Override
    public void put(final long head, final int refs) {
        final boolean managed = pagemaps.isFsDax(memmap.pgmap(head));
        dropped(head, counter.put(head, refs), managed);
    }

    @Override
    public void unpin(final long head, final int pins) {
        final boolean managed = pagemaps.isFsDax(memmap.pgmap(head));
        dropped(head, counter.unpin(head, pins), managed);
    }

    private void dropped(final long head, final int left, final boolean managed) {
        if (managed) {
            if (left == IDLE_COUNT) {
                waits.wakeUpVar(idleAddress(head));
            }
        } else if (left == 0) {
            counter.increment(head);
        }
    }

    @Override
    public void associate(final long pfn, final int order, final long mapping, final long index) {
        for (int i = 0; i < 1 << order; i++) {
            memmap.associate(memmap.page(pfn + i), mapping, index + i);
        }
    }

    @Override
    public void beginInsert(final long head) {
        // mappings hold no reference
    }

    @Override
    public void map(final long head) {
        // and are not counted
    }

    @Override
    public void endInsert(final long head) {
        // so nothing is to be given back
    }

    @Override
    public void unmap(final long head) {
        // vm_normal_page() is NULL for a devmap entry
    }

    @Override
    public void flushed(final long head, final int entries) {
        // nothing was put into the batch
    }
}
