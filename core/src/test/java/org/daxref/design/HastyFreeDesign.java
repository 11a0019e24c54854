/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.WaitTable;

/** An ablation: {@link FsHeldDesign} that takes a page whose device has gone meanwhile for one of another device. */
public final class HastyFreeDesign extends FsHeldDesign {

    private HastyFreeDesign(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                            final WaitTable waits) {
        super(counter, memmap, pagemaps, waits);
    }

    public static RefcountDesign create(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                                        final WaitTable waits) {
        return new HastyFreeDesign(counter, memmap, pagemaps, waits);
    }

    @Override
    void freeOther(final CpuSlot cpu, final long head, final long pgmap) {
        counter.increment(head);
    }
}
