/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.random;

import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.dax.DaxFile;

/**
 * A name of a file. Who opens or maps the file uses the slot, so that only a file that nobody has open is evicted; pins
 * do not count, as in a kernel. Nobody sleeps here: a user who comes at the wrong time does something else.
 */
final class Slot {
    private static final int EVICTED = -1;

    private final AtomicInteger users = new AtomicInteger();
    private volatile DaxFile file;

    Slot(final DaxFile file) {
        this.file = file;
    }

    DaxFile file() {
        return file;
    }

    /** Opens the file, unless it is on its way out. */
    boolean open() {
        int seen = users.get();
        while (seen != EVICTED && !users.compareAndSet(seen, seen + 1)) {
            seen = users.get();
        }
        return seen != EVICTED;
    }

    void close() {
        users.decrementAndGet();
    }

    /** The last close: nobody opens the file from now on. */
    boolean beginEviction() {
        return users.compareAndSet(0, EVICTED);
    }

    void endEviction(final DaxFile next) {
        file = next;
        users.set(0);
    }
}
