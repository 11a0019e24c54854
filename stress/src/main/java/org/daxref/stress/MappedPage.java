/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import org.daxref.design.RefcountDesign;
import org.daxref.page.PageCounter;

/** A page of the file that is mapped, for a walk and for who wants it back. */
final class MappedPage {
    private final StressDevice device;
    private final long page;
    private final long[] pinned = new long[1];
    private boolean isPinned;

    MappedPage(final StressDevice device) {
        this.device = device;
        page = device.claim();
        device.fault(page);
    }

    /** This page, striped by the calling thread if the counter does that. */
    MappedPage crowded(final PageCounter counter) {
        device.crowd(counter, page);
        return this;
    }

    /** One walk; true if it pinned the page. */
    boolean pin() {
        isPinned = device.machine().gup().pinFast(device.cpu(), device.process(), page, 1, true, pinned) == 1;
        return isPinned;
    }

    /**
     * Pins and unpins the page until it is not mapped any more, so that one of the walks meets whoever unmaps it,
     * however long that takes; true if the last walk pinned it.
     */
    boolean pinUntilUnmapped() {
        while (pin() && device.isMapped(page)) {
            unpin();
        }
        return isPinned;
    }

    /** Drops the pin of the last walk, if it took one. */
    void unpin() {
        if (isPinned) {
            device.machine().gup().unpin(device.cpu(), pinned, 1);
        }
    }

    void zap() {
        device.machine().mapper().zap(device.cpu(), device.process(), page, 1);
    }

    /** Unmaps the page and looks whether it is in use; true if it is not. */
    boolean tryBreakLayout() {
        return device.file().tryBreakLayout(device.cpu(), page, 1);
    }

    /** Whether a layout break would find the page idle. */
    boolean isIdle() {
        return device.machine().design().busyPage(device.pfn(page), 0) == RefcountDesign.NOT_COUNTED;
    }

    /** The references above the count of an idle page. */
    int references() {
        return device.count(page) - device.machine().design().idleCount();
    }
}
