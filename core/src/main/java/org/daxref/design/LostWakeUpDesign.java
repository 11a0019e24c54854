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
 * {@code lost-wakeup} (M1, kernel 5.18 before f4f451a16dd1): {@link DevPagemapDesign} with the bug of the thread of
 * July 2022. What GUP drops, an unpin or a back-out, goes by {@code folio_put_refs}, which does not compare with 1; so
 * who waits for the page to be idle sleeps on. {@code put_page} kept the comparison. Files on DAX
 * shared no blocks yet.
 *
 * <p>Here to be shown, not to be measured: {@link org.daxref.Machine} does not list it.
 */
public final class LostWakeUpDesign extends DevPagemapDesign {

    private LostWakeUpDesign(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                             final WaitTable waits) {
        super(counter, memmap, pagemaps, waits);
    }

    /**
     * The design of 5.18, with its bug.
     *
     * @param counter  counts the references
     * @param memmap   the pages
     * @param pagemaps the devices that the pages belong to
     * @param waits    where waiters for a page sleep
     * @return the design
     */
    public static RefcountDesign create(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                                        final WaitTable waits) {
        return new LostWakeUpDesign(counter, memmap, pagemaps, waits);
    }

    @Override
    public void unpin(final CpuSlot cpu, final long head, final int pins) {
        counter.unpin(head, pins);
    }

    @Override
    public void drop(final CpuSlot cpu, final long head, final int refs, final boolean pin) {
        if (pin) {
            unpin(cpu, head, refs);
        } else {
            counter.put(head, refs);
        }
    }

    @Override
    public boolean sharesBlocks() {
        return false;
    }
}
