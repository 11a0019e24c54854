/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

/**
 * What a 64-bit page-table word says. The bits are those of x86-64: present 0, writable 1, leaf (PSE) 7, special 9,
 * page frame number 12 to 51, devmap 57. A word of 0 is none. In a PMD word without the leaf bit the number is not a
 * page but the PTE table.
 */
public final class PageTableEntry {
    /** No entry. */
    public static final long NONE = 0;

    /** Bit: the entry maps something. */
    public static final long PRESENT = 1;

    /** Bit: writing is allowed. */
    public static final long WRITE = 1 << 1;

    /** Bit of a PMD word: it maps 512 pages itself. */
    public static final long LEAF = 1 << 7;

    /** Bit: no descriptor behind it that may be counted; GUP-fast gives up. */
    public static final long SPECIAL = 1 << 9;

    /** Bit: a ZONE_DEVICE page that is not counted by its mappings (up to 6.16). */
    public static final long DEVMAP = 1L << 57;

    /** The entry of a hole: the zero page, which is nobody's and is not counted. */
    public static final long ZERO_PAGE = PRESENT | SPECIAL;

    /** Number of entries in a table, and of pages under a PMD leaf. */
    public static final int ENTRIES = 512;

    /** Order of a PMD leaf, the binary logarithm of {@link #ENTRIES}. */
    public static final int PMD_ORDER = 9;

    private static final int PFN_SHIFT = 12;
    private static final long PFN_MASK = (1L << 40) - 1;

    private PageTableEntry() {
    }

    /**
     * Makes an entry.
     *
     * @param pfn  page frame number, or number of a PTE table
     * @param bits the bits beside it
     * @return the word
     */
    public static long of(final long pfn, final long bits) {
        return pfn << PFN_SHIFT | bits;
    }

    /**
     * The page frame number in an entry.
     *
     * @param entry a word that is present
     * @return page frame number, or number of a PTE table
     */
    public static long pfn(final long entry) {
        return entry >>> PFN_SHIFT & PFN_MASK;
    }

    /**
     * Where a page lies in its table.
     *
     * @param page number of a page in its address space
     * @return 0 to {@link #ENTRIES} - 1
     */
    public static int index(final long page) {
        return (int) page & ENTRIES - 1;
    }

    /**
     * Whether GUP-fast may follow an entry: {@code pte_access_permitted} and not special.
     *
     * @param entry any word
     * @param write whether to write
     * @return whether it is present, not special and, if asked for, writable
     */
    public static boolean permits(final long entry, final boolean write) {
        final long needed = write ? PRESENT | WRITE : PRESENT;
        return (entry & (needed | SPECIAL)) == needed;
    }
}
