/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;

import org.daxref.memory.Words;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;

/**
 * {@code striped}: {@link StripedPageCounter} in the form that the Java memory model promises. An addition to a slot is
 * a locked operation, on a line that no other CPU uses.
 *
 * <p><b>Theory.</b> An addition looks at the word before, to know that the page is striped, and again afterwards:
 *
 * <pre>
 *   pin or unpin                              gatherer
 *   word striped?  no -> word                 word: STRIPED -> GATHERING    (RMW)
 *   slot += delta                (RMW)        slot taken, its part added to the word    (RMW)
 *   word still striped?  no -> slot -= delta, and word
 * </pre>
 *
 * <p>Either the second look sees that the word was moved, or the gatherer sees the addition. If both, the addition is
 * taken back from the slot; or, if the tag is gone from it, it was gathered, and counts in the word. A word that was
 * gathered and striped again in between is no danger: the next gatherer takes the addition.
 *
 * <pre>
 *   unpin on CPU 1                            gatherer
 *   slot 1 bears the tag
 *                                             takes slot 1: it is free now
 *   slot 1 += -1024: bears no tag
 *   slot 1 := free                            (takes tags only, so nobody looks at the noise)
 *   word -= 1024
 * </pre>
 *
 * <p><b>Memory ordering.</b> Both sides change one location by a volatile read-modify-write and then read the other
 * volatile. The same holds for a pin and a truncate: the addition to the slot, then the second look at the entry; the
 * clearing of the entry, then the gathering. Clearing a slot of noise is a release only because its owner alone writes
 * it then.
 */
public final class FencedStripedPageCounter extends StripedPageCounter {
    /** After how many sightings of others in a row a CPU makes a page striped, unless another number is asked for. */
    public static final int CROWD = 64;

    private FencedStripedPageCounter(final Words words, final CpuSlots cpus, final int crowd) {
        super(words, cpus, crowd);
    }

    /**
     * The counter that stripes crowded pages.
     *
     * @param words access to the device
     * @param cpus  all CPUs
     * @return the counter
     */
    public static PageCounter create(final Words words, final CpuSlots cpus) {
        return new FencedStripedPageCounter(words, cpus, CROWD);
    }

    /**
     * The counter that stripes a page after so many sightings of others.
     *
     * @param words access to the device
     * @param cpus  all CPUs
     * @param crowd how many, in a row and by one CPU; at least 1
     * @return the counter
     */
    public static PageCounter create(final Words words, final CpuSlots cpus, final int crowd) {
        return new FencedStripedPageCounter(words, cpus, crowd);
    }

    @Override
    protected boolean add(final CpuSlot cpu, final long head, final int delta) {
        final long slot = slot(cpu.areaOffset(), head);
        final long seen = words.getLongOpaque(slot);
        if (isOf(seen, head)) {
            if (!hasRoom(seen, delta)) {
                return false;
            }
            if (!isOf(words.getAndAddLong(slot, delta), head)) {
                wipe(slot);
                return false;
            }
        } else if (!mayTake(seen, delta) || !words.compareAndSetLong(slot, seen, of(head, delta))) {
            return false;
        }
        final boolean striped;
        try {
            striped = isStriped(words.getIntVolatile(head + REFCOUNT_OFFSET));
        } catch (final Throwable e) {
            if (wasGathered(slot, head, delta)) {
                return true;
            }
            throw e;
        }
        return striped || wasGathered(slot, head, delta);
    }

    /** Takes an addition back, unless a gatherer has it. */
    private boolean wasGathered(final long slot, final long head, final int delta) {
        final long seen = takeBack(slot, delta);
        if (!isOf(seen, head)) {
            wipe(slot);
            return true;
        }
        if (part(seen) == delta) {
            words.compareAndSetLong(slot, seen - delta, FREE);
        }
        return false;
    }

    private long takeBack(final long slot, final int delta) {
        try {
            return words.getAndAddLong(slot, -delta);
        } catch (final Throwable e) {
            return words.getAndAddLong(slot, -delta);
        }
    }

    private void wipe(final long slot) {
        try {
            words.putLongRelease(slot, FREE);
        } catch (final Throwable e) {
            words.putLongRelease(slot, FREE);
        }
    }

    @Override
    protected boolean takeAway(final CpuSlot cpu, final long head, final int delta) {
        return add(cpu, head, -delta);
    }

    @Override
    protected void awaitAdditions() {
        // the second look of whoever has added finds the word moved
    }
}
