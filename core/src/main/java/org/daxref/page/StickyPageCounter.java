/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import org.daxref.memory.Words;

/**
 * {@code sticky}: the counter of Anderson, Blelloch and Wei, "Turning manual concurrent memory reclamation into
 * automatic reference counting" (PLDI 2022), section 4.3. {@link XaddPageCounter} whose readers do not wait for a put
 * that is on its way: a reader that finds 0 flags the page itself, marks that it helped, and says 0.
 *
 * <p><b>Theory.</b> The mark HELP says that an arrival at 0 was announced and belongs to nobody yet. A put whose own
 * exchange failed takes the mark, by an exchange, and with it the zero; there are as many marks as zeros announced, so
 * each has one owner, though it need not be the put that made it.
 *
 * <pre>
 *   last put               reader                   |  put A            walker W         reader
 *   1024 -> 0                                       |  1 -> 0
 *                          0 -> idle + HELP: says 0 |                   0 -> 1 -> 0
 *   0 -> idle: fails                                |                                    0 -> idle + HELP
 *   idle + HELP -> idle: was last                   |  either A or W takes HELP: one was the last
 * </pre>
 *
 * <p>The paper's counter is dead for good once it was flagged. A page is lifted again, and an owner may come between
 * the reader and the put:
 *
 * <pre>
 *   last put               reader                   owner
 *   1 -> 0
 *                          0 -> idle + HELP: says 0
 *                                                   idle + HELP -> 1: took HELP, so returns 1
 *   0 -> idle: fails,
 *   found 1: not last
 * </pre>
 *
 * <p>The owner takes the zero: the end of one life and the beginning of the next cancel out and nobody is told of
 * either, so the reference to the dev_pagemap passes from one to the other. No waiter is forgotten: who looks after the
 * lift finds the page in use again and is woken by the put that ends that; who looked before it has seen 0 itself, or
 * a count that the lost waking would have found positive again.
 *
 * <p>The paper takes the mark by storing the idle value; here that would wipe out a lift. Refused walkers leave the
 * mark as it is when they set the word back.
 *
 * <p>Everything else, memory ordering included, is as {@link FlaggedPageCounter} says. A reader's exchange for HELP is
 * ordered after the subtraction that it read, and the lift and the claim of HELP after it.
 *
 * <p>Thread-safe. As {@link FlaggedPageCounter}; a put that takes the mark is held up by walkers that leave noise, and
 * so lock-free. {@link #count} is wait-free, and may write.
 */
public final class StickyPageCounter extends FlaggedPageCounter {
    private static final int HELP = 1 << 28;

    private StickyPageCounter(final Words words) {
        super(words);
    }

    /**
     * The counter with help.
     *
     * @param words access to the device
     * @return the counter
     */
    public static PageCounter create(final Words words) {
        return new StickyPageCounter(words);
    }

    @Override
    protected int countWhileDropped(final long head) {
        final int found = exchange(head, 0, IDLE | HELP);
        return decode(found);
    }

    @Override
    protected int drop(final long head) {
        final int found = exchange(head, 0, IDLE);
        return found == 0 ? 0 : claim(head, found);
    }

    private int claim(final long head, final int value) {
        int seen = value;
        while (isHelped(seen)) {
            final int found = exchange(head, seen, IDLE);
            if (found == seen) {
                return 0;
            }
            seen = found;
        }
        return leftToOthers(seen);
    }

    @Override
    protected int quiet(final int value) {
        return IDLE | value & HELP;
    }

    @Override
    protected int liftedFrom(final int value) {
        return isHelped(value) ? 1 : 0;
    }

    private boolean isHelped(final int value) {
        return isIdle(value) && (value & HELP) != 0;
    }
}
