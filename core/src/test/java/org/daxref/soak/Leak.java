/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.soak;

/** Something that ought to have been given back was not. */
final class Leak extends AssertionError {
    private static final long serialVersionUID = 1;

    private final Kind kind;

    Leak(final Kind kind, final String what) {
        super(kind + ": " + what);
        this.kind = kind;
    }

    /** What can leak. */
    enum Kind {
        COUNT, PAGE_TABLE_ENTRY, PINS, PAGEMAP, WAITER, READ_SECTION, CPU, FILE_DESCRIPTOR, DEVICE_MAPPING,
        MAPPING_COUNT, THREAD, HEAP, NATIVE
    }

    Kind kind() {
        return kind;
    }

    static void requireEqual(final Kind kind, final String what, final long expected, final long found) {
        if (expected != found) {
            throw new Leak(kind, what + ", expected=" + expected + ", found=" + found);
        }
    }
}
