/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

/**
 * Layout of the area of one CPU. Areas lie {@link #SLOT_BYTES} apart. What several threads look at starts a stretch of
 * 128 bytes of its own, so that neither a cache line nor an adjacent-line prefetch is shared with another CPU's words.
 *
 * <pre>
 *      0   owner (int): 0 free, 1 attached; claimed by compare-and-exchange
 *    128   unused
 *    256   nr_foll_pin_acquired (long), nr_foll_pin_released (long); single writer
 *    384   64 pagemap counters (long each): the per-CPU parts of every PercpuRef; single writer
 *    896   epoch sequence (long): odd inside a read section; single writer
 *    904   shared lock (long): sequence &lt;&lt; 44 | place of the {@link PercpuRwLock} that the CPU shares, counted in
 *          bytes from the start of the device, 0 for none; single writer
 *   1024   64 pin slots (long each): pins that are not counted in their page's word; claimed by this CPU only
 *   2044   in the last area: the limit of areas ever attached (int), see {@link CpuSlots}
 *   2048   next area
 * </pre>
 *
 * <p>A walk begins with a store to the epoch sequence. Processors hold a load back when an earlier store has the same
 * address modulo 4096, so the sequence lies away from where other regions, which begin at such multiples, put the words
 * that a walk reads first.
 */
public final class CpuSlotDescriptor {
    /** Number of areas in a device: at most this many threads are attached at a time. */
    public static final int SLOTS = 256;

    /** Distance of two areas in bytes. */
    public static final int SLOT_BYTES = 2048;

    /** Size of all areas in bytes. */
    public static final long AREA_BYTES = (long) SLOTS * SLOT_BYTES;

    /** Offset of the owner word. */
    public static final int OWNER_OFFSET = 0;

    /** Offset of the epoch sequence. */
    public static final int EPOCH_OFFSET = 896;

    /** Offset of the word that names the lock that the CPU shares. */
    public static final int SHARED_LOCK_OFFSET = 904;

    /** Lower bits of that word which say where the lock lies. */
    public static final int LOCK_PLACE_BITS = 44;

    /** Offset of the number of pages pinned by this CPU. */
    public static final int PINS_ACQUIRED_OFFSET = 256;

    /** Offset of the number of pages unpinned by this CPU. */
    public static final int PINS_RELEASED_OFFSET = 264;

    /** Offset of the first pagemap counter. */
    public static final int PAGEMAP_COUNTERS_OFFSET = 384;

    /** Number of pagemap counters. */
    public static final int PAGEMAP_COUNTERS = 64;

    /** Offset of the first pin slot. */
    public static final int PIN_SLOTS_OFFSET = 1024;

    /** Number of pin slots, a power of two. */
    public static final int PIN_SLOTS = 64;

    private CpuSlotDescriptor() {
    }

    /**
     * Where a pin slot lies.
     *
     * @param areaOffset where the area of a CPU lies
     * @param index      0 to {@link #PIN_SLOTS} - 1
     * @return its offset
     */
    public static long pinSlot(final long areaOffset, final long index) {
        return areaOffset + PIN_SLOTS_OFFSET + index * Long.BYTES;
    }
}
