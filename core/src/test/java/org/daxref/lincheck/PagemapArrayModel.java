/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

/** What {@link PagemapArrayOperations} look like one after the other. */
public class PagemapArrayModel {
    private static final int RANGES = 4;

    private final Held stored = new Held();

    static long handle(final int range) {
        return 64L * (range + 1);
    }

    public long load(final int thread, final int range) {
        return stored.any(range) ? handle(range) : 0;
    }

    public boolean store(final int thread) {
        final boolean absent = !stored.any(thread % RANGES);
        stored.take(thread % RANGES, absent ? 1 : 0);
        return absent;
    }

    public boolean erase(final int thread) {
        final boolean present = stored.any(thread % RANGES);
        stored.take(thread % RANGES, present ? -1 : 0);
        return present;
    }
}
