/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.device;

/**
 * Where everything lies in a device file. All offsets are in bytes from the start of the file and multiples of 4096.
 *
 * <pre>
 *   0             superblock
 *   perCpu        per-CPU areas: epoch, statistics, pagemap counters
 *   pagemap       dev_pagemap descriptors and the nodes of pgmap_array
 *   waitTable     wait queues
 *   memmap        64-byte page descriptors
 *   pageTables    PMD and PTE words of every address space
 *   entries       DAX entries by file offset
 *   data          the pages themselves, sparse
 * </pre>
 *
 * @param pages            number of 4 KiB pages of the device
 * @param startPfn         page frame number of the first page
 * @param perCpuOffset     start of the per-CPU areas
 * @param pagemapOffset    start of the pagemap area
 * @param waitTableOffset  start of the wait table
 * @param memmapOffset     start of the page descriptors
 * @param pageTablesOffset start of the page tables
 * @param entriesOffset    start of the DAX entries
 * @param dataOffset       start of the data pages, which is the end of the metadata
 */
public record DeviceGeometry(long pages, long startPfn, long perCpuOffset, long pagemapOffset, long waitTableOffset,
                             long memmapOffset, long pageTablesOffset, long entriesOffset, long dataOffset) {

    /** Size of a page in bytes. */
    public static final int PAGE_BYTES = 4096;

    /** Largest page frame number that a page-table entry holds. 0 stands for none in a DAX entry. */
    public static final long MAX_PFN = (1L << 40) - 1;

    /** Largest device in pages: 16 TiB. */
    public static final long MAX_PAGES = 1L << 32;

    /**
     * Checks that the regions lie in order and are aligned.
     *
     * @throws IllegalArgumentException if they do not
     */
    public DeviceGeometry {
        if (pages < 1 || pages > MAX_PAGES) {
            throw new IllegalArgumentException("a device has 1 to " + MAX_PAGES + " pages: pages=" + pages);
        }
        if (startPfn < 1 || startPfn > MAX_PFN - pages) {
            throw new IllegalArgumentException("pages are numbered from 1 to " + MAX_PFN + ": startPfn=" + startPfn);
        }
        long previous = SuperblockDescriptor.SUPERBLOCK_BYTES;
        for (final long offset : new long[] {perCpuOffset, pagemapOffset, waitTableOffset, memmapOffset,
            pageTablesOffset, entriesOffset, dataOffset}) {
            if (offset < previous || offset % PAGE_BYTES != 0) {
                throw new IllegalArgumentException("regions lie in order, each 4096-byte aligned: offset=" + offset);
            }
            previous = offset;
        }
    }

    /**
     * Lays the regions out one after the other.
     *
     * @param pages          number of 4 KiB pages
     * @param startPfn       page frame number of the first page
     * @param perCpuBytes    size of the per-CPU areas
     * @param pagemapBytes   size of the pagemap area
     * @param waitTableBytes size of the wait table
     * @param memmapBytes    size of the page descriptors
     * @param pageTableBytes size of the page tables
     * @param entryBytes     size of the DAX entries
     * @return the layout
     */
    public static DeviceGeometry layout(final long pages, final long startPfn, final long perCpuBytes,
                                        final long pagemapBytes, final long waitTableBytes, final long memmapBytes,
                                        final long pageTableBytes, final long entryBytes) {
        final long perCpu = SuperblockDescriptor.SUPERBLOCK_BYTES;
        final long pagemap = align(perCpu + perCpuBytes);
        final long waitTable = align(pagemap + pagemapBytes);
        final long memmap = align(waitTable + waitTableBytes);
        final long pageTables = align(memmap + memmapBytes);
        final long entries = align(pageTables + pageTableBytes);
        return new DeviceGeometry(pages, startPfn, perCpu, pagemap, waitTable, memmap, pageTables, entries,
            align(entries + entryBytes));
    }

    /**
     * Length of the file.
     *
     * @return bytes of metadata and data
     */
    public long fileBytes() {
        return dataOffset + pages * PAGE_BYTES;
    }

    /**
     * Where a page's data lies.
     *
     * @param pfn page frame number of a page of this device
     * @return byte offset of it
     */
    public long dataOffset(final long pfn) {
        return dataOffset + (pfn - startPfn) * PAGE_BYTES;
    }

    /**
     * The same layout of memory that does not begin at 0.
     *
     * @param origin where it begins, a multiple of {@value #PAGE_BYTES}
     * @return where everything lies there; {@link #fileBytes} of it is where it ends
     */
    public DeviceGeometry from(final long origin) {
        return new DeviceGeometry(pages, startPfn, origin + perCpuOffset, origin + pagemapOffset,
            origin + waitTableOffset, origin + memmapOffset, origin + pageTablesOffset, origin + entriesOffset,
            origin + dataOffset);
    }

    private static long align(final long bytes) {
        return (bytes + PAGE_BYTES - 1) & -PAGE_BYTES;
    }
}
