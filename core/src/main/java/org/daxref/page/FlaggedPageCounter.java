/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;

import org.daxref.memory.Words;

/**
 * A counter whose word says apart from the value that the page is idle, so that a walker adds first and looks at what
 * was there afterwards: one unconditional addition, which never fails for contention, in place of look and exchange.
 *
 * <p><b>Why not add and undo.</b> The passing addend of a walker on an idle page (0, 1024, 0) would be taken for a life
 * of the page: an owner who lifts it would read 1024 as the count before, and the walker's undo would come to 0 and
 * look like a last put. Under {@code fs-held-drain} each such mistake is a reference to the dev_pagemap that is dropped
 * twice or kept for ever. Therefore an addend on an idle page is <i>noise</i>: the idle value lies far below zero, no
 * sum of addends makes it positive, and nobody who adds there holds anything.
 *
 * <p><b>Theory.</b> The value is the word less a constant ({@code none}, the word of a count of 0 that is not flagged).
 *
 * <pre>
 *   value   INT_MIN      idle - noise      idle       idle + noise          -1  0  1             INT_MAX
 *           |-----------------|---------------|---------------|---------------|--|------------------|
 *             overflowed: the   idle, and put   idle, and the   put too often   |   the count: grabs
 *             count is value,   too often: the  noise of        : the count is  |   succeed
 *             grabs are refused count is        walkers: the    value, refused  being dropped: not
 *             and reported      value - idle,   count is 0      and reported    flagged yet
 *                               refused
 * </pre>
 *
 * <p>INT_MAX is crossed as in {@link PageCounter}: the addition finds a positive value, is admitted and makes it
 * negative; the next finds it negative, takes its addend back and is refused. The zones bound what can be told apart:
 * {@code noise / 1024} pins dropped too often (2^18 at least) would be mistaken for another zone, and before that many
 * a grab reports the negative count. Where a negative count comes to 0 again, upwards, the page is flagged and nobody
 * is told: too many were told before.
 *
 * <p>A count that was put too often is refused to who finds it. While his addend passes it may be positive, and who
 * comes then is granted what he asks, as the right count would have:
 *
 * <pre>
 *   walker A                walker B
 *   -1 -> 1023, was -1
 *                           1023 -> 2047, was 1023: granted
 *   2047 -> 1023: refused, reported
 *                           put: 1023 -> -1
 * </pre>
 *
 * <p><b>Drop.</b> A subtraction that leaves the value 0 has not yet ended the page's life. The exchange of 0 for idle
 * does, and who succeeds is the last: it alone returns 0. Who fails found somebody who came in between, and returns
 * what he left. Never is the word read again for that: another life may have begun (the slow path of the kernel's
 * rcuref_put() did so until "rcuref: Plug slowpath race in rcuref_put()", January 2025).
 *
 * <pre>
 *   last put            walker, stale             |  last put            walker, stale
 *   1024 -> 0                                     |  1024 -> 0
 *                       0 -> 1024, was 0: granted |  0 -> idle: was last
 *   0 -> idle: fails,                             |                      idle -> idle + 1024: refused
 *   found 1024: not last                          |                      idle + 1024 -> idle
 *                       entry gone: 1024 -> 0     |
 *                       0 -> idle: was last       |
 *
 *   put A          walker W              A fails to flag although the word was 0 again: W, who came after A and left
 *   1 -> 0                               after it, was the last. A finds idle, and returns 1: what was left at the
 *                  0 -> 1 -> 0           least when it subtracted. If A's exchange comes first, A is the last, and W
 *                  0 -> idle: last       finds idle and returns 1. One of them returns 0.
 *   0 -> idle: fails
 * </pre>
 *
 * <p>Who probably is the last ({@link #putProbablyLast}) looks first, and exchanges what he holds for idle at once. If
 * that fails he subtracts like the others. The word is never 0 in between, so nobody can come in.
 *
 * <p><b>Lift.</b> An owner who sees the page idle exchanges idle with all its noise for 1: it began a life and returns
 * 0. If the page was not idle, or the exchange failed, the owner adds 1 like a walker. If it is idle now, the 1 is
 * noise, and the exchange follows. A second owner at the same time fails, finds the page lifted and adds again. If the
 * value was 0, the owner revives the page: the exchange of the put that is on its way fails, so no life ended and none
 * began, and the owner returns 1.
 *
 * <pre>
 *   last put            owner                     |  walker, stale       owner
 *   1 -> 0                                        |  idle -> idle + 1024
 *                       0 -> 1, was 0: returns 1  |                      idle + 1024 -> idle + 1025
 *   0 -> idle: fails,                             |  set back: fails     idle + 1025 -> 1: returns 0
 *   returns 1                                     |  refused
 * </pre>
 *
 * <p><b>Noise.</b> A refused walker makes one attempt to exchange what it left for idle. It fails only if somebody came
 * in between, whose own attempt follows; so the noise is gone when the last of them is, and to leave the zone some 2^18
 * pins in a row would have to fail. Set back late, the exchange meets the same noise of another or a word without
 * noise, never a count.
 *
 * <p><b>Count.</b> Between the subtraction and the flag the count is not 0 yet, because a walker may still revive it.
 * An owner who took it for idle would split the folio or give its blocks away under the walker, who then took a large
 * folio's pin and drops a small page's. So {@link #count} does not say 0 there, and the layout break sleeps until the
 * put that is on its way has flagged the page, and wakes it. (That its second look makes the walker drop what it was
 * granted would be enough for the blocks, and is not for the folio's size.)
 *
 * <p><b>Folios.</b> The size of a folio stands still while its word is positive, so a pin that was counted there and
 * its unpin are booked alike; a pin that a CPU keeps is booked when it is gathered. {@code _pincount} is changed by who
 * holds references only.
 *
 * <p><b>Failures.</b> If the exchange that ends a life fails, the page stands at 0, as it does before that exchange,
 * and the subtraction is taken back as a walker would come in between; who comes too late for that was not the last,
 * and its put is done. An exchange or addition that steps back is tried once more.
 *
 * <p><b>Memory ordering.</b> Every change is a volatile read-modify-write, a refused addition included; an exchange
 * that finds another value is a volatile read. The subtraction releases the use of the page, and the exchange for idle,
 * which follows it in the same thread or reads what another subtraction left, is what {@link #count} and the owner's
 * lift acquire. Grab and zap pair as in {@link PageCounter}.
 *
 * <p>Thread-safe. {@link #tryAdd} and {@link #subtract} are wait-free. {@link #increment} is lock-free: it is held up
 * by walkers that leave noise and by other owners.
 */
public abstract class FlaggedPageCounter extends PageCounter {
    /** The value of an idle page in the plainest zones: the bits 110. */
    protected static final int IDLE = 0b110 << 29;

    private static final int NOISE = 1 << 29;

    private final int none;
    private final int idle;
    private final int noise;

    /**
     * For implementations whose word is the value, and idle in the zone of the bits 110.
     *
     * @param words access to the device
     */
    protected FlaggedPageCounter(final Words words) {
        this(words, 0, IDLE, NOISE);
    }

    /**
     * For implementations.
     *
     * @param words access to the device
     * @param none  the word of a count of 0 that is not flagged, 0 or -1
     * @param idle  the value, a word less {@code none}, of an idle page
     * @param noise size of the zone above it, at least 2^28 and a power of two
     */
    protected FlaggedPageCounter(final Words words, final int none, final int idle, final int noise) {
        super(words);
        this.none = none;
        this.idle = idle;
        this.noise = noise;
    }

    @Override
    public final boolean tryPin(final long head, final int pins) {
        return tryPinAtOnce(head, pins);
    }

    @Override
    protected boolean tryAdd(final long head, final int delta) {
        final int value = words.getAndAddInt(head + REFCOUNT_OFFSET, delta) - none;
        return value > 0 || addedBelowOne(head, delta, value);
    }

    private boolean addedBelowOne(final long head, final int delta, final int value) {
        if (value == 0) {
            return true;
        }
        if (isIdle(value)) {
            hush(head, value + delta, quiet(value));
            return false;
        }
        if (decode(value) > 0) {
            return admit(head, delta, value);
        }
        flagIfZero(head, takeBack(head, delta));
        return refuse(decode(value));
    }

    /** Sets an idle page back that a walker left noise on. */
    private void hush(final long head, final int noisy, final int quiet) {
        try {
            exchange(head, noisy, quiet);
        } catch (final Throwable e) {
            exchange(head, noisy, quiet);
            throw e;
        }
    }

    private int takeBack(final long head, final int delta) {
        try {
            return words.getAndAddInt(head + REFCOUNT_OFFSET, -delta) - none - delta;
        } catch (final Throwable e) {
            stepBack(head + REFCOUNT_OFFSET, -delta, e);
            throw e;
        }
    }

    /**
     * Whether an addition stands, where a counter has zones of its own below zero in which references may be added.
     *
     * @param head  offset of a folio's head
     * @param delta what was added
     * @param value what was there before, in such a zone
     * @return false if it was taken back
     */
    protected boolean admit(final long head, final int delta, final int value) {
        return true;
    }

    @Override
    public final int increment(final long head) {
        final int seen = look(head);
        if (isIdle(seen) && exchange(head, seen, 1) == seen) {
            return liftedFrom(seen);
        }
        final int value = words.getAndAddInt(head + REFCOUNT_OFFSET, 1) - none;
        return value > 0 ? value : lift(head, value);
    }

    private int look(final long head) {
        return words.getIntOpaque(head + REFCOUNT_OFFSET) - none;
    }

    /**
     * Lifts an idle page, after 1 was added to it.
     *
     * @param head  offset of a folio's head
     * @param value what was there before, not positive
     * @return the count before
     */
    protected int lift(final long head, final int value) {
        if (value == 0) {
            return 1;
        }
        if (!isIdle(value)) {
            return countUp(head, value);
        }
        int seen = value + 1;
        try {
            while (isIdle(seen)) {
                final int found = exchange(head, seen, 1);
                if (found == seen) {
                    return liftedFrom(seen);
                }
                seen = found;
            }
        } catch (final Throwable e) {
            hush(head, seen, quiet(seen));
            throw e;
        }
        return increment(head);
    }

    /** A count that was put too often is corrected. */
    private int countUp(final long head, final int value) {
        try {
            flagIfZero(head, value + 1);
        } catch (final Throwable e) {
            stepBack(head + REFCOUNT_OFFSET, -1, e);
            throw e;
        }
        return decode(value);
    }

    private void flagIfZero(final long head, final int value) {
        if (value == 0) {
            exchange(head, 0, idle);
        }
    }

    @Override
    public final int putProbablyLast(final long head, final int refs) {
        return look(head) == refs && exchange(head, refs, idle) == refs ? 0 : put(head, refs);
    }

    @Override
    protected final int subtract(final long head, final int delta) {
        final int left = words.getAndAddInt(head + REFCOUNT_OFFSET, -delta) - delta - none;
        if (left > 0) {
            return left;
        }
        if (left == 0) {
            return dropOrKeep(head, delta);
        }
        return isIdle(left) ? -delta : decode(left);
    }

    /** If the exchange fails the caller holds again what it subtracted; unless somebody else ended the page's life. */
    private int dropOrKeep(final long head, final int delta) {
        try {
            return drop(head);
        } catch (final Throwable e) {
            if (tryAdd(head, delta)) {
                throw e;
            }
            return drop(head);
        }
    }

    /**
     * Ends the life of a page, after a subtraction that left no reference.
     *
     * @param head offset of a folio's head
     * @return 0 if the caller was the last, else a count that was left to others
     */
    protected int drop(final long head) {
        final int found = exchange(head, 0, idle);
        return found == 0 ? 0 : leftToOthers(found);
    }

    /**
     * What to tell a put that was not the last.
     *
     * @param value what its exchange found, 0 if others have been and gone
     * @return the count found, or 1 if the others are gone as well
     */
    protected final int leftToOthers(final int value) {
        return value == 0 || isIdle(value) ? 1 : value;
    }

    @Override
    public int count(final long head) {
        return countInWord(head);
    }

    @Override
    public final int countInWord(final long head) {
        final int value = words.getIntVolatile(head + REFCOUNT_OFFSET) - none;
        if (value > 0) {
            return value;
        }
        return value == 0 ? countWhileDropped(head) : decode(value);
    }

    /**
     * The count of a page whose last reference was subtracted and that is not flagged yet.
     *
     * @param head offset of a folio's head
     * @return a count that was right during the call; 0 only if nobody can come between any more
     */
    protected int countWhileDropped(final long head) {
        return 1;
    }

    @Override
    public final int encode(final int count) {
        return none + (count == 0 ? idle : count);
    }

    /**
     * The idle value without noise.
     *
     * @param value an idle value
     * @return what a refused walker sets it back to
     */
    protected int quiet(final int value) {
        return idle;
    }

    /**
     * The count before the lift of an idle page.
     *
     * @param value the idle value that was exchanged for 1
     * @return 0 if a life of the page began
     */
    protected int liftedFrom(final int value) {
        return 0;
    }

    /**
     * Whether a value says that the page is idle.
     *
     * @param value a word less {@code none}
     * @return whether it is idle, with or without noise
     */
    protected final boolean isIdle(final int value) {
        return Integer.compareUnsigned(value - idle, noise) < 0;
    }

    /**
     * The count that a value stands for.
     *
     * @param value a word less {@code none}, not that of a page being dropped
     * @return the count; positive also where a counter has zones of its own in which references may be added
     */
    protected int decode(final int value) {
        if (isIdle(value)) {
            return 0;
        }
        return isIdle(value + noise) ? value - idle : value;
    }

    /**
     * Exchanges a value for another.
     *
     * @param head     offset of a folio's head
     * @param expected the value that must be there
     * @param value    the new one
     * @return the value found, equal to {@code expected} if and only if the exchange happened
     */
    protected final int exchange(final long head, final int expected, final int value) {
        return words.compareAndExchangeInt(head + REFCOUNT_OFFSET, none + expected, none + value) - none;
    }
}
