/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

/**
 * A mapped area: pages of an address space that show pages of a file, {@code vm_area_struct} of a shared mapping.
 * Immutable.
 *
 * @param table the address space
 * @param start number of the first page in it
 * @param pages how many
 * @param index index of the first page in the file
 * @param ops   what fills in missing entries
 */
public record Vma(PageTable table, long start, long pages, long index, VmOperations ops) {
    /**
     * Whether the area has a page.
     *
     * @param page number of a page in the address space
     * @return whether it lies in the area
     */
    public boolean contains(final long page) {
        return page >= start && page - start < pages;
    }

    /**
     * Which page of the file a page shows.
     *
     * @param page number of a page in the area
     * @return its index in the file
     */
    public long indexOf(final long page) {
        return page - start + index;
    }

    boolean overlaps(final Vma other) {
        return start < other.start + other.pages && other.start < start + pages;
    }

    @Override
    public String toString() {
        return "start=" + start + ", pages=" + pages + ", index=" + index;
    }
}
