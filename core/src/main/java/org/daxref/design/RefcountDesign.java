/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.WaitTable;

/**
 * One era's answer to: who holds a reference on a DAX page, at which count is it idle, what guards a walk, and who
 * wakes whom. Walks, faults and zaps are the same code for all eras and ask the design at the points where the kernels
 * differ. It is chosen once, at construction; what an era does not do is an empty method, which compiles to nothing.
 *
 * <p><b>Memory ordering.</b> A design adds no shared words of its own. Counting is ordered as {@link PageCounter} says,
 * the guard as {@link DevPagemaps} says, waking as {@link WaitTable} says.
 *
 * <p>Thread-safe. The methods for a walk are called inside a read section of the CPU and are lock-free; those for a
 * fault and a zap under the locks that are named.
 */
public abstract class RefcountDesign {
    /** In place of a folio's head: nothing was counted. */
    public static final long NOT_COUNTED = 0;

    /** Counts the references. */
    protected final PageCounter counter;

    /** The pages. */
    protected final Memmap memmap;

    /** The devices that the pages belong to. */
    protected final DevPagemaps pagemaps;

    /** Where waiters for a page sleep. */
    protected final WaitTable waits;

    /**
     * For implementations.
     *
     * @param counter  counts the references
     * @param memmap   the pages
     * @param pagemaps the devices that the pages belong to
     * @param waits    where waiters for a page sleep
     */
    protected RefcountDesign(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                             final WaitTable waits) {
        this.counter = counter;
        this.memmap = memmap;
        this.pagemaps = pagemaps;
        this.waits = waits;
    }

    /**
     * The count of an FS_DAX page that nobody uses, which is also the count that a fresh one starts at.
     *
     * @return 0 or 1
     */
    public abstract int idleCount();

    /**
     * The address that a waiter for an idle page sleeps on, which the drop to the idle count wakes.
     *
     * @param head offset of the folio's head
     * @return an address for {@link WaitTable#waitVar}
     */
    public abstract long idleAddress(long head);

    /**
     * The count that a page must have when nobody holds it but its mappings.
     *
     * @param mapcount number of entries that map it, as counted in its descriptor
     * @return the expected count
     */
    public abstract int restingCount(int mapcount);

    /**
     * Bits that this era sets in the entries of DAX pages beside present and write.
     *
     * @return bits of {@link org.daxref.page.PageTableEntry}
     */
    public abstract long entryBits();

    /**
     * Guards the page of an entry against the removal of its device, before the walk counts it. What guards it is kept
     * with the CPU for the next page.
     *
     * @param cpu   the walking CPU
     * @param entry the entry that was read
     * @param pfn   its page
     * @return whether the walk may go on; if not, it holds nothing any more
     */
    public abstract boolean guard(CpuSlot cpu, long entry, long pfn);

    /**
     * Ends the guard of a walk.
     *
     * @param cpu the walking CPU
     */
    public abstract void unguard(CpuSlot cpu);

    /**
     * Counts the pages under a PMD leaf, guard included. All or none.
     *
     * @param cpu   the walking CPU
     * @param entry the leaf that was read
     * @param pfn   the first page to count
     * @param pages how many
     * @param pin   FOLL_PIN rather than FOLL_GET
     * @param out   receives the page frame numbers
     * @param at    where in {@code out}
     * @return whether they were counted
     */
    public abstract boolean grabLeaf(CpuSlot cpu, long entry, long pfn, int pages, boolean pin, long[] out, int at);

    /**
     * Drops references of FOLL_GET and wakes who waits for the page to be idle: {@code put_page}.
     *
     * @param head offset of a folio's head
     * @param refs how many
     */
    public abstract void put(long head, int refs);

    /**
     * Drops pins of FOLL_PIN and wakes who waits for the page to be idle: {@code gup_put_folio}.
     *
     * @param head offset of a folio's head
     * @param pins how many
     */
    public abstract void unpin(long head, int pins);

    /**
     * Ties fresh pages to a file. Under the lock of the file's entries.
     *
     * @param pfn     the first page
     * @param order   0, or the order of a PMD leaf
     * @param mapping identity of the file
     * @param index   index of the first page in it
     */
    public abstract void associate(long pfn, int order, long mapping, long index);

    /**
     * Before a fault writes an entry. Under the lock of the file's entry.
     *
     * @param head offset of the folio's head
     */
    public abstract void beginInsert(long head);

    /**
     * A fault has found no entry and is about to write one. Under the page-table lock.
     *
     * @param head offset of the folio's head
     */
    public abstract void map(long head);

    /**
     * After a fault has written an entry, or found one. Under the lock of the file's entry.
     *
     * @param head offset of the folio's head
     */
    public abstract void endInsert(long head);

    /**
     * A zap has cleared an entry. Under the page-table lock.
     *
     * @param head offset of the folio's head
     */
    public abstract void unmap(long head);

    /**
     * The entries cleared by a zap are gone from every TLB. Without a lock.
     *
     * @param head    offset of the folio's head
     * @param entries how many of them mapped this folio
     */
    public abstract void flushed(long head, int entries);

    /**
     * Counts one page from a walk: {@code try_grab_folio_fast}. The link to the head is read again after the count was
     * raised, since the folio may have been split in between.
     *
     * @param page offset of the page's descriptor
     * @param refs how many references or pins
     * @param pin  FOLL_PIN rather than FOLL_GET
     * @return offset of the head that was counted, or {@link #NOT_COUNTED}
     */
    public final long tryGrabFast(final long page, final int refs, final boolean pin) {
        final Memmap local = memmap;
        final long head = local.head(page);
        if (!(pin ? counter.tryPin(head, refs) : counter.tryGet(head, refs))) {
            return NOT_COUNTED;
        }
        return local.head(page) == head ? head : regrab(page, head, refs, pin);
    }

    private long regrab(final long page, final long splitHead, final int refs, final boolean pin) {
        drop(splitHead, refs, pin);
        return tryGrabFast(page, refs, pin);
    }

    /**
     * Drops what a walk counted on one folio: {@code gup_put_folio}.
     *
     * @param head offset of the folio's head
     * @param refs how many
     * @param pin  FOLL_PIN rather than FOLL_GET
     */
    public final void drop(final long head, final int refs, final boolean pin) {
        if (pin) {
            unpin(head, refs);
        } else {
            put(head, refs);
        }
    }

    /**
     * Drops pins, those of neighbouring pages of one folio at once: {@code unpin_user_pages}.
     *
     * @param pfns  page frame numbers
     * @param from  index of the first
     * @param count how many
     */
    public final void unpinAll(final long[] pfns, final int from, final int count) {
        // the most frequent case, kept out of the loops so that it is compiled without them
        if (count == 1) {
            unpin(memmap.head(memmap.page(pfns[from])), 1);
        } else {
            dropAll(pfns, from, count, true);
        }
    }

    /**
     * Takes back what a walk counted and recorded.
     *
     * @param pfns  page frame numbers
     * @param from  index of the first
     * @param count how many
     * @param pin   FOLL_PIN rather than FOLL_GET
     */
    public final void undo(final long[] pfns, final int from, final int count, final boolean pin) {
        for (int i = from; i < from + count; i++) {
            memmap.clearReferenced(memmap.head(memmap.page(pfns[i])));
        }
        dropAll(pfns, from, count, pin);
    }

    private void dropAll(final long[] pfns, final int from, final int count, final boolean pin) {
        final int end = from + count;
        int i = from;
        while (i < end) {
            final long head = memmap.head(memmap.page(pfns[i]));
            int run = 1;
            while (i + run < end && memmap.head(memmap.page(pfns[i + run])) == head) {
                run++;
            }
            drop(head, run, pin);
            i += run;
        }
    }
}
