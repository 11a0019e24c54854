/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.fault;

import java.util.concurrent.atomic.AtomicBoolean;
import org.daxref.memory.Words;
import org.daxref.page.PageCounter;
import org.daxref.page.PlainPageCounter;

/** A control: pins take a lock, for which a thread that was stopped inside is waited, and which no failure frees. */
public final class LockingPageCounter extends PlainPageCounter {
    private final AtomicBoolean lock = new AtomicBoolean();

    private LockingPageCounter(final Words words) {
        super(words);
    }

    public static PageCounter create(final Words words) {
        return new LockingPageCounter(words);
    }

    @Override
    public boolean tryPin(final long head, final int pins) {
        while (!lock.compareAndSet(false, true)) {
            Thread.onSpinWait();
        }
        final boolean pinned = tryPinAtOnce(head, pins);
        lock.set(false);
        return pinned;
    }
}
