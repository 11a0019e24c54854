/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

/**
 * Layout of a file's locks and its DAX entries, the {@code i_pages} of its address_space, one word per page of the
 * file.
 *
 * <pre>
 *     0   lock of the entries (int): 0 free, 1 taken
 *     4   invalidate_lock (int): 0 free or shared, 1 taken
 *     8   i_rwsem (int): 0 free, 1 taken
 *    12   i_data_sem (int): 0 free, 1 taken
 *   128   entries (long): pfn &lt;&lt; 5 | ZAPPED 16 | EMPTY 8 | ZERO_PAGE 4 | PMD 2 | LOCKED 1; 0 is no entry
 * </pre>
 *
 * <p>An entry with the PMD bit stands at the first of its 512 offsets and speaks for all of them. The bits are those of
 * fs/dax.c, which shifts by 4, and the zapped mark of the series of October 2022.
 */
public final class DaxFileDescriptor {
    /** Offset of the lock. */
    public static final int LOCK_OFFSET = 0;

    /** Offset of the lock that faults share and a truncate takes. */
    public static final int INVALIDATE_LOCK_OFFSET = 4;

    /** Offset of the lock of reads, writes and truncates. */
    public static final int INODE_LOCK_OFFSET = 8;

    /** Offset of the lock of changes to which block lies where. */
    public static final int DATA_LOCK_OFFSET = 12;

    /** Offset of the first entry. */
    public static final int ENTRIES_OFFSET = 128;

    /** Entry bit: a fault, or whoever else holds the entry, works on it. */
    public static final long LOCKED = 1;

    /** Entry bit: 512 pages. */
    public static final long PMD = 1 << 1;

    /** Entry bit: a hole, mapped by the zero page. */
    public static final long ZERO_PAGE = 1 << 2;

    /** Entry bit: nothing yet; made to be locked. */
    public static final long EMPTY = 1 << 3;

    /** Entry bit: a layout break has let go what the entry held. */
    public static final long ZAPPED = 1 << 4;

    /** Position of the page frame number. */
    public static final int PFN_SHIFT = 5;

    private DaxFileDescriptor() {
    }

    /**
     * Size of the entries of a file.
     *
     * @param pages number of pages of the file
     * @return bytes, a multiple of 128
     */
    public static long bytes(final long pages) {
        return ENTRIES_OFFSET + (pages * Long.BYTES + ENTRIES_OFFSET - 1 & -ENTRIES_OFFSET);
    }
}
