/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;

import org.daxref.memory.Words;

/**
 * A counter whose word is the count: the kernel's {@code _refcount}.
 *
 * <p><b>Theory.</b> A walker must not lift a count from 0, so it looks, and exchanges what it saw for what it wants. A
 * drop is one addition, whose result tells it whether it was the last; nothing can come between the two.
 *
 * <p><b>Memory ordering.</b> That of {@link PageCounter}: every change is a volatile read-modify-write. The look before
 * the exchange is opaque, since the exchange finds out whether it still holds.
 *
 * <p>Thread-safe. {@link #tryAdd} is lock-free, everything else is wait-free.
 */
public abstract class PlainPageCounter extends PageCounter {

    /**
     * For implementations.
     *
     * @param words access to the device
     */
    protected PlainPageCounter(final Words words) {
        super(words);
    }

    @Override
    public final int increment(final long head) {
        return words.getAndAddInt(head + REFCOUNT_OFFSET, 1);
    }

    @Override
    protected final int subtract(final long head, final int delta) {
        return words.getAndAddInt(head + REFCOUNT_OFFSET, -delta) - delta;
    }

    @Override
    public final int count(final long head) {
        return words.getIntVolatile(head + REFCOUNT_OFFSET);
    }

    @Override
    public final int encode(final int count) {
        return count;
    }

    /** A failed exchange hands over the value found, so the line is not fetched a second time. */
    @Override
    protected final boolean tryAdd(final long head, final int delta) {
        final Words local = words;
        final int seen = local.getIntOpaque(head + REFCOUNT_OFFSET);
        if (seen <= 0) {
            return refuse(seen);
        }
        final int found = local.compareAndExchangeInt(head + REFCOUNT_OFFSET, seen, seen + delta);
        return found == seen || addAfterRace(head, delta, found);
    }

    /**
     * Goes on after the first exchange has failed.
     *
     * @param head  offset of a folio's head
     * @param delta what to add
     * @param found what the exchange found
     * @return whether it was added
     */
    protected boolean addAfterRace(final long head, final int delta, final int found) {
        int seen = found;
        while (seen > 0) {
            final int next = words.compareAndExchangeInt(head + REFCOUNT_OFFSET, seen, seen + delta);
            if (next == seen) {
                return true;
            }
            seen = next;
        }
        return refuse(seen);
    }
}
