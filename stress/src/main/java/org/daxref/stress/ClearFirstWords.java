/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.daxref.page.PageCounter.GUP_PIN_COUNTING_BIAS;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;

import org.daxref.memory.Words;

/**
 * Lets a gatherer of {@code hazard} clear a slot first and raise the word of the page afterwards: the addition that
 * follows a look at a slot which names the page is put off until the slot was cleared, and left out if that failed, as
 * is the subtraction then. The gatherer dawdles in between, which breaks nothing by itself.
 */
final class ClearFirstWords extends ForwardingWords {
    private static final int DAWDLE_SPINS = 4;
    private static final long NONE = -1;

    private final ThreadLocal<Move> moves = ThreadLocal.withInitial(Move::new);

    ClearFirstWords(final Words target) {
        super(target);
    }

    /** What a thread is about to move. */
    private static final class Move {
        private long lookedAt = NONE;
        private long putOff = NONE;
        private long leftOut = NONE;
    }

    @Override
    public long getLongVolatile(final long offset) {
        final long seen = super.getLongVolatile(offset);
        moves.get().lookedAt = seen;
        return seen;
    }

    @Override
    public int getAndAddInt(final long offset, final int delta) {
        final Move move = moves.get();
        final long place = offset - REFCOUNT_OFFSET - origin();
        if (delta == GUP_PIN_COUNTING_BIAS && place == move.lookedAt) {
            move.putOff = place;
            return super.getIntOpaque(offset);
        }
        if (delta == -GUP_PIN_COUNTING_BIAS && place == move.leftOut) {
            move.leftOut = NONE;
            return super.getIntOpaque(offset);
        }
        return super.getAndAddInt(offset, delta);
    }

    @Override
    public boolean compareAndSetLong(final long offset, final long expected, final long value) {
        final boolean cleared = super.compareAndSetLong(offset, expected, value);
        final Move move = moves.get();
        if (move.putOff == expected) {
            move.putOff = NONE;
            raise(move, expected, cleared);
        }
        return cleared;
    }

    private void raise(final Move move, final long place, final boolean cleared) {
        if (cleared) {
            Spin.times(DAWDLE_SPINS);
            super.getAndAddInt(origin() + place + REFCOUNT_OFFSET, GUP_PIN_COUNTING_BIAS);
        } else {
            move.leftOut = place;
        }
    }
}
