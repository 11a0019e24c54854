/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.daxref.page.PageTableEntry.ENTRIES;
import static org.daxref.page.PageTableEntry.LEAF;
import static org.daxref.page.PageTableEntry.NONE;

import org.daxref.design.RefcountDesign;
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
 * <p>Thread-safe; lock-free; allocates nothing.
 */
public class Gup {
    private static final long STOP = -1;
    private static final long GUARD_REFUSED = -2;

    private final Words words;
    private final Memmap memmap;
    private final Epochs epochs;
    private final RefcountDesign design;
    private final SlowWalk slow;

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
     */
    public int getFast(final CpuSlot cpu, final PageTable table, final long start, final int pages,
                       final boolean write, final long[] out) {
        requireRoom(table, start, pages, out);
        epochs.enter(cpu);
        final int taken = walk(cpu, table, start, pages, write, false, out);
        epochs.exit(cpu);
        return taken;
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
     */
    public int pinFast(final CpuSlot cpu, final PageTable table, final long start, final int pages,
                       final boolean write, final long[] out) {
        requireRoom(table, start, pages, out);
        final int sequence = table.writeProtectSeq();
        if ((sequence & 1) != 0) {
            return 0;
        }
        epochs.enter(cpu);
        final int taken = walk(cpu, table, start, pages, write, true, out);
        epochs.exit(cpu);
        cpu.countPinsAcquired(taken);
        if (table.writeProtectSeq() != sequence) {
            design.unpinAll(cpu, out, taken);
            cpu.countPinsReleased(taken);
            return 0;
        }
        return taken;
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
     */
    public final int getSlow(final CpuSlot cpu, final PageTable table, final long start, final int pages,
                             final boolean write, final long[] out) {
        requireRoom(table, start, pages, out);
        return walkSlow(cpu, table, start, 0, write, false, false, out, pages);
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
     */
    public final int pin(final CpuSlot cpu, final PageTable table, final long start, final int pages,
                         final boolean write, final long[] out) {
        final int fast = pinFast(cpu, table, start, pages, write, out);
        return fast == pages ? fast : pinRest(cpu, table, start, fast, write, false, out, pages);
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
     */
    public final int pinLongterm(final CpuSlot cpu, final PageTable table, final long start, final int pages,
                                 final boolean write, final long[] out) {
        requireRoom(table, start, pages, out);
        if ((table.entry(start) & PageTableEntry.DEVMAP) == 0
            && getFast(cpu, table, start, 1, write, out) == 1) {
            put(cpu, out, 1);
        }
        return pinRest(cpu, table, start, 0, write, true, out, pages);
    }

    private int pinRest(final CpuSlot cpu, final PageTable table, final long start, final int from,
                        final boolean write, final boolean longterm, final long[] out, final int pages) {
        final int rest = walkSlow(cpu, table, start, from, write, true, longterm, out, pages);
        if (rest < 0) {
            return from > 0 ? from : rest;
        }
        cpu.countPinsAcquired(rest);
        return from + rest;
    }

    int walkSlow(final CpuSlot cpu, final PageTable table, final long start, final int from, final boolean write,
                 final boolean pin, final boolean longterm, final long[] out, final int pages) {
        return slow.walk(cpu, table, start, from, write, pin, longterm, out, pages);
    }

    /**
     * Drops references of {@link #getFast} or {@link #getSlow}, one page at a time: {@code put_page}.
     *
     * @param cpu   the calling thread's CPU
     * @param pfns  page frame numbers
     * @param count how many
     */
    public void put(final CpuSlot cpu, final long[] pfns, final int count) {
        for (int i = 0; i < count; i++) {
            design.put(cpu, memmap.head(memmap.page(pfns[i])), 1);
        }
    }

    /**
     * Drops pins of {@link #pinFast}, {@link #pinSlow} or {@link #pin}: {@code unpin_user_pages}.
     *
     * @param cpu   the calling thread's CPU
     * @param pfns  page frame numbers
     * @param count how many
     */
    public void unpin(final CpuSlot cpu, final long[] pfns, final int count) {
        design.unpinAll(cpu, pfns, count);
        cpu.countPinsReleased(count);
    }

    private static void requireRoom(final PageTable table, final long start, final int pages, final long[] out) {
        table.requireRange(start, pages);
        if (out.length < pages) {
            throw new IllegalArgumentException("too short for the pages: length=" + out.length + ", pages=" + pages);
        }
    }

    private int walk(final CpuSlot cpu, final PageTable table, final long start, final int pages, final boolean write,
                     final boolean pin, final long[] out) {
        final int first = walkPmd(cpu, table, start, pages, write, pin, out, 0);
        return first == pages || first == 0 ? first : walkOn(cpu, table, start, pages, write, pin, out, first);
    }

    /** The rest of a walk that crosses a PMD border. */
    private int walkOn(final CpuSlot cpu, final PageTable table, final long start, final int pages,
                       final boolean write, final boolean pin, final long[] out, final int at) {
        int taken = at;
        while (taken < pages && PageTableEntry.index(start + taken) == 0) {
            final int more = walkPmd(cpu, table, start + taken, pages - taken, write, pin, out, taken);
            if (more == 0) {
                break;
            }
            taken += more;
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
        if (span > 1) {
            return walkTable(cpu, pteOffset, pmdOffset, pmd, span, write, pin, out, at);
        }
        design.unguard(cpu);
        return 1;
    }

    /** The rest of a table, after its first page was taken. */
    private int walkTable(final CpuSlot cpu, final long firstOffset, final long pmdOffset, final long pmd,
                          final int span, final boolean write, final boolean pin, final long[] out, final int at) {
        int taken = 1;
        while (taken < span) {
            final long pfn = walkPte(cpu, firstOffset + ((long) taken << 3), pmdOffset, pmd, write, pin);
            if (pfn == GUARD_REFUSED) {
                design.undo(cpu, out, at, taken, pin);
                return 0;
            }
            if (pfn < 0) {
                break;
            }
            out[at + taken] = pfn;
            taken++;
        }
        design.unguard(cpu);
        return taken;
    }

    /** One page: its number, or one of the negative reasons to stop. */
    private long walkPte(final CpuSlot cpu, final long pteOffset, final long pmdOffset, final long pmd,
                         final boolean write, final boolean pin) {
        final Words local = words;
        final Memmap pages = memmap;
        final long pte = local.getLongAcquire(pteOffset);
        if (!PageTableEntry.permits(pte, write)) {
            return STOP;
        }
        final long pfn = PageTableEntry.pfn(pte);
        if (!design.guard(cpu, pte, pfn)) {
            return GUARD_REFUSED;
        }
        final long head = design.tryGrabFast(cpu, pages.page(pfn), 1, pin);
        if (head == RefcountDesign.NOT_COUNTED) {
            return STOP;
        }
        if (local.getLongVolatile(pmdOffset) != pmd || local.getLongVolatile(pteOffset) != pte) {
            design.drop(cpu, head, 1, pin);
            return STOP;
        }
        pages.setReferenced(head);
        return pfn;
    }

    private int walkLeaf(final CpuSlot cpu, final long pmdOffset, final long pmd, final int first, final int span,
                         final boolean write, final boolean pin, final long[] out, final int at) {
        if (!PageTableEntry.permits(pmd, write)) {
            return 0;
        }
        if (!design.grabLeaf(cpu, pmd, PageTableEntry.pfn(pmd) + first, span, pin, out, at)) {
            return 0;
        }
        if (words.getLongVolatile(pmdOffset) != pmd) {
            design.undo(cpu, out, at, span, pin);
            return 0;
        }
        return span;
    }
}
