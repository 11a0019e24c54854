/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

/**
 * Layout of a page descriptor: 64 bytes, one cache line, with the fields of {@code struct page} that count references.
 * {@code _mapcount} and {@code _refcount} lie where x86-64 kernels have them. Unlike a kernel since 6.13, which keeps
 * {@code _pincount} in the line of a folio's second page, all counts of a folio share the line of its head.
 *
 * <pre>
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------------------------------------------------------+
 *   |                             flags                             |   0
 *   +---------------------------------------------------------------+
 *   |                             order                             |   4
 *   +---------------------------------------------------------------+
 *   |                             pgmap                             |   8
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |        compound_head: 0, or the head's place plus one         |  16
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |                            mapping                            |  24
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |                             index                             |  32
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |                             share                             |  40
 *   +---------------------------------------------------------------+
 *   |                           _pincount                           |  44
 *   +---------------------------------------------------------------+
 *   |                           _mapcount                           |  48
 *   +---------------------------------------------------------------+
 *   |                           _refcount                           |  52
 *   +---------------------------------------------------------------+
 *   |                            unused                             |  56
 *   |                                                               |
 *   +---------------------------------------------------------------+
 * </pre>
 */
public final class PageDescriptor {
    /** Size of a descriptor in bytes. */
    public static final int PAGE_DESCRIPTOR_BYTES = 64;

    /** Binary logarithm of the size. */
    public static final int PAGE_DESCRIPTOR_SHIFT = 6;

    /** Offset of the flags (int). */
    public static final int FLAGS_OFFSET = 0;

    /** Offset of the folio's order in its head (int). */
    public static final int ORDER_OFFSET = 4;

    /** Offset of the dev_pagemap that the page belongs to (long), as its place in the device. */
    public static final int PGMAP_OFFSET = 8;

    /** Offset of the link to the head of the folio (long): its place in the device plus 1, or 0. */
    public static final int COMPOUND_HEAD_OFFSET = 16;

    /** Offset of the identity of the file that the page is associated with (long), 0 for none. */
    public static final int MAPPING_OFFSET = 24;

    /** Offset of the page's index in that file (long). */
    public static final int INDEX_OFFSET = 32;

    /** Offset of the number of files that share the page (int). */
    public static final int SHARE_OFFSET = 40;

    /** Offset of the exact number of pins of a large folio (int). */
    public static final int PINCOUNT_OFFSET = 44;

    /** Offset of the number of entries that map the page (int). Counts from 0, where the kernel counts from -1. */
    public static final int MAPCOUNT_OFFSET = 48;

    /** Offset of the reference count (int, signed). */
    public static final int REFCOUNT_OFFSET = 52;

    /** Flag: the page was used, {@code PG_referenced}. */
    public static final int FLAG_REFERENCED = 1 << 1;

    /** Flag: the page is the head of a large folio, {@code PG_head}. */
    public static final int FLAG_HEAD = 1 << 6;

    /** Flag: the descriptor was freed with its device; any further use is a use after free. */
    public static final int FLAG_POISONED = 1 << 31;

    private PageDescriptor() {
    }
}
