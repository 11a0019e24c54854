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
 * {@code fs-held} (M5, kernels 6.17 and later): every PTE and PMD entry that maps a page holds a reference, and an
 * unmapped page idles at 0. A walk needs no guard: a page whose device has been unmapped is at 0 and cannot be counted,
 * and an entry that is gone fails the second look.
 *
 * <p>The drop to 0 wakes whoever waits for the page to be idle. 512 pages under a PMD leaf are one folio with one
 * count.
 */
public final class FsHeldDesign extends RefcountDesign {
    private static final int IDLE_COUNT = 0;

    private FsHeldDesign(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                        final WaitTable waits) {
        super(counter, memmap, pagemaps, waits);
    }

    /**
     * The design of 6.17 and later.
     *
     * @param counter  counts the references
     * @param memmap   the pages
     * @param pagemaps the devices that the pages belong to
     * @param waits    where waiters for a page sleep
     * @return the design
     */
    public static RefcountDesign create(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                                        final WaitTable waits) {
        return new FsHeldDesign(counter, memmap, pagemaps, waits);
    }

    @Override
    public int idleCount() {
        return IDLE_COUNT;
    }

    @Override
    public long idleAddress(final long head) {
        return head;
    }

    @Override
    public int restingCount(final int mapcount) {
        return IDLE_COUNT + mapcount;
    }

    @Override
    public long entryBits() {
        return 0;
    }

    @Override
    public boolean guard(final CpuSlot cpu, final long entry, final long pfn) {
        return true;
    }

    @Override
    public void unguard(final CpuSlot cpu) {
        // nothing was taken
    }

    @Override
    public boolean grabLeaf(final CpuSlot cpu, final long entry, final long pfn, final int pages, final boolean pin,
                            final long[] out, final int at) {
        final long head = tryGrabFast(memmap.page(pfn), pages, pin);
        if (head == NOT_COUNTED) {
            return false;
        }
        memmap.setReferenced(head);
        for (int i = 0; i < pages; i++) {
            out[at + i] = pfn + i;
        }
        return true;
    }

    @Override
    public void put(final long head, final int refs) {
        dropped(head, counter.put(head, refs));
    }

    @Override
    public void unpin(final long head, final int pins) {
        dropped(head, counter.unpin(head, pins));
    }

    private void dropped(final long head, final int left) {
        if (left == 0) {
            freeZoneDeviceFolio(head);
        }
    }

    private void freeZoneDeviceFolio(final long head) {
        if (pagemaps.isFsDax(memmap.pgmap(head))) {
            waits.wakeUpVar(idleAddress(head));
        } else {
            counter.increment(head);
        }
    }

    @Override
    public void associate(final long pfn, final int order, final long mapping, final long index) {
        final long head = memmap.page(pfn);
        if (order > 0) {
            memmap.makeFolio(head, order);
        }
        memmap.associate(head, mapping, index);
    }

    @Override
    public void beginInsert(final long head) {
        counter.increment(head);
    }

    @Override
    public void map(final long head) {
        counter.increment(head);
        memmap.addMapcount(head, 1);
    }

    @Override
    public void endInsert(final long head) {
        put(head, 1);
    }

    @Override
    public void unmap(final long head) {
        memmap.addMapcount(head, -1);
    }

    @Override
    public void flushed(final long head, final int entries) {
        put(head, entries);
    }
}
