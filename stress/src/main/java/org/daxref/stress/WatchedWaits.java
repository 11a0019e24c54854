/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import org.daxref.design.RefcountDesign;
import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.WaitTable;

/**
 * A wait table that knows how a sleep ended. Its one waiter at a time does not sleep but looks until it was woken, or
 * until the unpin has returned without waking it: then nobody ever would.
 */
final class WatchedWaits extends WaitTable {
    private final StressDevice device;
    private PinnedPage awaited;
    private volatile boolean woken;

    WatchedWaits(final StressDevice device) {
        super(device.words(), device.geometry().waitTableOffset());
        this.device = device;
    }

    /** A design of the device whose waiters sleep here. */
    RefcountDesign design(final Factory factory, final PageCounter counter) {
        return factory.create(counter, device.machine().memmap(), device.machine().pagemaps(), this);
    }

    /** Makes a design. */
    @FunctionalInterface
    interface Factory {
        RefcountDesign create(PageCounter counter, Memmap memmap, DevPagemaps pagemaps, WaitTable waits);
    }

    /** A wait for a page begins. */
    void begin(final PinnedPage page) {
        awaited = page;
        woken = false;
    }

    /** Whether somebody woke the waiter since {@link #begin}. */
    boolean wasWoken() {
        return woken;
    }

    @Override
    protected void sleep(final long address, final long ns) {
        awaited.slept();
        Spin.until(() -> woken || awaited.unpinReturned());
    }

    @Override
    protected void wake(final Thread thread) {
        woken = true;
    }
}
