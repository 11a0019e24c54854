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
public class FsHeldDesign extends RefcountDesign {
    private static final int IDLE_COUNT = 0;

    /**
     * For eras that differ in a few rules.
     *
     * @param counter  counts the references
     * @param memmap   the pages
     * @param pagemaps the devices that the pages belong to
     * @param waits    where waiters for a page sleep
     */
    FsHeldDesign(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps, final WaitTable waits) {
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
    public final int idleCount() {
        return IDLE_COUNT;
    }

    @Override
    public final long idleAddress(final long head) {
        return head;
    }

    @Override
    public int restingCount(final long head) {
        return IDLE_COUNT + memmap.mapcount(head);
    }

    @Override
    public final long entryBits() {
        return 0;
    }

    @Override
    public final boolean guard(final CpuSlot cpu, final long entry, final long pfn) {
        return true;
    }

    @Override
    public final void unguard(final CpuSlot cpu) {
        // nothing was taken
    }

    @Override
    public boolean grabLeaf(final CpuSlot cpu, final long entry, final long pfn, final int pages, final boolean pin,
                            final long[] out, final int at) {
        final long head = tryGrabFast(cpu, memmap.page(pfn), pages, pin);
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
    public final void put(final CpuSlot cpu, final long head, final int refs) {
        dropped(cpu, head, counter.put(head, refs));
    }

    @Override
    public final void unpin(final CpuSlot cpu, final long head, final int pins) {
        dropped(cpu, head, counter.unpin(cpu, head, pins));
    }

    private void dropped(final CpuSlot cpu, final long head, final int left) {
        if (left == 0) {
            freeZoneDeviceFolio(cpu, head);
        }
    }

    private void freeZoneDeviceFolio(final CpuSlot cpu, final long head) {
        final long pgmap = memmap.pgmap(head);
        if (pagemaps.isFsDax(pgmap)) {
            waits.wakeUpVar(idleAddress(head));
            idled(cpu, pgmap);
        } else {
            counter.increment(head);
        }
    }

    /**
     * A folio of a file system has come to its idle count.
     *
     * @param cpu   the calling thread's CPU
     * @param pgmap the dev_pagemap that it belongs to
     */
    void idled(final CpuSlot cpu, final long pgmap) {
        // holds no reference to it
    }

    @Override
    public boolean associate(final CpuSlot cpu, final long pfn, final int order, final long mapping, final long index,
                             final boolean shared) {
        final long head = memmap.page(pfn);
        if (isGone("dax_associate_entry", head)) {
            return true;
        }
        final long owner = memmap.mapping(head);
        if (shared && (owner != 0 || memmap.share(head) != 0)) {
            if (owner != 0) {
                memmap.disassociate(head);
                memmap.setShare(head, 1);
            }
            if (memmap.order(head) != order) {
                warn("dax_associate_entry", head);
            }
            memmap.setShare(head, memmap.share(head) + 1);
            return true;
        }
        if (owner != 0) {
            warn("dax_associate_entry", head);
        }
        if (order > 0) {
            initFolio(head, order);
        }
        memmap.associate(head, mapping, index);
        return true;
    }

    private void initFolio(final long head, final int order) {
        if (memmap.order(head) > 0 || counter.count(head) != 0) {
            warn("dax_folio_init", head);
        }
        memmap.makeFolio(head, order);
    }

    @Override
    public void disassociate(final CpuSlot cpu, final long pfn, final int order, final boolean truncate,
                             final boolean held) {
        final long head = memmap.page(pfn);
        if (isGone("dax_disassociate_entry", head)) {
            return;
        }
        if (memmap.mapping(head) == 0 && memmap.share(head) > 0) {
            memmap.setShare(head, memmap.share(head) - 1);
        }
        if (memmap.share(head) == 0) {
            memmap.disassociate(head);
            if (memmap.order(head) > 0) {
                if (counter.count(head) != 0) {
                    warn("dax_folio_put", head);
                }
                memmap.splitFolio(head);
            }
        }
    }

    @Override
    public boolean beginInsert(final CpuSlot cpu, final long head) {
        counter.increment(head);
        return true;
    }

    @Override
    public void map(final long head) {
        counter.increment(head);
        memmap.addMapcount(head, 1);
    }

    @Override
    public void endInsert(final CpuSlot cpu, final long head) {
        put(cpu, head, 1);
    }

    @Override
    public void unmap(final long head) {
        memmap.addMapcount(head, -1);
    }

    @Override
    public void flushed(final CpuSlot cpu, final long head, final int entries) {
        gather(cpu, head);
        dropped(cpu, head, counter.putProbablyLast(head, entries));
    }

    @Override
    public final boolean mayGather(final long pfn, final int order) {
        return counter.mayGather(memmap.page(pfn));
    }

    @Override
    public void gather(final CpuSlot cpu, final long pfn, final int order) {
        gather(cpu, memmap.page(pfn));
    }

    private void gather(final CpuSlot cpu, final long head) {
        if (counter.gather(head)) {
            freeZoneDeviceFolio(cpu, head);
        }
    }

    @Override
    public long busyPage(final long pfn, final int order) {
        final long head = memmap.page(pfn);
        return counter.countInWord(head) == memmap.mapcount(head) ? NOT_COUNTED : head;
    }

    @Override
    public final boolean looksAtUnmappedFiles() {
        return true;
    }

    @Override
    public boolean skipsLockedEntries() {
        return false;
    }

    @Override
    public final boolean waitsAtEviction() {
        return true;
    }

    @Override
    public boolean deletesBrokenEntries() {
        return true;
    }
}
