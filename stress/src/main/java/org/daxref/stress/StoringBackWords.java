/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import org.daxref.memory.Words;

/**
 * Lets a refused walker of {@code rcuref} store the dead value instead of exchanging it for what it left: the kernel's
 * repair, which may do so because its dead objects are never lifted. It dawdles first, which breaks nothing by itself.
 * Who ends the life of a page, from NOREF or from a count, exchanges as ever.
 */
final class StoringBackWords extends ForwardingWords {
    private static final int DAWDLE_SPINS = 8;

    StoringBackWords(final Words target) {
        super(target);
    }

    @Override
    public int compareAndExchangeInt(final long offset, final int expected, final int value) {
        if (value != Zones.DEAD || expected >= Zones.NOREF) {
            return super.compareAndExchangeInt(offset, expected, value);
        }
        Spin.times(DAWDLE_SPINS);
        super.putIntRelease(offset, value);
        return expected;
    }
}
