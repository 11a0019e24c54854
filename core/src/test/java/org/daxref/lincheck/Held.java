/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

/** How many of something each thread holds. Lets an operation do only what callers in production may do. */
public final class Held {
    private final int[] counts = new int[Lincheck.THREADS];

    boolean any(final int thread) {
        return counts[thread] > 0;
    }

    void take(final int thread, final int n) {
        counts[thread] += n;
    }

    void drop(final int thread) {
        counts[thread]--;
    }

    int sum() {
        int sum = 0;
        for (final int count : counts) {
            sum += count;
        }
        return sum;
    }
}
