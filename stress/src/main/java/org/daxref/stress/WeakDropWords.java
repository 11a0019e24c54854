/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import org.daxref.memory.Words;

/**
 * Takes the barrier from the drop of a count: a load and a release store, which the processor may move behind the load
 * that follows. For one dropper.
 */
final class WeakDropWords extends ForwardingWords {
    WeakDropWords(final Words target) {
        super(target);
    }

    @Override
    public int getAndAddInt(final long offset, final int delta) {
        if (delta > 0) {
            return super.getAndAddInt(offset, delta);
        }
        final int seen = super.getIntOpaque(offset);
        super.putIntRelease(offset, seen + delta);
        return seen;
    }
}
