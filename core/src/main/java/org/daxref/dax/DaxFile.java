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
import static org.daxref.page.PageTableEntry.PRESENT;
import static org.daxref.page.PageTableEntry.SPECIAL;
import static org.daxref.page.PageTableEntry.WRITE;

import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.daxref.design.RefcountDesign;
import org.daxref.device.DeviceGeometry;
import org.daxref.memory.DeviceFailedException;
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
 * <p><b>Sleeping in a fault.</b> Sharing the invalidate lock is no read section: a fault that copies a block may wait
 * for a grace period when it unmaps the old page, while others of the same file sleep on its entry ({@code
 * StripedCopyTest}).
 *
 * <p><b>Its end.</b> The locks and entries lie in memory that goes to another file afterwards. So a file ends only
 * while nobody uses it ({@link Users}) and nothing is mapped, which is one step; faults find it without pages, and the
 * invalidate lock lets nobody in any more ({@code DaxFileLifeTest}).
 *
 * <p><b>What fails in the middle.</b> Entry, page and mappings change in an order in which each step may throw: a new
 * page is tied before the old one is untied, untying ends even if it throws, and size and blocks, which lie on the
 * heap, change last. A new block that is not used is given back; a shared one is given up when no entry shows it
 * ({@code DaxFailuresTest}).
 *
 * <p><b>Memory ordering.</b> Size and blocks are volatile. They change under the owned invalidate lock or, where a
 * fault puts a new block in place of a hole or a shared one, under the data lock and the lock of the entry. The rest is
 * ordered by the parts.
 *
 * <p>Every public operation that the memory of the device fails throws {@link DeviceFailedException}.
 *
 * <p>Thread-safe; blocking. Only a truncate, a hole punch and an explicit layout break can be interrupted.
 */
public final class DaxFile implements VmOperations {
    private static final long KEEP_SIZE = -1;

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
    private final Users users;
    private final Object ending = new Object();
    private boolean ended;
    private volatile long pagesBeforeEnd;

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
        users = new Users("the file " + baseOffset);
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
     * @return number of pages, 0 once the file is gone
     */
    public long pages() {
        return users.haveEnded() ? pagesBeforeEnd : pages;
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
     * @throws IllegalStateException    if something is mapped there, or the file is gone or being removed
     */
    public Vma mmap(final PageTable table, final long start, final long count, final long index) {
        requireIndex(index, count);
        return users.during(() -> {
            final Vma vma = new Vma(table, start, count, index, this);
            areas.add(vma);
            try {
                table.addArea(vma);
            } catch (final Throwable e) {
                areas.remove(vma);
                throw e;
            }
            return vma;
        });
    }

    /**
     * Unmaps an area. The pages stay tied to the file. The caller sees to it that nobody faults in the area meanwhile,
     * which is mmap_lock's part in the kernel.
     *
     * @param cpu the calling thread's CPU
     * @param vma an area of this file
     * @throws IllegalArgumentException if it is an area of another file
     * @throws IllegalStateException    if it is not mapped, or the file is gone
     */
    public void munmap(final CpuSlot cpu, final Vma vma) {
        if (vma.ops() != this) {
            throw new IllegalArgumentException("an area of another file: " + vma + ", file=" + baseOffset);
        }
        users.during(() -> {
            vma.table().removeArea(vma);
            try {
                mapper.zap(cpu, vma.table(), vma.start(), vma.pages());
            } catch (final Throwable e) {
                vma.table().addArea(vma);
                throw e;
            }
            return areas.remove(vma);
        });
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
     * @throws BusErrorException        beyond the end of the file, if the device is gone or full, or the file is gone
     */
    @Override
    public boolean fault(final CpuSlot cpu, final Vma vma, final long page, final boolean write) {
        if (!vma.contains(page)) {
            throw new IllegalArgumentException("outside the area: page=" + page + ", " + vma);
        }
        final long index = vma.indexOf(page);
        try {
            shareInvalidateLock(cpu);
            try {
                requireAccess(index, vma.table(), page, write);
                return faultPage(cpu, vma.table(), page, index, write);
            } finally {
                invalidateLock.unlockShared(cpu);
            }
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
    }

    private void shareInvalidateLock(final CpuSlot cpu) {
        try {
            invalidateLock.lockShared(cpu);
        } catch (final IllegalStateException e) {
            throw users.haveEnded() ? gone() : e;
        }
    }

    private BusErrorException gone() {
        return new BusErrorException("the file is gone: file=" + baseOffset);
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
                endInsert(cpu, head);
            }
        } finally {
            entries.release(offset);
        }
    }

    /** What fails has dropped nothing, and is tried once more: nobody else drops it. */
    private void endInsert(final CpuSlot cpu, final long head) {
        try {
            design.endInsert(cpu, head);
        } catch (final InternalError e) {
            design.endInsert(cpu, head);
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
     * @throws BusErrorException        beyond the end of the file, or if the device or the file is gone
     */
    public boolean faultPmd(final CpuSlot cpu, final Vma vma, final long page, final boolean write) {
        final long index = vma.indexOf(page);
        if (!vma.contains(page) || !vma.contains(page + ENTRIES - 1) || page % ENTRIES != 0 || index % ENTRIES != 0) {
            throw new IllegalArgumentException("a PMD entry is aligned and lies in the area: page=" + page + ", "
                + vma);
        }
        try {
            shareInvalidateLock(cpu);
            try {
                requireAccess(index + ENTRIES - 1, vma.table(), page, write);
                final long pfn = extents.pfn(index);
                return pfn % ENTRIES == 0 && extents.isContiguous(index, ENTRIES, pfn) && !reflinked
                    && faultLeaf(cpu, vma.table(), page, index, write);
            } finally {
                invalidateLock.unlockShared(cpu);
            }
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
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
                endInsert(cpu, head);
            }
        } finally {
            entries.release(offset);
        }
    }

    private void requireAccess(final long index, final PageTable table, final long page, final boolean write) {
        if (index >= pages) {
            throw beyondTheEnd(index);
        }
        if (!fileSystem.isAlive()) {
            if (write) {
                lookAtProtected(table.entry(page));
            }
            throw new BusErrorException("the device is gone: index=" + index + ", pfn=" + pfn(index));
        }
    }

    private BusErrorException beyondTheEnd(final long index) {
        return users.haveEnded() ? gone()
            : new BusErrorException("beyond the end of the file: index=" + index + ", pages=" + pages);
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
            return write ? insertNew(cpu, offset, entry, index, Extents.HOLE) : insertHole(offset);
        }
        final boolean shared = fileSystem.isShared(pfn);
        if (write && shared) {
            return insertNew(cpu, offset, entry, index, pfn);
        }
        return DaxEntries.isReal(entry) ? entry : insert(cpu, offset, entry, index, pfn, shared);
    }

    /**
     * Puts a new block in place of a hole or of a shared block. That is given up only when no entry shows it any more,
     * as the remapping at the end of iomap does. The data lock keeps a write from going to a block that was copied.
     */
    private long insertNew(final CpuSlot cpu, final long offset, final long old, final long index,
                           final long replaced) {
        dataLock.lock();
        try {
            final long pfn = newBlock(replaced);
            try {
                final Extents next = extents.without(index, 1).with(index, pfn, 1);
                final long entry = insert(cpu, offset, old, index, pfn, replaced != Extents.HOLE);
                extents = next;
                giveUp(replaced);
                return entry;
            } catch (final Throwable e) {
                fileSystem.free(pfn, 1);
                throw e;
            }
        } finally {
            dataLock.unlock();
        }
    }

    private void giveUp(final long block) {
        if (block != Extents.HOLE) {
            fileSystem.free(block, 1);
        }
    }

    private long insertHole(final long offset) {
        entries.replace(offset, ZERO_PAGE);
        return ZERO_PAGE;
    }

    /**
     * Either the entry shows the new page, and that is tied to the file, or the new page is not tied and nothing is
     * mapped. Then the entry is as it was, or empty if it was the old page that could not be untied in one go.
     */
    private long insert(final CpuSlot cpu, final long offset, final long old, final long index, final long pfn,
                        final boolean shared) {
        if ((old & EMPTY) == 0) {
            unmap(cpu, index, 1);
        }
        final long entry = pfn << PFN_SHIFT | old & PMD;
        associate(cpu, entry, index, shared);
        if (DaxEntries.isReal(old)) {
            untieOld(cpu, offset, old, entry);
        }
        entries.replace(offset, entry);
        return entry;
    }

    private void untieOld(final CpuSlot cpu, final long offset, final long old, final long entry) {
        try {
            disassociate(cpu, old, false);
        } catch (final Throwable e) {
            entries.replace(offset, EMPTY | old & PMD);
            disassociate(cpu, entry, false);
            throw e;
        }
    }

    private void associate(final CpuSlot cpu, final long entry, final long index, final boolean shared) {
        fileSystem.lockShares();
        try {
            if (!design.associate(cpu, DaxEntries.pfn(entry), DaxEntries.order(entry), baseOffset, index, shared)) {
                throw new BusErrorException("the device is dying: pfn=" + DaxEntries.pfn(entry));
            }
        } finally {
            fileSystem.unlockShares();
        }
    }

    /** Unties the page of an entry, also if it throws: it fails after it has tried what failed once more. */
    void disassociate(final CpuSlot cpu, final long entry, final boolean truncate) {
        fileSystem.lockShares();
        try {
            design.disassociate(cpu, DaxEntries.pfn(entry), DaxEntries.order(entry), truncate, (entry & ZAPPED) == 0);
        } finally {
            fileSystem.unlockShares();
        }
    }

    /** A block with the bytes of another, or with zeros in place of a hole. */
    private long newBlock(final long source) {
        final long pfn = fileSystem.allocateBlock();
        try {
            for (long at = 0; at < DeviceGeometry.PAGE_BYTES; at += Long.BYTES) {
                parts.words().putLongOpaque(dataOffset(pfn) + at,
                    source == Extents.HOLE ? 0 : parts.words().getLongOpaque(dataOffset(source) + at));
            }
            return pfn;
        } catch (final Throwable e) {
            fileSystem.free(pfn, 1);
            throw e;
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
     * @throws IllegalStateException    if the file system is shut down, or the file is gone
     */
    public long read(final long index) {
        return users.during(() -> {
            inodeLock.lock();
            try {
                requireInside(index);
                final long pfn = extents.pfn(index);
                return pfn == Extents.HOLE ? 0 : parts.words().getLongVolatile(dataOffset(pfn));
            } finally {
                inodeLock.unlock();
            }
        });
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
     * @throws IllegalStateException    if the file system is shut down, or the file is gone
     * @throws BusErrorException        if no block is free
     */
    public void write(final CpuSlot cpu, final long index, final long value) {
        users.during(() -> {
            inodeLock.lock();
            try {
                requireInside(index);
                if (isReplacedByWrite(extents.pfn(index))) {
                    replaceBlock(cpu, index);
                }
                return store(index, value);
            } finally {
                inodeLock.unlock();
            }
        });
    }

    /** A fault of this file copies a block whole, under the data lock; the word goes to the copy then. */
    private long store(final long index, final long value) {
        dataLock.lock();
        try {
            return parts.words().getAndSetLong(dataOffset(extents.pfn(index)), value);
        } finally {
            dataLock.unlock();
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
                replaceBlock(cpu, index, old);
            }
        } finally {
            invalidateLock.unlock();
        }
    }

    private void replaceBlock(final CpuSlot cpu, final long index, final long old) {
        final long pfn = newBlock(old);
        try {
            final Extents next = extents.without(index, 1).with(index, pfn, 1);
            unmap(cpu, index, 1);
            layoutBreak.delete(cpu, index, 1, false);
            extents = next;
        } catch (final Throwable e) {
            fileSystem.free(pfn, 1);
            throw e;
        }
        giveUp(old);
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
     *
     * @throws IllegalStateException if the file is gone
     */
    public void fsync() {
        users.during(() -> {
            writeBack();
            return null;
        });
    }

    private void writeBack() {
        final long end = pages;
        long offset = entries.grabReal(0, end);
        while (offset != 0) {
            final long next;
            try {
                final long from = entries.indexOf(offset);
                next = DaxEntries.next(from, entries.get(offset));
                writeProtect(from, next);
            } finally {
                entries.release(offset);
            }
            offset = entries.grabReal(next, end);
        }
    }

    private void writeProtect(final long from, final long to) {
        for (final Vma vma : areas) {
            for (long i = Math.max(from, vma.index()); i < Math.min(to, vma.index() + vma.pages()); i++) {
                mapper.writeProtect(vma.table(), vma.start() + i - vma.index());
            }
        }
        VarHandle.fullFence();
    }

    /**
     * Cuts the file off, or lets it grow by a hole: {@code ftruncate}. Waits until no page of the <em>whole file</em>
     * is busy, as ext4 and xfs do.
     *
     * @param cpu      the calling thread's CPU, outside any read section
     * @param newPages the new size, at most the size it was created with
     * @throws IllegalArgumentException if the size is not possible
     * @throws IllegalStateException    if the file system is shut down, or the file is gone
     * @throws InterruptedException     on a signal while waiting for a page; nothing was cut off then
     */
    public void truncate(final CpuSlot cpu, final long newPages) throws InterruptedException {
        if (newPages < 0 || newPages > capacity) {
            throw new IllegalArgumentException("no such size: pages=" + newPages + ", largest=" + capacity);
        }
        users.during(() -> cut(cpu, newPages, capacity - newPages, newPages));
    }

    /**
     * Makes a hole: {@code fallocate} with FALLOC_FL_PUNCH_HOLE. Waits as a truncate does.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param index index of the first page
     * @param count how many
     * @throws IllegalArgumentException if the pages lie outside the file
     * @throws IllegalStateException    if the file system is shut down, or the file is gone
     * @throws InterruptedException     on a signal while waiting for a page; there is no hole then
     */
    public void punch(final CpuSlot cpu, final long index, final long count) throws InterruptedException {
        requireIndex(index, count);
        users.during(() -> cut(cpu, index, count, KEEP_SIZE));
    }

    /** Size and blocks change only after everything that may fail: either the file is cut or it is whole. */
    private Void cut(final CpuSlot cpu, final long index, final long count, final long newPages)
        throws InterruptedException {
        inodeLock.lock();
        try {
            fileSystem.requireUp();
            invalidateLock.lock();
            try {
                layoutBreak.breakLayout(cpu, 0, capacity);
                fileSystem.requireUp(); // a device that goes takes the entries of pinned pages away
                unmap(cpu, index, count);
                layoutBreak.delete(cpu, index, count, true);
                pages = newPages == KEEP_SIZE ? pages : newPages;
                freeBlocks(index, count);
                return null;
            } finally {
                if (invalidateLock.isOwned()) { // a sleeper that cannot take it again wakes without it
                    invalidateLock.unlock();
                }
            }
        } finally {
            inodeLock.unlock();
        }
    }

    /** Gives all its blocks back. */
    void freeBlocks() {
        freeBlocks(0, capacity);
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
     * @throws IllegalStateException if the file is gone
     */
    public boolean tryBreakLayout(final CpuSlot cpu, final long index, final long count) {
        requireIndex(index, count);
        return users.during(() -> {
            invalidateLock.lock();
            try {
                return layoutBreak.tryBreakLayout(cpu, index, count);
            } finally {
                invalidateLock.unlock();
            }
        });
    }

    /**
     * Shares all blocks with a new file, which nobody knows yet. The write-back makes the next write fault, and thereby
     * copy.
     */
    void share(final DaxFile copy) {
        users.during(() -> {
            inodeLock.lock();
            try {
                invalidateLock.lock();
                try {
                    requireNoLeaf();
                    writeBack();
                    extents.forEach(0, capacity, fileSystem::addOwner);
                    copy.extents = extents;
                    copy.reflinked = true;
                    reflinked = true;
                    return null;
                } finally {
                    invalidateLock.unlock();
                }
            } finally {
                inodeLock.unlock();
            }
        });
    }

    private void requireNoLeaf() {
        final long leaf = entries.firstLeaf(capacity);
        if (leaf != capacity) {
            throw new IllegalStateException("a file with PMD entries cannot be shared here: index=" + leaf);
        }
    }

    long capacity() {
        return capacity;
    }

    boolean isOf(final FileSystem other) {
        return fileSystem == other;
    }

    /**
     * Nobody uses the file from now on: last close. Followed by {@link #evict} or {@link #keep}.
     *
     * @throws IllegalStateException if somebody uses it, it is mapped, or it is gone
     */
    void beginEviction() {
        final boolean ends = users.end(() -> {
            pagesBeforeEnd = pages;
            return areas.isEmpty();
        });
        if (!ends) {
            throw new IllegalStateException("the file is mapped: file=" + baseOffset + ", areas=" + areas);
        }
        pages = 0;
    }

    /** It is not evicted after all. */
    void keep() {
        pages = pagesBeforeEnd;
        users.resume();
    }

    /**
     * The end of the file in memory: {@code truncate_inode_pages_final}. If it fails, the file is there as before.
     * Faults see that it has no pages, once those that do not see it are through.
     */
    void evict(final CpuSlot cpu, final boolean freeBlocks) {
        try {
            final boolean freesBlocks = freeBlocks && fileSystem.isAlive();
            invalidateLock.lock();
            invalidateLock.unlock();
            if (design.waitsAtEviction()) {
                layoutBreak.breakFinal(cpu, capacity);
            }
            layoutBreak.delete(cpu, 0, capacity, true);
            synchronized (ending) {
                invalidateLock.retire();
                ended = true;
            }
            pagesBeforeEnd = 0;
            if (freesBlocks) {
                freeBlocks();
            }
        } catch (final Throwable e) {
            keep();
            throw e;
        }
    }

    /**
     * The device goes: mappers are sent SIGBUS and lose the file, which loses its pages. Waits for nobody. A file that
     * is being evicted waits with its end.
     */
    void killProcesses(final CpuSlot cpu) {
        synchronized (ending) {
            if (!ended) {
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
    }

    /** The disk goes: writes the file back, if it is there still. */
    void diskGoes() {
        synchronized (ending) {
            if (!ended) {
                writeBack();
            }
        }
    }
}
