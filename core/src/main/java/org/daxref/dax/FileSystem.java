/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import java.util.ArrayList;
import java.util.List;
import org.daxref.memory.DeviceFailedException;
import org.daxref.mm.BusErrorException;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.SpinLock;

/**
 * A mounted file system: which file has which block, and what it does when its device goes. Counterpart of ext4 and xfs
 * mounted with {@code -o dax=always}. After its unmount everything that would change it is refused.
 *
 * <p>Blocks are shared, given back and looked for as runs, so that a file of a TiB costs no more than a small one
 * ({@code DaxFileSizeTest}). What fails in the middle is undone: a file is either there, with its blocks and the room
 * for its entries, or not ({@code DaxFailuresTest}).
 *
 * <p>Thread-safe; blocking.
 */
public final class FileSystem {
    /** Bytes that a mounted file system takes of the room for entries. */
    public static final int LOCK_BYTES = 128;

    private final DaxParts parts;
    private final DaxDevice device;
    private final FreeSpace blocks;
    private final SharedBlocks shared = new SharedBlocks();
    private final List<DaxFile> files = new ArrayList<>();
    private final Users users = new Users("the file system");
    private final Holder holder;
    private final long shareLockOffset;
    private volatile boolean shutDown;

    /**
     * Mounts an empty file system.
     *
     * @param type   which one
     * @param device where it lies; this becomes its holder
     * @param parts  what it works with
     * @throws IllegalStateException if there is no room for its lock, or another file system holds the device
     */
    public FileSystem(final FileSystemType type, final DaxDevice device, final DaxParts parts) {
        this(type, device, parts, device.blocks());
    }

    /** For files larger than the device: the blocks are not looked at before they are used. */
    FileSystem(final FileSystemType type, final DaxDevice device, final DaxParts parts, final PfnRange range) {
        this.parts = parts;
        this.device = device;
        this.blocks = new FreeSpace(range.first(), range.pages());
        this.holder = new Holder(type);
        this.shareLockOffset = parts.entrySpace().allocate(LOCK_BYTES, LOCK_BYTES);
        if (shareLockOffset == FreeSpace.NONE) {
            throw new IllegalStateException("no room for another file system: pages=" + range.pages());
        }
        try {
            device.hold(holder);
        } catch (final IllegalStateException e) {
            parts.entrySpace().free(shareLockOffset, LOCK_BYTES);
            throw e;
        }
    }

    /** How the file system takes it that its device goes. Waits for no pin. */
    private final class Holder implements DaxDevice.DaxHolder {
        private final FileSystemType type;

        Holder(final FileSystemType type) {
            this.type = type;
        }

        /** {@code xfs_dax_notify_failure} with MF_MEM_PRE_REMOVE; ext4 has no such operation. */
        @Override
        public void notifyFailure(final CpuSlot cpu) {
            if (type == FileSystemType.XFS) {
                shutDown();
                files().forEach(file -> file.killProcesses(cpu));
            }
        }

        /**
         * The files are written back, which makes the next write to a mapping fault. Eras with notification then shut
         * the file system down: {@code fs_bdev_mark_dead}.
         */
        @Override
        public void diskGoes() {
            files().forEach(DaxFile::diskGoes);
            if (parts.design().notifiesHolder()) {
                shutDown();
            }
        }
    }

    /**
     * Makes a file in one run of blocks, the lowest that fits; of 512 pages or more, aligned to 512.
     *
     * @param pages its size, at least 1
     * @return the file
     * @throws IllegalArgumentException if it has no page
     * @throws IllegalStateException    if there is no room, the device is gone, or the file system is
     */
    public DaxFile create(final long pages) {
        if (pages < 1) {
            throw new IllegalArgumentException("a file has at least one page: pages=" + pages);
        }
        return users.during(() -> {
            requireUp();
            final long first = blocks.allocate(pages, pages < PageTableEntry.ENTRIES ? 1 : PageTableEntry.ENTRIES);
            if (first == FreeSpace.NONE) {
                throw new IllegalStateException("no room for a file: pages=" + pages);
            }
            return createIn(first, pages);
        });
    }

    /**
     * Makes a file in certain blocks.
     *
     * @param range the blocks
     * @return the file
     * @throws IllegalStateException if they are not free, the device is gone, or the file system is
     */
    public DaxFile create(final PfnRange range) {
        return users.during(() -> {
            requireUp();
            if (!blocks.claim(range.first(), range.pages())) {
                throw new IllegalStateException("the blocks are not free: " + range);
            }
            return createIn(range.first(), range.pages());
        });
    }

    private DaxFile createIn(final long first, final long pages) {
        try {
            return publish(newFile(pages, Extents.EMPTY.with(0, first, pages)));
        } catch (final Throwable e) {
            blocks.free(first, pages);
            throw e;
        }
    }

    private DaxFile newFile(final long pages, final Extents extents) {
        final long offset = parts.entrySpace().allocate(DaxFileDescriptor.bytes(pages),
            DaxFileDescriptor.ENTRIES_OFFSET);
        if (offset == FreeSpace.NONE) {
            throw new IllegalStateException("no room for the entries of another file: pages=" + pages);
        }
        return new DaxFile(this, parts, offset, pages, extents);
    }

    private DaxFile publish(final DaxFile file) {
        synchronized (files) {
            files.add(file);
        }
        return file;
    }

    /**
     * Makes a file that shares all blocks of another: {@code FICLONE}.
     *
     * @param file a file of this file system, without PMD entries
     * @return the copy
     * @throws IllegalArgumentException if it is a file of another file system
     * @throws IllegalStateException    if DAX files of this era share no blocks, there is no room, the file has PMD
     *                                  entries or is gone, or the file system is
     */
    public DaxFile reflink(final DaxFile file) {
        requireOwn(file);
        if (!parts.design().sharesBlocks()) {
            throw new IllegalStateException("files on DAX share no blocks in this era: design="
                + parts.design().getClass().getSimpleName());
        }
        return users.during(() -> {
            final DaxFile copy = newFile(file.capacity(), Extents.EMPTY);
            try {
                file.share(copy);
            } catch (final Throwable e) {
                copy.freeBlocks();
                forget(copy);
                throw e;
            }
            return publish(copy);
        });
    }

    /**
     * Removes a file that nobody maps or uses: unlink and last close. Its blocks are free afterwards, in use or not, as
     * the era has it; except on a device that is gone, where nothing is written any more.
     *
     * @param cpu  the calling thread's CPU, outside any read section
     * @param file a file of this file system
     * @throws IllegalArgumentException if it is a file of another file system
     * @throws IllegalStateException    if it is mapped, or somebody reads, writes or cuts it, or it is gone
     */
    public void unlink(final CpuSlot cpu, final DaxFile file) {
        requireOwn(file);
        users.during(() -> {
            file.beginEviction();
            evict(cpu, file, true);
            return null;
        });
    }

    private void requireOwn(final DaxFile file) {
        if (!file.isOf(this)) {
            throw new IllegalArgumentException("a file of another file system: file=" + file.identity());
        }
    }

    private void evict(final CpuSlot cpu, final DaxFile file, final boolean freeBlocks) {
        file.evict(cpu, freeBlocks);
        synchronized (files) {
            files.remove(file);
        }
        forget(file);
    }

    private void forget(final DaxFile file) {
        parts.entrySpace().free(file.identity(), DaxFileDescriptor.bytes(file.capacity()));
    }

    /**
     * Ends the file system: evicts every file. If that fails in the middle, the file system and the files that are left
     * go on.
     *
     * @param cpu the calling thread's CPU, outside any read section
     * @throws IllegalStateException if a file is mapped or somebody uses it, or the file system was unmounted already;
     *                               nothing has changed then
     */
    public void unmount(final CpuSlot cpu) {
        users.end(() -> true);
        try {
            evictAll(cpu);
        } catch (final InternalError e) {
            users.resume();
            throw DeviceFailedException.insteadOf(e);
        } catch (final Throwable e) {
            users.resume();
            throw e;
        }
        device.release(holder);
        parts.entrySpace().free(shareLockOffset, LOCK_BYTES);
    }

    private void evictAll(final CpuSlot cpu) {
        final List<DaxFile> all = files();
        int closed = 0;
        int evicted = 0;
        try {
            while (closed < all.size()) {
                all.get(closed).beginEviction();
                closed++;
            }
            while (evicted < all.size()) {
                evicted++; // one that cannot be evicted is kept
                evict(cpu, all.get(evicted - 1), false);
            }
        } catch (final Throwable e) {
            all.subList(evicted, closed).forEach(DaxFile::keep);
            throw e;
        }
    }

    /**
     * The files that there are.
     *
     * @return in order of creation
     */
    public List<DaxFile> files() {
        synchronized (files) {
            return List.copyOf(files);
        }
    }

    /**
     * The device was told to be gone: nothing is read or written any more.
     */
    public void shutDown() {
        shutDown = true;
    }

    /**
     * Whether the file system was shut down.
     *
     * @return true after {@link #shutDown}
     */
    public boolean isShutDown() {
        return shutDown;
    }

    /**
     * Whether a block belongs to no file.
     *
     * @param pfn a block
     * @return whether it may be given to a file
     */
    public boolean isFree(final long pfn) {
        return blocks.isFree(pfn);
    }

    /**
     * Orders who ties pages to files: kernels rely on locks of the file system for pages that files share. Tried once
     * more if the memory fails, so that a page can be untied.
     */
    void lockShares() {
        try {
            SpinLock.lock(parts.words(), shareLockOffset);
        } catch (final InternalError e) {
            SpinLock.lock(parts.words(), shareLockOffset);
        }
    }

    void unlockShares() {
        SpinLock.unlock(parts.words(), shareLockOffset);
    }

    boolean isAlive() {
        return !shutDown && device.isAlive();
    }

    void requireUp() {
        if (!isAlive()) {
            throw new IllegalStateException("EIO: the device is gone: shutDown=" + shutDown);
        }
    }

    long allocateBlock() {
        final long pfn = blocks.allocate(1, 1);
        if (pfn == FreeSpace.NONE) {
            throw new BusErrorException("no block is free: blocks=" + device.blocks().pages());
        }
        return pfn;
    }

    /** Another file has these blocks as well. */
    void addOwner(final long first, final long count) {
        shared.add(first, count);
    }

    boolean isShared(final long pfn) {
        return shared.isShared(pfn);
    }

    /** A file gives blocks up, which are free if no other file has them. */
    void free(final long first, final long count) {
        shared.remove(first, count, blocks::free);
    }
}
