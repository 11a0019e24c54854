/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.daxref.sync.CpuSlotDescriptor.OWNER_OFFSET;
import static org.daxref.sync.CpuSlotDescriptor.SLOTS;
import static org.daxref.sync.CpuSlotDescriptor.SLOT_BYTES;

import org.daxref.memory.Words;

/**
 * Hands out the per-CPU areas of a device.
 *
 * <p><b>Theory.</b> An area is owned by whoever moved its owner word from 0 to 1; the first free one is taken, so that
 * as few areas as possible have ever been used. {@code limit} only grows: an area at or above it was never attached, so
 * a grace period need not look there.
 *
 * <pre>
 *   attach                                grace period
 *   owner[i]: 0 -> 1
 *   limit := max(limit, i + 1)  (RMW)
 *   ... enter: sequence[i] := odd         barrier
 *                                         read limit
 *                                         look at sequence[0 .. limit)
 * </pre>
 *
 * <p><b>Memory ordering.</b> Claiming and raising the limit are volatile read-modify-writes and precede the first enter
 * in program order. A grace period reads the limit after its barrier; if it does not see area <i>i</i> below the limit,
 * the barrier precedes the attach, so every read section of that CPU begins after the grace period's beginning and need
 * not be waited for. Detaching releases the owner word; the next attach acquires it and with it the sequence and the
 * counters, which therefore have one writer at any time.
 *
 * <p>Thread-safe; lock-free. No area is ever shared.
 */
public final class CpuSlots {
    private final Words words;
    private final long baseOffset;
    private final long limitOffset;

    /**
     * The areas of a device, all free.
     *
     * @param words      access to the device
     * @param baseOffset where the areas start; the last word of the last, unused by it, holds the limit
     */
    public CpuSlots(final Words words, final long baseOffset) {
        this.words = words;
        this.baseOffset = baseOffset;
        this.limitOffset = baseOffset + CpuSlotDescriptor.AREA_BYTES - Integer.BYTES;
    }

    /**
     * Makes the calling thread a CPU.
     *
     * @return its area, to be given back by {@link #detach}
     * @throws IllegalStateException if all areas are taken
     */
    public CpuSlot attach() {
        for (int i = 0; i < SLOTS; i++) {
            final long areaOffset = areaOffset(i);
            if (words.getIntOpaque(areaOffset + OWNER_OFFSET) == 0
                && words.compareAndExchangeInt(areaOffset + OWNER_OFFSET, 0, 1) == 0) {
                raiseLimit(i + 1);
                return new CpuSlot(words, i, areaOffset);
            }
        }
        throw new IllegalStateException("all CPU areas are taken: attached=" + SLOTS);
    }

    private void raiseLimit(final int limit) {
        int seen = words.getIntVolatile(limitOffset);
        while (seen < limit) {
            final int found = words.compareAndExchangeInt(limitOffset, seen, limit);
            if (found == seen) {
                return;
            }
            seen = found;
        }
    }

    /**
     * Gives an area back. Its counters stay, for whoever sums them and for the next owner.
     *
     * @param cpu an attached CPU outside any read section
     * @throws IllegalStateException if it is not attached; or inside a read section: its next owner would take "inside"
     *                               for "outside"; or holds a dev_pagemap, which would be leaked
     */
    public void detach(final CpuSlot cpu) {
        if (cpu.heldPagemap() != 0) {
            throw new IllegalStateException("the CPU holds a dev_pagemap: index=" + cpu.index());
        }
        if (cpu.isInside()) {
            throw new IllegalStateException("the CPU is inside a read section: index=" + cpu.index());
        }
        if (!cpu.markDetached()) {
            throw new IllegalStateException("the CPU is not attached: index=" + cpu.index());
        }
        words.putIntRelease(cpu.areaOffset() + OWNER_OFFSET, 0);
    }

    /**
     * How many areas are taken.
     *
     * @return a count that may be stale at once
     */
    public int attached() {
        int attached = 0;
        for (int i = 0; i < limit(); i++) {
            attached += words.getIntVolatile(areaOffset(i) + OWNER_OFFSET);
        }
        return attached;
    }

    /**
     * Adds one word up over all CPUs.
     *
     * @param counterOffset offset of the word inside an area
     * @return the sum, exact if no CPU that added is still unobserved: after a grace period or at a quiescent point
     */
    public long sum(final long counterOffset) {
        long sum = 0;
        for (int i = 0; i < limit(); i++) {
            sum += words.getLongAcquire(areaOffset(i) + counterOffset);
        }
        return sum;
    }

    /**
     * Sets one word to zero for all CPUs. Only while nobody adds to it.
     *
     * @param counterOffset offset of the word inside an area
     */
    public void clear(final long counterOffset) {
        for (int i = 0; i < SLOTS; i++) {
            words.putLongRelease(areaOffset(i) + counterOffset, 0);
        }
    }

    /**
     * How far areas have to be looked at: none at or above was ever attached.
     *
     * @return a number of areas, which only grows
     */
    public int limit() {
        return words.getIntVolatile(limitOffset);
    }

    /**
     * Where an area lies.
     *
     * @param index 0 to {@link CpuSlotDescriptor#SLOTS} - 1
     * @return its offset
     */
    public long areaOffset(final int index) {
        return baseOffset + (long) index * SLOT_BYTES;
    }
}
