/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.pagemap;

/**
 * A range of page frame numbers.
 *
 * @param first the first
 * @param last  the last, not before the first
 */
public record PfnRange(long first, long last) {

    /**
     * Checks the order.
     *
     * @throws IllegalArgumentException if the range is empty or negative
     */
    public PfnRange {
        if (first < 0 || last < first) {
            throw new IllegalArgumentException("a range is not empty: first=" + first + ", last=" + last);
        }
    }

    /**
     * Size of the range.
     *
     * @return number of pages
     */
    public long pages() {
        return last - first + 1;
    }
}
