/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.daxref.sync.CpuSlotDescriptor.OWNER_OFFSET;
import static org.daxref.sync.CpuSlotDescriptor.SLOTS;
import static org.daxref.sync.CpuSlotDescriptor.SLOT_BYTES;

import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.daxref.memory.Words;

/**
 * Hands out the per-CPU areas of a device.
 *
 * <p><b>Theory.</b> An area is taken by whoever moved its owner word from 0 to 1; the first free one is taken, so that
 * as few areas as possible have ever been used. {@code limit} only grows: an area at or above it was never attached, so
 * a grace period need not look there.
 *
 * <pre>
 *   attach                                grace period
 *   owner[i]: 0 -> 1     (RMW)
 *   limit := max(limit, i + 1)  (RMW)
 *   ... enter: sequence[i] := odd         barrier
 *                                         read limit
 *                                         look at sequence[0 .. limit)
 * </pre>
 *
 * <p><b>Owners.</b> The heap knows which thread stands for which CPU: the one that attached, or that adopted the CPU
 * since. That thread is one word, {@code CpuSlot.owner}, and every end of ownership is one exchange of it, so of a
 * detach, an adoption and a reclaim that meet exactly one succeeds, and no area is freed twice.
 *
 * <pre>
 *   detach / reclaim                      adopt
 *   owner: thread -> null  (RMW)          owner: thread -> me    (RMW)
 *   section, shared lock: closed          fails -> not attached
 *   owner[i] := 0        (release)
 * </pre>
 *
 * <p><b>Dead owners.</b> A thread that ended without {@link #detach} left its area taken, perhaps inside a section or
 * with a lock shared. {@link #attach} reclaims such areas when it finds none free, {@link #attached} before it counts,
 * and a grace period, or a wait for sharers, the one that it waits for. A thread that is not alive takes no further
 * step, and all it did happens before the answer that it is dead; so the thread whose exchange succeeded is the only
 * writer of the area, and it closes what was open by the store that the owner would have made. A grace period that
 * waits sees the changed sequence as ever, whether or not the area has a new owner by then, for that one goes on where
 * the sequence stands. Pins in the pin slots and what the counters hold stay, as after a detach; a reference to a
 * dev_pagemap that the dead thread's walk held is lost, and is named in the log. Tests: {@code CpuSlotsTest}
 * ({@code shouldReclaim…}), {@code CpuSlotsChurnTest}.
 *
 * <p>Virtual threads are refused: there may be any number of them and they are not counted here as dead by the end of a
 * carrier.
 *
 * <p><b>Memory ordering.</b> Claiming and raising the limit are volatile read-modify-writes and precede the first enter
 * in program order. A grace period reads the limit after its barrier; if it does not see area <i>i</i> below the limit,
 * the barrier precedes the attach, so every read section of that CPU begins after the grace period's beginning and need
 * not be waited for. Detaching and reclaiming release the owner word; the next attach acquires it and with it the
 * sequence and the counters, which therefore have one writer at any time.
 *
 * <p>Thread-safe; lock-free. No area is ever shared.
 */
public final class CpuSlots {
    private static final System.Logger LOG = System.getLogger(CpuSlots.class.getName());

    /** Weakly, so that a thread may leave any number of devices behind with their CPUs attached. */
    private static final ThreadLocal<Set<CpuSlot>> OWN =
        ThreadLocal.withInitial(() -> Collections.newSetFromMap(new WeakHashMap<>()));

    private final Words words;
    private final long baseOffset;
    private final long limitOffset;
    private final AtomicReferenceArray<CpuSlot> slots = new AtomicReferenceArray<>(SLOTS);

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
     * @throws IllegalStateException if the thread is virtual, or all areas are taken by threads that live
     */
    public CpuSlot attach() {
        requirePlatformThread();
        CpuSlot cpu = claimFirst();
        while (cpu == null) {
            if (reclaim() == 0) {
                throw new IllegalStateException("all CPU areas are taken: attached=" + SLOTS);
            }
            cpu = claimFirst();
        }
        return cpu;
    }

    private static void requirePlatformThread() {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("a virtual thread cannot be a CPU, only a platform thread can: thread="
                + Thread.currentThread());
        }
    }

    private CpuSlot claimFirst() {
        for (int i = 0; i < SLOTS; i++) {
            final long areaOffset = areaOffset(i);
            if (words.getIntOpaque(areaOffset + OWNER_OFFSET) == 0
                && words.compareAndExchangeInt(areaOffset + OWNER_OFFSET, 0, 1) == 0) {
                return claimed(i, areaOffset);
            }
        }
        return null;
    }

    private CpuSlot claimed(final int index, final long areaOffset) {
        try {
            raiseLimit(index + 1);
            final CpuSlot cpu = new CpuSlot(words, index, areaOffset, Thread.currentThread());
            own(cpu);
            slots.set(index, cpu);
            return cpu;
        } catch (final Throwable e) {
            words.putIntRelease(areaOffset + OWNER_OFFSET, 0);
            throw e;
        }
    }

    private static void own(final CpuSlot cpu) {
        OWN.get().add(cpu);
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
     * Makes the calling thread the owner of a CPU that another thread attached and handed to it. Whether that one still
     * lives does not matter.
     *
     * @param cpu an attached CPU of this device, outside any read section
     * @throws IllegalStateException if the thread is virtual; or the CPU is not attached, perhaps because its owner
     *                               died and its area was reclaimed; or it is inside a section or shares a lock
     */
    public void adopt(final CpuSlot cpu) {
        requirePlatformThread();
        requireIdle(cpu);
        if (!cpu.handOver(cpu.owner(), Thread.currentThread())) {
            throw notAttached(cpu);
        }
        own(cpu);
    }

    private void requireIdle(final CpuSlot cpu) {
        if (cpu.isDetached() || slots.get(cpu.index()) != cpu) {
            throw notAttached(cpu);
        }
        if (cpu.isOccupied()) {
            throw cpu.misplaced();
        }
    }

    private static IllegalStateException notAttached(final CpuSlot cpu) {
        return new IllegalStateException("the CPU is not attached: index=" + cpu.index());
    }

    /**
     * Gives an area back. Its counters stay, for whoever sums them and for the next owner.
     *
     * @param cpu an attached CPU outside any read section
     * @throws IllegalStateException if it is not attached; or inside a read section: its next owner would take "inside"
     *                               for "outside"; or shares a lock; or holds a dev_pagemap, which would be leaked
     */
    public void detach(final CpuSlot cpu) {
        requireIdle(cpu);
        if (cpu.heldPagemap() != 0) {
            throw new IllegalStateException("the CPU holds a dev_pagemap: index=" + cpu.index());
        }
        final Thread owner = cpu.owner();
        if (!cpu.handOver(owner, null)) {
            throw notAttached(cpu);
        }
        free(cpu, owner);
    }

    private void free(final CpuSlot cpu, final Thread owner) {
        cpu.refuseLatecomers();
        try {
            words.putIntRelease(cpu.areaOffset() + OWNER_OFFSET, 0);
        } catch (final Throwable e) {
            cpu.admitAgain();
            cpu.handBack(owner);
            throw e;
        }
    }

    /**
     * Gives the areas of dead threads back.
     *
     * @return how many this call gave back
     */
    public int reclaim() {
        int reclaimed = 0;
        for (int i = 0; i < SLOTS; i++) {
            reclaimed += reclaimIfDead(i) ? 1 : 0;
        }
        return reclaimed;
    }

    /** Gives one area back if its owner is dead; whether this call did. */
    boolean reclaimIfDead(final int index) {
        final CpuSlot cpu = slots.get(index);
        final Thread owner = cpu == null ? null : cpu.owner();
        if (owner == null || owner.isAlive() || !cpu.handOver(owner, null)) {
            return false;
        }
        final String left = cpu.heldPagemap() == 0 ? "" : ", lost a reference to the dev_pagemap " + cpu.heldPagemap();
        try {
            close(cpu);
        } catch (final Throwable e) {
            cpu.handBack(owner);
            throw e;
        }
        free(cpu, owner);
        if (!left.isEmpty()) {
            LOG.log(System.Logger.Level.WARNING, "a thread died as a CPU: index=" + index + ", thread="
                + owner.getName() + left);
        }
        return true;
    }

    /** Ends the section and the sharing of a dead owner. */
    private void close(final CpuSlot cpu) {
        final long sequence = words.getLongAcquire(cpu.epochOffset());
        if ((sequence & 1) != 0) {
            words.putLongRelease(cpu.epochOffset(), sequence + 1);
        }
        if (CpuSlot.placeOfLock(words.getLongAcquire(cpu.sharedLockOffset())) != 0) {
            words.putLongRelease(cpu.sharedLockOffset(), cpu.endShare());
        }
    }

    /**
     * Refuses a wait of a thread that is inside a read section, as any of its CPUs on any device: what it would wait
     * for could wait for the section. On paths that wait only.
     */
    static void requireOutside(final String wait) {
        for (final CpuSlot cpu : OWN.get()) {
            if (cpu.isInside() && cpu.owner() == Thread.currentThread()) {
                throw new IllegalStateException(wait + " inside a read section: cpu=" + cpu.index() + ", thread="
                    + Thread.currentThread().getName());
            }
        }
    }

    /** Which thread stands for a CPU, as far as known. */
    Thread owner(final int index) {
        final CpuSlot cpu = slots.get(index);
        return cpu == null ? null : cpu.owner();
    }

    /**
     * How many areas are taken by threads that live. Areas of dead ones are given back first.
     *
     * @return a count that may be stale at once
     */
    public int attached() {
        reclaim();
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
