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
        try {
            memmap.setReferenced(head);
        } catch (final Throwable e) {
            throw backOut(cpu, head, pages, pin, e);
        }
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

    /*
     * Reads the page after its last reference is gone, as the kernel does: by then the device of a page that nobody
     * maps may have gone as well (freeOther). To read before would cost every put. Where a folio in use holds its
     * device the page cannot have gone.
     */
    private void freeZoneDeviceFolio(final CpuSlot cpu, final long head) {
        try {
            free(cpu, head);
        } catch (final InternalError e) {
            afterDrop(head, e, () -> free(cpu, head));
        }
    }

    private void free(final CpuSlot cpu, final long head) {
        final long pgmap = memmap.pgmap(head);
        if (pgmap != memmap.noPgmap() && pagemaps.isFsDax(pgmap)) {
            waits.wakeUpVar(idleAddress(head));
            idled(cpu, pgmap);
        } else {
            freeOther(cpu, head, pgmap);
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
        final int sharers = memmap.share(head);
        if (shared && (owner != 0 || sharers != 0)) {
            if (memmap.order(head) != order) {
                warn("dax_associate_entry", head);
            }
            share(head, owner, owner != 0 ? 2 : sharers + 1, sharers);
            return true;
        }
        if (owner != 0) {
            warn("dax_associate_entry", head);
        }
        if (order > 0) {
            initFolio(head, order);
        }
        try {
            memmap.associate(head, mapping, index);
        } catch (final Throwable e) {
            if (order > 0) {
                Failures.undo(e, () -> split(head, order));
            }
            throw e;
        }
        return true;
    }

    /** The number of files first: where the second step fails it is put back, and the page is as it was. */
    private void share(final long head, final long owner, final int files, final int before) {
        memmap.setShare(head, files);
        if (owner != 0) {
            try {
                memmap.disassociate(head);
            } catch (final Throwable e) {
                Failures.undo(e, () -> memmap.setShare(head, before));
                throw e;
            }
        }
    }

    private void initFolio(final long head, final int order) {
        if (memmap.order(head) > 0 || counter.count(head) != 0) {
            warn("dax_folio_init", head);
        }
        try {
            memmap.makeFolio(head, order);
        } catch (final Throwable e) {
            Failures.undo(e, () -> {
                memmap.makeFolio(head, order);
                memmap.splitFolio(head);
            });
            throw e;
        }
    }

    @Override
    public void disassociate(final CpuSlot cpu, final long pfn, final int order, final boolean truncate,
                             final boolean held) {
        final long head = memmap.page(pfn);
        try {
            leave(head);
        } catch (final InternalError e) {
            Failures.undo(e, () -> leave(head));
            throw e;
        }
    }

    /** One file less has the folio. If it fails, a second call does the rest. */
    private void leave(final long head) {
        if (isGone("dax_disassociate_entry", head)) {
            return;
        }
        final int before = memmap.share(head);
        final int files = memmap.mapping(head) == 0 && before > 0 ? before - 1 : before;
        if (files != before) {
            memmap.setShare(head, files);
        }
        if (files == 0) {
            memmap.disassociate(head);
            final int order = memmap.order(head);
            if (order > 0) {
                if (counter.count(head) != 0) {
                    warn("dax_folio_put", head);
                }
                split(head, order);
            }
        }
    }

    private void split(final long head, final int order) {
        try {
            memmap.splitFolio(head);
        } catch (final Throwable e) {
            Failures.undo(e, () -> {
                memmap.makeFolio(head, order);
                memmap.splitFolio(head);
            });
            throw e;
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
        try {
            memmap.addMapcount(head, 1);
        } catch (final Throwable e) {
            Failures.undo(e, () -> undoCount(head));
            throw e;
        }
    }

    /** Of a page that the fault holds, or that was idle and then nobody's. */
    private void undoCount(final long head) {
        if (counter.put(head, 1) == 0) {
            waits.wakeUpVar(idleAddress(head));
        }
    }

    @Override
    public void undoMap(final long head) {
        memmap.addMapcount(head, -1);
        undoCount(head);
    }

    @Override
    public void endInsert(final CpuSlot cpu, final long head) {
        put(cpu, head, 1);
    }

    @Override
    public void unmap(final long head) {
        memmap.addMapcount(head, -1);
    }

    /**
     * What fails is tried once more: the entries are gone, and nobody else knows of their references. If a gatherer's
     * barrier fails, pins stay with their CPUs until the next layout break gathers.
     */
    @Override
    public void flushed(final CpuSlot cpu, final long head, final int entries) {
        try {
            dropEntries(cpu, head, entries);
        } catch (final InternalError e) {
            Failures.undo(e, () -> dropEntries(cpu, head, entries));
            throw e;
        }
    }

    private void dropEntries(final CpuSlot cpu, final long head, final int entries) {
        try {
            gatherHead(cpu, head);
        } catch (final IllegalStateException e) {
            Failures.undo(e, () -> putEntries(cpu, head, entries));
            throw e;
        }
        putEntries(cpu, head, entries);
    }

    private void putEntries(final CpuSlot cpu, final long head, final int entries) {
        dropped(cpu, head, counter.putProbablyLast(head, entries));
    }

    @Override
    public final boolean mayGather(final long pfn, final int order) {
        return counter.mayGather(memmap.page(pfn));
    }

    @Override
    public void gather(final CpuSlot cpu, final long pfn, final int order) {
        gatherHead(cpu, memmap.page(pfn));
    }

    @Override
    void gatherHead(final CpuSlot cpu, final long head) {
        boolean last = false;
        try {
            last = counter.gather(head);
        } catch (final HalfCountedException e) {
            throw backOut(cpu, head, 0, false, e);
        }
        if (last) {
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
