/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.random;

/** What a thread of the random test does, and how often. */
public enum Operation {
    MMAP(10),
    MUNMAP(3),
    FAULT(24),
    FAULT_PMD(6),
    ZAP(4),
    TAKE_FAST(12),
    TAKE(6),
    TAKE_SLOW(4),
    LONGTERM(1),
    DROP(8),
    HAND_OVER(5),
    TAKE_OVER(5),
    BREAK_LAYOUT(3),
    FSYNC(3),
    TRUNCATE(4),
    PUNCH(4),
    READ(1),
    WRITE(2),
    REPLACE(2),
    REFLINK(2),
    REMOVE(1);

    private final int weight;

    Operation(final int weight) {
        this.weight = weight;
    }

    /** How many of all drawn operations are of this kind. */
    public int weight() {
        return weight;
    }
}
