/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A percpu_ref in ordinary Java, with one user whose read section is a flag. */
final class SimplePercpuRef {
    private static final long BIAS = 1L << 62;

    private final AtomicLong count = new AtomicLong(BIAS + 1);
    private final AtomicInteger releases = new AtomicInteger();
    private volatile boolean inside;
    private volatile boolean dead;
    private long word;

    boolean tryGetLive() {
        inside = true;
        final boolean taken = !dead;
        if (taken) {
            word++;
        }
        inside = false;
        return taken;
    }

    void put() {
        inside = true;
        if (dead) {
            putAtomic();
        } else {
            word--;
        }
        inside = false;
    }

    private void putAtomic() {
        if (count.decrementAndGet() == 0) {
            releases.incrementAndGet();
        }
    }

    /** Kills the reference, waits for a grace period and makes the count exact. */
    void kill() {
        dead = true;
        count.incrementAndGet();
        putAtomic();
        while (inside) {
            Thread.onSpinWait();
        }
        count.addAndGet(word - BIAS);
        putAtomic();
    }

    int releases() {
        return releases.get();
    }
}
