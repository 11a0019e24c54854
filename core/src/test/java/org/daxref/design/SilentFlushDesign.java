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
 * An ablation: fs-held whose batch of a zap drops the references of the mappings without looking whether they were the
 * last.
 */
public final class SilentFlushDesign extends FsHeldDesign {

    private SilentFlushDesign(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                              final WaitTable waits) {
        super(counter, memmap, pagemaps, waits);
    }

    public static RefcountDesign create(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                                        final WaitTable waits) {
        return new SilentFlushDesign(counter, memmap, pagemaps, waits);
    }

    @Override
    public void flushed(final CpuSlot cpu, final long head, final int entries) {
        counter.putProbablyLast(head, entries);
    }
}
