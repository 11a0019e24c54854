/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.WaitTable;

/**
 * An ablation: fs-held as 6.15 had it, whose scan waited for a locked entry after {@code xas_pause}, which moves on to
 * the next entry.
 */
public final class XasPauseDesign extends FsHeldDesign {

    private XasPauseDesign(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                           final WaitTable waits) {
        super(counter, memmap, pagemaps, waits);
    }

    public static RefcountDesign create(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                                        final WaitTable waits) {
        return new XasPauseDesign(counter, memmap, pagemaps, waits);
    }

    @Override
    public boolean skipsLockedEntries() {
        return true;
    }
}
