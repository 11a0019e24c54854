/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.daxref.mm.Errno.EFAULT;
import static org.daxref.mm.Errno.EINTR;
import static org.daxref.mm.Errno.ENOMEM;
import static org.daxref.mm.Errno.EOPNOTSUPP;
import static org.daxref.page.PageTableEntry.LEAF;
import static org.daxref.page.PageTableEntry.ZERO_PAGE;

import org.daxref.design.Failures;
import org.daxref.design.RefcountDesign;
import org.daxref.page.Memmap;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.Epochs;

/**
 * The walk that takes locks and faults pages in: {@code __get_user_pages}, {@code follow_page_pte} and
 * {@code follow_devmap_pmd} of mm/gup.c and mm/huge_memory.c (6.14).
 *
 * <p><b>Theory.</b> The entry is read and its page counted under the page-table lock, which a zap needs as well: so the
 * entry cannot change in between, no second look is needed, and the count is raised unconditionally. A missing or too
 * weak entry is left to the fault handler, without the lock, and looked at again.
 *
 * <pre>
 *   slow walk                             zap
 *   lock; entry -> page; count += 1       (waits)
 *   unlock                                lock; entry := none; unlock
 *                                         count == idle?  no -> wait
 * </pre>
 *
 * <p>The guard of the old era is kept for the whole walk. Where it is refused, a leaf fails; a PTE that is present and
 * permits the access is looked at again and again, since the fault finds nothing to do, until somebody clears it or the
 * thread is interrupted. That is the kernel's behaviour (derived from its code), not an oversight here.
 *
 * <p>The zero page of a hole does not lie on the device and is not handed out: the walk fails there.
 *
 * <p><b>Memory ordering.</b> Everything is ordered by the page-table lock.
 *
 * <p>Thread-safe; blocking.
 */
final class SlowWalk {
    private static final long NO_PAGE = Long.MIN_VALUE;
    private static final long RETRY = NO_PAGE + 1;
    private static final long FULL = NO_PAGE + 2;

    private final Memmap memmap;
    private final Epochs epochs;
    private final RefcountDesign design;

    SlowWalk(final Memmap memmap, final Epochs epochs, final RefcountDesign design) {
        this.memmap = memmap;
        this.epochs = epochs;
        this.design = design;
    }

    /**
     * Counts pages from {@code out[from]} on.
     *
     * @return how many pages were taken, or the negative error number if none was
     */
    int walk(final CpuSlot cpu, final PageTable table, final long start, final int from, final boolean write,
             final boolean pin, final boolean longterm, final long[] out, final int pages) {
        int taken = from;
        long error = 0;
        try {
            while (taken < pages && error == 0) {
                final long page = start + taken;
                final Vma vma = table.area(page);
                final long pfn = vma == null ? -EFAULT
                    : longterm && vma.ops().isFsDax() ? -EOPNOTSUPP : takePage(cpu, vma, page, write, pin);
                if (pfn < 0) {
                    error = pfn;
                } else {
                    out[taken] = pfn;
                    taken++;
                }
            }
            unguard(cpu);
        } catch (final Throwable e) {
            final int counted = taken - from;
            Failures.undo(e, () -> unguard(cpu));
            Failures.undo(e, () -> design.undo(cpu, out, from, counted, pin));
            throw e;
        }
        return taken > from ? taken - from : (int) error;
    }

    private long takePage(final CpuSlot cpu, final Vma vma, final long page, final boolean write, final boolean pin) {
        while (!Thread.currentThread().isInterrupted()) {
            final long result = follow(cpu, vma.table(), page, write, pin);
            if (result == FULL) {
                design.relieve(cpu);
            } else if (result == RETRY) {
                Thread.yield();
            } else if (result != NO_PAGE) {
                return result;
            } else if (!faultIn(cpu, vma, page, write)) {
                return -EFAULT;
            }
        }
        return -EINTR;
    }

    private static boolean faultIn(final CpuSlot cpu, final Vma vma, final long page, final boolean write) {
        try {
            return vma.ops().fault(cpu, vma, page, write);
        } catch (final BusErrorException e) {
            return false;
        }
    }

    private long follow(final CpuSlot cpu, final PageTable table, final long page, final boolean write,
                        final boolean pin) {
        long pfn = NO_PAGE;
        try {
            table.lock(page);
            try {
                pfn = followLocked(cpu, table, page, write, pin);
            } finally {
                table.unlock(page);
            }
        } catch (final Throwable e) {
            throw pfn < 0 ? design.backOut(cpu, RefcountDesign.NOT_COUNTED, 0, pin, e)
                : design.backOut(cpu, memmap.head(memmap.page(pfn)), 1, pin, e);
        }
        return pfn;
    }

    private long followLocked(final CpuSlot cpu, final PageTable table, final long page, final boolean write,
                              final boolean pin) {
        final long entry = table.entry(page);
        if (entry == ZERO_PAGE && !write) {
            return -EFAULT;
        }
        if (!PageTableEntry.permits(entry, write)) {
            return NO_PAGE;
        }
        final boolean leaf = (entry & LEAF) != 0;
        final long pfn = PageTableEntry.pfn(entry) + (leaf ? PageTableEntry.index(page) : 0);
        if (!guard(cpu, entry, pfn)) {
            return leaf ? -EFAULT : RETRY;
        }
        return grab(cpu, pfn, pin);
    }

    private long grab(final CpuSlot cpu, final long pfn, final boolean pin) {
        final long page = memmap.page(pfn);
        final long head = memmap.head(page);
        if (!design.tryGrabLocked(cpu, page, pin)) {
            return cpu.fullPage() == RefcountDesign.NOT_COUNTED ? -ENOMEM : FULL;
        }
        try {
            memmap.setReferenced(head);
        } catch (final Throwable e) {
            throw design.backOut(cpu, head, 1, pin, e);
        }
        return pfn;
    }

    private boolean guard(final CpuSlot cpu, final long entry, final long pfn) {
        epochs.enter(cpu);
        try {
            return design.guard(cpu, entry, pfn);
        } finally {
            epochs.exit(cpu);
        }
    }

    private void unguard(final CpuSlot cpu) {
        epochs.enter(cpu);
        try {
            design.unguard(cpu);
        } finally {
            epochs.exit(cpu);
        }
    }
}
