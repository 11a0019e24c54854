/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import java.util.ArrayList;
import java.util.List;
import org.daxref.dax.SharedBlocks.BlockRun;

/**
 * Which block lies at which offset of a file: what the file system answers to iomap. Between extents are holes.
 * Immutable: a change makes a new object.
 */
final class Extents {
    static final Extents EMPTY = new Extents(List.of());
    static final long HOLE = -1;

    private final Extent[] extents;

    private Extents(final List<Extent> extents) {
        this.extents = extents.toArray(Extent[]::new);
    }

    /** The block at an offset, {@link #HOLE} if there is none. */
    long pfn(final long index) {
        int low = 0;
        int high = extents.length - 1;
        while (low <= high) {
            final int middle = low + high >>> 1;
            final Extent extent = extents[middle];
            if (index < extent.index) {
                high = middle - 1;
            } else if (index >= extent.end()) {
                low = middle + 1;
            } else {
                return extent.pfn + index - extent.index;
            }
        }
        return HOLE;
    }

    /** Whether so many blocks lie one after the other, beginning with one. */
    boolean isContiguous(final long index, final int count, final long pfn) {
        for (final Extent extent : extents) {
            if (index >= extent.index && index + count <= extent.end()) {
                return extent.pfn + index - extent.index == pfn;
            }
        }
        return false;
    }

    /** The same with blocks in what was a hole. Extents that go on where another ends become one. */
    Extents with(final long index, final long pfn, final long count) {
        final List<Extent> next = new ArrayList<>(extents.length + 1);
        int at = 0;
        while (at < extents.length && extents[at].index < index) {
            append(next, extents[at++]);
        }
        append(next, new Extent(index, pfn, count));
        while (at < extents.length) {
            append(next, extents[at++]);
        }
        return new Extents(next);
    }

    private static void append(final List<Extent> next, final Extent extent) {
        final Extent last = next.isEmpty() ? null : next.getLast();
        if (last != null && last.end() == extent.index && last.pfn + last.count == extent.pfn) {
            next.set(next.size() - 1, new Extent(last.index, last.pfn, last.count + extent.count));
        } else {
            next.add(extent);
        }
    }

    /** The same with a hole. */
    Extents without(final long index, final long count) {
        final List<Extent> next = new ArrayList<>();
        for (final Extent extent : extents) {
            final long cutFrom = Math.clamp(index, extent.index, extent.end());
            final long cutTo = Math.clamp(index + count, extent.index, extent.end());
            if (cutFrom == cutTo) {
                next.add(extent);
            } else {
                if (cutFrom > extent.index) {
                    next.add(new Extent(extent.index, extent.pfn, cutFrom - extent.index));
                }
                if (cutTo < extent.end()) {
                    next.add(new Extent(cutTo, extent.pfn + cutTo - extent.index, extent.end() - cutTo));
                }
            }
        }
        return new Extents(next);
    }

    /** The blocks of a part of the file, run by run. */
    void forEach(final long index, final long count, final BlockRun action) {
        for (final Extent extent : extents) {
            final long from = Math.max(index, extent.index);
            final long to = Math.min(index + count, extent.end());
            if (from < to) {
                action.accept(extent.pfn + from - extent.index, to - from);
            }
        }
    }

    private record Extent(long index, long pfn, long count) {
        long end() {
            return index + count;
        }
    }
}
