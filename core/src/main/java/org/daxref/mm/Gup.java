/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.daxref.page.PageTableEntry.ENTRIES;
import static org.daxref.page.PageTableEntry.LEAF;
import static org.daxref.page.PageTableEntry.NONE;

import org.daxref.design.Failures;
import org.daxref.design.RefcountDesign;
import org.daxref.memory.DeviceFailedException;
import org.daxref.memory.Words;
import org.daxref.page.Memmap;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.Epochs;

/**
 * Get user pages: turns addresses into counted pages without a lock, {@code gup_fast} of mm/gup.c (6.14).
 *
 * <p><b>Theory.</b> Count first, then look at the entry again. The entry tells which page to count, but between reading
 * it and counting the page a truncate may have cleared it and given the page to somebody else. So the walk counts, and
 * then reads the entry once more: if it is unchanged, whoever clears it from now on finds the page counted.
 *
 * <pre>
 *   walk                                  truncate
 *   entry -> page                         entry := none       (RMW)
 *   [guard: get_dev_pagemap]              count == idle?  no -> wait
 *   count += refs        (RMW)
 *   entry unchanged?  no -> count -= refs
 * </pre>
 *
 * <p>The whole walk is a read section, which stands for the interrupts that GUP-fast turns off: the removal of a device
 * waits for it. For a pin the sequence that fork raises is read before and after; if it moved, everything is undone.
 *
 * <p>A walk that cannot go on (no entry, no permission, a special entry, a refused count, a changed entry) stops and
 * returns what it has; {@link #pin} goes on with {@link SlowWalk}. A refused guard also takes back the pages of its
 * table.
 *
 * <p><b>Memory ordering.</b> The first look is an acquire, which pairs with the release of the fault. The count is a
 * volatile read-modify-write and the second look volatile, against the volatile exchange of {@link PageMapper} and its
 * volatile read of the count: one of the two sees the other. In the kernel 5.19 had no barrier between the second add
 * of a pin and the second look, and relied on the first add.
 *
 * <p><b>What fails.</b> A walk that cannot end as it should, because the memory of the device fails or a fault handler
 * throws, closes its section and gives back what it has counted in this call, and then throws ({@code FailedWalkTest},
 * {@code FaultInjectionTest}). A put or an unpin leaves nothing with the caller, whatever it throws. A refused call
 * changes nothing.
 *
 * <p><b>Progress.</b> {@link #getFast} and {@link #pinFast}, and all that they undo, are lock-free: nothing in their
 * section waits, and whoever is stopped in one holds up grace periods only ({@code LockFreedomTest}). So are
 * {@link #put} and {@link #unpin}. Two exceptions: with {@code striped} and {@code striped-asym} a walk that finds a
 * count without room gathers it, and an unpin that made its page striped just before the last mapping went has to;
 * gathering waits for read sections in {@code striped-asym}. The slow walks, and what goes on with them, block.
 *
 * <p>Thread-safe; allocates nothing unless it fails.
 */
public class Gup {
    private static final long STOP = -1;
    private static final long GUARD_REFUSED = -2;

    private final Words words;
    private final Memmap memmap;
    private final Epochs epochs;
    private final RefcountDesign design;
    private final SlowWalk slow;
    private final long firstPfn;
    private final long pages;

    /**
     * Walks over the page tables of a device.
     *
     * @param words  access to the device
     * @param memmap the pages
     * @param epochs the read sections that removal waits for
     * @param design who holds references
     */
    public Gup(final Words words, final Memmap memmap, final Epochs epochs, final RefcountDesign design) {
        this.words = words;
        this.memmap = memmap;
        this.epochs = epochs;
        this.design = design;
        this.slow = new SlowWalk(memmap, epochs, design);
        this.firstPfn = memmap.startPfn();
        this.pages = memmap.pages();
    }

    /**
     * Pages were brought to life, perhaps where others had been: for walks that keep a ledger.
     *
     * @param range which pages
     */
    public void renew(final PfnRange range) {
        // these walks keep none
    }

    /**
     * Takes a reference on each of a run of pages: {@code get_user_pages_fast} without its slow part.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param table the address space
     * @param start number of the first page in it
     * @param pages how many
     * @param write whether the pages will be written
     * @param out   receives the page frame numbers, from index 0
     * @return how many pages were taken, from the first on: 0 to {@code pages}
     * @throws IllegalArgumentException if pages lie outside the address space or {@code out} is too short
     * @throws DeviceFailedException    if the memory of the device fails; nothing is held then
     */
    public int getFast(final CpuSlot cpu, final PageTable table, final long start, final int pages,
                       final boolean write, final long[] out) {
        requireRoom(table, start, pages, out);
        int taken = 0;
        try {
            taken = section(cpu, table, start, pages, write, false, out, 0);
            return taken == pages ? taken : goOn(cpu, table, start, pages, write, false, out, taken);
        } catch (final Throwable e) {
            throw failed(cpu, out, taken, false, e);
        }
    }

    /**
     * Pins each of a run of pages: {@code pin_user_pages_fast} without its slow part.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param table the address space
     * @param start number of the first page in it
     * @param pages how many
     * @param write whether the pages will be written
     * @param out   receives the page frame numbers, from index 0
     * @return how many pages were pinned, from the first on: 0 to {@code pages}
     * @throws IllegalArgumentException if pages lie outside the address space or {@code out} is too short
     * @throws DeviceFailedException    if the memory of the device fails; nothing is held then
     */
    public int pinFast(final CpuSlot cpu, final PageTable table, final long start, final int pages,
                       final boolean write, final long[] out) {
        requireRoom(table, start, pages, out);
        int taken = 0;
        try {
            final int sequence = table.writeProtectSeq();
            if ((sequence & 1) != 0) {
                return 0;
            }
            taken = section(cpu, table, start, pages, write, true, out, 0);
            if (taken < pages) {
                taken = goOn(cpu, table, start, pages, write, true, out, taken);
            }
            final boolean changed = table.writeProtectSeq() != sequence;
            cpu.countPinsAcquired(taken);
            if (!changed) {
                return taken;
            }
        } catch (final Throwable e) {
            throw failed(cpu, out, taken, true, e);
        }
        dropPins(cpu, out, taken);
        return 0;
    }

    /**
     * Takes a reference on each of a run of pages, under locks, and faults in what is missing:
     * {@code get_user_pages}.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param table the address space
     * @param start number of the first page in it
     * @param pages how many
     * @param write whether the pages will be written
     * @param out   receives the page frame numbers, from index 0
     * @return how many pages were taken, from the first on; if none, the negative {@link Errno}
     * @throws IllegalArgumentException if pages lie outside the address space or {@code out} is too short
     * @throws DeviceFailedException    if the memory of the device fails; nothing is held then
     */
    public final int getSlow(final CpuSlot cpu, final PageTable table, final long start, final int pages,
                             final boolean write, final long[] out) {
        requireRoom(table, start, pages, out);
        try {
            return walkSlow(cpu, table, start, 0, write, false, false, out, pages);
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
    }

    /**
     * Pins each of a run of pages, under locks, and faults in what is missing: {@code pin_user_pages}.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param table the address space
     * @param start number of the first page in it
     * @param pages how many
     * @param write whether the pages will be written
     * @param out   receives the page frame numbers, from index 0
     * @return how many pages were pinned, from the first on; if none, the negative {@link Errno}
     * @throws IllegalArgumentException if pages lie outside the address space or {@code out} is too short
     * @throws DeviceFailedException    if the memory of the device fails; nothing is held then
     */
    public final int pinSlow(final CpuSlot cpu, final PageTable table, final long start, final int pages,
                             final boolean write, final long[] out) {
        requireRoom(table, start, pages, out);
        return pinRest(cpu, table, start, 0, write, false, out, pages);
    }

    /**
     * Pins each of a run of pages, without locks as far as that goes: {@code pin_user_pages_fast}.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param table the address space
     * @param start number of the first page in it
     * @param pages how many
     * @param write whether the pages will be written
     * @param out   receives the page frame numbers, from index 0
     * @return how many pages were pinned, from the first on; if none, the negative {@link Errno}
     * @throws IllegalArgumentException if pages lie outside the address space or {@code out} is too short
     * @throws DeviceFailedException    if the memory of the device fails; nothing is held then
     */
    public final int pin(final CpuSlot cpu, final PageTable table, final long start, final int pages,
                         final boolean write, final long[] out) {
        final int fast = pinFast(cpu, table, start, pages, write, out);
        if (fast == pages) {
            return fast;
        }
        try {
            return pinRest(cpu, table, start, fast, write, false, out, pages);
        } catch (final Throwable e) {
            Failures.undo(e, () -> unpin(cpu, out, fast));
            throw e;
        }
    }

    /**
     * Pins each of a run of pages for long: {@code pin_user_pages_fast} with FOLL_LONGTERM. A file on DAX refuses it.
     * Up to 6.14 the walk without locks stops at the entry; later it takes one reference, finds whose the page is and
     * gives it back before it would become a pin.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param table the address space
     * @param start number of the first page in it
     * @param pages how many
     * @param write whether the pages will be written
     * @param out   receives the page frame numbers, from index 0
     * @return how many pages were pinned; if none, the negative {@link Errno}
     * @throws IllegalArgumentException if pages lie outside the address space or {@code out} is too short
     * @throws DeviceFailedException    if the memory of the device fails; nothing is held then
     */
    public final int pinLongterm(final CpuSlot cpu, final PageTable table, final long start, final int pages,
                                 final boolean write, final long[] out) {
        requireRoom(table, start, pages, out);
        if (!isDevmap(table, start) && getFast(cpu, table, start, 1, write, out) == 1) {
            put(cpu, out, 1);
        }
        return pinRest(cpu, table, start, 0, write, true, out, pages);
    }

    private static boolean isDevmap(final PageTable table, final long page) {
        try {
            return (table.entry(page) & PageTableEntry.DEVMAP) != 0;
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
    }

    private int pinRest(final CpuSlot cpu, final PageTable table, final long start, final int from,
                        final boolean write, final boolean longterm, final long[] out, final int pages) {
        int rest = 0;
        try {
            rest = walkSlow(cpu, table, start, from, write, true, longterm, out, pages);
            if (rest > 0) {
                cpu.countPinsAcquired(rest);
            }
        } catch (final Throwable e) {
            final int taken = rest;
            Failures.undo(e, () -> takeBack(cpu, out, from, taken));
            throw translated(e);
        }
        return rest < 0 && from > 0 ? from : from + rest;
    }

    int walkSlow(final CpuSlot cpu, final PageTable table, final long start, final int from, final boolean write,
                 final boolean pin, final boolean longterm, final long[] out, final int pages) {
        return slow.walk(cpu, table, start, from, write, pin, longterm, out, pages);
    }

    /** Takes back pins of a slow walk that were not counted as acquired yet. */
    void takeBack(final CpuSlot cpu, final long[] pfns, final int from, final int count) {
        design.undo(cpu, pfns, from, count, true);
    }

    /**
     * Drops references of {@link #getFast} or {@link #getSlow}, one page at a time: {@code put_page}.
     *
     * @param cpu   the calling thread's CPU
     * @param pfns  page frame numbers
     * @param count how many
     * @throws IllegalArgumentException if one is not a page of the device or there are not so many; nothing was dropped
     * @throws DeviceFailedException    if the memory of the device fails; nothing is held any more, not even what could
     *                                  not be dropped
     */
    public void put(final CpuSlot cpu, final long[] pfns, final int count) {
        requirePages(pfns, count);
        try {
            design.putAll(cpu, pfns, count);
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
    }

    /**
     * Drops pins of {@link #pinFast}, {@link #pinSlow} or {@link #pin}: {@code unpin_user_pages}.
     *
     * @param cpu   the calling thread's CPU
     * @param pfns  page frame numbers
     * @param count how many
     * @throws IllegalArgumentException if one is not a page of the device or there are not so many; nothing was dropped
     * @throws DeviceFailedException    if the memory of the device fails; nothing is held any more, not even what could
     *                                  not be dropped
     */
    public void unpin(final CpuSlot cpu, final long[] pfns, final int count) {
        requirePages(pfns, count);
        dropPins(cpu, pfns, count);
    }

    private void dropPins(final CpuSlot cpu, final long[] pfns, final int count) {
        try {
            design.unpinAll(cpu, pfns, count);
            cpu.countPinsReleased(count);
        } catch (final Throwable e) {
            Failures.undo(e, () -> cpu.countPinsReleased(count));
            throw translated(e);
        }
    }

    /** Before anything is dropped, so that a refused call changes nothing. */
    final void requirePages(final long[] pfns, final int count) {
        // the most frequent case, kept out of the loop
        if (count != 1 || pfns.length == 0 || !isPage(pfns[0])) {
            requireEach(pfns, count);
        }
    }

    private boolean isPage(final long pfn) {
        return Long.compareUnsigned(pfn - firstPfn, pages) < 0;
    }

    private void requireEach(final long[] pfns, final int count) {
        if (count < 0 || count > pfns.length) {
            throw new IllegalArgumentException("not so many page frame numbers: count=" + count + ", length="
                + pfns.length);
        }
        for (int i = 0; i < count; i++) {
            if (!isPage(pfns[i])) {
                throw new IllegalArgumentException("not a page of this device: pfn=" + pfns[i]);
            }
        }
    }

    private static void requireRoom(final PageTable table, final long start, final int pages, final long[] out) {
        table.requireRange(start, pages);
        if (out.length < pages) {
            throw new IllegalArgumentException("too short for the pages: length=" + out.length + ", pages=" + pages);
        }
    }

    /** What a public operation throws after a failure: the error of a memory access in words. */
    private static RuntimeException translated(final Throwable failure) {
        if (failure instanceof final InternalError error) {
            throw DeviceFailedException.insteadOf(error);
        }
        Failures.throwFirst(failure);
        throw new AssertionError(failure);
    }

    /** A walk fails after it has taken pages: it takes them back. */
    private RuntimeException failed(final CpuSlot cpu, final long[] out, final int taken, final boolean pin,
                                    final Throwable failure) {
        Failures.undo(failure, () -> design.undo(cpu, out, 0, taken, pin));
        throw translated(failure);
    }

    /** One read section: takes pages from {@code out[at]} on, and none if it fails. */
    private int section(final CpuSlot cpu, final PageTable table, final long start, final int pagesLeft,
                        final boolean write, final boolean pin, final long[] out, final int at) {
        int taken = 0;
        try {
            epochs.enter(cpu);
            try {
                taken = walk(cpu, table, start, pagesLeft, write, pin, out, at);
            } finally {
                epochs.exit(cpu);
            }
        } catch (final Throwable e) {
            throw takenBack(cpu, out, at, taken, pin, e);
        }
        return taken;
    }

    private RuntimeException takenBack(final CpuSlot cpu, final long[] out, final int at, final int taken,
                                       final boolean pin, final Throwable failure) {
        Failures.undo(failure, () -> design.undo(cpu, out, at, taken, pin));
        Failures.throwFirst(failure);
        throw new AssertionError(failure);
    }

    /**
     * A walk has stopped. If it was at a page whose count had no room, that is made, which needs to be outside the
     * section, and the walk goes on.
     *
     * @return how many pages were taken in all
     */
    private int goOn(final CpuSlot cpu, final PageTable table, final long start, final int pagesWanted,
                     final boolean write, final boolean pin, final long[] out, final int before) {
        int taken = before;
        int more = 1;
        try {
            while (more > 0 && taken < pagesWanted && design.relieve(cpu)) {
                more = section(cpu, table, start + taken, pagesWanted - taken, write, pin, out, taken);
                taken += more;
            }
        } catch (final Throwable e) {
            throw takenBack(cpu, out, before, taken - before, pin, e);
        }
        return taken;
    }

    /** The walk itself, inside a section. If it fails it has taken nothing and guards nothing. */
    private int walk(final CpuSlot cpu, final PageTable table, final long start, final int left, final boolean write,
                     final boolean pin, final long[] out, final int at) {
        try {
            final int first = walkPmd(cpu, table, start, left, write, pin, out, at);
            return first == left || first == 0 ? first
                : walkOn(cpu, table, start, left, write, pin, out, at, first);
        } catch (final Throwable e) {
            Failures.undo(e, () -> design.unguard(cpu));
            throw e;
        }
    }

    /** The rest of a walk that crosses a PMD border. */
    private int walkOn(final CpuSlot cpu, final PageTable table, final long start, final int left,
                       final boolean write, final boolean pin, final long[] out, final int at, final int first) {
        int taken = first;
        try {
            while (taken < left && PageTableEntry.index(start + taken) == 0) {
                final int more = walkPmd(cpu, table, start + taken, left - taken, write, pin, out, at + taken);
                if (more == 0) {
                    break;
                }
                taken += more;
            }
        } catch (final Throwable e) {
            throw takenBack(cpu, out, at, taken, pin, e);
        }
        return taken;
    }

    /*
     * The first page of a table is taken outside the loop, so that a walk over one page, the most frequent, is compiled
     * without it and fits into its caller.
     */
    private int walkPmd(final CpuSlot cpu, final PageTable table, final long page, final int left, final boolean write,
                        final boolean pin, final long[] out, final int at) {
        final int span = Math.min(left, ENTRIES - PageTableEntry.index(page));
        final long pmdOffset = table.pmdOffset(page);
        final long pmd = words.getLongAcquire(pmdOffset);
        if (pmd == NONE) {
            return 0;
        }
        if ((pmd & LEAF) != 0) {
            return walkLeaf(cpu, pmdOffset, pmd, PageTableEntry.index(page), span, write, pin, out, at);
        }
        final long pteOffset = table.pteOffset(page);
        final long pfn = walkPte(cpu, pteOffset, pmdOffset, pmd, write, pin);
        if (pfn < 0) {
            design.unguard(cpu);
            return 0;
        }
        out[at] = pfn;
        return span > 1 ? walkTable(cpu, pteOffset, pmdOffset, pmd, span, write, pin, out, at)
            : endTable(cpu, 1, pin, out, at);
    }

    /** The rest of a table, after its first page was taken. */
    private int walkTable(final CpuSlot cpu, final long firstOffset, final long pmdOffset, final long pmd,
                          final int span, final boolean write, final boolean pin, final long[] out, final int at) {
        int taken = 1;
        long pfn = 0;
        try {
            while (taken < span) {
                pfn = walkPte(cpu, firstOffset + ((long) taken << 3), pmdOffset, pmd, write, pin);
                if (pfn < 0) {
                    break;
                }
                out[at + taken] = pfn;
                taken++;
            }
        } catch (final Throwable e) {
            throw takenBack(cpu, out, at, taken, pin, e);
        }
        if (pfn == GUARD_REFUSED) {
            design.undo(cpu, out, at, taken, pin);
            return 0;
        }
        return endTable(cpu, taken, pin, out, at);
    }

    private int endTable(final CpuSlot cpu, final int taken, final boolean pin, final long[] out, final int at) {
        try {
            design.unguard(cpu);
        } catch (final Throwable e) {
            throw takenBack(cpu, out, at, taken, pin, e);
        }
        return taken;
    }

    /** One page: its number, or one of the negative reasons to stop. */
    private long walkPte(final CpuSlot cpu, final long pteOffset, final long pmdOffset, final long pmd,
                         final boolean write, final boolean pin) {
        final Words local = words;
        final Memmap descriptors = memmap;
        final long pte = local.getLongAcquire(pteOffset);
        if (!PageTableEntry.permits(pte, write)) {
            return STOP;
        }
        final long pfn = PageTableEntry.pfn(pte);
        if (!design.guard(cpu, pte, pfn)) {
            return GUARD_REFUSED;
        }
        final long head = design.tryGrabFast(cpu, descriptors.page(pfn), 1, pin);
        if (head == RefcountDesign.NOT_COUNTED) {
            return STOP;
        }
        try {
            if (local.getLongVolatile(pmdOffset) == pmd && local.getLongVolatile(pteOffset) == pte) {
                descriptors.setReferenced(head);
                return pfn;
            }
        } catch (final Throwable e) {
            throw design.backOut(cpu, head, 1, pin, e);
        }
        design.dropSurely(cpu, head, 1, pin);
        return STOP;
    }

    private int walkLeaf(final CpuSlot cpu, final long pmdOffset, final long pmd, final int first, final int span,
                         final boolean write, final boolean pin, final long[] out, final int at) {
        if (!PageTableEntry.permits(pmd, write)) {
            return 0;
        }
        if (!design.grabLeaf(cpu, pmd, PageTableEntry.pfn(pmd) + first, span, pin, out, at)) {
            return 0;
        }
        try {
            if (words.getLongVolatile(pmdOffset) == pmd) {
                return span;
            }
        } catch (final Throwable e) {
            throw takenBack(cpu, out, at, span, pin, e);
        }
        design.undo(cpu, out, at, span, pin);
        return 0;
    }
}
