/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import java.util.concurrent.atomic.AtomicLong;
import org.daxref.Machine;
import org.daxref.mm.Gup;
import org.daxref.mm.PageTable;
import org.daxref.sync.CpuSlot;

/**
 * Pins and unpins one page all the time by GUP-fast, on a thread of its own. Where the page is not mapped, or its
 * device is dying, it walks all the same and finds nothing.
 */
final class Walker implements AutoCloseable {
    private final Helper helper;
    private final Gup gup;
    private final PageTable process;
    private final long page;
    private final AtomicLong walks = new AtomicLong();
    private final AtomicLong pins = new AtomicLong();
    private volatile boolean stopped;

    Walker(final Machine machine, final PageTable process, final long page, final int helperIndex) {
        this.gup = machine.gup();
        this.process = process;
        this.page = page;
        helper = new Helper("walker-" + page, helperIndex, machine);
    }

    /** Begins to walk. */
    void start() {
        stopped = false;
        helper.begin(this::walk);
    }

    private void walk(final CpuSlot cpu) {
        final long[] pfns = new long[1];
        while (!stopped) {
            final int taken = gup.pinFast(cpu, process, page, 1, true, pfns);
            gup.unpin(cpu, pfns, taken);
            // one writer, so no read-modify-write is needed
            pins.setRelease(pins.getPlain() + taken);
            walks.setRelease(walks.getPlain() + 1);
        }
    }

    /** Waits until a walk has found the page. */
    void awaitPin() {
        final long before = pins.getAcquire();
        Patience.await("a walk that finds the page", () -> pins.getAcquire() != before || helper.isDone());
    }

    /** Waits until it has been between two walks, without a page. */
    void awaitRest() {
        final long before = walks.getAcquire();
        Patience.await("the end of a walk", () -> walks.getAcquire() != before || helper.isDone());
    }

    /** Stops, until {@link #start}. */
    void stop() {
        stopped = true;
        helper.await();
    }

    @Override
    public void close() {
        helper.close();
    }
}
