/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.fault;

/** What an operation finds on a {@link Ground}. */
public enum State {
    /** A file of 8 pages: all in one address space, five in another. */
    PLAIN,
    /** The same file, mapped and never touched. */
    FRESH,
    /** A file whose middle is a hole. */
    HOLED,
    /** As PLAIN, and two other CPUs pin one page, so that a counter that can keeps pins with them. */
    KEPT,
    /** As KEPT, and the pins were dropped again, each by the CPU that did not take it. */
    MIGRATED,
    /** As KEPT, and the CPU itself pins the page until its slots are full. */
    FULL,
    /** Two files that share all blocks, each in an address space of its own. */
    SHARED,
    /** As SHARED, and two other CPUs pin one page. */
    SHARED_KEPT,
    /** A file of 512 pages under one entry, in two address spaces. */
    LARGE,
    /** The same file, mapped and never touched. */
    LARGE_FRESH;

    /** Whether the device must have room for a file of 512 pages. */
    public boolean isLarge() {
        return this == LARGE || this == LARGE_FRESH;
    }

    /** Whether the first address space has the page that is pinned, and its neighbours. */
    public boolean isMapped() {
        return this != FRESH && this != LARGE_FRESH && this != HOLED;
    }

    /** Whether two files have the same blocks. */
    public boolean isShared() {
        return this == SHARED || this == SHARED_KEPT;
    }
}
