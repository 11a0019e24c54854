/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.pagemap;

import static org.daxref.pagemap.PagemapAreaDescriptor.ALIVE_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.DONE_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.GENERATIONS;
import static org.daxref.pagemap.PagemapAreaDescriptor.GENERATION_SHIFT;
import static org.daxref.pagemap.PagemapAreaDescriptor.MAX_RANGES;
import static org.daxref.pagemap.PagemapAreaDescriptor.PAGEMAPS;
import static org.daxref.pagemap.PagemapAreaDescriptor.PAGEMAPS_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.PAGEMAP_BYTES;
import static org.daxref.pagemap.PagemapAreaDescriptor.RANGES_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.RANGE_BYTES;
import static org.daxref.pagemap.PagemapAreaDescriptor.RANGE_COUNT_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.STATE_BITS;
import static org.daxref.pagemap.PagemapAreaDescriptor.STATE_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.TYPE_OFFSET;
import static org.daxref.sync.CpuSlotDescriptor.PAGEMAP_COUNTERS_OFFSET;

import java.util.ArrayList;
import java.util.List;
import org.daxref.memory.Words;
import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;
import org.daxref.sync.PercpuRwLock;
import org.daxref.sync.WaitTable;

/**
 * The dev_pagemaps of a device: {@code memremap_pages}, {@code get_dev_pagemap}, {@code put_dev_pagemap} and
 * {@code memunmap_pages} of mm/memremap.c (6.14).
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
 * <p><b>Names.</b> Who creates and removes names a dev_pagemap by its <em>handle</em>, which has the generation of its
 * descriptor in it: after the removal nothing is done with it any more, even if the descriptor has gone to another. A
 * page descriptor and a CPU name it by the place of its descriptor alone ({@link Memmap#pgmap}), since a reference
 * keeps it from being removed meanwhile, and a walk must not pay for a check.
 *
 * <pre>
 *   FREE --create--&gt; MADE --&gt; LIVE --kill--&gt; DYING --drain--&gt; DRAINING --&gt; DRAINED --free--&gt; FREE
 *                                              ^----- failed ------'
 * </pre>
 *
 * <p>The word of the state holds the generation, too. Every step out of LIVE, DYING or DRAINED expects its own
 * generation, so of two removals exactly one takes each step, and the descriptor is not given away in between:
 *
 * <pre>
 *   removal                               a second one, with the same handle
 *   (5, LIVE) -&gt; (5, DYING)      (RMW)
 *   ...                                   (5, LIVE) expected, (5, DYING) found: refused
 *   (5, FREE)
 *   create: (6, LIVE)                     (5, LIVE) expected, (6, LIVE) found: refused
 * </pre>
 *
 * <p>Generations begin anew after {@value PagemapAreaDescriptor#GENERATIONS} lives of one descriptor; a handle that is
 * kept for longer than that may be taken for a living one ({@code DevPagemapsTest} counts them).
 *
 * <p><b>What fails in the middle.</b> A creation checks everything before it changes anything, so one that is refused
 * leaves all as it was. If an access fails after that (an Error of a mapped file that was cut short), what was done is
 * undone; the pages are then as a removed device leaves them.
 *
 * <p><b>Memory ordering.</b> A descriptor is filled before its range is stored in the array, whose release and acquire
 * publish it. The completion is set by a volatile read-modify-write before the waker looks for a waiter. The state is
 * changed by volatile read-modify-writes or, by its only owner, by release stores, and read volatile. A question that
 * reads several words reads the state last: if the generation still stands there, the words were of this life, since
 * the next one begins by changing it.
 *
 * <p>Thread-safe. {@link #get} and {@link #put} are wait-free while the dev_pagemap lives and are called inside a read
 * section of the CPU; {@link #create} and the steps of removal block and are called outside.
 */
public final class DevPagemaps {
    private static final long PLACE = (1L << GENERATION_SHIFT) - 1;

    private static final int FREE = 0;
    private static final int MADE = 1;
    private static final int LIVE = 2;
    private static final int DYING = 3;
    private static final int DRAINING = 4;
    private static final int DRAINED = 5;

    private final Words words;
    private final Epochs epochs;
    private final WaitTable waits;
    private final Memmap memmap;
    private final PageCounter counter;
    private final PagemapArray array;
    private final PercpuRef refs;
    private final long baseOffset;

    /**
     * The dev_pagemaps of a device, none yet.
     *
     * @param words      access to the device
     * @param areaOffset where the pagemap area lies, zeros at first
     * @param cpus       the CPUs
     * @param epochs     their read sections
     * @param waits      where removal waits
     * @param memmap     the pages
     * @param counter    counts the references to pages
     */
    public DevPagemaps(final Words words, final long areaOffset, final CpuSlots cpus, final Epochs epochs,
                       final WaitTable waits, final Memmap memmap, final PageCounter counter) {
        this.words = words;
        this.epochs = epochs;
        this.waits = waits;
        this.memmap = memmap;
        this.counter = counter;
        this.array = new PagemapArray(words, areaOffset, epochs);
        this.refs = new PercpuRef(words, cpus, epochs, this::complete);
        this.baseOffset = areaOffset + PAGEMAPS_OFFSET;
    }

    /** The last reference is gone, so whatever fails here must not keep the remover asleep. */
    private void complete(final long pgmap) {
        try {
            words.getAndAddInt(pgmap + DONE_OFFSET, 1);
        } catch (final Throwable e) {
            words.compareAndExchangeInt(pgmap + DONE_OFFSET, 0, 1); // wakeUpVar wants a read-modify-write before it
            throw e;
        } finally {
            waits.wakeUpVar(pgmap + DONE_OFFSET);
        }
    }

    /**
     * Where the descriptor of a dev_pagemap lies: how pages and CPUs name it.
     *
     * @param pgmap a handle
     * @return the offset that {@link Memmap#pgmap} says of its pages
     */
    public static long place(final long pgmap) {
        return pgmap & PLACE;
    }

    private static int generation(final long handle) {
        return (int) (handle >>> GENERATION_SHIFT);
    }

    private static long handle(final long place, final int generation) {
        return place | (long) generation << GENERATION_SHIFT;
    }

    private static int word(final long handle, final int state) {
        return generation(handle) << STATE_BITS | state;
    }

    private static int state(final int word) {
        return word & (1 << STATE_BITS) - 1;
    }

    private boolean isPlace(final long place) {
        final long from = place - baseOffset;
        return from >= 0 && from < (long) PAGEMAPS * PAGEMAP_BYTES && from % PAGEMAP_BYTES == 0;
    }

    private long requirePlace(final long handle) {
        final long place = place(handle);
        if (!isPlace(place)) {
            throw new IllegalArgumentException("not the handle of a dev_pagemap: pgmap=" + handle);
        }
        return place;
    }

    /** Whether a handle's life has not ended: the last look of every question. */
    private boolean isCurrent(final long handle) {
        final int word = words.getIntVolatile(place(handle) + STATE_OFFSET);
        return word >>> STATE_BITS == generation(handle) && state(word) != FREE;
    }

    private void requireCurrent(final long handle) {
        if (!isCurrent(handle)) {
            throw gone(handle);
        }
    }

    private static IllegalStateException gone(final long handle) {
        return new IllegalStateException("the dev_pagemap is gone: pgmap=" + handle);
    }

    /** One step of a life, taken by exactly one caller. */
    private void step(final long handle, final int from, final int to) {
        final int expected = word(handle, from);
        final int found = words.compareAndExchangeInt(requirePlace(handle) + STATE_OFFSET, expected, word(handle, to));
        if (found != expected) {
            throw refused(handle, found);
        }
    }

    private static IllegalStateException refused(final long handle, final int found) {
        if (found >>> STATE_BITS != generation(handle) || state(found) == FREE) {
            return gone(handle);
        }
        final String reason = switch (state(found)) {
            case MADE -> "is not made yet";
            case LIVE -> "was not killed";
            default -> "is being removed already";
        };
        return new IllegalStateException("the dev_pagemap " + reason + ": pgmap=" + handle);
    }

    /**
     * Brings ranges of pages to life: {@code memremap_pages}. What CPUs still keep of pages that lay there before is
     * forgotten.
     *
     * @param cpu          the calling thread's CPU, outside any read section
     * @param type         what they are for
     * @param ranges       1 to {@value PagemapAreaDescriptor#MAX_RANGES} ranges
     * @param initialCount the reference count that fresh pages start at
     * @param perPage      whether the dev_pagemap gets a reference for each of its pages at once
     * @return the handle
     * @throws IllegalArgumentException if a range is not on the device, two overlap or there are too many; nothing has
     *                                  changed then
     * @throws IllegalStateException    if a range belongs to another dev_pagemap, no descriptor or no node of the array
     *                                  is free, or the CPU was given back or is inside a read section; nothing has
     *                                  changed then
     */
    public synchronized long create(final CpuSlot cpu, final PagemapType type, final List<PfnRange> ranges,
                                    final int initialCount, final boolean perPage) {
        if (ranges.isEmpty() || ranges.size() > MAX_RANGES) {
            throw new IllegalArgumentException("a dev_pagemap has 1 to " + MAX_RANGES + " ranges: ranges="
                + ranges.size());
        }
        for (int i = 0; i < ranges.size(); i++) {
            requireFree(ranges.get(i));
            requireApart(ranges.get(i), ranges.subList(0, i));
        }
        requireOutside(cpu);
        final long pgmap = freshHandle();
        array.requireRoom(ranges);
        final long references = perPage ? pages(ranges) : 0;
        fill(cpu, pgmap, type, ranges, initialCount, references);
        publish(cpu, pgmap, ranges, references);
        return pgmap;
    }

    private static void requireOutside(final CpuSlot cpu) {
        if (cpu.isDetached() || cpu.isInside()) {
            throw new IllegalStateException("the CPU was given back or is inside a read section: cpu=" + cpu.index()
                + ", isDetached=" + cpu.isDetached());
        }
    }

    private void fill(final CpuSlot cpu, final long handle, final PagemapType type, final List<PfnRange> ranges,
                      final int initialCount, final long references) {
        final long pgmap = place(handle);
        words.putIntRelease(pgmap + STATE_OFFSET, word(handle, MADE));
        try {
            refs.initialise(pgmap, PAGEMAP_COUNTERS_OFFSET + (pgmap - baseOffset) / PAGEMAP_BYTES * Long.BYTES);
            words.putIntOpaque(pgmap + TYPE_OFFSET, type.ordinal());
            words.putIntOpaque(pgmap + RANGE_COUNT_OFFSET, ranges.size());
            words.putIntOpaque(pgmap + DONE_OFFSET, 0);
            for (int i = 0; i < ranges.size(); i++) {
                final PfnRange range = ranges.get(i);
                words.putLongOpaque(firstOffset(pgmap, i), range.first());
                words.putLongOpaque(firstOffset(pgmap, i) + Long.BYTES, range.last());
                counter.forget(memmap.page(range.first()), memmap.page(range.last()));
                memmap.initialise(range.first(), range.pages(), counter.encode(initialCount), pgmap);
            }
            getMany(cpu, pgmap, references);
        } catch (final Throwable e) {
            afterFailure(e, () -> {
                ranges.forEach(range -> memmap.remove(range.first(), range.pages()));
                words.putIntRelease(pgmap + STATE_OFFSET, word(handle, FREE));
            });
            throw e;
        }
    }

    /** A walker may have found the first range before the next cannot be stored, so the undoing is a removal. */
    private void publish(final CpuSlot cpu, final long handle, final List<PfnRange> ranges, final long references) {
        final long pgmap = place(handle);
        try {
            for (final PfnRange range : ranges) {
                array.store(range.first(), range.last(), pgmap);
            }
            words.putIntRelease(pgmap + ALIVE_OFFSET, generation(handle));
            words.putIntRelease(pgmap + STATE_OFFSET, word(handle, LIVE));
        } catch (final Throwable e) {
            afterFailure(e, () -> {
                words.putIntRelease(pgmap + STATE_OFFSET, word(handle, LIVE));
                kill(handle);
                putMany(cpu, pgmap, references);
                drain(handle);
                free(handle);
            });
            throw e;
        }
    }

    private static void afterFailure(final Throwable failure, final Runnable undo) {
        try {
            undo.run();
        } catch (final Throwable e) {
            failure.addSuppressed(e);
        }
    }

    private void getMany(final CpuSlot cpu, final long pgmap, final long n) {
        epochs.enter(cpu);
        try {
            refs.getMany(cpu, pgmap, n);
        } finally {
            epochs.exit(cpu);
        }
    }

    /* The kernel probes the first and the last page, and relies on the resource tree for what lies between. */
    private void requireFree(final PfnRange range) {
        if (!memmap.contains(range.first(), range.pages())) {
            throw new IllegalArgumentException("the range is not on the device: " + range);
        }
        for (int i = 0; i < PAGEMAPS; i++) {
            final long pgmap = baseOffset + (long) i * PAGEMAP_BYTES;
            if (state(words.getIntVolatile(pgmap + STATE_OFFSET)) != FREE
                && readRanges(pgmap).stream().anyMatch(other -> overlap(range, other))) {
                throw new IllegalStateException("the range belongs to another dev_pagemap: " + range);
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

    /** The first free descriptor with the generation of its next life. */
    private long freshHandle() {
        for (int i = 0; i < PAGEMAPS; i++) {
            final long pgmap = baseOffset + (long) i * PAGEMAP_BYTES;
            final int word = words.getIntVolatile(pgmap + STATE_OFFSET);
            if (state(word) == FREE) {
                return handle(pgmap, (word >>> STATE_BITS) % GENERATIONS + 1);
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
     * Drops what the CPU holds, if it holds anything: {@code put_dev_pagemap}. If the access fails, the CPU holds it
     * still.
     *
     * @param cpu the calling thread's CPU
     */
    public void put(final CpuSlot cpu) {
        final long held = cpu.heldPagemap();
        if (held != 0) {
            refs.put(cpu, held);
            cpu.holdPagemap(0);
        }
    }

    /**
     * What a page is for.
     *
     * @param place what {@link Memmap#pgmap} says of the page; unchecked
     * @return whether file systems map it; false of a page that has no dev_pagemap, as one whose device has gone, which
     *         is worth a warning: the kernel would look into a struct page that is gone
     */
    public boolean isFsDax(final long place) {
        return words.getIntOpaque(place + TYPE_OFFSET) == PagemapType.FS_DAX.ordinal() || isNone(place);
    }

    /** Looks no further than the superblock there, whose version is no type of a file system's pages. Says false. */
    private boolean isNone(final long place) {
        if (place == words.origin()) {
            memmap.warnings().warn("oops: put_devmap_managed_folio_refs: the dev_pagemap of the page is gone");
        }
        return false;
    }

    /**
     * Drops references that the design holds for pages or folios: {@code percpu_ref_put_many}.
     *
     * @param cpu   the calling thread's CPU, inside or outside a read section
     * @param pgmap a handle, or what {@link Memmap#pgmap} says of a page
     * @param n     how many
     * @throws IllegalStateException if it is the handle of one that is gone
     */
    public void putMany(final CpuSlot cpu, final long pgmap, final long n) {
        if (isNowhere("percpu_ref_put_many", pgmap)) {
            return;
        }
        if (isStale(pgmap)) {
            throw gone(pgmap);
        }
        if (cpu.isInside()) {
            refs.putMany(cpu, place(pgmap), n);
        } else {
            putOutside(cpu, place(pgmap), n);
        }
    }

    /** Throws only if nothing was dropped: a section that was closed at the second attempt is closed. */
    private void putOutside(final CpuSlot cpu, final long place, final long n) {
        epochs.enter(cpu);
        try {
            refs.putMany(cpu, place, n);
        } catch (final Throwable e) {
            epochs.exit(cpu);
            throw e;
        }
        try {
            epochs.exit(cpu);
        } catch (final InternalError e) {
            memmap.warnings().warn("oops: percpu_ref_put_many: the memory failed: cpu=" + cpu.index());
        }
    }

    /**
     * Takes a reference for a folio that comes into use: {@code pgmap_request_folios} of the series of October 2022.
     *
     * @param cpu   the calling thread's CPU, inside or outside a read section
     * @param pgmap a handle, or what {@link Memmap#pgmap} says of a page
     * @return false if the device is dying or gone
     */
    public boolean tryGetLive(final CpuSlot cpu, final long pgmap) {
        if (isNowhere("percpu_ref_tryget_live", pgmap) || isStale(pgmap)) {
            return false;
        }
        if (cpu.isInside()) {
            return refs.tryGetLive(cpu, place(pgmap));
        }
        epochs.enter(cpu);
        boolean live = false;
        try {
            live = refs.tryGetLive(cpu, place(pgmap));
        } finally {
            leave(cpu, pgmap, live);
        }
        return live;
    }

    /** Leaves the section, as it does also if that fails; then nobody learns of the reference, and it is dropped. */
    private void leave(final CpuSlot cpu, final long pgmap, final boolean live) {
        try {
            epochs.exit(cpu);
        } catch (final InternalError e) {
            if (live) {
                putMany(cpu, pgmap, 1);
            }
            throw e;
        }
    }

    /** A page without a dev_pagemap names the beginning of the device. */
    private boolean isNowhere(final String function, final long pgmap) {
        final boolean nowhere = !isPlace(place(pgmap));
        if (nowhere) {
            memmap.warnings().warn("oops: " + function + ": the dev_pagemap of the page is gone");
        }
        return nowhere;
    }

    private boolean isStale(final long pgmap) {
        return generation(pgmap) != 0 && !isCurrent(pgmap);
    }

    /**
     * Sees to it that a removal may begin. Another may begin it first all the same.
     *
     * @param pgmap a handle
     * @throws IllegalStateException as {@link #kill} would
     */
    public void requireLive(final long pgmap) {
        final int found = words.getIntVolatile(requirePlace(pgmap) + STATE_OFFSET);
        if (found != word(pgmap, LIVE)) {
            throw refused(pgmap, found);
        }
    }

    /**
     * First step of removal: nobody finds the dev_pagemap alive any more. Who looked at it before may still get a
     * reference until the grace period in {@link #drain}.
     *
     * @param pgmap a handle
     * @throws IllegalStateException if it is being removed already, or gone; nothing has changed then
     */
    public void kill(final long pgmap) {
        step(pgmap, LIVE, DYING);
        try {
            refs.kill(place(pgmap));
        } catch (final Throwable e) {
            afterFailure(e, () -> step(pgmap, DYING, LIVE));
            throw e;
        }
    }

    /**
     * Third step of removal: waits for the references of walkers, drivers and folios in use. Like the kernel's, the
     * wait cannot be interrupted; an interrupt stays pending. If it fails, the dev_pagemap stays killed, and this step
     * may be taken again.
     *
     * @param pgmap a handle that was killed
     * @throws IllegalStateException if it was not killed, somebody else drains it or has drained it, or it is gone; or
     *                               a reference was dropped too often: then it stays killed for ever, as its count is
     *                               never right
     */
    public void drain(final long pgmap) {
        step(pgmap, DYING, DRAINING);
        try {
            refs.completeSwitch(place(pgmap));
            waits.waitVarUninterruptible(place(pgmap) + DONE_OFFSET, () -> isDone(pgmap));
            step(pgmap, DRAINING, DRAINED);
        } catch (final Throwable e) {
            afterFailure(e, () -> step(pgmap, DRAINING, DYING));
            throw e;
        }
    }

    /**
     * Whether the last reference is gone.
     *
     * @param pgmap a handle
     * @return the completion; true as well if the dev_pagemap is gone
     */
    public boolean isDone(final long pgmap) {
        return words.getIntVolatile(requirePlace(pgmap) + DONE_OFFSET) != 0 || !isCurrent(pgmap);
    }

    /**
     * Last step of removal: takes the descriptors of the pages away, then the ranges out of pgmap_array. Who still
     * holds a page holds a poisoned descriptor. If it fails, it may be called again.
     *
     * @param pgmap a handle that was drained
     * @throws IllegalStateException if it was not drained, or is gone; nothing has changed then
     */
    public synchronized void free(final long pgmap) {
        final int found = words.getIntVolatile(requirePlace(pgmap) + STATE_OFFSET);
        if (found != word(pgmap, DRAINED)) {
            throw refused(pgmap, found);
        }
        for (final PfnRange range : readRanges(place(pgmap))) {
            memmap.remove(range.first(), range.pages());
            array.erase(range.first(), range.last());
        }
        words.putIntRelease(place(pgmap) + ALIVE_OFFSET, 0);
        words.putIntRelease(place(pgmap) + STATE_OFFSET, word(pgmap, FREE));
    }

    /**
     * The references to a dev_pagemap: at a quiescent point, or once it is dying.
     *
     * @param pgmap a handle
     * @return 1, plus one per page, plus walkers; 0 if it is gone
     */
    public long references(final long pgmap) {
        final long references = refs.count(requirePlace(pgmap));
        return isCurrent(pgmap) ? references : 0;
    }

    /**
     * Size of a dev_pagemap.
     *
     * @param pgmap a handle
     * @return number of pages in all ranges
     * @throws IllegalStateException if it is gone
     */
    public long pages(final long pgmap) {
        return pages(ranges(pgmap));
    }

    private static long pages(final List<PfnRange> ranges) {
        return ranges.stream().mapToLong(PfnRange::pages).sum();
    }

    /**
     * The dev_pagemap of a page, without taking a reference. Inside a read section, or while nobody removes.
     *
     * @param pfn page frame number
     * @return its handle, 0 if there is none
     */
    public long find(final long pfn) {
        final long place = array.load(pfn);
        return place == 0 ? 0 : handle(place, words.getIntVolatile(place + STATE_OFFSET) >>> STATE_BITS);
    }

    /**
     * What a walk looks up: {@code xa_load}. Inside a read section, or while nobody removes.
     *
     * @param pfn page frame number
     * @return the place of its dev_pagemap, 0 if there is none
     */
    public long lookUp(final long pfn) {
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
     * @throws IllegalStateException if it is gone
     */
    public List<PfnRange> ranges(final long pgmap) {
        final long place = requirePlace(pgmap);
        try {
            return readRanges(place);
        } finally {
            requireCurrent(pgmap); // whatever was read of another life
        }
    }

    /**
     * Whether file systems may use the device: {@code dax_alive}.
     *
     * @param pgmap a handle
     * @return false after {@link #clearAlive}, and if it is gone
     */
    public boolean isAlive(final long pgmap) {
        return words.getIntAcquire(requirePlace(pgmap) + ALIVE_OFFSET) == generation(pgmap);
    }

    /**
     * Closes the device for file systems and waits for the faults that found it open: the second half of
     * {@code kill_dax}, whose {@code synchronize_srcu} waits for them. From outside any fault and any read section. May
     * be called again, and waits again.
     *
     * @param pgmap a handle
     * @throws IllegalStateException if it is gone; nothing has changed then
     */
    public void clearAlive(final long pgmap) {
        words.compareAndExchangeInt(requirePlace(pgmap) + ALIVE_OFFSET, generation(pgmap), 0);
        requireCurrent(pgmap);
        PercpuRwLock.awaitSharers(words, epochs);
    }

    private List<PfnRange> readRanges(final long place) {
        final List<PfnRange> ranges = new ArrayList<>();
        for (int i = 0; i < words.getIntOpaque(place + RANGE_COUNT_OFFSET); i++) {
            ranges.add(new PfnRange(words.getLongOpaque(firstOffset(place, i)),
                words.getLongOpaque(firstOffset(place, i) + Long.BYTES)));
        }
        return ranges;
    }

    private static long firstOffset(final long place, final int index) {
        return place + RANGES_OFFSET + (long) index * RANGE_BYTES;
    }
}
