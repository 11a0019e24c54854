/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.daxref.page.PageTableEntry.ENTRIES;

/**
 * Layout of the page tables of one address space. A kernel has four or five levels and allocates tables; here there are
 * the two lowest, every table is there from the start, and a PMD word says whether it is in use.
 *
 * <pre>
 *      0   write_protect_seq (int)
 *    128   PMD words, one per 512 pages (long)
 *          page-table locks, one per PMD word (int)
 *          PTE tables, 4096 bytes each, 4096-byte aligned
 * </pre>
 */
public final class PageTableDescriptor {
    /** Offset of the sequence that fork raises. */
    public static final int WRITE_PROTECT_SEQ_OFFSET = 0;

    /** Offset of the first PMD word. */
    public static final int PMDS_OFFSET = 128;

    /** Size of a PTE table in bytes. */
    public static final int PTE_TABLE_BYTES = ENTRIES * Long.BYTES;

    private PageTableDescriptor() {
    }

    /**
     * Number of PMD words.
     *
     * @param pages number of pages of the address space
     * @return one per 512 pages, rounded up
     */
    public static long pmds(final long pages) {
        return (pages + ENTRIES - 1) / ENTRIES;
    }

    /**
     * Offset of the first lock.
     *
     * @param pages number of pages of the address space
     * @return bytes
     */
    public static long locksOffset(final long pages) {
        return PMDS_OFFSET + pmds(pages) * Long.BYTES;
    }

    /**
     * Offset of the first PTE table.
     *
     * @param pages number of pages of the address space
     * @return bytes
     */
    public static long tablesOffset(final long pages) {
        final long end = locksOffset(pages) + pmds(pages) * Integer.BYTES;
        return (end + PTE_TABLE_BYTES - 1) & -PTE_TABLE_BYTES;
    }

    /**
     * Size of the page tables.
     *
     * @param pages number of pages of the address space
     * @return bytes
     */
    public static long bytes(final long pages) {
        return tablesOffset(pages) + pmds(pages) * PTE_TABLE_BYTES;
    }
}
