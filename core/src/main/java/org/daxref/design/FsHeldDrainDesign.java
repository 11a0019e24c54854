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
 * {@code fs-held-drain}: what the thread of July 2022 argued for. {@link FsHeldDesign}, whose mappings hold the
 * references, with the rule of the series of October 2022 that a folio in use holds its dev_pagemap. Removal waits for
 * mappings and pins alike.
 *
 * <p><b>Theory.</b> A fault takes a reference to the dev_pagemap before it raises a count, and keeps it if the count
 * was 0; whoever brings the count back to 0 drops one. Taking it first means that a dying device is noticed before
 * anything was touched: once the count is up, a walk may have raised it further, and taking it back could be the drop
 * to 0 that somebody else sees.
 *
 * <pre>
 *   fault                                 last put
 *   pgmap.tryget_live    fails -> SIGBUS  count: 1 -> 0         (RMW)
 *   count++, was 0: keep; else put        wake; pgmap.put
 * </pre>
 *
 * <p>In every order there are at least as many references as folios in use. Only faults lift a count from 0 (walks
 * refuse it), so walks pay nothing.
 *
 * <p><b>Memory ordering.</b> Those of {@link PageCounter} and {@link DevPagemaps}.
 */
public class FsHeldDrainDesign extends FsHeldDesign {

    /**
     * For eras that differ in a few rules.
     *
     * @param counter  counts the references
     * @param memmap   the pages
     * @param pagemaps the devices that the pages belong to
     * @param waits    where waiters for a page sleep
     */
    FsHeldDrainDesign(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                      final WaitTable waits) {
        super(counter, memmap, pagemaps, waits);
    }

    /**
     * The design that the thread argued for.
     *
     * @param counter  counts the references
     * @param memmap   the pages
     * @param pagemaps the devices that the pages belong to
     * @param waits    where waiters for a page sleep
     * @return the design
     */
    public static RefcountDesign create(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                                        final WaitTable waits) {
        return new FsHeldDrainDesign(counter, memmap, pagemaps, waits);
    }

    @Override
    public boolean beginInsert(final CpuSlot cpu, final long head) {
        final long pgmap = memmap.pgmap(head);
        if (pgmap == memmap.noPgmap() || !pagemaps.tryGetLive(cpu, pgmap)) {
            return false;
        }
        boolean idle = false;
        try {
            idle = counter.increment(head) == 0;
        } finally {
            if (!idle) {
                putSurely(cpu, head, pgmap);
            }
        }
        return true;
    }

    /** One too many: what fails is tried once more, so that the fault may go on. */
    private void putSurely(final CpuSlot cpu, final long head, final long pgmap) {
        try {
            pagemaps.putMany(cpu, pgmap, 1);
        } catch (final InternalError e) {
            afterDrop(head, e, () -> pagemaps.putMany(cpu, pgmap, 1));
        }
    }

    @Override
    final void idled(final CpuSlot cpu, final long pgmap) {
        pagemaps.putMany(cpu, pgmap, 1);
    }

    @Override
    public final boolean pagesHoldPagemap() {
        return false;
    }
}
