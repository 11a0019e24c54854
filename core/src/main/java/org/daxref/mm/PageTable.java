/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.daxref.mm.PageTableDescriptor.PMDS_OFFSET;
import static org.daxref.mm.PageTableDescriptor.WRITE_PROTECT_SEQ_OFFSET;
import static org.daxref.page.PageTableEntry.PMD_ORDER;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.daxref.design.Failures;
import org.daxref.memory.Words;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.SpinLock;

/**
 * The page tables of one address space: what a process maps where. Pages of the address space are numbered from 0.
 *
 * <p><b>Theory.</b> Walkers read entries without a lock. Faults and zaps change them under the lock of the table, one
 * lock per 512 pages, which is a spin lock as in the kernel. A zap clears an entry by an exchange, so that it knows
 * what it removed even if the entry is changed at the same time.
 *
 * <p><b>Memory ordering.</b> An entry is written with release and first read with acquire, which pair: a walker that
 * sees the entry sees the descriptor behind it. The second look at an entry, after the count was raised, is volatile,
 * and so is the exchange that clears it: with the volatile count in between, either the walker sees the cleared entry
 * or the zapper sees the raised count. The lock is taken by compare-and-exchange and dropped by a release store, which
 * pair.
 *
 * <p>Thread-safe. Reads are wait-free.
 */
public final class PageTable {
    private final Words words;
    private final long baseOffset;
    private final long pages;
    private final long locksOffset;
    private final long tablesOffset;
    private final List<Vma> areas = new CopyOnWriteArrayList<>();
    private volatile boolean killed;

    /**
     * The page tables of an address space.
     *
     * @param words      access to the device
     * @param baseOffset where they lie, zeros at first
     * @param pages      number of pages of the address space
     */
    public PageTable(final Words words, final long baseOffset, final long pages) {
        this.words = words;
        this.baseOffset = baseOffset;
        this.pages = pages;
        this.locksOffset = baseOffset + PageTableDescriptor.locksOffset(pages);
        this.tablesOffset = baseOffset + PageTableDescriptor.tablesOffset(pages);
    }

    /**
     * Size of the address space.
     *
     * @return number of pages
     */
    public long pages() {
        return pages;
    }

    /**
     * The entry that a page of the address space has now.
     *
     * @param page number of the page
     * @return its PTE, or the PMD leaf that maps it, or {@link PageTableEntry#NONE}
     */
    public long entry(final long page) {
        final long pmd = words.getLongVolatile(pmdOffset(page));
        if (pmd == PageTableEntry.NONE || (pmd & PageTableEntry.LEAF) != 0) {
            return pmd;
        }
        return words.getLongVolatile(pteOffset(page));
    }

    /**
     * Notes a mapped area: {@code mmap}.
     *
     * @param vma an area of this address space
     * @throws IllegalArgumentException if it lies outside
     * @throws IllegalStateException    if something is mapped there
     */
    public synchronized void addArea(final Vma vma) {
        requireRange(vma.start(), vma.pages());
        for (final Vma other : areas) {
            if (vma.overlaps(other)) {
                throw new IllegalStateException("something is mapped there: " + vma + "; " + other);
            }
        }
        areas.add(vma);
    }

    /**
     * Forgets a mapped area, whose entries must have been cleared: {@code munmap}.
     *
     * @param vma an area of this address space
     * @throws IllegalStateException if it is not mapped
     */
    public void removeArea(final Vma vma) {
        if (!areas.removeIf(area -> area == vma)) {
            throw new IllegalStateException("the area is not mapped: " + vma);
        }
    }

    /**
     * The area that a page lies in: {@code vma_lookup}.
     *
     * @param page number of the page
     * @return the area, null if nothing is mapped there
     */
    public Vma area(final long page) {
        for (final Vma area : areas) {
            if (area.contains(page)) {
                return area;
            }
        }
        return null;
    }

    /** Sends the process SIGBUS, as the removal of its device does: {@code mf_dax_kill_procs}. */
    public void kill() {
        killed = true;
    }

    /**
     * Whether the process was sent SIGBUS.
     *
     * @return true after {@link #kill}
     */
    public boolean isKilled() {
        return killed;
    }

    void requireRange(final long start, final long count) {
        if (start < 0 || count < 1 || start > pages - count) {
            throw new IllegalArgumentException("pages outside the address space: start=" + start + ", count=" + count
                + ", pages=" + pages);
        }
    }

    long pmdOffset(final long page) {
        return baseOffset + PMDS_OFFSET + (page >>> PMD_ORDER << 3);
    }

    long pteOffset(final long page) {
        return tablesOffset + (page << 3);
    }

    /** What the PMD word of a page says when its PTE table is in use. */
    static long tablePmd(final long page) {
        return PageTableEntry.of(page >>> PMD_ORDER, PageTableEntry.PRESENT);
    }

    int writeProtectSeq() {
        return words.getIntAcquire(baseOffset + WRITE_PROTECT_SEQ_OFFSET);
    }

    void lock(final long page) {
        SpinLock.lock(words, lockOffset(page));
    }

    /** If the memory fails, once more: nobody else can. */
    void unlock(final long page) {
        try {
            SpinLock.unlock(words, lockOffset(page));
        } catch (final InternalError e) {
            Failures.undo(e, () -> SpinLock.unlock(words, lockOffset(page)));
            throw e;
        }
    }

    private long lockOffset(final long page) {
        return locksOffset + (page >>> PMD_ORDER << 2);
    }
}
