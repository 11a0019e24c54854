/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.daxref.sync.CpuSlotDescriptor.EPOCH_OFFSET;
import static org.daxref.sync.CpuSlotDescriptor.LOCK_PLACE_BITS;
import static org.daxref.sync.CpuSlotDescriptor.PINS_ACQUIRED_OFFSET;
import static org.daxref.sync.CpuSlotDescriptor.PINS_RELEASED_OFFSET;
import static org.daxref.sync.CpuSlotDescriptor.SHARED_LOCK_OFFSET;

import java.util.concurrent.atomic.AtomicReference;
import org.daxref.memory.Words;

/**
 * The CPU that a thread stands for: the right to write one per-CPU area. Counterpart of running on a CPU with
 * preemption off, so that {@code this_cpu_add} is a plain add to the own area.
 *
 * <p>Thread contract: confined to the platform thread that attached, its owner. Another thread may use it after it has
 * called {@link CpuSlots#adopt}, with a happens-before edge between the last use here and the first use there. When the
 * owner dies the area may be given to somebody else; whoever uses this object then is refused at its next read section
 * or shared lock.
 */
public final class CpuSlot {
    /** Number of pages that {@link #batch()} holds. */
    public static final int BATCH_PAGES = 512;

    private static final long GIVEN_BACK = Long.MIN_VALUE;

    private final Words words;
    private final int index;
    private final long areaOffset;
    private final long[] batch = new long[BATCH_PAGES];
    private final AtomicReference<Thread> owner;
    private long sequence;
    private long sharedLock;
    private long heldPagemap;
    private long crowdedPage;
    private long fullPage;
    private int sightings;

    CpuSlot(final Words words, final int index, final long areaOffset, final Thread owner) {
        this.words = words;
        this.index = index;
        this.areaOffset = areaOffset;
        this.owner = new AtomicReference<>(owner);
        this.sequence = words.getLongAcquire(areaOffset + EPOCH_OFFSET);
        this.sharedLock = words.getLongAcquire(areaOffset + SHARED_LOCK_OFFSET);
    }

    /**
     * The number of this CPU.
     *
     * @return 0 to {@link CpuSlotDescriptor#SLOTS} - 1
     */
    public int index() {
        return index;
    }

    /**
     * Where the area of this CPU lies.
     *
     * @return its offset
     */
    public long areaOffset() {
        return areaOffset;
    }

    /**
     * The pages whose references are to be dropped after a TLB flush: the counterpart of {@code mmu_gather}.
     *
     * @return {@value #BATCH_PAGES} descriptor offsets, contents undefined between calls
     */
    public long[] batch() {
        return batch;
    }

    /**
     * The dev_pagemap that the walk on this CPU holds a reference to: the local variable {@code pgmap} of the kernel's
     * walk.
     *
     * @return its handle, 0 for none
     */
    public long heldPagemap() {
        return heldPagemap;
    }

    /**
     * Notes what the walk on this CPU holds.
     *
     * @param pgmap handle of a dev_pagemap, 0 for none
     */
    public void holdPagemap(final long pgmap) {
        heldPagemap = pgmap;
    }

    /**
     * Notes that others were seen to hold a page that this CPU pins. Only the last such page is remembered.
     *
     * @param page offset of its descriptor
     */
    public void sightOthers(final long page) {
        sightings = page == crowdedPage ? sightings + 1 : 1;
        crowdedPage = page;
    }

    /**
     * How often others were seen to hold a page, as far as it is remembered.
     *
     * @param page offset of its descriptor
     * @return number of sightings
     */
    public int sightings(final long page) {
        return page == crowdedPage ? sightings : 0;
    }

    /** Begins to count sightings anew. */
    public void forgetSightings() {
        sightings = 0;
    }

    /**
     * Notes a page whose count has no room until it is gathered, for after the section.
     *
     * @param page offset of its descriptor, 0 for none
     */
    public void noteFullPage(final long page) {
        fullPage = page;
    }

    /**
     * The page that is to be gathered.
     *
     * @return offset of its descriptor, 0 for none
     */
    public long fullPage() {
        return fullPage;
    }

    /**
     * Counts pinned pages: {@code nr_foll_pin_acquired}. Wait-free.
     *
     * @param pages how many more
     */
    public void countPinsAcquired(final int pages) {
        addOpaque(areaOffset + PINS_ACQUIRED_OFFSET, pages);
    }

    /**
     * Counts unpinned pages: {@code nr_foll_pin_released}. Wait-free.
     *
     * @param pages how many more
     */
    public void countPinsReleased(final int pages) {
        addOpaque(areaOffset + PINS_RELEASED_OFFSET, pages);
    }

    /**
     * {@code this_cpu_add}: one addition to a word of the own area, without a lock. Wait-free.
     *
     * @param counterOffset offset of the word inside the area
     * @param delta         what to add; wraps
     */
    public void add(final long counterOffset, final long delta) {
        addOpaque(areaOffset + counterOffset, delta);
    }

    /*
     * Opaque suffices: this thread is the only writer, and whoever sums the areas does so after a grace period, whose
     * acquire of the epoch sequence pairs with the release in Epochs.exit.
     */
    private void addOpaque(final long offset, final long delta) {
        final Words local = words;
        local.putLongOpaque(offset, local.getLongOpaque(offset) + delta);
    }

    long epochOffset() {
        return areaOffset + EPOCH_OFFSET;
    }

    /** The sequence that the area has or should have, odd inside a read section or when nobody may enter any more. */
    long sequence() {
        return sequence;
    }

    void setSequence(final long newSequence) {
        sequence = newSequence;
    }

    long sharedLockOffset() {
        return areaOffset + SHARED_LOCK_OFFSET;
    }

    /** The word that names a lock, unlike every word of late. */
    long nextShare(final long place) {
        sharedLock = (sharedLock >>> LOCK_PLACE_BITS) + 1 << LOCK_PLACE_BITS | place;
        return sharedLock;
    }

    /** The word that names no lock. */
    long endShare() {
        sharedLock &= -1L << LOCK_PLACE_BITS;
        return sharedLock;
    }

    /** Where the lock lies that a CPU's word names, 0 for none. */
    static long placeOfLock(final long word) {
        return word & -1L >>> -LOCK_PLACE_BITS;
    }

    /** Whether it can neither enter a section nor share a lock: it does one of them already, or was given back. */
    boolean isOccupied() {
        return (sequence & 1) != 0 || placeOfLock(sharedLock) != 0;
    }

    /** What is wrong with its state, for whoever expects another. */
    IllegalStateException misplaced() {
        final String state;
        if (isDetached()) {
            state = "the CPU is not attached";
        } else if (isInside()) {
            state = "the CPU is inside a read section";
        } else {
            state = isSharing() ? "the CPU shares a lock" : "the CPU is outside any read section";
        }
        final Thread thread = owner();
        return new IllegalStateException(state + ": index=" + index
            + (thread == null ? "" : ", thread=" + thread.getName()));
    }

    /**
     * Whether this CPU is inside a read section.
     *
     * @return true between enter and exit
     */
    public boolean isInside() {
        return (sequence & (GIVEN_BACK | 1)) == 1;
    }

    /**
     * Whether this CPU shares a {@link PercpuRwLock}.
     *
     * @return true between sharing one and its end
     */
    public boolean isSharing() {
        return placeOfLock(sharedLock) != 0;
    }

    /**
     * Whether this CPU was given back, by its owner or because its owner is dead.
     *
     * @return true after detach
     */
    public boolean isDetached() {
        return owner() == null;
    }

    /** The thread that stands for this CPU, null if it was given back. The area may already be another's. */
    Thread owner() {
        return owner.get();
    }

    /** Whether the CPU was the old owner's; it is the new one's then, or nobody's. */
    boolean handOver(final Thread from, final Thread to) {
        return from != null && owner.compareAndSet(from, to);
    }

    /** Takes a {@link #handOver} to nobody back, which failed half-way. */
    void handBack(final Thread to) {
        owner.compareAndSet(null, to);
    }

    /** Lets {@link #isOccupied} refuse whoever still has this object, at no cost to others. */
    void refuseLatecomers() {
        sequence |= GIVEN_BACK | 1;
    }

    void admitAgain() {
        sequence &= ~(GIVEN_BACK | 1);
    }
}
