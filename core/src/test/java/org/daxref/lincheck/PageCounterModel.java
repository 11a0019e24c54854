/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

/** What {@link PageCounterOperations} look like one after the other. */
public class PageCounterModel {
    private final Held refs = new Held();
    private final Held pins = new Held();

    public PageCounterModel() {
        refs.take(1, 1);
    }

    public boolean isIdle() {
        return refs.sum() + pins.sum() == 0;
    }

    public boolean tryGet(final int thread, final int n) {
        final boolean taken = !isIdle();
        refs.take(thread, taken ? n : 0);
        return taken;
    }

    public boolean tryPin(final int thread, final int n) {
        final boolean taken = !isIdle();
        pins.take(thread, taken ? n : 0);
        return taken;
    }

    public boolean get(final int thread, final int n) {
        return refs.any(thread) && tryGet(thread, n);
    }

    public boolean pin(final int thread, final int n) {
        return refs.any(thread) && tryPin(thread, n);
    }

    public boolean put(final int thread) {
        return release(refs, thread);
    }

    public boolean putProbablyLast(final int thread) {
        return put(thread);
    }

    public boolean unpin(final int thread) {
        return release(pins, thread);
    }

    private boolean release(final Held held, final int thread) {
        if (!held.any(thread)) {
            return false;
        }
        held.drop(thread);
        return isIdle();
    }

    public boolean fault(final int thread, final int n) {
        final boolean lifted = isIdle();
        refs.take(thread, lifted ? 1 : 0);
        return lifted;
    }
}
