/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import org.daxref.page.HalfCountedException;
import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.WaitTable;

/**
 * {@code pre-518} (M0, kernels up to 5.17, as read in 5.15): as {@link DevPagemapDesign}, but the reference that a page
 * holds on itself in turn pins its dev_pagemap. Removal drops it page by page and waits until every page has come to 0,
 * so no pin outlives the device.
 *
 * <p>An unpin takes two steps, all but the last reference and then a {@code put_page}, so that the drop to 1 cannot be
 * missed ({@code put_compound_head}). The device goes without a word to the file system, and files on DAX share no
 * blocks.
 */
public final class Pre518Design extends DevPagemapDesign {

    private Pre518Design(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                         final WaitTable waits) {
        super(counter, memmap, pagemaps, waits);
    }

    /**
     * The design of the kernels up to 5.17.
     *
     * @param counter  counts the references
     * @param memmap   the pages
     * @param pagemaps the devices that the pages belong to
     * @param waits    where waiters for a page sleep
     * @return the design
     */
    public static RefcountDesign create(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                                        final WaitTable waits) {
        return new Pre518Design(counter, memmap, pagemaps, waits);
    }

    @Override
    boolean grabSubPage(final CpuSlot cpu, final long page, final boolean pin) {
        return tryGrabLocked(cpu, page, pin);
    }

    @Override
    public void unpin(final CpuSlot cpu, final long head, final int pins) {
        counter.put(head, pins * PageCounter.GUP_PIN_COUNTING_BIAS - 1);
        try {
            put(cpu, head, 1);
        } catch (final InternalError e) {
            throw new HalfCountedException(1, e);
        }
    }

    @Override
    void freed(final CpuSlot cpu, final long head, final boolean managed) {
        final long pgmap = memmap.pgmap(head);
        if (pgmap != memmap.noPgmap()) {
            pagemaps.putMany(cpu, pgmap, 1);
        } else {
            freeOther(cpu, head, pgmap);
        }
    }

    @Override
    public void dropPageReferences(final CpuSlot cpu, final long pgmap) {
        pagemaps.ranges(pgmap).forEach(range -> {
            for (long pfn = range.first(); pfn <= range.last(); pfn++) {
                dropSurely(cpu, memmap.page(pfn), 1, false);
            }
        });
    }

    @Override
    public boolean notifiesHolder() {
        return false;
    }

    @Override
    public boolean sharesBlocks() {
        return false;
    }
}
