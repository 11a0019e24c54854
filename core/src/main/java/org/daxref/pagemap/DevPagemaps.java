/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.pagemap;

import static org.daxref.pagemap.PagemapAreaDescriptor.ALIVE_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.DONE_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.MAX_RANGES;
import static org.daxref.pagemap.PagemapAreaDescriptor.PAGEMAPS;
import static org.daxref.pagemap.PagemapAreaDescriptor.PAGEMAPS_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.PAGEMAP_BYTES;
import static org.daxref.pagemap.PagemapAreaDescriptor.RANGES_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.RANGE_BYTES;
import static org.daxref.pagemap.PagemapAreaDescriptor.RANGE_COUNT_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.TYPE_OFFSET;
import static org.daxref.sync.CpuSlotDescriptor.PAGEMAP_COUNTERS_OFFSET;

import java.util.List;
import java.util.stream.IntStream;
import org.daxref.memory.Words;
import org.daxref.page.Memmap;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;
import org.daxref.sync.PercpuRwLock;
import org.daxref.sync.WaitTable;

/**
 * The dev_pagemaps of a device: {@code memremap_pages}, {@code get_dev_pagemap}, {@code put_dev_pagemap} and
 * {@code memunmap_pages} of mm/memremap.c (6.14). A dev_pagemap is named by its handle, the offset of its descriptor.
 *
 * <p><b>Theory.</b> A dev_pagemap keeps the descriptors of its pages alive. It holds one reference to itself and one
 * per page, or one per folio in use, as the design has it. {@link #get} finds it and takes one more. Removal has four
 * steps: {@link #kill}; the design drops what it holds for the pages; {@link #drain} waits until all others are gone;
 * {@link #free} takes the descriptors of the pages away. What {@link #drain} waits for is thereby the design's choice.
 *
 * <p>A walk keeps the dev_pagemap of its last page, and {@link #get} returns it for the next page as long as that lies
 * in the <em>first</em> range. A page of another range misses every time, and each miss is a put, a lookup and a get:
 * that is the kernel's behaviour, not an oversight here.
 *
 * <p><b>Memory ordering.</b> A descriptor is filled before its range is stored in the array, whose release and acquire
 * publish it. The completion is set by a volatile read-modify-write before the waker looks for a waiter.
 *
 * <p>Thread-safe. {@link #get} and {@link #put} are wait-free while the dev_pagemap lives and are called inside a read
 * section of the CPU; {@link #create} and the steps of removal block and are called outside.
 */
public final class DevPagemaps {
    private static final int FREE = 0;
    private static final int TAKEN = 1;

    private final Words words;
    private final Epochs epochs;
    private final WaitTable waits;
    private final Memmap memmap;
    private final PagemapArray array;
    private final PercpuRef refs;
    private final long baseOffset;
    private final int[] owners = new int[PAGEMAPS];

    /**
     * The dev_pagemaps of a device, none yet.
     *
     * @param words      access to the device
     * @param areaOffset where the pagemap area lies
     * @param cpus       the CPUs
     * @param epochs     their read sections
     * @param waits      where removal waits
     * @param memmap     the pages
     */
    public DevPagemaps(final Words words, final long areaOffset, final CpuSlots cpus, final Epochs epochs,
                       final WaitTable waits, final Memmap memmap) {
        this.words = words;
        this.epochs = epochs;
        this.waits = waits;
        this.memmap = memmap;
        this.array = new PagemapArray(words, areaOffset, epochs);
        this.refs = new PercpuRef(words, cpus, epochs, this::complete);
        this.baseOffset = areaOffset + PAGEMAPS_OFFSET;
    }

    private void complete(final long pgmap) {
        words.getAndAddInt(pgmap + DONE_OFFSET, 1);
        waits.wakeUpVar(pgmap + DONE_OFFSET);
    }

    /**
     * Brings ranges of pages to life: {@code memremap_pages}.
     *
     * @param cpu          the calling thread's CPU
     * @param type         what they are for
     * @param ranges       1 to {@value PagemapAreaDescriptor#MAX_RANGES} ranges
     * @param initialWord  the reference count that fresh pages start at, as the counter encodes it
     * @param perPage      whether the dev_pagemap gets a reference for each of its pages at once
     * @return the handle
     * @throws IllegalArgumentException if a range is not on the device, two overlap or there are too many
     * @throws IllegalStateException    if a range belongs to another dev_pagemap, or no descriptor or no node of the
     *                                  array is free; nothing is created then
     */
    public synchronized long create(final CpuSlot cpu, final PagemapType type, final List<PfnRange> ranges,
                                    final int initialWord, final boolean perPage) {
        if (ranges.isEmpty() || ranges.size() > MAX_RANGES) {
            throw new IllegalArgumentException("a dev_pagemap has 1 to " + MAX_RANGES + " ranges: ranges="
                + ranges.size());
        }
        for (int i = 0; i < ranges.size(); i++) {
            requireFree(ranges.get(i));
            requireApart(ranges.get(i), ranges.subList(0, i));
        }
        final int index = takeDescriptor();
        final long pgmap = baseOffset + (long) index * PAGEMAP_BYTES;
        refs.initialise(pgmap, PAGEMAP_COUNTERS_OFFSET + (long) index * Long.BYTES);
        words.putIntOpaque(pgmap + TYPE_OFFSET, type.ordinal());
        words.putIntOpaque(pgmap + RANGE_COUNT_OFFSET, ranges.size());
        words.putIntOpaque(pgmap + DONE_OFFSET, 0);
        words.putIntOpaque(pgmap + ALIVE_OFFSET, 1);
        long pages = 0;
        for (int i = 0; i < ranges.size(); i++) {
            final PfnRange range = ranges.get(i);
            words.putLongOpaque(firstOffset(pgmap, i), range.first());
            words.putLongOpaque(firstOffset(pgmap, i) + Long.BYTES, range.last());
            memmap.initialise(range.first(), range.pages(), initialWord, pgmap);
            pages += range.pages();
        }
        final long references = perPage ? pages : 0;
        epochs.enter(cpu);
        refs.getMany(cpu, pgmap, references);
        epochs.exit(cpu);
        publish(cpu, pgmap, ranges, references);
        return pgmap;
    }

    private void publish(final CpuSlot cpu, final long pgmap, final List<PfnRange> ranges, final long references) {
        int stored = 0;
        try {
            for (final PfnRange range : ranges) {
                array.store(range.first(), range.last(), pgmap);
                stored++;
            }
        } catch (final IllegalStateException e) {
            kill(pgmap);
            putMany(cpu, pgmap, references);
            drain(pgmap);
            removePages(pgmap, stored);
            giveBack(pgmap);
            throw e;
        }
    }

    /* The kernel probes the first and the last page, and relies on the resource tree for what lies between. */
    private void requireFree(final PfnRange range) {
        if (!memmap.contains(range.first(), range.pages())) {
            throw new IllegalArgumentException("the range is not on the device: " + range);
        }
        for (int i = 0; i < PAGEMAPS; i++) {
            final long pgmap = baseOffset + (long) i * PAGEMAP_BYTES;
            for (int j = 0; owners[i] == TAKEN && j < rangeCount(pgmap); j++) {
                if (overlap(range, range(pgmap, j))) {
                    throw new IllegalStateException("the range belongs to another dev_pagemap: " + range);
                }
            }
        }
    }

    private static void requireApart(final PfnRange range, final List<PfnRange> others) {
        for (final PfnRange other : others) {
            if (overlap(range, other)) {
                throw new IllegalArgumentException("the ranges overlap: " + other + ", " + range);
            }
        }
    }

    private static boolean overlap(final PfnRange a, final PfnRange b) {
        return a.first() <= b.last() && b.first() <= a.last();
    }

    private int takeDescriptor() {
        for (int i = 0; i < PAGEMAPS; i++) {
            if (owners[i] == FREE) {
                owners[i] = TAKEN;
                return i;
            }
        }
        throw new IllegalStateException("all dev_pagemaps are taken: pagemaps=" + PAGEMAPS);
    }

    /**
     * Finds the dev_pagemap of a page and takes a reference to it, for a walk: {@code get_dev_pagemap}. The CPU keeps
     * it for the next page. If it holds one that covers the page already, nothing is taken; if it holds another, that
     * is dropped first.
     *
     * @param cpu the calling thread's CPU
     * @param pfn page frame number
     * @return whether the CPU holds the dev_pagemap of the page now; if not, there is none or it is dying, and the CPU
     *         holds nothing
     */
    public boolean get(final CpuSlot cpu, final long pfn) {
        final long held = cpu.heldPagemap();
        if (held != 0) {
            final Words local = words;
            if (pfn >= local.getLongOpaque(firstOffset(held, 0))
                && pfn <= local.getLongOpaque(firstOffset(held, 0) + Long.BYTES)) {
                return true;
            }
            put(cpu);
        }
        final long pgmap = array.load(pfn);
        if (pgmap == 0 || !refs.tryGetLive(cpu, pgmap)) {
            return false;
        }
        cpu.holdPagemap(pgmap);
        return true;
    }

    /**
     * Drops what the CPU holds, if it holds anything: {@code put_dev_pagemap}.
     *
     * @param cpu the calling thread's CPU
     */
    public void put(final CpuSlot cpu) {
        final long held = cpu.heldPagemap();
        if (held != 0) {
            cpu.holdPagemap(0);
            refs.put(cpu, held);
        }
    }

    /**
     * What a dev_pagemap is for.
     *
     * @param pgmap a handle
     * @return whether file systems map its pages
     */
    public boolean isFsDax(final long pgmap) {
        return words.getIntOpaque(pgmap + TYPE_OFFSET) == PagemapType.FS_DAX.ordinal();
    }

    /**
     * Drops references that the design holds for pages or folios: {@code percpu_ref_put_many}.
     *
     * @param cpu   the calling thread's CPU, inside or outside a read section
     * @param pgmap a handle
     * @param n     how many
     */
    public void putMany(final CpuSlot cpu, final long pgmap, final long n) {
        if (cpu.isInside()) {
            refs.putMany(cpu, pgmap, n);
        } else {
            epochs.enter(cpu);
            refs.putMany(cpu, pgmap, n);
            epochs.exit(cpu);
        }
    }

    /**
     * Takes a reference for a folio that comes into use: {@code pgmap_request_folios} of the series of October 2022.
     *
     * @param cpu   the calling thread's CPU, inside or outside a read section
     * @param pgmap a handle
     * @return false if the device is dying
     */
    public boolean tryGetLive(final CpuSlot cpu, final long pgmap) {
        if (cpu.isInside()) {
            return refs.tryGetLive(cpu, pgmap);
        }
        epochs.enter(cpu);
        final boolean taken = refs.tryGetLive(cpu, pgmap);
        epochs.exit(cpu);
        return taken;
    }

    /**
     * First step of removal: nobody finds the dev_pagemap alive any more. Who looked at it before may still get a
     * reference until the grace period in {@link #drain}.
     *
     * @param pgmap a handle
     * @throws IllegalStateException if it is being removed already
     */
    public void kill(final long pgmap) {
        refs.kill(pgmap);
    }

    /**
     * Third step of removal: waits for the references of walkers, drivers and folios in use. Like the kernel's, the
     * wait cannot be interrupted; an interrupt stays pending.
     *
     * @param pgmap a handle that was killed
     * @throws IllegalStateException if a reference was dropped too often
     */
    public void drain(final long pgmap) {
        refs.completeSwitch(pgmap);
        waits.waitVarUninterruptible(pgmap + DONE_OFFSET, () -> isDone(pgmap));
    }

    /**
     * Whether the last reference is gone.
     *
     * @param pgmap a handle
     * @return the completion
     */
    public boolean isDone(final long pgmap) {
        return words.getIntVolatile(pgmap + DONE_OFFSET) != 0;
    }

    /**
     * Last step of removal: takes the descriptors of the pages away, then the ranges out of pgmap_array. Who still
     * holds a page holds a poisoned descriptor.
     *
     * @param pgmap a handle that was drained
     */
    public void free(final long pgmap) {
        removePages(pgmap, rangeCount(pgmap));
        giveBack(pgmap);
    }

    private void removePages(final long pgmap, final int storedRanges) {
        for (int i = 0; i < rangeCount(pgmap); i++) {
            final PfnRange range = range(pgmap, i);
            memmap.remove(range.first(), range.pages());
            if (i < storedRanges) {
                array.erase(range.first(), range.last());
            }
        }
    }

    private synchronized void giveBack(final long pgmap) {
        owners[(int) ((pgmap - baseOffset) / PAGEMAP_BYTES)] = FREE;
    }

    /**
     * The references to a dev_pagemap: at a quiescent point, or once it is dying.
     *
     * @param pgmap a handle
     * @return 1, plus one per page, plus walkers
     */
    public long references(final long pgmap) {
        return refs.count(pgmap);
    }

    /**
     * Size of a dev_pagemap.
     *
     * @param pgmap a handle
     * @return number of pages in all ranges
     */
    public long pages(final long pgmap) {
        long pages = 0;
        for (int i = 0; i < rangeCount(pgmap); i++) {
            pages += range(pgmap, i).pages();
        }
        return pages;
    }

    /**
     * The dev_pagemap of a page, without taking a reference. Inside a read section, or while nobody removes.
     *
     * @param pfn page frame number
     * @return its handle, 0 if there is none
     */
    public long find(final long pfn) {
        return array.load(pfn);
    }

    /**
     * How many nodes of pgmap_array a lookup of a page passes, which depends on the alignment of its range. Inside a
     * read section, or while nobody removes.
     *
     * @param pfn page frame number
     * @return nodes from the root to the entry
     */
    public int depth(final long pfn) {
        return array.depth(pfn);
    }

    /**
     * The ranges of a dev_pagemap.
     *
     * @param pgmap a handle
     * @return its page frame numbers
     */
    public List<PfnRange> ranges(final long pgmap) {
        return IntStream.range(0, rangeCount(pgmap)).mapToObj(i -> range(pgmap, i)).toList();
    }

    /**
     * Whether file systems may use the device: {@code dax_alive}.
     *
     * @param pgmap a handle
     * @return false after {@link #clearAlive}
     */
    public boolean isAlive(final long pgmap) {
        return words.getIntAcquire(pgmap + ALIVE_OFFSET) != 0;
    }

    /**
     * Closes the device for file systems and waits for the faults that found it open: the second half of
     * {@code kill_dax}, whose {@code synchronize_srcu} waits for them. From outside any fault and any read section.
     *
     * @param pgmap a handle
     */
    public void clearAlive(final long pgmap) {
        words.putIntRelease(pgmap + ALIVE_OFFSET, 0);
        PercpuRwLock.awaitSharers(words, epochs);
    }

    private int rangeCount(final long pgmap) {
        return words.getIntOpaque(pgmap + RANGE_COUNT_OFFSET);
    }

    private PfnRange range(final long pgmap, final int index) {
        return new PfnRange(words.getLongOpaque(firstOffset(pgmap, index)),
            words.getLongOpaque(firstOffset(pgmap, index) + Long.BYTES));
    }

    private static long firstOffset(final long pgmap, final int index) {
        return pgmap + RANGES_OFFSET + (long) index * RANGE_BYTES;
    }
}
