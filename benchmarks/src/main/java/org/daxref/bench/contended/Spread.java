/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.contended;

import org.daxref.bench.DeviceState;
import org.daxref.bench.PageSequence;

/** Which pages the threads take. */
public enum Spread {
    /** All the same one. */
    SAME_PAGE,
    /** Each of 64 Ki pages as often as any other. */
    UNIFORM,
    /** Few of 64 Ki pages often, by Zipf. */
    ZIPF;

    private static final long MAX_PAGES = 1 << 16;
    private static final long SEED = 1234;

    /**
     * Draws page numbers.
     *
     * @param device the device under test
     * @param worker which worker they are for
     * @return the numbers, other ones for each worker
     */
    PageSequence draw(final DeviceState device, final int worker) {
        final int pages = pages(device);
        return switch (this) {
            case SAME_PAGE -> PageSequence.constant();
            case UNIFORM -> PageSequence.uniform(pages, SEED + worker);
            case ZIPF -> PageSequence.zipf(pages, SEED + worker);
        };
    }

    /**
     * How many pages there are to take.
     *
     * @param device the device under test
     * @return a power of two
     */
    static int pages(final DeviceState device) {
        return (int) Math.min(MAX_PAGES, Long.highestOneBit(device.file().pages()));
    }
}
