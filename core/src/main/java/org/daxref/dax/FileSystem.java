/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.daxref.mm.BusErrorException;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.SpinLock;

/**
 * A mounted file system: which file has which block, and what it does when its device goes. Counterpart of ext4 and xfs
 * mounted with {@code -o dax=always}. It does not outlive its unmount.
 *
 * <p>Thread-safe; blocking.
 */
public final class FileSystem {
    /** Bytes that a mounted file system takes of the room for entries. */
    public static final int LOCK_BYTES = 128;

    private final DaxParts parts;
    private final DaxDevice device;
    private final FreeSpace blocks;
    private final Map<Long, Integer> owners = new HashMap<>();
    private final List<DaxFile> files = new ArrayList<>();
    private final long shareLockOffset;
    private volatile boolean shutDown;

    /**
     * Mounts an empty file system.
     *
     * @param type   which one
     * @param device where it lies; this becomes its holder
     * @param parts  what it works with
     * @throws IllegalStateException if there is no room for its lock
     */
    public FileSystem(final FileSystemType type, final DaxDevice device, final DaxParts parts) {
        this.parts = parts;
        this.device = device;
        final PfnRange range = device.blocks();
        this.blocks = new FreeSpace(range.first(), range.pages());
        this.shareLockOffset = parts.entrySpace().allocate(LOCK_BYTES, LOCK_BYTES);
        if (shareLockOffset == FreeSpace.NONE) {
            throw new IllegalStateException("no room for another file system: pages=" + device.blocks().pages());
        }
        device.hold(new Holder(type));
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
            files().forEach(DaxFile::fsync);
            if (parts.design().notifiesHolder()) {
                shutDown();
            }
        }
    }

    /**
     * Makes a file in one run of blocks, the lowest that fits; of 512 pages or more, aligned to 512.
     *
     * @param pages its size
     * @return the file
     * @throws IllegalStateException if there is no room, or the device is gone
     */
    public DaxFile create(final long pages) {
        requireUp();
        final long first = blocks.allocate(pages, pages < PageTableEntry.ENTRIES ? 1 : PageTableEntry.ENTRIES);
        if (first == FreeSpace.NONE) {
            throw new IllegalStateException("no room for a file: pages=" + pages);
        }
        return add(pages, Extents.EMPTY.with(0, first, pages));
    }

    /**
     * Makes a file in certain blocks.
     *
     * @param range the blocks
     * @return the file
     * @throws IllegalStateException if they are not free, or the device is gone
     */
    public DaxFile create(final PfnRange range) {
        requireUp();
        if (!blocks.claim(range.first(), range.pages())) {
            throw new IllegalStateException("the blocks are not free: " + range);
        }
        return add(range.pages(), Extents.EMPTY.with(0, range.first(), range.pages()));
    }

    private DaxFile add(final long pages, final Extents extents) {
        final long bytes = DaxFileDescriptor.bytes(pages);
        final long offset = parts.entrySpace().allocate(bytes, DaxFileDescriptor.ENTRIES_OFFSET);
        if (offset == FreeSpace.NONE) {
            extents.forEach(0, pages, pfn -> blocks.free(pfn, 1));
            throw new IllegalStateException("no room for the entries of another file: pages=" + pages);
        }
        final DaxFile file = new DaxFile(this, parts, offset, pages, extents);
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
     * @throws IllegalStateException if DAX files of this era share no blocks, there is no room, or the file has PMD
     *                               entries
     */
    public DaxFile reflink(final DaxFile file) {
        if (!parts.design().sharesBlocks()) {
            throw new IllegalStateException("files on DAX share no blocks in this era: design="
                + parts.design().getClass().getSimpleName());
        }
        final DaxFile copy = add(file.capacity(), Extents.EMPTY);
        try {
            file.share(copy);
        } catch (final IllegalStateException e) {
            remove(copy);
            throw e;
        }
        return copy;
    }

    /**
     * Removes a file that nobody maps: unlink and last close. Its blocks are free afterwards, in use or not, as the era
     * has it; except on a device that is gone, where nothing is written any more.
     *
     * @param cpu  the calling thread's CPU, outside any read section
     * @param file a file of this file system
     * @throws IllegalStateException if it is mapped
     */
    public void unlink(final CpuSlot cpu, final DaxFile file) {
        evict(cpu, file, true);
    }

    private void evict(final CpuSlot cpu, final DaxFile file, final boolean freeBlocks) {
        file.evict(cpu, freeBlocks);
        remove(file);
    }

    private void remove(final DaxFile file) {
        synchronized (files) {
            files.remove(file);
        }
        parts.entrySpace().free(file.identity(), DaxFileDescriptor.bytes(file.capacity()));
    }

    /**
     * Ends the file system: evicts every file.
     *
     * @param cpu the calling thread's CPU, outside any read section
     * @throws IllegalStateException if a file is mapped
     */
    public void unmount(final CpuSlot cpu) {
        for (final DaxFile file : files()) {
            evict(cpu, file, false);
        }
        device.hold(null);
        parts.entrySpace().free(shareLockOffset, LOCK_BYTES);
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

    /** Orders who ties pages to files: kernels rely on locks of the file system for pages that files share. */
    void lockShares() {
        SpinLock.lock(parts.words(), shareLockOffset);
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

    void addOwner(final long pfn) {
        synchronized (owners) {
            owners.merge(pfn, 2, (old, one) -> old + 1);
        }
    }

    boolean isShared(final long pfn) {
        synchronized (owners) {
            return owners.containsKey(pfn);
        }
    }

    /** A file gives a block up, which is free if no other file has it. */
    void free(final long pfn) {
        synchronized (owners) {
            final Integer count = owners.get(pfn);
            if (count == null) {
                blocks.free(pfn, 1);
            } else if (count > 2) {
                owners.put(pfn, count - 1);
            } else {
                owners.remove(pfn);
            }
        }
    }
}
