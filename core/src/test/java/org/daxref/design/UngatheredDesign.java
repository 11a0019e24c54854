/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.WaitTable;

/** An ablation: a mapping lets its reference go, and nobody brings together the pins that CPUs keep. */
public final class UngatheredDesign extends FsHeldDesign {

    private UngatheredDesign(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                             final WaitTable waits) {
        super(counter, memmap, pagemaps, waits);
    }

    public static RefcountDesign create(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                                        final WaitTable waits) {
        return new UngatheredDesign(counter, memmap, pagemaps, waits);
    }

    @Override
    public void flushed(final CpuSlot cpu, final long head, final int entries) {
        put(cpu, head, entries);
    }

    @Override
    public void gather(final CpuSlot cpu, final long pfn, final int order) {
        // left out
    }
}
