/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import java.util.concurrent.ThreadLocalRandom;
import org.daxref.memory.Words;

/**
 * Dawdles after a read-modify-write, now and then, which every thread may do, as when the hypervisor takes its
 * processor away. That breaks nothing; it lets the other actor come between two steps.
 */
final class DawdlingWords extends ForwardingWords {
    private static final int MAX_SPINS = 4;

    DawdlingWords(final Words target) {
        super(target);
    }

    @Override
    public int getAndAddInt(final long offset, final int delta) {
        final int found = super.getAndAddInt(offset, delta);
        dawdle();
        return found;
    }

    @Override
    public int compareAndExchangeInt(final long offset, final int expected, final int value) {
        final int found = super.compareAndExchangeInt(offset, expected, value);
        dawdle();
        return found;
    }

    private static void dawdle() {
        Spin.times(ThreadLocalRandom.current().nextInt(MAX_SPINS));
    }
}
