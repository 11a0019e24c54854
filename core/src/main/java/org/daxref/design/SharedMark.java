/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import org.daxref.page.Memmap;

/**
 * How pages that several files have were marked up to 6.14: a mark in place of the file ({@code
 * PAGE_MAPPING_DAX_SHARED}), and how many files there are. From the first file on, if its file system shares the block.
 *
 * <p>Thread contract: under the lock of the file system's shared blocks.
 */
final class SharedMark {
    /** In place of a file's identity: several files have the page. */
    static final long SHARED_MAPPING = 1;

    private SharedMark() {
    }

    /** One more file has the page. Who had it as his own is counted as well. */
    static void add(final Memmap memmap, final long page) {
        final long owner = memmap.mapping(page);
        if (owner != SHARED_MAPPING) {
            if (owner != 0) {
                memmap.setShare(page, 1);
            }
            memmap.associate(page, SHARED_MAPPING, 0);
        }
        memmap.setShare(page, memmap.share(page) + 1);
    }

    /** One file less has the page, shared or not. */
    static void remove(final Memmap memmap, final long page) {
        if (memmap.mapping(page) == SHARED_MAPPING) {
            memmap.setShare(page, memmap.share(page) - 1);
        }
        if (memmap.share(page) <= 0) {
            memmap.disassociate(page);
        }
    }
}
