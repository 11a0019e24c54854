/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.ablation;

import org.daxref.memory.ForwardingWords;
import org.daxref.memory.Words;

/**
 * A test double whose drop of one count is a load and a release store (A3, no-barrier), for processors to reorder. For
 * one dropper.
 */
final class WeakDropWords extends ForwardingWords {
    private final long count;

    WeakDropWords(final Words target, final long countOffset) {
        super(target);
        count = countOffset;
    }

    @Override
    public int getAndAddInt(final long offset, final int delta) {
        if (offset != count || delta > 0) {
            return target.getAndAddInt(offset, delta);
        }
        final int seen = target.getIntOpaque(offset);
        target.putIntRelease(offset, seen + delta);
        return seen;
    }
}
