/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;

import org.daxref.memory.Words;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;

/**
 * {@code striped-asym}: {@link StripedPageCounter} whose gatherer pays for the order of the others. An addition to a
 * slot is a plain one, {@code this_cpu_add}; a gatherer waits for a grace period.
 *
 * <p><b>Theory.</b> Whoever adds to a slot is inside a read section, and has seen inside it that the page is striped. A
 * walk is anyway; an unpin enters one of its own and looks at the word there.
 *
 * <pre>
 *   pin or unpin                              gatherer
 *   enter                                     word: STRIPED -> GATHERING    (RMW)
 *   word striped?  no -> word                 grace period
 *   slot := slot + delta         (plain)      slot taken, its part added to the word
 *   exit
 * </pre>
 *
 * <p>After the grace period nobody is left who saw the word striped, so the slots stand still. What a free slot is
 * given to is settled by compare-and-set, since the owner may give a slot of no part to another page while it is taken.
 *
 * <p><b>Memory ordering.</b> An addition needs no barrier of its own. A section that found the page striped is waited
 * for, and the release at its end pairs with the acquire of the grace period; so the slot may be opaque. If the zap
 * finds the page striped, it does not matter when a pin's second look at the entry is done: the zap, which cleared the
 * entry before, waits for the section and gathers its pin. If it finds the page not striped, the second look must come
 * after the look at the word, which is an acquire for that reason (see {@link StripedPageCounter}). What is relied upon
 * is that a section which begins later finds the word moved, and that is {@link Epochs}: by a fence, or by {@code
 * membarrier(2)}, with which the addition is as cheap as the kernel's. A full slot is emptied by compare-and-set,
 * inside the section of a walk or after that of an unpin: both the slot's owner and a gatherer take a part by
 * compare-and-set, so one of them has it.
 */
public final class AsymmetricStripedPageCounter extends StripedPageCounter {
    /** After how many sightings of others in a row a CPU makes a page striped, unless another number is asked for. */
    public static final int CROWD = 1024;

    private final Epochs epochs;

    private AsymmetricStripedPageCounter(final Words words, final CpuSlots cpus, final Epochs epochs,
                                         final int crowd) {
        super(words, cpus, crowd);
        this.epochs = epochs;
    }

    /**
     * The counter that stripes crowded pages and waits when it gathers.
     *
     * @param words  access to the device
     * @param cpus   all CPUs
     * @param epochs their read sections
     * @return the counter
     */
    public static PageCounter create(final Words words, final CpuSlots cpus, final Epochs epochs) {
        return new AsymmetricStripedPageCounter(words, cpus, epochs, CROWD);
    }

    /**
     * The counter that stripes a page after so many sightings of others.
     *
     * @param words  access to the device
     * @param cpus   all CPUs
     * @param epochs their read sections
     * @param crowd  after how many sightings of others in a row, at least 1
     * @return the counter
     */
    public static PageCounter create(final Words words, final CpuSlots cpus, final Epochs epochs, final int crowd) {
        return new AsymmetricStripedPageCounter(words, cpus, epochs, crowd);
    }

    @Override
    protected boolean add(final CpuSlot cpu, final long head, final int delta) {
        final long slot = slot(cpu.areaOffset(), head);
        final long seen = words.getLongOpaque(slot);
        if (!isOf(seen, head)) {
            return mayTake(seen, delta) && words.compareAndSetLong(slot, seen, of(head, delta));
        }
        if (!hasRoom(seen, delta)) {
            return false;
        }
        words.putLongOpaque(slot, seen + delta);
        return true;
    }

    @Override
    protected boolean takeAway(final CpuSlot cpu, final long head, final int delta) {
        if (cpu.isInside()) {
            return takeAwayInside(cpu, head, delta);
        }
        epochs.enter(cpu);
        try {
            return takeAwayInside(cpu, head, delta);
        } finally {
            epochs.exit(cpu);
        }
    }

    private boolean takeAwayInside(final CpuSlot cpu, final long head, final int delta) {
        return isStriped(words.getIntOpaque(head + REFCOUNT_OFFSET)) && add(cpu, head, -delta);
    }

    @Override
    protected void awaitAdditions() {
        epochs.synchronize();
    }
}
