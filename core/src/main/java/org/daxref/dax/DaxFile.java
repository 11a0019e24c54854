/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.daxref.dax.DaxFileDescriptor.DATA_LOCK_OFFSET;
import static org.daxref.dax.DaxFileDescriptor.EMPTY;
import static org.daxref.dax.DaxFileDescriptor.INODE_LOCK_OFFSET;
import static org.daxref.dax.DaxFileDescriptor.INVALIDATE_LOCK_OFFSET;
import static org.daxref.dax.DaxFileDescriptor.PFN_SHIFT;
import static org.daxref.dax.DaxFileDescriptor.PMD;
import static org.daxref.dax.DaxFileDescriptor.ZAPPED;
import static org.daxref.dax.DaxFileDescriptor.ZERO_PAGE;
import static org.daxref.page.PageTableEntry.DEVMAP;
import static org.daxref.page.PageTableEntry.ENTRIES;
import static org.daxref.page.PageTableEntry.LEAF;
import static org.daxref.page.PageTableEntry.PMD_ORDER;
import static org.daxref.page.PageTableEntry.PRESENT;
import static org.daxref.page.PageTableEntry.SPECIAL;
import static org.daxref.page.PageTableEntry.WRITE;

import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.daxref.design.RefcountDesign;
import org.daxref.device.DeviceGeometry;
import org.daxref.mm.BusErrorException;
import org.daxref.mm.PageMapper;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.mm.VmOperations;
import org.daxref.page.Memmap;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.Mutex;
import org.daxref.sync.PercpuRwLock;

/**
 * A file on DAX: its blocks, its entries, who maps it, and what happens to them in faults, truncates, hole punches and
 * at its end. Counterpart of an inode with its address_space, fs/dax.c and the callers in ext4 and xfs.
 *
 * <p><b>Theory.</b> Four locks, outermost first. The inode lock is held by reads, writes and for the whole of a
 * truncate. The invalidate lock is shared by faults and owned by a truncate, except while that waits for a busy page.
 * The lock of an entry orders who works on one offset, the data lock who gives the file another block. The first fault
 * at an offset ties the page to the file; later ones find it tied.
 *
 * <pre>
 *   truncate                              fault                      pin (walk)
 *   inode lock
 *   invalidate lock, owned                (waits)
 *   unmap; scan; busy -> drop the lock,                              unpin: count -> idle, wake
 *     sleep                               may run, map the page again
 *   take it again; unmap; scan; idle      (waits)
 *   size, entries, blocks
 *   unlock both                           SIGBUS or a new block
 * </pre>
 *
 * <p><b>Memory ordering.</b> The size and the blocks change under the owned invalidate lock or, for a block that fills
 * a hole, under this object's monitor; they are volatile. The rest is ordered by the parts.
 *
 * <p>Thread-safe; blocking. Only a truncate, a hole punch and an explicit layout break can be interrupted.
 */
public final class DaxFile implements VmOperations {
    private final FileSystem fileSystem;
    private final Memmap memmap;
    private final RefcountDesign design;
    private final PageMapper mapper;
    private final DaxEntries entries;
    private final LayoutBreak layoutBreak;
    private final PercpuRwLock invalidateLock;
    private final Mutex inodeLock;
    private final Mutex dataLock;
    private final DaxParts parts;
    private final long baseOffset;
    private final long capacity;
    private final List<Vma> areas = new CopyOnWriteArrayList<>();
    private volatile Extents extents;
    private volatile long pages;
    private volatile boolean reflinked;
    private volatile boolean evicted;

    DaxFile(final FileSystem fileSystem, final DaxParts parts, final long baseOffset, final long pages,
            final Extents extents) {
        this.fileSystem = fileSystem;
        this.parts = parts;
        this.memmap = parts.memmap();
        this.design = parts.design();
        this.mapper = parts.mapper();
        this.baseOffset = baseOffset;
        this.capacity = pages;
        this.pages = pages;
        this.extents = extents;
        entries = new DaxEntries(parts.words(), parts.waits(), baseOffset);
        invalidateLock = new PercpuRwLock(parts.words(), parts.epochs(), parts.waits(),
            baseOffset + INVALIDATE_LOCK_OFFSET);
        inodeLock = new Mutex(parts.words(), parts.waits(), baseOffset + INODE_LOCK_OFFSET);
        dataLock = new Mutex(parts.words(), parts.waits(), baseOffset + DATA_LOCK_OFFSET);
        layoutBreak = new LayoutBreak(this, entries, design, parts.waits(), invalidateLock);
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
     * The block at an offset: what the file system answers to iomap.
     *
     * @param index index of a page in the file
     * @return its page frame number, -1 for a hole
     */
    public long pfn(final long index) {
        return extents.pfn(index);
    }

    /**
     * What the descriptors of its pages name as their mapping.
     *
     * @return the identity of this file
     */
    public long identity() {
        return baseOffset;
    }

    /**
     * Maps a part of the file, shared and writable. Nothing is counted before the first fault.
     *
     * @param table the address space
     * @param start number of the first page in it
     * @param count how many pages
     * @param index index of the first page in the file
     * @return the area
     * @throws IllegalArgumentException if it lies outside the address space or the file
     * @throws IllegalStateException    if something is mapped there, or the file is gone
     */
    public Vma mmap(final PageTable table, final long start, final long count, final long index) {
        requireIndex(index, count);
        if (evicted) {
            throw new IllegalStateException("the file is gone: file=" + baseOffset);
        }
        final Vma vma = new Vma(table, start, count, index, this);
        table.addArea(vma);
        areas.add(vma);
        return vma;
    }

    /**
     * Unmaps an area. The pages stay tied to the file. The caller sees to it that nobody faults in the area meanwhile,
     * which is mmap_lock's part in the kernel.
     *
     * @param cpu the calling thread's CPU
     * @param vma an area of this file
     * @throws IllegalStateException if it is not mapped
     */
    public void munmap(final CpuSlot cpu, final Vma vma) {
        vma.table().removeArea(vma);
        mapper.zap(cpu, vma.table(), vma.start(), vma.pages());
        areas.remove(vma);
    }

    @Override
    public boolean isFsDax() {
        return true;
    }

    boolean isMapped() {
        return !areas.isEmpty();
    }

    /**
     * Maps one page of the file: {@code dax_iomap_pte_fault}. A write to a shared block gets a block of its own, a
     * write to a hole a new one, a read of a hole the zero page.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param vma   an area of this file
     * @param page  number of the page in the address space
     * @param write whether the access writes
     * @return whether the page is mapped now; false if the address space has something else there
     * @throws IllegalArgumentException if the page does not lie in the area
     * @throws BusErrorException        beyond the end of the file, if the device is gone or full
     */
    @Override
    public boolean fault(final CpuSlot cpu, final Vma vma, final long page, final boolean write) {
        if (!vma.contains(page)) {
            throw new IllegalArgumentException("outside the area: page=" + page + ", " + vma);
        }
        final long index = vma.indexOf(page);
        invalidateLock.lockShared(cpu);
        try {
            requireAccess(index, vma.table(), page, write);
            return faultPage(cpu, vma.table(), page, index, write);
        } finally {
            invalidateLock.unlockShared(cpu);
        }
    }

    private boolean faultPage(final CpuSlot cpu, final PageTable table, final long page, final long index,
                              final boolean write) {
        final long offset = entries.grab(index, 0);
        try {
            final long found = entries.get(offset);
            final long entry = (found & (EMPTY | ZERO_PAGE | ZAPPED)) != 0 || write && reflinked
                ? settle(cpu, offset, found, index, write) : found;
            if ((entry & ZERO_PAGE) != 0) {
                return mapper.insertZeroPage(table, page);
            }
            final long pfn = DaxEntries.pfn(entry) + ((entry & PMD) != 0 ? index % ENTRIES : 0);
            final long head = memmap.head(memmap.page(pfn));
            begin(cpu, head, pfn);
            try {
                return mapper.insertPage(table, page, pfn, write)
                    || (table.entry(page) & LEAF) != 0 && insertLeaf(table, page, entry, index, write);
            } finally {
                design.endInsert(cpu, head);
            }
        } finally {
            entries.release(offset);
        }
    }

    /** A leaf maps the page already: its permission grows. */
    private boolean insertLeaf(final PageTable table, final long page, final long entry, final long index,
                               final boolean write) {
        return (entry & PMD) != 0 && page % ENTRIES == index % ENTRIES
            && mapper.insertPmd(table, page & -ENTRIES, DaxEntries.pfn(entry), write);
    }

    private void begin(final CpuSlot cpu, final long head, final long pfn) {
        if (!design.beginInsert(cpu, head)) {
            throw new BusErrorException("the device is dying: pfn=" + pfn);
        }
    }

    /**
     * Maps 512 pages of the file by one entry: {@code dax_iomap_pmd_fault}.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param vma   an area of this file
     * @param page  number of the first page in the address space, a multiple of 512 as its index in the file
     * @param write whether writing is allowed
     * @return whether the pages are mapped now; false if the fault falls back: single pages are in the way, the blocks
     *         are not one aligned run, or the file shares blocks
     * @throws IllegalArgumentException if the pages do not lie in the area or are not aligned
     * @throws BusErrorException        beyond the end of the file, or if the device is gone
     */
    public boolean faultPmd(final CpuSlot cpu, final Vma vma, final long page, final boolean write) {
        final long index = vma.indexOf(page);
        if (!vma.contains(page) || !vma.contains(page + ENTRIES - 1) || page % ENTRIES != 0 || index % ENTRIES != 0) {
            throw new IllegalArgumentException("a PMD entry is aligned and lies in the area: page=" + page + ", "
                + vma);
        }
        invalidateLock.lockShared(cpu);
        try {
            requireAccess(index + ENTRIES - 1, vma.table(), page, write);
            final long pfn = extents.pfn(index);
            return pfn % ENTRIES == 0 && extents.isContiguous(index, ENTRIES, pfn) && !reflinked
                && faultLeaf(cpu, vma.table(), page, index, write);
        } finally {
            invalidateLock.unlockShared(cpu);
        }
    }

    private boolean faultLeaf(final CpuSlot cpu, final PageTable table, final long page, final long index,
                              final boolean write) {
        final long offset = entries.grab(index, PMD);
        if (offset == DaxEntries.CONFLICT) {
            return false;
        }
        try {
            final long found = entries.get(offset);
            final long entry = (found & (EMPTY | ZAPPED)) != 0 ? settle(cpu, offset, found, index, write) : found;
            final long head = memmap.page(DaxEntries.pfn(entry));
            begin(cpu, head, DaxEntries.pfn(entry));
            try {
                return mapper.insertPmd(table, page, DaxEntries.pfn(entry), write);
            } finally {
                design.endInsert(cpu, head);
            }
        } finally {
            entries.release(offset);
        }
    }

    private void requireAccess(final long index, final PageTable table, final long page, final boolean write) {
        if (index >= pages) {
            throw new BusErrorException("beyond the end of the file: index=" + index + ", pages=" + pages);
        }
        if (!fileSystem.isAlive()) {
            if (write) {
                lookAtProtected(table.entry(page));
            }
            throw new BusErrorException("the device is gone: index=" + index + ", pfn=" + pfn(index));
        }
    }

    /** A write to a protected page looks at its struct page before it asks the file: {@code do_wp_page}. */
    private void lookAtProtected(final long entry) {
        if ((entry & (PRESENT | WRITE | LEAF | SPECIAL | DEVMAP)) == PRESENT) {
            design.isGone("do_wp_page", memmap.page(PageTableEntry.pfn(entry)));
        }
    }

    private void requireIndex(final long index, final long count) {
        if (index < 0 || count < 1 || index > capacity - count) {
            throw new IllegalArgumentException("pages outside the file: index=" + index + ", count=" + count
                + ", pages=" + capacity);
        }
    }

    /**
     * Gives a locked entry what the access needs: its block, a new one, the zero page, or what a layout break took:
     * {@code dax_insert_entry}.
     */
    private long settle(final CpuSlot cpu, final long offset, final long found, final long index,
                        final boolean write) {
        long entry = found;
        if ((entry & ZAPPED) != 0) {
            if (!design.restoreEntry(cpu, DaxEntries.pfn(entry), DaxEntries.order(entry))) {
                throw new BusErrorException("the device is dying: pfn=" + DaxEntries.pfn(entry));
            }
            entry &= ~ZAPPED;
            entries.replace(offset, entry);
        }
        final long pfn = extents.pfn(index);
        if (pfn == Extents.HOLE) {
            return write ? insert(cpu, offset, entry, index, fillHole(index), false) : insertHole(offset);
        }
        if (write && fileSystem.isShared(pfn)) {
            return insertCopy(cpu, offset, entry, index, pfn);
        }
        return DaxEntries.isReal(entry) ? entry : insert(cpu, offset, entry, index, pfn, fileSystem.isShared(pfn));
    }

    /** The shared block is given up only when no entry shows it any more, as the remapping at the end of iomap does. */
    private long insertCopy(final CpuSlot cpu, final long offset, final long old, final long index,
                            final long shared) {
        final boolean copied = copyOnWrite(index, shared);
        try {
            return insert(cpu, offset, old, index, extents.pfn(index), true);
        } finally {
            if (copied) {
                fileSystem.free(shared);
            }
        }
    }

    private long insertHole(final long offset) {
        entries.replace(offset, ZERO_PAGE);
        return ZERO_PAGE;
    }

    private long insert(final CpuSlot cpu, final long offset, final long old, final long index, final long pfn,
                        final boolean shared) {
        if ((old & EMPTY) == 0) {
            unmap(cpu, index, 1);
        }
        if (DaxEntries.isReal(old)) {
            disassociate(cpu, old, false);
        }
        final long entry = pfn << PFN_SHIFT | old & PMD;
        fileSystem.lockShares();
        final boolean associated =
            design.associate(cpu, pfn, (old & PMD) != 0 ? PMD_ORDER : 0, baseOffset, index, shared);
        fileSystem.unlockShares();
        entries.replace(offset, associated ? entry : EMPTY | old & PMD);
        if (!associated) {
            throw new BusErrorException("the device is dying: pfn=" + pfn);
        }
        return entry;
    }

    void disassociate(final CpuSlot cpu, final long entry, final boolean truncate) {
        fileSystem.lockShares();
        design.disassociate(cpu, DaxEntries.pfn(entry), DaxEntries.order(entry), truncate, (entry & ZAPPED) == 0);
        fileSystem.unlockShares();
    }

    /** The new block, or the one that a write or a fault has just put there. */
    private long fillHole(final long index) {
        dataLock.lock();
        try {
            if (extents.pfn(index) == Extents.HOLE) {
                final long pfn = fileSystem.allocateBlock();
                for (long at = 0; at < DeviceGeometry.PAGE_BYTES; at += Long.BYTES) {
                    parts.words().putLongOpaque(dataOffset(pfn) + at, 0);
                }
                extents = extents.with(index, pfn, 1);
            }
            return extents.pfn(index);
        } finally {
            dataLock.unlock();
        }
    }

    /** Whether the shared block was replaced by a copy now; false if a write or a fault has just done so. */
    private boolean copyOnWrite(final long index, final long shared) {
        dataLock.lock();
        try {
            final boolean copies = extents.pfn(index) == shared;
            if (copies) {
                final long pfn = fileSystem.allocateBlock();
                for (long at = 0; at < DeviceGeometry.PAGE_BYTES; at += Long.BYTES) {
                    parts.words().putLongOpaque(dataOffset(pfn) + at,
                        parts.words().getLongOpaque(dataOffset(shared) + at));
                }
                extents = extents.without(index, 1).with(index, pfn, 1);
            }
            return copies;
        } finally {
            dataLock.unlock();
        }
    }

    private long dataOffset(final long pfn) {
        return parts.geometry().dataOffset(pfn);
    }

    /** Clears every entry that maps a part of the file, wherever: {@code unmap_mapping_pages}. */
    void unmap(final CpuSlot cpu, final long first, final long count) {
        for (final Vma vma : areas) {
            final long from = Math.max(first, vma.index());
            final long to = Math.min(first + count, vma.index() + vma.pages());
            if (from < to) {
                mapper.zap(cpu, vma.table(), vma.start() + from - vma.index(), to - from);
            }
        }
    }

    /**
     * Reads the first word of a page: {@code pread}. Waits for a truncate.
     *
     * @param index index of the page in the file
     * @return what is there, 0 in a hole
     * @throws IllegalArgumentException if there is no such page
     * @throws IllegalStateException    if the file system is shut down
     */
    public long read(final long index) {
        inodeLock.lock();
        try {
            requireInside(index);
            final long pfn = extents.pfn(index);
            return pfn == Extents.HOLE ? 0 : parts.words().getLongVolatile(dataOffset(pfn));
        } finally {
            inodeLock.unlock();
        }
    }

    /**
     * Writes the first word of a page: {@code pwrite}. Waits for a truncate; ties no page to the file. A hole gets a
     * block and a shared block is copied first; what mapped the page before is unmapped then
     * ({@code invalidate_inode_pages2_range} in dax_iomap_iter).
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param index index of the page in the file
     * @param value what to write
     * @throws IllegalArgumentException if there is no such page
     * @throws IllegalStateException    if the file system is shut down
     * @throws BusErrorException        if no block is free
     */
    public void write(final CpuSlot cpu, final long index, final long value) {
        inodeLock.lock();
        try {
            requireInside(index);
            final long pfn = extents.pfn(index);
            if (isReplacedByWrite(pfn)) {
                replaceBlock(cpu, index);
            }
            parts.words().getAndSetLong(dataOffset(extents.pfn(index)), value);
        } finally {
            inodeLock.unlock();
        }
    }

    private boolean isReplacedByWrite(final long pfn) {
        return pfn == Extents.HOLE || fileSystem.isShared(pfn);
    }

    /** A fault may have done it before faults were shut out; then its entry, which may be pinned, stays. */
    private void replaceBlock(final CpuSlot cpu, final long index) {
        invalidateLock.lock();
        try {
            final long old = extents.pfn(index);
            if (isReplacedByWrite(old)) {
                if (old == Extents.HOLE) {
                    fillHole(index);
                } else {
                    copyOnWrite(index, old);
                }
                unmap(cpu, index, 1);
                layoutBreak.delete(cpu, index, 1, false);
                if (old != Extents.HOLE) {
                    fileSystem.free(old);
                }
            }
        } finally {
            invalidateLock.unlock();
        }
    }

    private void requireInside(final long index) {
        fileSystem.requireUp();
        requireIndex(index, 1);
        if (index >= pages) {
            throw new IllegalArgumentException("beyond the end of the file: index=" + index + ", pages=" + pages);
        }
    }

    /**
     * Writes the file back: {@code dax_writeback_mapping_range}. Every entry is locked in turn, and its pages are
     * protected, so that the next write faults.
     */
    public void fsync() {
        for (long index = 0; index < pages; index++) {
            final long offset = entries.grabReal(index);
            if (offset != 0) {
                final long from = entries.indexOf(offset);
                final long to = from + (1L << DaxEntries.order(entries.get(offset)));
                for (final Vma vma : areas) {
                    for (long i = Math.max(from, vma.index()); i < Math.min(to, vma.index() + vma.pages()); i++) {
                        mapper.writeProtect(vma.table(), vma.start() + i - vma.index());
                    }
                }
                VarHandle.fullFence();
                entries.release(offset);
                index = to - 1;
            }
        }
    }

    /**
     * Cuts the file off, or lets it grow by a hole: {@code ftruncate}. Waits until no page of the <em>whole file</em>
     * is busy, as ext4 and xfs do.
     *
     * @param cpu      the calling thread's CPU, outside any read section
     * @param newPages the new size, at most the size it was created with
     * @throws IllegalArgumentException if the size is not possible
     * @throws IllegalStateException    if the file system is shut down
     * @throws InterruptedException     on a signal while waiting for a page; nothing was cut off then
     */
    public void truncate(final CpuSlot cpu, final long newPages) throws InterruptedException {
        if (newPages < 0 || newPages > capacity) {
            throw new IllegalArgumentException("no such size: pages=" + newPages + ", largest=" + capacity);
        }
        cut(cpu, newPages, capacity - newPages, newPages);
    }

    /**
     * Makes a hole: {@code fallocate} with FALLOC_FL_PUNCH_HOLE. Waits as a truncate does.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param index index of the first page
     * @param count how many
     * @throws IllegalArgumentException if the pages lie outside the file
     * @throws IllegalStateException    if the file system is shut down
     * @throws InterruptedException     on a signal while waiting for a page; there is no hole then
     */
    public void punch(final CpuSlot cpu, final long index, final long count) throws InterruptedException {
        requireIndex(index, count);
        cut(cpu, index, count, pages);
    }

    private void cut(final CpuSlot cpu, final long index, final long count, final long newPages)
        throws InterruptedException {
        inodeLock.lock();
        try {
            fileSystem.requireUp();
            invalidateLock.lock();
            try {
                layoutBreak.breakLayout(cpu, 0, capacity);
                fileSystem.requireUp(); // a device that goes takes the entries of pinned pages away
                pages = newPages;
                unmap(cpu, index, count);
                layoutBreak.delete(cpu, index, count, true);
                freeBlocks(index, count);
            } finally {
                invalidateLock.unlock();
            }
        } finally {
            inodeLock.unlock();
        }
    }

    private void freeBlocks(final long index, final long count) {
        final Extents before = extents;
        extents = before.without(index, count);
        before.forEach(index, count, fileSystem::free);
    }

    /**
     * Makes sure that no page of a range is busy, without waiting: {@code dax_break_layout} with NOWAIT.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param index index of the first page
     * @param count how many
     * @return false if one is: {@code -ERESTARTSYS}
     */
    public boolean tryBreakLayout(final CpuSlot cpu, final long index, final long count) {
        requireIndex(index, count);
        invalidateLock.lock();
        try {
            return layoutBreak.tryBreakLayout(cpu, index, count);
        } finally {
            invalidateLock.unlock();
        }
    }

    /** Shares all blocks with a new file. The write-back makes the next write fault, and thereby copy. */
    void share(final DaxFile copy) {
        inodeLock.lock();
        try {
            invalidateLock.lock();
            try {
                requireNoLeaf();
                reflinked = true;
                copy.reflinked = true;
                copy.extents = extents;
                extents.forEach(0, capacity, fileSystem::addOwner);
                fsync();
            } finally {
                invalidateLock.unlock();
            }
        } finally {
            inodeLock.unlock();
        }
    }

    private void requireNoLeaf() {
        for (long index = 0; index < capacity; index += ENTRIES) {
            if ((entries.get(entries.entryOffset(index)) & PMD) != 0) {
                throw new IllegalStateException("a file with PMD entries cannot be shared here: index=" + index);
            }
        }
    }

    long capacity() {
        return capacity;
    }

    /** The end of the file in memory: {@code truncate_inode_pages_final}. */
    void evict(final CpuSlot cpu, final boolean freeBlocks) {
        if (isMapped()) {
            throw new IllegalStateException("the file is mapped: file=" + baseOffset + ", areas=" + areas);
        }
        evicted = true;
        if (design.waitsAtEviction()) {
            layoutBreak.breakFinal(cpu, capacity);
        }
        layoutBreak.delete(cpu, 0, capacity, true);
        if (freeBlocks && fileSystem.isAlive()) {
            freeBlocks(0, capacity);
        }
    }

    /** The device goes: mappers are sent SIGBUS and lose the file, which loses its pages. Waits for nobody. */
    void killProcesses(final CpuSlot cpu) {
        for (final Vma vma : areas) {
            vma.table().kill();
        }
        invalidateLock.lock();
        try {
            unmap(cpu, 0, capacity);
            layoutBreak.delete(cpu, 0, capacity, false);
        } finally {
            invalidateLock.unlock();
        }
    }
}
