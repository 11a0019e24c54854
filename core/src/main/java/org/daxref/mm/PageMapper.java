/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.daxref.page.PageTableEntry.ENTRIES;
import static org.daxref.page.PageTableEntry.LEAF;
import static org.daxref.page.PageTableEntry.NONE;
import static org.daxref.page.PageTableEntry.PRESENT;
import static org.daxref.page.PageTableEntry.SPECIAL;
import static org.daxref.page.PageTableEntry.WRITE;

import java.lang.invoke.VarHandle;
import org.daxref.design.Failures;
import org.daxref.design.RefcountDesign;
import org.daxref.memory.DeviceFailedException;
import org.daxref.memory.Words;
import org.daxref.page.Memmap;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.CpuSlot;

/**
 * Fills and clears page-table entries: {@code insert_page}, {@code insert_pfn}, their PMD forms and
 * {@code zap_page_range} of mm/memory.c and mm/huge_memory.c.
 *
 * <p><b>Theory.</b> A zap clears the entries of a table under its lock and collects their folios; the references that
 * those entries held are dropped only after the TLB flush. In between a folio has more references than mappings and
 * looks busy to a scanner, as it does in the kernel. Page tables are never freed, so a zap need not wait for walkers;
 * like AArch64, which broadcasts its TLB invalidation and interrupts nobody, it relies on the walker's second look.
 *
 * <pre>
 *   walker                                zap
 *   read entry                            lock table
 *   count += refs        (RMW)            entry := none       (RMW)
 *   read entry again                      unlock; flush
 *   changed -> drop                       count -= mappings   (RMW)  -> idle?  wake
 * </pre>
 *
 * <p><b>Memory ordering.</b> See {@link PageTable}: exchange, then count, on this side; count, then entry, on the
 * walker's. The flush is a full fence.
 *
 * <p><b>What fails in the middle.</b> If the memory of the device fails, an entry is there with its reference or not at
 * all ({@code FailedWalkTest}, {@code FaultInjectionTest}). All that fails so throws {@link DeviceFailedException}.
 *
 * <p>Thread-safe; blocking: everything waits for the table's lock, which is held for a bounded time, and a zap with a
 * counter that waits for read sections when it gathers ({@code striped-asym}) for those, without the lock. It is called
 * outside any section, and never under a lock that a walk waits for inside one.
 */
public final class PageMapper {
    private final Words words;
    private final Memmap memmap;
    private final RefcountDesign design;

    /**
     * Fills and clears the page tables of a device.
     *
     * @param words  access to the device
     * @param memmap the pages
     * @param design who holds references
     */
    public PageMapper(final Words words, final Memmap memmap, final RefcountDesign design) {
        this.words = words;
        this.memmap = memmap;
        this.design = design;
    }

    /**
     * Maps one 4 KiB page. If it is mapped already, only the permission may grow.
     *
     * @param table the address space
     * @param page  number of the page in it
     * @param pfn   what to map
     * @param write whether writing is allowed
     * @return whether the page is mapped now; false if something else is there
     * @throws IllegalArgumentException if there is no such page, in the address space or on the device
     */
    public boolean insertPage(final PageTable table, final long page, final long pfn, final boolean write) {
        table.requireRange(page, 1);
        requirePages(pfn, 1);
        try {
            table.lock(page);
            try {
                return useTable(table, page)
                    && insert(table.pteOffset(page), PageTableEntry.of(pfn, bits(write)));
            } finally {
                table.unlock(page);
            }
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
    }

    /**
     * Maps 512 pages by one PMD leaf. If they are mapped already, only the permission may grow.
     *
     * @param table the address space
     * @param page  number of the first page in it, a multiple of 512
     * @param pfn   the first page to map, a multiple of 512 as well
     * @param write whether writing is allowed
     * @return whether the pages are mapped now; false if something else is there
     * @throws IllegalArgumentException if they are not aligned, or not in the address space or on the device
     */
    public boolean insertPmd(final PageTable table, final long page, final long pfn, final boolean write) {
        table.requireRange(page, ENTRIES);
        requirePages(pfn, ENTRIES);
        if (page % ENTRIES != 0 || pfn % ENTRIES != 0) {
            throw new IllegalArgumentException("a PMD maps aligned pages: page=" + page + ", pfn=" + pfn);
        }
        try {
            table.lock(page);
            try {
                return insert(table.pmdOffset(page), PageTableEntry.of(pfn, bits(write) | LEAF));
            } finally {
                table.unlock(page);
            }
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
    }

    private void requirePages(final long pfn, final int count) {
        if (!memmap.contains(pfn, count)) {
            throw new IllegalArgumentException("not pages of this device: pfn=" + pfn + ", count=" + count);
        }
    }

    /** Whether a page has a PTE table; where there is nothing, one is put to use. */
    private boolean useTable(final PageTable table, final long page) {
        final long pmd = words.getLongOpaque(table.pmdOffset(page));
        if (pmd == NONE) {
            words.putLongRelease(table.pmdOffset(page), PageTable.tablePmd(page));
        }
        return (pmd & LEAF) == 0;
    }

    private long bits(final boolean write) {
        return (write ? PRESENT | WRITE : PRESENT) | design.entryBits();
    }

    private boolean insert(final long offset, final long entry) {
        final long present = words.getLongOpaque(offset);
        if (present == NONE) {
            write(offset, entry, memmap.head(memmap.page(PageTableEntry.pfn(entry))));
            return true;
        }
        if ((present & ~WRITE) != (entry & ~WRITE)) {
            return false;
        }
        words.putLongRelease(offset, present | entry);
        return true;
    }

    /** Counts the mapping, then writes the entry, or does neither. */
    private void write(final long offset, final long entry, final long head) {
        design.map(head);
        try {
            words.putLongRelease(offset, entry);
        } catch (final Throwable e) {
            Failures.undo(e, () -> design.undoMap(head));
            throw e;
        }
    }

    /**
     * Maps the zero page, read-only and without counting it, in place of a hole.
     *
     * @param table the address space
     * @param page  number of the page in it
     * @return whether the zero page is mapped now; false if something else is there
     */
    public boolean insertZeroPage(final PageTable table, final long page) {
        table.requireRange(page, 1);
        try {
            table.lock(page);
            try {
                return useTable(table, page) && insertZero(table.pteOffset(page));
            } finally {
                table.unlock(page);
            }
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
    }

    private boolean insertZero(final long offset) {
        final long present = words.getLongOpaque(offset);
        if (present == NONE) {
            words.putLongRelease(offset, PageTableEntry.ZERO_PAGE);
        }
        return present == NONE || present == PageTableEntry.ZERO_PAGE;
    }

    /**
     * Takes the permission to write back, so that the next write faults: {@code pfn_mkclean_range}.
     *
     * @param table the address space
     * @param page  number of a page
     */
    public void writeProtect(final PageTable table, final long page) {
        table.requireRange(page, 1);
        try {
            table.lock(page);
            try {
                final long pmd = words.getLongOpaque(table.pmdOffset(page));
                if (pmd != NONE) {
                    final long offset = (pmd & LEAF) != 0 ? table.pmdOffset(page) : table.pteOffset(page);
                    words.getAndSetLong(offset, words.getLongOpaque(offset) & ~WRITE);
                }
            } finally {
                table.unlock(page);
            }
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
        VarHandle.fullFence();
    }

    /**
     * Clears every entry of a range: {@code zap_page_range}. A PMD leaf goes as a whole even if only a part of it lies
     * in the range, as a leaf of a file does when it is split.
     *
     * @param cpu   the calling thread's CPU, whose batch is used
     * @param table the address space
     * @param start number of the first page
     * @param count how many pages
     * @return how many entries of counted pages were cleared
     * @throws IllegalArgumentException if pages lie outside the address space
     * @throws DeviceFailedException    if the memory of the device fails; the entries that were cleared are dropped,
     *                                  and the others are there still
     */
    public long zap(final CpuSlot cpu, final PageTable table, final long start, final long count) {
        table.requireRange(start, count);
        long cleared = 0;
        final long end = start + count;
        try {
            for (long page = start; page < end;) {
                final long next = Math.min(end, (page / ENTRIES + 1) * ENTRIES);
                cleared += zapTable(cpu, table, page, (int) (next - page));
                page = next;
            }
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
        return cleared;
    }

    private int zapTable(final CpuSlot cpu, final PageTable table, final long start, final int count) {
        final long[] batch = cpu.batch();
        final long pmd = words.getLongAcquire(table.pmdOffset(start));
        if (pmd == NONE) {
            return 0;
        }
        int cleared = 0;
        try {
            table.lock(start);
            try {
                if ((words.getLongOpaque(table.pmdOffset(start)) & LEAF) != 0) {
                    cleared = clear(table.pmdOffset(start), batch, 0);
                } else {
                    for (int i = 0; i < count; i++) {
                        cleared = clear(table.pteOffset(start + i), batch, cleared);
                    }
                }
            } finally {
                table.unlock(start);
            }
        } catch (final Throwable e) {
            final int before = cleared;
            Failures.undo(e, () -> flush(cpu, batch, before));
            throw e;
        }
        flush(cpu, batch, cleared);
        return cleared;
    }

    private int clear(final long offset, final long[] batch, final int cleared) {
        if (words.getLongOpaque(offset) == NONE) {
            return cleared;
        }
        final long entry = words.getAndSetLong(offset, NONE);
        if ((entry & SPECIAL) != 0) {
            return cleared;
        }
        try {
            final long head = memmap.head(memmap.page(PageTableEntry.pfn(entry)));
            design.unmap(head);
            batch[cleared] = head;
            return cleared + 1;
        } catch (final Throwable e) {
            Failures.undo(e, () -> words.putLongRelease(offset, entry));
            throw e;
        }
    }

    /** All of the batch, whatever fails: its entries are gone, and nobody else knows of their references. */
    private void flush(final CpuSlot cpu, final long[] batch, final int cleared) {
        VarHandle.fullFence();
        Throwable failure = null;
        for (int i = 0; i < cleared;) {
            int run = 1;
            while (i + run < cleared && batch[i + run] == batch[i]) {
                run++;
            }
            try {
                design.flushed(cpu, batch[i], run);
            } catch (final Throwable e) {
                failure = Failures.add(failure, e);
            }
            i += run;
        }
        Failures.throwFirst(failure);
    }
}
