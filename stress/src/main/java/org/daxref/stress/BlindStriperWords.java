/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.daxref.page.PageDescriptor.MAPCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;

import org.daxref.memory.Words;

/**
 * Takes the second look at the mappings from who makes a page striped: after an exchange of the count the mapcount is
 * what the same thread last saw. It dawdles after each look, which breaks nothing by itself.
 */
final class BlindStriperWords extends ForwardingWords {
    private static final int DAWDLE_SPINS = 4;
    private static final long NONE = -1;

    private final ThreadLocal<Look> looks = ThreadLocal.withInitial(Look::new);

    BlindStriperWords(final Words target) {
        super(target);
    }

    /** The last look of a thread at a mapcount. */
    private static final class Look {
        private long offset = NONE;
        private int seen;
        private boolean exchanged;
    }

    @Override
    public int getIntVolatile(final long offset) {
        final Look look = looks.get();
        if (offset == look.offset && look.exchanged) {
            look.offset = NONE;
            return look.seen;
        }
        final int seen = super.getIntVolatile(offset);
        look.offset = offset;
        look.seen = seen;
        look.exchanged = false;
        Spin.times(DAWDLE_SPINS);
        return seen;
    }

    @Override
    public int compareAndExchangeInt(final long offset, final int expected, final int value) {
        final int found = super.compareAndExchangeInt(offset, expected, value);
        final Look look = looks.get();
        look.exchanged = found == expected && look.offset - MAPCOUNT_OFFSET == offset - REFCOUNT_OFFSET;
        return found;
    }
}
