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

    /** One more file has the page. Who had it as his own is counted as well. If it fails, nothing has changed. */
    static void add(final Memmap memmap, final long page) {
        final long owner = memmap.mapping(page);
        final int before = memmap.share(page);
        if (owner == SHARED_MAPPING) {
            memmap.setShare(page, before + 1);
            return;
        }
        memmap.setShare(page, owner != 0 ? 2 : before + 1);
        try {
            memmap.associate(page, SHARED_MAPPING, 0);
        } catch (final Throwable e) {
            Failures.undo(e, () -> memmap.setShare(page, before));
            throw e;
        }
    }

    /** One file less has the page, shared or not. If it fails, a second call does the rest. */
    static void remove(final Memmap memmap, final long page) {
        final int before = memmap.share(page);
        final int files = memmap.mapping(page) == SHARED_MAPPING ? Math.max(0, before - 1) : before;
        if (files != before) {
            memmap.setShare(page, files);
        }
        if (files <= 0) {
            memmap.disassociate(page);
        }
    }
}
