/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

import java.util.function.LongPredicate;

/** A test double that counts accesses. For one thread. */
public final class CountingWords extends ForwardingWords {
    private LongPredicate where = offset -> true;
    private long reads;
    private long rmws;

    public CountingWords(final Words target) {
        super(target);
    }

    /** Starts again at zero and counts only the accesses to some offsets. */
    public void reset(final LongPredicate offsets) {
        where = offsets;
        reads = 0;
        rmws = 0;
    }

    public long reads() {
        return reads;
    }

    /** Read-modify-writes: the locked operations of x86-64. */
    public long rmws() {
        return rmws;
    }

    @Override
    protected void before(final Op op, final long offset) {
        if (where.test(offset)) {
            if (op == Op.RMW) {
                rmws++;
            } else if (op == Op.READ) {
                reads++;
            }
        }
    }
}
