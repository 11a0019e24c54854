/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.daxref.page.PageCounter.GUP_PIN_COUNTING_BIAS;

import java.util.concurrent.atomic.AtomicInteger;

/** An entry, a word that counts, and one slot that may keep a pin: the protocol of {@link KeptPage} and no more. */
final class SimpleKeptPage {
    private final AtomicInteger entry = new AtomicInteger(1);
    private final AtomicInteger word = new AtomicInteger(1);
    private final AtomicInteger slot = new AtomicInteger();
    private final AtomicInteger told = new AtomicInteger();

    private boolean drop(final int delta) {
        final boolean last = word.addAndGet(-delta) == 0;
        if (last) {
            told.incrementAndGet();
        }
        return last;
    }

    /** A pin that stays in the slot. */
    void keepPin() {
        slot.set(1);
    }

    /** Returns the pins that are held. */
    int walk() {
        int held = 0;
        if (entry.get() != 0) {
            keepPin();
            held = entry.get();
            if (held == 0) {
                unpin();
            }
        }
        return held;
    }

    boolean unpin() {
        return !slot.compareAndSet(1, 0) && drop(GUP_PIN_COUNTING_BIAS);
    }

    boolean zap() {
        entry.set(0);
        if (slot.get() == 1) {
            word.addAndGet(GUP_PIN_COUNTING_BIAS);
            if (!slot.compareAndSet(1, 0)) {
                word.addAndGet(-GUP_PIN_COUNTING_BIAS);
            }
        }
        return drop(1);
    }

    int countInWord() {
        return word.get();
    }

    /** The slot before the word, so that a pin that moves is not missed. */
    int count() {
        final int kept = slot.get();
        return kept * GUP_PIN_COUNTING_BIAS + word.get();
    }

    int told() {
        return told.get();
    }
}
