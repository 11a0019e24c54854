/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import org.daxref.page.HalfCountedException;
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
 * <p><b>What fails in the middle.</b> If the memory of the device fails, a method has done all of its work or none, as
 * far as a second attempt at what failed goes; the exceptions are said there. So whoever calls one knows what he still
 * holds ({@code FailedWalkTest}, {@code FaultInjectionTest}).
 *
 * <p>Thread-safe. The methods for a walk ({@link #guard}, {@link #unguard}, {@link #grabLeaf}, {@link #tryGrabFast},
 * {@link #dropSurely}, {@link #undo}) are called inside a read section of the CPU and are lock-free, their wake-ups
 * included ({@code LockFreedomTest}). {@link #put} and {@link #unpin} are, too, except where the counter gathers, which
 * it does outside sections only. Those for a fault and a zap are called under the locks that are named.
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
     * The count that a page must have when nobody holds it but its mappings or its file.
     *
     * @param head offset of a folio's head
     * @return the expected count
     */
    public abstract int restingCount(long head);

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
     * Counts the pages under a PMD leaf one by one, each with its guard: {@code gup_fast_devmap_leaf}.
     *
     * @param cpu   the walking CPU
     * @param entry the leaf that was read
     * @param pfn   the first page to count
     * @param pages how many
     * @param pin   FOLL_PIN rather than FOLL_GET
     * @param out   receives the page frame numbers
     * @param at    where in {@code out}
     * @return whether they were counted; all or none
     */
    final boolean grabPageByPage(final CpuSlot cpu, final long entry, final long pfn, final int pages,
                                 final boolean pin, final long[] out, final int at) {
        int taken = 0;
        try {
            while (taken < pages && guard(cpu, entry, pfn + taken)
                && grabSubPage(cpu, memmap.page(pfn + taken), pin)) {
                out[at + taken] = pfn + taken;
                taken++;
                memmap.setReferenced(memmap.page(pfn + taken - 1));
            }
            unguard(cpu);
        } catch (final Throwable e) {
            final int counted = taken;
            Failures.undo(e, () -> undo(cpu, out, at, counted, pin));
            throw e;
        }
        if (taken < pages) {
            undo(cpu, out, at, taken, pin);
        }
        return taken == pages;
    }

    /**
     * Counts one page under a leaf.
     *
     * @param cpu  the walking CPU
     * @param page offset of the page's descriptor
     * @param pin  FOLL_PIN rather than FOLL_GET
     * @return whether it was counted
     */
    boolean grabSubPage(final CpuSlot cpu, final long page, final boolean pin) {
        return tryGrabFast(cpu, page, 1, pin) != NOT_COUNTED;
    }

    /**
     * Drops references of FOLL_GET and wakes who waits for the page to be idle: {@code put_page}. If the memory fails,
     * either nothing was dropped and this throws, or all was and what follows from it is done as far as it can be.
     *
     * @param cpu  the calling thread's CPU
     * @param head offset of a folio's head
     * @param refs how many
     */
    public abstract void put(CpuSlot cpu, long head, int refs);

    /**
     * Drops pins of FOLL_PIN and wakes who waits for the page to be idle: {@code gup_put_folio}. If the memory fails,
     * as {@link #put}; or some were dropped, and the exception says what is left.
     *
     * @param cpu  the calling thread's CPU
     * @param head offset of a folio's head
     * @param pins how many
     * @throws HalfCountedException if the memory fails in the middle
     */
    public abstract void unpin(CpuSlot cpu, long head, int pins);

    /**
     * Ties pages to a file when it gets its entry for them: {@code dax_associate_entry}. Under the lock of the file's
     * entries and, for shared pages, of the file system.
     *
     * @param cpu     the calling thread's CPU
     * @param pfn     the first page
     * @param order   binary logarithm of their number
     * @param mapping identity of the file
     * @param index   index of the first page in it
     * @param shared  whether the file system says that other files may have these blocks
     * @return false if the device is dying and the era asks it
     */
    public abstract boolean associate(CpuSlot cpu, long pfn, int order, long mapping, long index, boolean shared);

    /**
     * Unties pages from a file when it loses its entry for them: {@code dax_disassociate_entry}. Under the same locks.
     *
     * @param cpu      the calling thread's CPU
     * @param pfn      the first page
     * @param order    binary logarithm of their number
     * @param truncate whether the blocks go as well, so that a page in use is worth a warning
     * @param held     whether the entry holds what it took at association or {@link #restoreEntry}
     */
    public abstract void disassociate(CpuSlot cpu, long pfn, int order, boolean truncate, boolean held);

    /**
     * A layout break lets go what an entry holds.
     *
     * @param cpu   the calling thread's CPU
     * @param pfn   the first page
     * @param order binary logarithm of their number
     * @return whether it held anything, and is to be marked
     */
    public boolean breakEntry(final CpuSlot cpu, final long pfn, final int order) {
        return false;
    }

    /**
     * A fault takes again what a layout break has let go.
     *
     * @param cpu   the calling thread's CPU
     * @param pfn   the first page
     * @param order binary logarithm of their number
     * @return false if the device is dying
     */
    public boolean restoreEntry(final CpuSlot cpu, final long pfn, final int order) {
        return true;
    }

    /**
     * Before a fault writes an entry. Under the lock of the file's entry.
     *
     * @param cpu  the calling thread's CPU
     * @param head offset of the folio's head
     * @return false if the device is dying and the era asks it; nothing was taken then
     */
    public abstract boolean beginInsert(CpuSlot cpu, long head);

    /**
     * A fault has found no entry and is about to write one. Under the page-table lock.
     *
     * @param head offset of the folio's head
     */
    public abstract void map(long head);

    /**
     * Undoes {@link #map}: the entry could not be written. Under the page-table lock.
     *
     * @param head offset of the folio's head
     */
    public abstract void undoMap(long head);

    /**
     * After a fault has written an entry, or found one. Under the lock of the file's entry.
     *
     * @param cpu  the calling thread's CPU
     * @param head offset of the folio's head
     */
    public abstract void endInsert(CpuSlot cpu, long head);

    /**
     * A zap has cleared an entry. Under the page-table lock.
     *
     * @param head offset of the folio's head
     */
    public abstract void unmap(long head);

    /**
     * The entries cleared by a zap are gone from every TLB. Without a lock.
     *
     * @param cpu     the calling thread's CPU
     * @param head    offset of the folio's head
     * @param entries how many of them mapped this folio
     */
    public abstract void flushed(CpuSlot cpu, long head, int entries);

    /**
     * Before a layout break scans a page that it has unmapped: brings together what is known of it.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param pfn   the first page of an entry
     * @param order binary logarithm of their number
     */
    public void gather(final CpuSlot cpu, final long pfn, final int order) {
        // all counts stand in the words of their pages
    }

    /**
     * Whether {@link #gather} may find anything and have to wait for it. Waits for nobody.
     *
     * @param pfn   the first page of an entry
     * @param order binary logarithm of their number
     * @return false if the page may be looked at as it is
     */
    public boolean mayGather(final long pfn, final int order) {
        return false;
    }

    /**
     * Brings together the count of the page that a walk on this CPU found full, if it found one, so that it can be
     * counted again. May wait for read sections, as {@link PageCounter#gather} does.
     *
     * @param cpu the calling thread's CPU, outside any read section, without a lock
     * @return whether there was such a page
     */
    public final boolean relieve(final CpuSlot cpu) {
        final long head = cpu.fullPage();
        if (head == NOT_COUNTED) {
            return false;
        }
        cpu.noteFullPage(NOT_COUNTED);
        gatherHead(cpu, head);
        return true;
    }

    /**
     * Brings together what is known of a folio. Whoever then holds the last reference drops it as any other.
     *
     * @param cpu  the calling thread's CPU, outside any read section
     * @param head offset of the folio's head
     */
    void gatherHead(final CpuSlot cpu, final long head) {
        // all counts stand in the words of their pages
    }

    /**
     * The scan of a layout break: {@code dax_busy_page}.
     *
     * @param pfn   the first page of an entry
     * @param order binary logarithm of their number
     * @return the descriptor that is in use and has to be waited for, or {@link #NOT_COUNTED}
     */
    public abstract long busyPage(long pfn, int order);

    /**
     * What a layout break waits for: the page is at its idle count.
     *
     * @param page offset of the descriptor that {@link #busyPage} named
     * @return whether the wait is over
     */
    public final boolean isIdle(final long page) {
        return counter.countInWord(page) == idleCount();
    }

    /**
     * Whether every page gives its dev_pagemap one reference from the start.
     *
     * @return false if folios do so while they are in use
     */
    public boolean pagesHoldPagemap() {
        return true;
    }

    /**
     * Second step of removal: drops what the pages hold by their mere existence.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param pgmap a killed dev_pagemap
     */
    public void dropPageReferences(final CpuSlot cpu, final long pgmap) {
        if (pagesHoldPagemap() || !pagemaps.isFsDax(DevPagemaps.place(pgmap))) {
            pagemaps.putMany(cpu, pgmap, pagemaps.pages(pgmap));
        }
    }

    /**
     * Whether a layout break looks at a file that nobody maps. If not, pins that outlive their mapping go unnoticed.
     *
     * @return the era's answer
     */
    public abstract boolean looksAtUnmappedFiles();

    /**
     * Whether the scan of a layout break passes over an entry that it found locked.
     *
     * @return the era's answer
     */
    public abstract boolean skipsLockedEntries();

    /**
     * Whether the eviction of a file waits for its pages.
     *
     * @return the era's answer
     */
    public abstract boolean waitsAtEviction();

    /**
     * Whether a layout break deletes the entries that it found idle, rather than leave that to the truncate.
     *
     * @return the era's answer
     */
    public abstract boolean deletesBrokenEntries();

    /**
     * Whether the removal of a device first tells its holder, the file system.
     *
     * @return the era's answer
     */
    public boolean notifiesHolder() {
        return true;
    }

    /**
     * Whether files on DAX may share blocks.
     *
     * @return the era's answer
     */
    public boolean sharesBlocks() {
        return true;
    }

    /**
     * Counts one page from a walk: {@code try_grab_folio_fast}. The link to the head is read again after the count was
     * raised, since the folio may have been split in between.
     *
     * @param cpu  the walking CPU
     * @param page offset of the page's descriptor
     * @param refs how many references or pins
     * @param pin  FOLL_PIN rather than FOLL_GET
     * @return offset of the head that was counted, or {@link #NOT_COUNTED}
     */
    public final long tryGrabFast(final CpuSlot cpu, final long page, final int refs, final boolean pin) {
        final Memmap local = memmap;
        final long head = local.head(page);
        final boolean counted;
        try {
            counted = pin ? counter.tryPin(cpu, head, refs) : counter.tryGet(head, refs);
        } catch (final HalfCountedException e) {
            throw backOut(cpu, head, 0, pin, e);
        }
        if (!counted) {
            return refused(cpu, head);
        }
        try {
            if (local.head(page) == head) {
                return head;
            }
        } catch (final Throwable e) {
            throw backOut(cpu, head, refs, pin, e);
        }
        return regrab(cpu, page, head, refs, pin);
    }

    private long regrab(final CpuSlot cpu, final long page, final long splitHead, final int refs,
                        final boolean pin) {
        dropSurely(cpu, splitHead, refs, pin);
        return tryGrabFast(cpu, page, refs, pin);
    }

    /** A page that is refused because its count has no room is remembered for {@link #relieve}. */
    private long refused(final CpuSlot cpu, final long head) {
        if (counter.isFull(head)) {
            cpu.noteFullPage(head);
        }
        return NOT_COUNTED;
    }

    /**
     * Counts one page where it is stable, under the page-table lock: {@code try_grab_folio}.
     *
     * @param cpu  the walking CPU
     * @param page offset of the page's descriptor
     * @param pin  FOLL_PIN rather than FOLL_GET
     * @return false if the count was not positive, {@code -ENOMEM}, or has no room: then {@link #relieve} finds it
     */
    public final boolean tryGrabLocked(final CpuSlot cpu, final long page, final boolean pin) {
        final long head = memmap.head(page);
        try {
            return (pin ? counter.pin(head, 1) : counter.get(head, 1)) || refused(cpu, head) != NOT_COUNTED;
        } catch (final Throwable e) {
            throw backOut(cpu, head, 0, pin, e);
        }
    }

    /**
     * Drops what a walk has counted and will not grant, after a failure.
     *
     * @param cpu     the walking CPU
     * @param head    offset of the folio's head
     * @param refs    how many
     * @param pin     FOLL_PIN rather than FOLL_GET
     * @param failure what went wrong
     * @return nothing: throws the failure, or its cause if that was a count that stopped half-way
     */
    public final RuntimeException backOut(final CpuSlot cpu, final long head, final int refs, final boolean pin,
                                          final Throwable failure) {
        final Throwable reported = failure instanceof HalfCountedException ? failure.getCause() : failure;
        Failures.undo(reported, () -> {
            if (failure instanceof final HalfCountedException half) {
                put(cpu, head, half.references());
            } else if (refs > 0) {
                dropSurely(cpu, head, refs, pin);
            }
        });
        Failures.throwFirst(reported);
        throw new AssertionError(reported);
    }

    /**
     * Drops what a walk counted on one folio: {@code gup_put_folio}.
     *
     * @param cpu  the calling thread's CPU
     * @param head offset of the folio's head
     * @param refs how many
     * @param pin  FOLL_PIN rather than FOLL_GET
     */
    public void drop(final CpuSlot cpu, final long head, final int refs, final boolean pin) {
        if (pin) {
            unpin(cpu, head, refs);
        } else {
            put(cpu, head, refs);
        }
    }

    /**
     * {@link #drop} by who cannot keep what it holds: what fails is tried once more.
     *
     * @param cpu  the calling thread's CPU
     * @param head offset of the folio's head
     * @param refs how many
     * @param pin  FOLL_PIN rather than FOLL_GET
     */
    public final void dropSurely(final CpuSlot cpu, final long head, final int refs, final boolean pin) {
        try {
            drop(cpu, head, refs, pin);
        } catch (final InternalError | HalfCountedException e) {
            throw dropAgain(cpu, head, refs, pin, e);
        }
    }

    /** After a drop that threw, and therefore dropped nothing or says what it left. Throws that, or its cause. */
    private RuntimeException dropAgain(final CpuSlot cpu, final long head, final int refs, final boolean pin,
                                       final Throwable failure) {
        if (failure instanceof InternalError) {
            Failures.undo(failure, () -> drop(cpu, head, refs, pin));
        }
        throw backOut(cpu, head, 0, pin, failure);
    }

    /**
     * Drops pins, those of neighbouring pages of one folio at once: {@code unpin_user_pages}. If the memory fails, the
     * pages that it does not concern are dropped all the same, and what fails is tried once more, so that nothing is
     * left to the caller.
     *
     * @param cpu   the calling thread's CPU
     * @param pfns  page frame numbers
     * @param count how many, from index 0
     */
    public final void unpinAll(final CpuSlot cpu, final long[] pfns, final int count) {
        // the most frequent case, kept out of the loops so that it is compiled without them
        if (count == 1) {
            try {
                unpin(cpu, memmap.head(memmap.page(pfns[0])), 1);
            } catch (final InternalError | HalfCountedException e) {
                Failures.throwFirst(dropLater(cpu, pfns[0], 1, true, e, null));
            }
        } else {
            dropAll(cpu, pfns, 0, count, true);
        }
    }

    /**
     * Drops references of FOLL_GET, one page at a time: {@code put_page}. If the memory fails, as {@link #unpinAll}.
     *
     * @param cpu   the calling thread's CPU
     * @param pfns  page frame numbers
     * @param count how many, from index 0
     */
    public final void putAll(final CpuSlot cpu, final long[] pfns, final int count) {
        Throwable failure = null;
        for (int i = 0; i < count; i++) {
            try {
                put(cpu, memmap.head(memmap.page(pfns[i])), 1);
            } catch (final InternalError | HalfCountedException e) {
                failure = dropLater(cpu, pfns[i], 1, false, e, failure);
            }
        }
        Failures.throwFirst(failure);
    }

    /**
     * Takes back what a walk counted and recorded. If the memory fails, as {@link #unpinAll}.
     *
     * @param cpu   the walking CPU
     * @param pfns  page frame numbers
     * @param from  index of the first
     * @param count how many
     * @param pin   FOLL_PIN rather than FOLL_GET
     */
    public final void undo(final CpuSlot cpu, final long[] pfns, final int from, final int count, final boolean pin) {
        Throwable failure = null;
        for (int i = from; i < from + count; i++) {
            try {
                memmap.clearReferenced(memmap.head(memmap.page(pfns[i])));
            } catch (final InternalError e) {
                failure = Failures.add(failure, e);
            }
        }
        try {
            dropAll(cpu, pfns, from, count, pin);
        } catch (final InternalError e) {
            failure = Failures.add(failure, e);
        }
        Failures.throwFirst(failure);
    }

    private void dropAll(final CpuSlot cpu, final long[] pfns, final int from, final int count, final boolean pin) {
        final int end = from + count;
        int i = from;
        Throwable failure = null;
        while (i < end) {
            int run = 1;
            try {
                final long head = memmap.head(memmap.page(pfns[i]));
                run = runLength(head, pfns, i, end);
                drop(cpu, head, run, pin);
            } catch (final InternalError | HalfCountedException e) {
                failure = dropLater(cpu, pfns[i], run, pin, e, failure);
            }
            i += run;
        }
        Failures.throwFirst(failure);
    }

    private Throwable dropLater(final CpuSlot cpu, final long pfn, final int refs, final boolean pin,
                                final Throwable failure, final Throwable earlier) {
        try {
            throw dropAgain(cpu, memmap.head(memmap.page(pfn)), refs, pin, failure);
        } catch (final Throwable e) {
            return Failures.add(earlier, e);
        }
    }

    /** How many neighbouring pages belong to one folio: {@code gup_folio_next}. */
    private int runLength(final long head, final long[] pfns, final int from, final int end) {
        final Memmap pages = memmap;
        int next = from + 1;
        while (next < end && pages.head(pages.page(pfns[next])) == head) {
            next++;
        }
        return next - from;
    }

    /**
     * The last reference to a page is gone, and the page is none of a file system's: it is put back to the count that
     * it begins with, unless its device has gone, or goes, which is said. Who waits for such a page is woken, to look
     * again. The dev_pagemap is held meanwhile, so that the page cannot become another's between the look and the
     * count: {@code free_zone_device_folio}, which holds nothing and so may count for somebody else.
     *
     * @param cpu   the calling thread's CPU
     * @param head  offset of the page
     * @param pgmap what {@link Memmap#pgmap} says of it
     */
    void freeOther(final CpuSlot cpu, final long head, final long pgmap) {
        if (pgmap != memmap.noPgmap() && pagemaps.tryGetLive(cpu, pgmap)) {
            try {
                if (memmap.pgmap(head) == pgmap && !pagemaps.isFsDax(pgmap) && counter.count(head) == 0) {
                    counter.increment(head);
                }
            } finally {
                pagemaps.putMany(cpu, pgmap, 1);
            }
        } else {
            isGone("free_zone_device_folio", head);
            waits.wakeUpVar(idleAddress(head));
        }
    }

    /**
     * Does what follows from the last drop once more, after the memory failed: whoever dropped cannot do it again. If
     * it fails a second time, that is said, and the drop counts as done.
     *
     * @param head    offset of the page
     * @param failure what went wrong
     * @param again   what follows from the drop
     */
    final void afterDrop(final long head, final InternalError failure, final Runnable again) {
        try {
            again.run();
        } catch (final InternalError e) {
            memmap.warnings().warn("oops: free_zone_device_folio: the memory failed: pfn=" + memmap.pfn(head) + ", "
                + failure);
        }
    }

    /**
     * Says what the kernel would log.
     *
     * @param function the kernel function that says it
     * @param page     offset of the descriptor that it is about
     */
    protected final void warn(final String function, final long page) {
        memmap.warnings().warn("WARNING: " + function + ": pfn=" + memmap.pfn(page) + ", refcount="
            + counter.count(page) + ", mapping=" + memmap.mapping(page) + ", share=" + memmap.share(page));
    }

    /**
     * Says, if it is so, that the kernel would touch a struct page that went with its device.
     *
     * @param function the kernel function that would touch it
     * @param page     offset of the descriptor
     * @return whether the descriptor is gone
     */
    public final boolean isGone(final String function, final long page) {
        final boolean gone = memmap.isPoisoned(page);
        if (gone) {
            memmap.warnings().warn("oops: " + function + ": the struct page is gone: pfn=" + memmap.pfn(page));
        }
        return gone;
    }
}
