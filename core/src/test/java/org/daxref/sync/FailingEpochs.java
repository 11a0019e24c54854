/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import java.lang.invoke.VarHandle;
import org.daxref.memory.Words;

/** Read sections whose updater's barrier fails once, as {@code membarrier(2)} may that finds no memory. */
public final class FailingEpochs extends Epochs {
    /** What the failure says. */
    public static final String MESSAGE = "membarrier(2) failed: errno=12";

    private volatile Thread victim;
    private long left;

    public FailingEpochs(final Words words, final CpuSlots cpus) {
        super(words, cpus);
    }

    /** The n-th barrier that the calling thread asks for from now on, 1 is the next, fails. */
    public void failAt(final long n) {
        left = n;
        victim = Thread.currentThread();
    }

    /** No barrier fails any more. Returns whether one has. */
    public boolean reset() {
        victim = null;
        return left <= 0;
    }

    @Override
    void readerBarrier() {
        VarHandle.fullFence();
    }

    @Override
    void updaterBarrier() {
        VarHandle.fullFence();
        if (victim == Thread.currentThread() && --left == 0) {
            throw new IllegalStateException(MESSAGE);
        }
    }
}
