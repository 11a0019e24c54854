/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

/** What {@link CpuSlotsOperations} look like one after the other. */
public class CpuSlotsModel {
    private final Held attached = new Held();

    public boolean attach(final int thread) {
        final boolean free = !attached.any(thread);
        attached.take(thread, free ? 1 : 0);
        return free;
    }

    public boolean detach(final int thread) {
        final boolean held = attached.any(thread);
        attached.take(thread, held ? -1 : 0);
        return held;
    }

    public boolean add(final int thread) {
        return attached.any(thread);
    }
}
