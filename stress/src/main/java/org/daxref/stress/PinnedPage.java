/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.daxref.page.PageCounter.GUP_PIN_COUNTING_BIAS;

import org.daxref.design.RefcountDesign;
import org.daxref.page.PageDescriptor;

/** A page with one pin, for who drops it and who waits for it to be idle. */
final class PinnedPage {
    private final StressDevice device;
    private final RefcountDesign design;
    private final WatchedWaits waits;
    private final long head;
    private boolean slept;
    private volatile boolean looked;
    private volatile boolean unpinReturned;

    PinnedPage(final StressDevice device, final RefcountDesign design, final WatchedWaits waits) {
        this.device = device;
        this.design = design;
        this.waits = waits;
        head = device.descriptor(device.claim());
        device.words().putIntRelease(head + PageDescriptor.REFCOUNT_OFFSET,
            device.machine().counter().encode(design.idleCount() + GUP_PIN_COUNTING_BIAS));
    }

    /** Drops the pin as soon as the waiter has found the page busy and is on its way into the queue. */
    void unpin() {
        Spin.until(() -> looked);
        design.unpin(device.cpu(), head, 1);
        unpinReturned = true;
    }

    /** Waits until the page is idle; true if it was so without a sleep. */
    boolean await() {
        waits.begin(this);
        waits.waitVarUninterruptible(design.idleAddress(head), this::isIdle);
        return !slept;
    }

    private boolean isIdle() {
        final boolean idle = design.isIdle(head);
        if (!looked) {
            looked = true;
        }
        return idle;
    }

    boolean wasWoken() {
        return waits.wasWoken();
    }

    /** The waiter goes to sleep. */
    void slept() {
        slept = true;
    }

    boolean unpinReturned() {
        return unpinReturned;
    }
}
