/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.daxref.dax.DaxFileDescriptor.ENTRIES_OFFSET;
import static org.daxref.dax.DaxFileDescriptor.LOCKED;
import static org.daxref.dax.DaxFileDescriptor.LOCK_OFFSET;
import static org.daxref.dax.DaxFileDescriptor.PFN_SHIFT;
import static org.daxref.dax.DaxFileDescriptor.PMD;
import static org.daxref.page.PageTableEntry.ENTRIES;
import static org.daxref.page.PageTableEntry.PMD_ORDER;

import org.daxref.design.RefcountDesign;
import org.daxref.memory.Words;
import org.daxref.mm.PageMapper;
import org.daxref.mm.PageTable;
import org.daxref.page.Memmap;
import org.daxref.sync.SpinLock;
import org.daxref.sync.WaitTable;

/**
 * A file in one extent of device pages, and its faults: {@code dax_fault_iter} of fs/dax.c.
 *
 * <p><b>Theory.</b> A fault locks the file's entry, so that two faults at one offset, or a fault and a truncate, follow
 * each other. The lock is a bit of the entry; it is set and cleared under the lock of all entries ({@code xa_lock} in
 * the kernel), and who finds it set waits for the entry. The first fault at an offset ties the page to the file; later
 * faults find it tied.
 *
 * <pre>
 *   fault A                               fault B
 *   lock; entry |= LOCKED; unlock
 *                                         lock; entry is LOCKED; unlock; wait
 *   map the page
 *   lock; entry &amp;= ~LOCKED; unlock
 *   wake                                  lock; entry |= LOCKED; unlock ...
 * </pre>
 *
 * <p><b>Memory ordering.</b> The entries are only read and written under their lock, taken by compare-and-exchange and
 * dropped by a release store, which pair; except that a waiter reads its entry with volatile order, after it was
 * enqueued, and the waker clears the bit by a volatile exchange (see {@link WaitTable}).
 *
 * <p>Thread-safe; blocking.
 */
public final class DaxFile {
    private final Words words;
    private final Memmap memmap;
    private final RefcountDesign design;
    private final PageMapper mapper;
    private final WaitTable waits;
    private final long baseOffset;
    private final long lockOffset;
    private final long firstPfn;
    private final long pages;

    /**
     * A file.
     *
     * @param words      access to the device
     * @param memmap     the pages
     * @param design     who holds references
     * @param mapper     writes the page-table entries
     * @param waits      where faults wait for a locked entry
     * @param baseOffset where its entries lie, zeros at first; also its identity
     * @param firstPfn   page frame number of its first page
     * @param pages      how many pages it has
     */
    public DaxFile(final Words words, final Memmap memmap, final RefcountDesign design, final PageMapper mapper,
                   final WaitTable waits, final long baseOffset, final long firstPfn, final long pages) {
        this.words = words;
        this.memmap = memmap;
        this.design = design;
        this.mapper = mapper;
        this.waits = waits;
        this.baseOffset = baseOffset;
        this.lockOffset = baseOffset + LOCK_OFFSET;
        this.firstPfn = firstPfn;
        this.pages = pages;
    }

    /**
     * Size of the file.
     *
     * @return number of pages
     */
    public long pages() {
        return pages;
    }

    /**
     * The page at an offset: what the file system's block mapping answers.
     *
     * @param index index of a page in the file
     * @return its page frame number
     */
    public long pfn(final long index) {
        return firstPfn + index;
    }

    /**
     * Maps one page of the file: a PTE fault.
     *
     * @param table the address space
     * @param page  number of the page in it
     * @param index index of the page in the file
     * @param write whether writing is allowed
     * @return whether the page is mapped now; false if the address space has something else there
     * @throws IllegalArgumentException if the index lies outside the file or the page outside the address space
     * @throws InterruptedException     if interrupted while another fault works on the entry
     */
    public boolean fault(final PageTable table, final long page, final long index, final boolean write)
        throws InterruptedException {
        requireIndex(index, 1);
        final long entryOffset = grab(index, 0);
        try {
            final long head = memmap.head(memmap.page(pfn(index)));
            design.beginInsert(head);
            try {
                return mapper.insertPage(table, page, pfn(index), write);
            } finally {
                design.endInsert(head);
            }
        } finally {
            release(entryOffset);
        }
    }

    /**
     * Maps 512 pages of the file by one entry: a PMD fault.
     *
     * @param table the address space
     * @param page  number of the first page in it, a multiple of 512
     * @param index index of the first page in the file; its page frame number must be a multiple of 512
     * @param write whether writing is allowed
     * @return whether the pages are mapped now; false if there are single pages in the file's entries or the address
     *         space, and the fault falls back
     * @throws IllegalArgumentException if the pages lie outside the file or the address space, or are not aligned
     * @throws InterruptedException     if interrupted while another fault works on the entry
     */
    public boolean faultPmd(final PageTable table, final long page, final long index, final boolean write)
        throws InterruptedException {
        requireIndex(index, ENTRIES);
        if (pfn(index) % ENTRIES != 0) {
            throw new IllegalArgumentException("a PMD entry is aligned: pfn=" + pfn(index));
        }
        final long entryOffset = grab(index, PMD);
        if (entryOffset == 0) {
            return false;
        }
        try {
            final long head = memmap.page(pfn(index));
            design.beginInsert(head);
            try {
                return mapper.insertPmd(table, page, pfn(index), write);
            } finally {
                design.endInsert(head);
            }
        } finally {
            release(entryOffset);
        }
    }

    private void requireIndex(final long index, final long count) {
        if (index < 0 || index > pages - count) {
            throw new IllegalArgumentException("pages outside the file: index=" + index + ", count=" + count
                + ", pages=" + pages);
        }
    }

    /**
     * Locks the entry of an offset and makes it if there is none: {@code grab_mapping_entry} and
     * {@code dax_insert_entry}.
     *
     * @return the entry's offset, locked; 0 if a PMD entry was asked for and single pages are in its way
     */
    private long grab(final long index, final long size) throws InterruptedException {
        while (true) {
            SpinLock.lock(words, lockOffset);
            final long entryOffset = entryOffset(index);
            final long entry = words.getLongOpaque(entryOffset);
            if ((entry & LOCKED) == 0) {
                final boolean conflict = size == PMD && (entry & PMD) == 0 && !isEmptyRange(index);
                if (!conflict) {
                    words.putLongOpaque(entryOffset, entry == 0 ? insert(index, size) : entry | LOCKED);
                }
                SpinLock.unlock(words, lockOffset);
                return conflict ? 0 : entryOffset;
            }
            SpinLock.unlock(words, lockOffset);
            waits.waitVar(entryOffset, () -> (words.getLongVolatile(entryOffset) & LOCKED) == 0, WaitTable.FOREVER);
        }
    }

    private long insert(final long index, final long size) {
        design.associate(pfn(index), size == PMD ? PMD_ORDER : 0, baseOffset, index);
        return pfn(index) << PFN_SHIFT | size | LOCKED;
    }

    private boolean isEmptyRange(final long index) {
        for (int i = 0; i < ENTRIES; i++) {
            if (words.getLongOpaque(slotOffset(index + i)) != 0) {
                return false;
            }
        }
        return true;
    }

    private void release(final long entryOffset) {
        SpinLock.lock(words, lockOffset);
        words.getAndSetLong(entryOffset, words.getLongOpaque(entryOffset) & ~LOCKED);
        SpinLock.unlock(words, lockOffset);
        waits.wakeUpVar(entryOffset);
    }

    /** Where the entry that speaks for an offset lies: at the offset itself, or at the PMD entry around it. */
    private long entryOffset(final long index) {
        final long head = index - pfn(index) % ENTRIES;
        if (head >= 0 && (words.getLongOpaque(slotOffset(head)) & PMD) != 0) {
            return slotOffset(head);
        }
        return slotOffset(index);
    }

    private long slotOffset(final long index) {
        return baseOffset + ENTRIES_OFFSET + (index << 3);
    }
}
