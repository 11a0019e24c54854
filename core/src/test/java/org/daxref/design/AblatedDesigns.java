/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.WaitTable;

/** Designs with one rule less (kernel.md G). */
public final class AblatedDesigns {
    private AblatedDesigns() {
    }

    /** A1, no-pgmap: {@code dev-pagemap} whose walks take no reference to the dev_pagemap. */
    public static RefcountDesign noPagemap(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                                           final WaitTable waits) {
        return new DevPagemapDesign(counter, memmap, pagemaps, waits) {
            @Override
            public boolean guard(final CpuSlot cpu, final long entry, final long pfn) {
                return true;
            }
        };
    }

    /** A5, no-insert-ref: {@code fs-held} whose page-table entries hold no reference. */
    public static RefcountDesign noInsertReference(final PageCounter counter, final Memmap memmap,
                                                   final DevPagemaps pagemaps, final WaitTable waits) {
        return new FsHeldDesign(counter, memmap, pagemaps, waits) {
            @Override
            public void map(final long head) {
                memmap.addMapcount(head, 1);
            }

            @Override
            public void flushed(final CpuSlot cpu, final long head, final int entries) {
                // what was not taken is not dropped
            }
        };
    }
}
