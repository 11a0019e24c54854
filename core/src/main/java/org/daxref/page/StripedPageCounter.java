/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageDescriptor.MAPCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.PAGE_DESCRIPTOR_SHIFT;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.daxref.sync.CpuSlotDescriptor.PIN_SLOTS;
import static org.daxref.sync.CpuSlotDescriptor.pinSlot;

import org.daxref.memory.Words;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;

/**
 * A counter that spreads the pins of a crowded page over the CPUs, and brings them together again before anybody asks
 * whether the page is idle: {@code percpu_ref} for single pages, on demand, after the idea of scalable counters that
 * grow under contention (Dice, Lev and Moir, SPAA 2013) and of biased locks (BRAVO, Dice and Kogan, ATC 2019).
 *
 * <p><b>Theory.</b> A page begins like that of {@link XaddPageCounter}: one word. A CPU that often sees others hold a
 * page while it pins it makes the page <i>striped</i>: it moves the word into a zone of its own, in which no put can
 * bring it to 0. From then on a pin or unpin adds to a slot of the own CPU, and the word stays in every cache. The
 * count is the word plus all slots that bear the page's tag, whichever of them an addition went to; so an unpin may
 * run on another CPU than its pin, and a slot may be negative. <i>Gathering</i> moves the word into a second zone,
 * which sends everybody back to the word, collects the slots and adds what they held:
 *
 * <pre>
 *   word   INT_MIN    -0x68000000       -0x60000000       idle - noise       idle ...        0  1            INT_MAX
 *          |--------------|--- STRIPED ----|-- GATHERING ----|---------------|---------------|--|----------------|
 *           overflowed      word = STRIPED    word = GATHERING    as XaddPageCounter has them      word = count
 *                           + its part of     + its part of
 *                           the count         the count
 *
 *   slot   63                            32 31                             0
 *          |  tag: descriptor offset / 64  |    2^31 + part of the count     |     0: free
 * </pre>
 *
 * <p><b>Why zero stays exact.</b> Only the word's own zone knows 0, and a page is striped only while it is mapped: its
 * mappings hold references, and who lets one go gathers first. A page that is crowded and loses its last mapping at the
 * same moment is gathered by one of the two:
 *
 * <pre>
 *   unpin, page is crowded                |  zap
 *   word: c -> STRIPED + c       (RMW)    |  mapcount -= 1             (RMW)
 *   mapcount == 0?  yes -> gather         |  word striped?  yes -> gather
 *                                         |  word -= 1
 * </pre>
 *
 * <p>A gatherer takes a reference of its own while it moves the word and drops it when the sum is in, so that the count
 * does not come to 0 in between, whoever else puts; of two gatherers the second finds the word moved and leaves. So
 * does a second zap, whose put then is not the last, because the first has not dropped its reference yet.
 *
 * <p>A layout break gathers once more before it compares the count with the mappings. If another file maps the page
 * too, it may be striped again by then; it is taken for busy, which it was when somebody who held a pin made it
 * striped.
 *
 * <p>Only the owner of a slot puts a tag into it, and only in place of nothing or of a part that is 0; anybody may
 * take a tag out. So an owner who finds its tag gone after an addition knows that its slot was free, and wipes what it
 * left there. Where a slot is taken by another page the word is used.
 *
 * <p><b>Space.</b> Nothing per page; {@value org.daxref.sync.CpuSlotDescriptor#PIN_SLOTS} slots of 8 bytes per CPU.
 * Large folios are not striped.
 *
 * <p><b>Bounds.</b> At every moment the word's part is the count less the sum of the slots, whatever CPUs pin and
 * unpin. A slot holds at most 2^14 (16 pins) either way, of 256 CPUs all together 2^22; so, since the count is not
 * negative, the word's part is never below -2^22, and the zone ends at -2^26 (with 1024 CPUs it would be -2^24). Which
 * pins were dropped on another CPU than theirs, and how many there ever were, does not matter.
 *
 * <p>A full slot is emptied into the word by the pin or unpin that finds it full. In between the count is too high,
 * never too low:
 *
 * <pre>
 *   unpin, slot = -16 pins                |  pin, slot = 16 pins
 *   slot: -16 -> 0              (RMW)     |  word += 1 + 16 pins         (RMW)
 *   word -= 1 + 16 pins         (RMW):    |  slot: 16 -> 0               (RMW)
 *     what is left is the unpin's result  |
 *   if the slot was gathered before:      |  if the slot was gathered before:
 *   word -= 1 pin                         |  word -= 16 pins: not the last, since the pin is held
 * </pre>
 *
 * <p>Upwards a grab (pin or reference, fast or slow) that finds a part above 2^25 in the word is taken back, by
 * exchange and only while the word is apart, and refused; {@link #isFull} says so, and who may wait gathers the page
 * and goes on. Its count is beyond {@link #MOST_IN_WORD} then, so it is not striped again before it has shrunk. A grab
 * adds at most 2^15 ({@link #MOST_AT_ONCE}; what asks for more at once goes by exchange, and to a page that is not
 * apart), and a CPU has one addition in flight: 256 CPUs at once bring the word to 2^25 + 2^23. The mappings of faults
 * add 1 each, are not refused, and leave the zone only after 2^26 - 2^25 - 2^23 = 25 million faults on one page that
 * was full before the first of them, of which each writes an entry of 8 bytes, without a zap, a layout break or a grab
 * by somebody who gathers in between. The word of a page being gathered has the same room, and only grabs and puts
 * change it.
 *
 * <p>{@code StripedBoundsTest} plays 20 CPUs of which 1 pins and 19 unpin and the reverse, all 256 slots full either
 * way, and pins that wander at random with the sum checked after each step.
 *
 * <p><b>Failures.</b> As in {@link PageCounter}. A gatherer whose wait or memory fails moves the word back, with the
 * parts it has collected: the page is striped as before, and who gathers it next finds everything. Its caller still
 * holds the references that it wanted to drop afterwards. A step back is tried once more.
 *
 * <p><b>Memory ordering.</b> The word as {@link FlaggedPageCounter} says. How an addition to a slot and the zap's look
 * at it are ordered is what the two forms differ in: {@link FencedStripedPageCounter}, {@link
 * AsymmetricStripedPageCounter}. A pin acquires the word, which pairs with the exchange that made the page striped: a
 * zap that cleared the entry and found the page not striped is before that exchange, so the second look at the entry,
 * after the acquire, sees it cleared. Were the load opaque, the second look could be satisfied before it:
 *
 * <pre>
 *   walker                      zap                         unpin
 *   entry: set (early)
 *                               entry := none
 *                               word striped?  no
 *                                                           word: c -> STRIPED + c
 *   word: striped; slot += 1024
 *   (second look: the early one) -> granted, and nobody gathers
 * </pre>
 *
 * <p>Thread-safe. Pins and unpins are wait-free as far as those of {@link FlaggedPageCounter} are; a grab that is taken
 * back from a full page is lock-free, held up by those that change its word. An unpin that made the page striped may
 * have to gather, which is lock-free in the fenced form and waits for read sections in the other.
 */
public abstract class StripedPageCounter extends FlaggedPageCounter {
    /** A free slot. */
    public static final long FREE = 0;

    /** Size of the zone of striped words, and of that of words being gathered, which follows it. */
    public static final int ZONE = 1 << 27;

    /** The word of a striped page that holds no part of the count: the middle of its zone. */
    public static final int STRIPED = 0x94000000;

    /** Lower half of a slot that holds no part of a count. */
    public static final int NO_PART = 1 << 31;

    /** The largest part of a count that a slot takes; the least is its negative. 16 pins. */
    public static final int MOST_IN_SLOT = 1 << 14;

    /** A page whose word holds this much is not made striped. */
    public static final int MOST_IN_WORD = 1 << 24;

    /** The largest part in the word of a striped page to which a grab may add. */
    public static final int MOST_APART = 1 << 25;

    /** What a grab adds at most to the word of a striped page: its own 16 pins, and what a full slot held. */
    public static final int MOST_AT_ONCE = 2 * MOST_IN_SLOT;

    /** The largest tag: pages further up in the device file are not made striped. */
    public static final long LARGEST_TAG = 0xFFFF_FFFEL;

    private static final int GATHERING = 0x9C000000;
    private static final int OTHERS_LEFT = 1;

    private final CpuSlots cpus;
    private final long origin;
    private final int crowd;

    /**
     * For implementations.
     *
     * @param words access to the device
     * @param cpus  all CPUs, whose slots hold parts of counts
     * @param crowd after how many sightings of others in a row a CPU makes a page striped, at least 1
     */
    protected StripedPageCounter(final Words words, final CpuSlots cpus, final int crowd) {
        super(words);
        this.cpus = cpus;
        this.origin = words.origin();
        this.crowd = crowd;
    }

    @Override
    public final boolean tryPin(final CpuSlot cpu, final long head, final int pins) {
        final int seen = words.getIntAcquire(head + REFCOUNT_OFFSET);
        if (isStriped(seen)) {
            return add(cpu, head, pins * GUP_PIN_COUNTING_BIAS) || tryPinInWord(cpu, head, pins);
        }
        if (seen >= GUP_PIN_COUNTING_BIAS) {
            cpu.sightOthers(head);
        }
        return tryPin(head, pins);
    }

    /** A pin that finds its slot full takes the slot's part with it to the word. */
    private boolean tryPinInWord(final CpuSlot cpu, final long head, final int pins) {
        final long slot = slot(cpu.areaOffset(), head);
        final long seen = words.getLongVolatile(slot);
        final int delta = pins * GUP_PIN_COUNTING_BIAS;
        if (!isOf(seen, head) || part(seen) <= 0 || delta > MOST_IN_SLOT || hasRoom(seen, delta)) {
            return tryPin(head, pins);
        }
        return tryAdd(head, delta + part(seen)) && emptied(slot, head, seen, delta) && addedToSmall(head, pins);
    }

    /** After the part of a slot was added to the word: takes it out of the slot, or from the word if it is gathered. */
    private boolean emptied(final long slot, final long head, final long seen, final int held) {
        final int part = part(seen);
        try {
            if (!words.compareAndSetLong(slot, seen, of(head, 0))) {
                put(head, part);
            }
            return true;
        } catch (final Throwable e) {
            throw new HalfCountedException(held + part, e);
        }
    }

    @Override
    public final int unpin(final CpuSlot cpu, final long head, final int pins) {
        final int seen = words.getIntOpaque(head + REFCOUNT_OFFSET);
        if (isStriped(seen) || cpu.sightings(head) >= crowd && makeStriped(cpu, head, seen)) {
            return takeAway(cpu, head, pins * GUP_PIN_COUNTING_BIAS) ? OTHERS_LEFT : unpinInWord(cpu, head, pins);
        }
        return unpin(head, pins);
    }

    /** An unpin that finds its slot full takes the slot's part, which is negative, with it to the word. */
    private int unpinInWord(final CpuSlot cpu, final long head, final int pins) {
        final long slot = slot(cpu.areaOffset(), head);
        final long seen = words.getLongVolatile(slot);
        final int delta = pins * GUP_PIN_COUNTING_BIAS;
        if (!isOf(seen, head) || part(seen) >= 0 || hasRoom(seen, -delta)
            || !words.compareAndSetLong(slot, seen, of(head, 0))) {
            return unpin(head, pins);
        }
        try {
            return put(head, delta - part(seen));
        } catch (final Throwable e) {
            fillAgain(slot, head, seen, e);
            throw e;
        }
    }

    /** After a failure: the part goes back to the slot, or to the word if the slot was gathered in between. */
    private void fillAgain(final long slot, final long head, final long seen, final Throwable failure) {
        try {
            if (!words.compareAndSetLong(slot, of(head, 0), seen)) {
                put(head, -part(seen));
            }
        } catch (final Throwable e) {
            failure.addSuppressed(e);
        }
    }

    @Override
    public final boolean isFull(final long head) {
        final int value = words.getIntVolatile(head + REFCOUNT_OFFSET);
        return isApart(value) && apart(value) > MOST_APART;
    }

    @Override
    protected final boolean tryAdd(final long head, final int delta) {
        return delta <= MOST_AT_ONCE ? super.tryAdd(head, delta) : tryAddMany(head, delta);
    }

    /** What could leave the zone at once is added by exchange, and to no striped page. */
    private boolean tryAddMany(final long head, final int delta) {
        int seen = words.getIntVolatile(head + REFCOUNT_OFFSET);
        while (seen >= 0) {
            final int found = exchange(head, seen, seen + delta);
            if (found == seen) {
                return true;
            }
            seen = found;
        }
        return refuse(decode(seen));
    }

    @Override
    protected final boolean addHeld(final long head, final int delta) {
        return tryAdd(head, delta);
    }

    /**
     * What found no room is taken back while the page is apart, where no subtraction can be the last. If it was
     * gathered in between, the addition stands.
     */
    @Override
    protected final boolean admit(final long head, final int delta, final int value) {
        if (apart(value) <= MOST_APART) {
            return true;
        }
        int seen = value + delta;
        try {
            while (isApart(seen)) {
                final int found = exchange(head, seen, seen - delta);
                if (found == seen) {
                    return false;
                }
                seen = found;
            }
            return true;
        } catch (final Throwable e) {
            throw new HalfCountedException(delta, e);
        }
    }

    /** Gathering may wait for read sections, so the undo of a walk, which is inside one,
        leaves it to the next unpin. */
    private boolean makeStriped(final CpuSlot cpu, final long head, final int seen) {
        if (cpu.isInside() || seen <= 0 || seen >= MOST_IN_WORD || isLarge(head) || !isMapped(head)
            || tag(head) > LARGEST_TAG) {
            return false;
        }
        cpu.forgetSightings();
        final boolean striped = exchange(head, seen, STRIPED + seen) == seen;
        if (striped && !isStillMapped(head)) {
            gather(head);
        }
        return striped;
    }

    private boolean isStillMapped(final long head) {
        try {
            return isMapped(head);
        } catch (final Throwable e) {
            gather(head);
            throw e;
        }
    }

    private boolean isMapped(final long head) {
        return words.getIntVolatile(head + MAPCOUNT_OFFSET) > 0;
    }

    /**
     * Adds to the own slot, inside a read section.
     *
     * @param cpu   the calling thread's CPU
     * @param head  offset of the page's descriptor
     * @param delta what to add
     * @return false if the word is to be used instead
     */
    protected abstract boolean add(CpuSlot cpu, long head, int delta);

    /**
     * Takes away from the own slot.
     *
     * @param cpu   the calling thread's CPU
     * @param head  offset of the page's descriptor
     * @param delta what to take away
     * @return false if the word is to be used instead
     */
    protected abstract boolean takeAway(CpuSlot cpu, long head, int delta);

    /** After a page was sent back to its word: waits until what went to the slots of CPUs before can be seen there. */
    protected abstract void awaitAdditions();

    @Override
    public final boolean mayGather(final long head) {
        return isStriped(words.getIntVolatile(head + REFCOUNT_OFFSET));
    }

    @Override
    public final boolean gather(final long head) {
        int seen = words.getIntVolatile(head + REFCOUNT_OFFSET);
        while (isStriped(seen)) {
            final int found = exchange(head, seen, seen - STRIPED + GATHERING + 1);
            if (found == seen) {
                gatherParts(head);
                return putOwn(head);
            }
            seen = found;
        }
        return false;
    }

    /** From GATHERING to a word that holds all; if that fails, back to STRIPED with what there is by then. */
    private void gatherParts(final long head) {
        int sum = 0;
        try {
            awaitAdditions();
            for (int i = 0; i < cpus.limit(); i++) {
                sum += takePart(slot(cpus.areaOffset(i), head), head);
            }
            words.getAndAddInt(head + REFCOUNT_OFFSET, sum - GATHERING);
        } catch (final Throwable e) {
            stepBack(head + REFCOUNT_OFFSET, sum - GATHERING + STRIPED - 1, e);
            throw e;
        }
    }

    private boolean putOwn(final long head) {
        try {
            return put(head, 1) == 0;
        } catch (final Throwable e) {
            throw new HalfCountedException(1, e);
        }
    }

    private int takePart(final long slot, final long head) {
        long seen = words.getLongVolatile(slot);
        while (isOf(seen, head)) {
            if (words.compareAndSetLong(slot, seen, FREE)) {
                return part(seen);
            }
            seen = words.getLongVolatile(slot);
        }
        return 0;
    }

    @Override
    public final void forget(final long first, final long last) {
        for (int cpu = 0; cpu < cpus.limit(); cpu++) {
            for (int i = 0; i < PIN_SLOTS; i++) {
                final long slot = pinSlot(cpus.areaOffset(cpu), i);
                final long head = origin + (words.getLongVolatile(slot) >>> Integer.SIZE << PAGE_DESCRIPTOR_SHIFT);
                if (head >= first && head <= last) {
                    takePart(slot, head);
                }
            }
        }
    }

    /** Exact while no pin comes or goes; never 0 while the page is striped. */
    @Override
    public final int count(final long head) {
        final int value = words.getIntVolatile(head + REFCOUNT_OFFSET);
        if (!isApart(value)) {
            return countInWord(head);
        }
        int count = apart(value);
        for (int i = 0; i < cpus.limit(); i++) {
            final long seen = words.getLongVolatile(slot(cpus.areaOffset(i), head));
            count += isOf(seen, head) ? part(seen) : 0;
        }
        return Math.max(1, count);
    }

    /** The parts of a count cannot be read at once, so true is said of every striped page: others pin it. */
    @Override
    public final boolean maybeDmaPinned(final long head) {
        return isApart(words.getIntVolatile(head + REFCOUNT_OFFSET)) || super.maybeDmaPinned(head);
    }

    /** Of a striped page its word says only that it is in use, by more than its mappings. */
    @Override
    protected final int decode(final int value) {
        return isApart(value) ? Integer.MAX_VALUE : super.decode(value);
    }

    private static boolean isApart(final int value) {
        return isStriped(value) || isIn(GATHERING, value);
    }

    /** The part of the count in the word of a page that is striped or being gathered. */
    private static int apart(final int value) {
        return value - (isStriped(value) ? STRIPED : GATHERING);
    }

    /**
     * Whether pins of a page go to slots.
     *
     * @param value the page's word
     * @return whether it is striped
     */
    public static boolean isStriped(final int value) {
        return isIn(STRIPED, value);
    }

    private static boolean isIn(final int centre, final int value) {
        return Integer.compareUnsigned(value - centre + ZONE / 2, ZONE) < 0;
    }

    /**
     * The slot of a page. Neighbouring pages have different ones.
     *
     * @param areaOffset where a CPU's area lies
     * @param head       offset of the page's descriptor
     * @return its offset
     */
    protected static long slot(final long areaOffset, final long head) {
        return pinSlot(areaOffset, head >>> PAGE_DESCRIPTOR_SHIFT & PIN_SLOTS - 1);
    }

    /**
     * Whether a slot holds a part of a page's count.
     *
     * @param seen the slot
     * @param head offset of the page's descriptor
     * @return whether it bears the page's tag
     */
    protected final boolean isOf(final long seen, final long head) {
        return seen >>> Integer.SIZE == tag(head);
    }

    /**
     * Whether the owner of a slot may give it to another page.
     *
     * @param seen  the slot
     * @param delta the first part that it is to hold
     * @return whether it holds nothing now, and has room
     */
    protected static boolean mayTake(final long seen, final int delta) {
        return (seen == FREE || (int) seen == NO_PART) && Math.abs(delta) <= MOST_IN_SLOT;
    }

    /**
     * A slot with a page's tag.
     *
     * @param head offset of the page's descriptor
     * @param part part of its count
     * @return the slot
     */
    protected final long of(final long head, final int part) {
        return tag(head) << Integer.SIZE | Integer.toUnsignedLong(NO_PART + part);
    }

    private long tag(final long head) {
        return head - origin >>> PAGE_DESCRIPTOR_SHIFT;
    }

    /**
     * The part of a count that a slot holds.
     *
     * @param seen the slot, which bears a tag
     * @return a part, which may be negative
     */
    protected static int part(final long seen) {
        return (int) seen - NO_PART;
    }

    /**
     * Whether a slot has room for more.
     *
     * @param seen  the slot, which bears a tag
     * @param delta what is to be added
     * @return false if it is full
     */
    protected static boolean hasRoom(final long seen, final int delta) {
        return Math.abs(part(seen) + (long) delta) <= MOST_IN_SLOT;
    }
}
