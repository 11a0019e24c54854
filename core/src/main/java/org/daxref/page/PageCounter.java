/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageDescriptor.PINCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;

import java.util.concurrent.atomic.LongAdder;
import org.daxref.memory.Words;
import org.daxref.sync.CpuSlot;

/**
 * How the reference count of a page is changed: the kernel's page_ref.h and the grab functions of mm/gup.c (6.14).
 *
 * <p><b>Theory.</b> The count is a signed 32-bit number. A reference (FOLL_GET, a mapping) is 1, a pin (FOLL_PIN) of a
 * small page is {@link #GUP_PIN_COUNTING_BIAS}, so that a count of at least that says "maybe pinned". A large folio
 * counts a pin as 1 and keeps the number of pins apart and exact.
 *
 * <pre>
 *   INT_MIN             -1  0  1            1023 1024                 INT_MAX
 *   |---------------------|--|-----------------|------------------------|
 *     overflowed or         |  references only     maybe pinned
 *     put too often:        idle (fs-held); 1 is idle (dev-pagemap)
 *     refused, reported
 * </pre>
 *
 * <p>A walker without a lock may raise the count only while it is positive: the page of a count of 0 may be anybody's
 * (the fast forms). A holder of a reference or of the page-table lock may raise it unconditionally, but not from a
 * count that is not positive (the slow forms). A fault may lift 0 to 1 ({@link #increment}). The guard looks before it
 * adds, so the one pin that crosses INT_MAX is admitted, the count is then negative, and the next is refused.
 *
 * <p>Nothing detects a put too many where it happens; the count goes below the idle value and the next grab that finds
 * it negative is refused and reported by {@link #negativeCounts()}, the counterpart of the kernel's WARN. A counter
 * that adds before it looks shows its addend meanwhile, and a grab that comes then finds -1 + 1024 and is granted: it
 * is as good as one that came before the put too many.
 *
 * <pre>
 *   pin (walker)                          zap (truncate)
 *   count += 1024         (RMW)           entry := none        (RMW)
 *   entry unchanged?  no -> unpin         count == idle?  no -> wait
 * </pre>
 *
 * <p><b>Memory ordering.</b> Each side stores, then loads what the other stores, so both need a full barrier in
 * between: every change of the count is a volatile read-modify-write, and the loads after it are volatile. A put is
 * one as well: it orders the use of the page before the count's drop (release) and the waker's look at the queue after
 * it.
 *
 * <p><b>Failures.</b> A memory access that throws (the {@link InternalError} of a mapping whose file was cut short, or
 * whose disk is full) is taken for one that did not happen. An operation that fails in its middle takes back what it
 * changed and throws what it met; the count is then what it was. Two things it leaves: a reference whose put may be the
 * last, which {@link HalfCountedException} hands to the caller, since to drop that is more than to count; and what it
 * could not take back because the memory failed a second time, which is noted as suppressed. {@code
 * FailingCounterTest} fails each access of each operation once.
 *
 * <p>What differs between counters is how the word of the count is changed: {@link #tryAdd}, {@link #increment},
 * {@link #subtract}, {@link #count} and {@link #encode}. {@link PlainPageCounter} keeps the count itself in the word,
 * as the kernel does; {@link FlaggedPageCounter} flags a page that is idle, so that a walker may add without looking.
 *
 * <p>Thread-safe. How a counter progresses is said there.
 */
public abstract class PageCounter {
    /** What a pin adds to the count of a small page. */
    public static final int GUP_PIN_COUNTING_BIAS = 1024;

    /** Access to the device. */
    protected final Words words;

    private final LongAdder negativeCounts = new LongAdder();

    /**
     * For implementations.
     *
     * @param words access to the device
     */
    protected PageCounter(final Words words) {
        this.words = words;
    }

    /**
     * Takes references from a walk without lock: the FOLL_GET half of {@code try_grab_folio_fast}.
     *
     * @param head offset of a folio's head
     * @param refs how many, at least 1
     * @return whether the count was positive and has been raised
     */
    public final boolean tryGet(final long head, final int refs) {
        return tryAdd(head, refs);
    }

    /**
     * Takes pins from a walk without lock: the FOLL_PIN half of {@code try_grab_folio_fast}. A folio's size stands
     * still only once it is counted: until then its owner may join the idle page to others.
     *
     * @param head offset of a folio's head
     * @param pins how many, at least 1
     * @return whether the count was positive and has been raised
     */
    public abstract boolean tryPin(long head, int pins);

    /**
     * {@link #tryPin(long, int)} of a CPU that may keep the pin with itself, and not in the word of the page. For a
     * walk through an entry that it looks at again afterwards.
     *
     * @param cpu  the calling thread's CPU, inside a read section
     * @param head offset of a folio's head
     * @param pins how many, at least 1
     * @return whether the page is pinned
     */
    public boolean tryPin(final CpuSlot cpu, final long head, final int pins) {
        return tryPin(head, pins);
    }

    /**
     * The second step of a pin, after {@code pins} plain references were taken: what makes them pins.
     *
     * @param head offset of a folio's head
     * @param pins how many, at least 1
     * @return true
     * @throws HalfCountedException if the memory fails: the references are left
     */
    protected final boolean referencesToPins(final long head, final int pins) {
        try {
            if (isLarge(head)) {
                words.getAndAddInt(head + PINCOUNT_OFFSET, pins);
            } else {
                words.getAndAddInt(head + REFCOUNT_OFFSET, pins * (GUP_PIN_COUNTING_BIAS - 1));
            }
            return true;
        } catch (final Throwable e) {
            throw new HalfCountedException(pins, e);
        }
    }

    /**
     * A pin in one step: what is added to a small page makes it a pin at once.
     *
     * @param head offset of a folio's head
     * @param pins how many, at least 1
     * @return whether the count was positive and has been raised
     * @throws HalfCountedException if the memory fails: what was added is left as references
     */
    protected final boolean tryPinAtOnce(final long head, final int pins) {
        if (isLarge(head)) {
            return tryAdd(head, pins) && referencesToPins(head, pins);
        }
        return tryAdd(head, pins * GUP_PIN_COUNTING_BIAS) && addedToSmall(head, pins);
    }

    /**
     * After pins were added to the word as those of a small page: books them anew if the page was joined to a folio
     * before. Its size stands still from the addition on.
     *
     * @param head offset of a folio's head
     * @param pins how many, at least 1
     * @return true
     * @throws HalfCountedException if the memory fails: what was added is left as references
     */
    protected final boolean addedToSmall(final long head, final int pins) {
        try {
            return !isLarge(head) || bookAnew(head, pins);
        } catch (final Throwable e) {
            throw new HalfCountedException(pins * GUP_PIN_COUNTING_BIAS, e);
        }
    }

    private boolean bookAnew(final long head, final int pins) {
        words.getAndAddInt(head + PINCOUNT_OFFSET, pins);
        try {
            words.getAndAddInt(head + REFCOUNT_OFFSET, -pins * (GUP_PIN_COUNTING_BIAS - 1));
            return true;
        } catch (final Throwable e) {
            stepBack(head + PINCOUNT_OFFSET, -pins, e);
            throw e;
        }
    }

    /**
     * Takes an addition back after a failure. That this fails too is noted with the failure, and not undone.
     *
     * @param offset  of the word
     * @param delta   what to add
     * @param failure what is thrown afterwards
     */
    protected final void stepBack(final long offset, final int delta, final Throwable failure) {
        try {
            words.getAndAddInt(offset, delta);
        } catch (final Throwable e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Takes references where the page is stable, under the page-table lock or from a reference: the FOLL_GET half of
     * {@code try_grab_folio}.
     *
     * @param head offset of a folio's head
     * @param refs how many, at least 1
     * @return false if the count was not positive: {@code -ENOMEM}
     */
    public final boolean get(final long head, final int refs) {
        final int seen = count(head);
        if (seen <= 0) {
            return refuse(seen);
        }
        return addHeld(head, refs);
    }

    /**
     * Takes pins where the page is stable: the FOLL_PIN half of {@code try_grab_folio}.
     *
     * @param head offset of a folio's head
     * @param pins how many, at least 1
     * @return false if the count was not positive: {@code -ENOMEM}
     * @throws HalfCountedException if the memory fails in the middle: what was added is left as references
     */
    public final boolean pin(final long head, final int pins) {
        final int seen = count(head);
        if (seen <= 0) {
            return refuse(seen);
        }
        return isLarge(head) ? addHeld(head, pins) && addToPincount(head, pins)
            : addHeld(head, pins * GUP_PIN_COUNTING_BIAS);
    }

    private boolean addToPincount(final long head, final int pins) {
        try {
            words.getAndAddInt(head + PINCOUNT_OFFSET, pins);
            return true;
        } catch (final Throwable e) {
            throw new HalfCountedException(pins, e);
        }
    }

    /**
     * Adds to a page that is held.
     *
     * @param head  offset of a folio's head
     * @param delta what to add
     * @return true, unless a counter has no room
     */
    protected boolean addHeld(final long head, final int delta) {
        words.getAndAddInt(head + REFCOUNT_OFFSET, delta);
        return true;
    }

    /**
     * Takes one reference whatever the count: {@code folio_ref_inc}. For an owner who may lift an idle page.
     *
     * @param head offset of a folio's head
     * @return the count before
     */
    public abstract int increment(long head);

    /**
     * Drops references.
     *
     * @param head offset of a folio's head
     * @param refs how many, at least 1
     * @return the count that is left
     */
    public final int put(final long head, final int refs) {
        return subtract(head, refs);
    }

    /**
     * {@link #put} by somebody whose references are probably the last, as those of cleared entries are: a counter may
     * look first whether they are, and end the page's life in one step.
     *
     * @param head offset of a folio's head
     * @param refs how many, at least 1
     * @return the count that is left
     */
    public int putProbablyLast(final long head, final int refs) {
        return put(head, refs);
    }

    /**
     * Drops pins: the counting half of {@code gup_put_folio}.
     *
     * @param head offset of a folio's head
     * @param pins how many, at least 1
     * @return the count that is left
     */
    public final int unpin(final long head, final int pins) {
        return isLarge(head) ? unpinLarge(head, pins) : put(head, pins * GUP_PIN_COUNTING_BIAS);
    }

    private int unpinLarge(final long head, final int pins) {
        words.getAndAddInt(head + PINCOUNT_OFFSET, -pins);
        try {
            return put(head, pins);
        } catch (final Throwable e) {
            stepBack(head + PINCOUNT_OFFSET, pins, e);
            throw e;
        }
    }

    /**
     * Drops pins, wherever they are kept.
     *
     * @param cpu  the calling thread's CPU, which need not be the one that pinned
     * @param head offset of a folio's head
     * @param pins how many, at least 1
     * @return the count that is left, or 1 if pins kept elsewhere than in the page's word were dropped
     */
    public int unpin(final CpuSlot cpu, final long head, final int pins) {
        return unpin(head, pins);
    }

    /**
     * Whether {@link #gather} may find anything, without waiting: to be asked first where waiting must be prepared.
     *
     * @param head offset of a folio's head
     * @return false if nothing stood apart when the call began
     */
    public boolean mayGather(final long head) {
        return false;
    }

    /**
     * Brings the pins that CPUs keep with themselves into the word of the page. Pins taken through an entry that was
     * cleared before the call are all there afterwards. Outside any read section, and under no lock that a walk or a
     * fault may wait for inside one: a counter may wait for all sections.
     *
     * @param head offset of a folio's head
     * @return whether the caller, who held a reference meanwhile, dropped the last one
     * @throws HalfCountedException if the memory fails: the reference that was held meanwhile is left
     */
    public boolean gather(final long head) {
        return false;
    }

    /**
     * Whether grabs of a page are refused, although it is in use, until somebody has called {@link #gather}: the parts
     * of its count do not fit any more. To be asked after a refused grab, by who may gather.
     *
     * @param head offset of a folio's head
     * @return false wherever a refusal says that the page is idle or its count negative
     */
    public boolean isFull(final long head) {
        return false;
    }

    /**
     * Forgets pins that CPUs keep of pages which went with their device. Only before the pages are published.
     *
     * @param first offset of the first descriptor
     * @param last  offset of the last descriptor
     */
    public void forget(final long first, final long last) {
        // none are kept
    }

    /**
     * The count: {@code folio_ref_count}.
     *
     * @param head offset of a folio's head
     * @return references, with pins as they are counted; of pins that CPUs keep with themselves exact only while no pin
     *         comes or goes
     */
    public abstract int count(long head);

    /**
     * The count without the pins that CPUs keep with themselves. Once they were gathered, and as long as no entry leads
     * to the page, these are all there are.
     *
     * @param head offset of a folio's head
     * @return references; neither 0 nor the number of its mappings while a counter says of the page that it is crowded
     */
    public int countInWord(final long head) {
        return count(head);
    }

    /**
     * How a count stands in the word of a page that nobody sees yet.
     *
     * @param count a count
     * @return the word
     */
    public abstract int encode(int count);

    /**
     * The exact number of pins of a large folio.
     *
     * @param head offset of a folio's head
     * @return pins, 0 for a small page
     */
    public final int pincount(final long head) {
        return words.getIntVolatile(head + PINCOUNT_OFFSET);
    }

    /**
     * Whether a page may be pinned for DMA: {@code folio_maybe_dma_pinned}. Exact for a large folio. For a small page
     * true may be wrong (1024 references look like a pin) and false is right, except between the two steps of a pin.
     *
     * @param head offset of a folio's head
     * @return whether it may be pinned
     */
    public boolean maybeDmaPinned(final long head) {
        if (isLarge(head)) {
            return pincount(head) > 0;
        }
        return Integer.compareUnsigned(count(head), GUP_PIN_COUNTING_BIAS) >= 0;
    }

    /**
     * How often a grab found a negative count, which is an overflow or a put too many.
     *
     * @return refusals since the start
     */
    public final long negativeCounts() {
        return negativeCounts.sum();
    }

    /**
     * Adds unless the count is zero or negative: {@code page_ref_add_unless(page, refs, 0)} behind the test of
     * {@code try_get_folio}.
     *
     * @param head  offset of a folio's head
     * @param delta what to add
     * @return whether it was added
     */
    protected abstract boolean tryAdd(long head, int delta);

    /**
     * Takes away what the caller holds. However many do, exactly one of them is told of each arrival at 0.
     *
     * @param head  offset of a folio's head
     * @param delta what to take away
     * @return the count that is left
     */
    protected abstract int subtract(long head, int delta);

    /**
     * Whether a folio has more than one page.
     *
     * @param head offset of a folio's head
     * @return whether it is large
     */
    protected final boolean isLarge(final long head) {
        return Memmap.isLarge(words, head);
    }

    /**
     * Refuses a grab, and reports it if the count is negative.
     *
     * @param count what was found, not positive
     * @return false
     */
    protected final boolean refuse(final int count) {
        if (count < 0) {
            negativeCounts.increment();
        }
        return false;
    }
}
