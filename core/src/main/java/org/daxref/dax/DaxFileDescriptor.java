/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

/**
 * Layout of a file's DAX entries, the {@code i_pages} of its address_space: a lock, then one word per page of the file.
 *
 * <pre>
 *     0   lock of the entries (int): 0 free, 1 taken
 *   128   entries (long): pfn &lt;&lt; 4 | PMD 2 | LOCKED 1; 0 is no entry
 * </pre>
 *
 * <p>An entry with the PMD bit stands at the first of its 512 offsets and speaks for all of them.
 */
public final class DaxFileDescriptor {
    /** Offset of the lock. */
    public static final int LOCK_OFFSET = 0;

    /** Offset of the first entry. */
    public static final int ENTRIES_OFFSET = 128;

    /** Entry bit: a fault, or whoever else holds the entry, works on it. */
    public static final long LOCKED = 1;

    /** Entry bit: 512 pages. */
    public static final long PMD = 1 << 1;

    /** Position of the page frame number. */
    public static final int PFN_SHIFT = 4;

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
