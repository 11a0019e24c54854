/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.pagemap;

import static org.daxref.pagemap.PagemapAreaDescriptor.NODES;
import static org.daxref.pagemap.PagemapAreaDescriptor.NODES_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.NODE_BYTES;
import static org.daxref.pagemap.PagemapAreaDescriptor.NODE_ENTRIES;
import static org.daxref.pagemap.PagemapAreaDescriptor.NODE_ENTRIES_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.NODE_ENTRIES_SHIFT;
import static org.daxref.pagemap.PagemapAreaDescriptor.NODE_SHIFT_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.ROOT_OFFSET;

import org.daxref.memory.Words;
import org.daxref.sync.Epochs;

/**
 * Finds the dev_pagemap of a page: the kernel's {@code pgmap_array}, an xarray keyed by page frame number.
 *
 * <p><b>Theory.</b> A radix tree with 64-way nodes. A range is stored in as few entries as its alignment allows: an
 * aligned stretch of 64, 4096, 262144 … pages is one entry of a higher node, so a lookup in a large well-aligned device
 * ends after a node or two, and one near a ragged border goes down to the leaves. (The kernel's multi-index entries do
 * the same and also know orders between the powers of 64, as sibling entries; here those are several equal entries.)
 *
 * <pre>
 *   root -> [shift 18] -> [shift 12] -> [shift 6] -> [shift 0]
 *               |             |             |            |
 *            2^18 pages    4096 pages    64 pages     1 page     per entry
 * </pre>
 *
 * <p>Entries name nodes and dev_pagemaps by their place in the device, counted from its start.
 *
 * <p>Readers take no lock. Writers hold the monitor. A new node is filled before it is linked; an emptied node is
 * unlinked, and is used again only after a grace period.
 *
 * <p><b>Memory ordering.</b> Every entry is written with release and read with acquire, which pair: who sees a node
 * sees its shift and entries, who sees a handle sees the dev_pagemap. (The kernel relies on the address dependency;
 * Java has no such order, and on x86-64 an acquire load costs nothing.) A reader that raced with {@link #erase} may
 * get a handle that is already dead; taking its reference then fails.
 *
 * <p>Progress: {@link #load} is wait-free, at most one step per level. {@link #store} and {@link #erase} block.
 */
public final class PagemapArray {
    private static final long PAGEMAP_TAG = 1;
    private static final int MAX_SHIFT = 60;

    private final Words words;
    private final Epochs epochs;
    private final long origin;
    private final long rootOffset;
    private final long[] freeNodes = new long[NODES];
    private int freeCount;

    /**
     * An empty array.
     *
     * @param words      access to the device
     * @param areaOffset where the pagemap area lies
     * @param epochs     which readers are inside while they look up
     */
    public PagemapArray(final Words words, final long areaOffset, final Epochs epochs) {
        this.words = words;
        this.origin = words.origin();
        this.epochs = epochs;
        this.rootOffset = areaOffset + ROOT_OFFSET;
        for (int i = NODES - 1; i >= 0; i--) {
            freeNodes[freeCount++] = areaOffset - origin + NODES_OFFSET + (long) i * NODE_BYTES;
        }
    }

    /**
     * Looks a page up: {@code xa_load}. Inside a read section.
     *
     * @param pfn page frame number
     * @return handle of its dev_pagemap, 0 if there is none
     */
    public long load(final long pfn) {
        long entry = words.getLongAcquire(rootOffset);
        if (isNode(entry) && pfn >>> shift(entry) >= NODE_ENTRIES) {
            return 0;
        }
        while (isNode(entry)) {
            entry = words.getLongAcquire(slot(entry, pfn, shift(entry)));
        }
        return entry == 0 ? 0 : origin + (entry & ~PAGEMAP_TAG);
    }

    /**
     * How many nodes a lookup passes.
     *
     * @param pfn page frame number
     * @return nodes from the root to the entry
     */
    public int depth(final long pfn) {
        int depth = 0;
        long entry = words.getLongAcquire(rootOffset);
        while (isNode(entry)) {
            entry = words.getLongAcquire(slot(entry, pfn, shift(entry)));
            depth++;
        }
        return depth;
    }

    /**
     * Stores a dev_pagemap over a range: {@code xa_store_range}. Not from inside a read section.
     *
     * @param firstPfn first page
     * @param lastPfn  last page
     * @param pgmap    its handle
     * @throws IllegalStateException if the nodes are used up; nothing is stored then
     */
    public synchronized void store(final long firstPfn, final long lastPfn, final long pgmap) {
        long pfn = firstPfn;
        try {
            /* A stretch that begins at 0 is aligned to anything; it must not be larger than an entry of the root. */
            grow(firstPfn == 0 ? lastPfn + 1 : lastPfn);
            while (pfn <= lastPfn) {
                final int shift = largestShift(pfn, lastPfn);
                words.putLongRelease(descend(pfn, shift), pgmap - origin | PAGEMAP_TAG);
                pfn += 1L << shift;
            }
        } catch (final IllegalStateException e) {
            clear(firstPfn, lastPfn, pfn);
            throw e;
        }
    }

    /**
     * Takes a range out and waits for a grace period: {@code pgmap_array_delete}. Not from inside a read section.
     *
     * @param firstPfn first page of a stored range
     * @param lastPfn  its last page
     */
    public synchronized void erase(final long firstPfn, final long lastPfn) {
        clear(firstPfn, lastPfn, lastPfn + 1);
    }

    /** Takes out what is stored below {@code endPfn} and gives the emptied nodes back. */
    private void clear(final long firstPfn, final long lastPfn, final long endPfn) {
        for (long pfn = firstPfn; pfn < endPfn;) {
            final int shift = largestShift(pfn, lastPfn);
            words.putLongRelease(descend(pfn, shift), 0);
            pfn += 1L << shift;
        }
        final long[] emptied = new long[NODES];
        final int count = unlinkEmpty(rootOffset, emptied, 0);
        epochs.synchronize();
        System.arraycopy(emptied, 0, freeNodes, freeCount, count);
        freeCount += count;
    }

    private int unlinkEmpty(final long entryOffset, final long[] emptied, final int found) {
        final long node = words.getLongOpaque(entryOffset);
        if (!isNode(node)) {
            return found;
        }
        int count = found;
        boolean empty = true;
        for (int i = 0; i < NODE_ENTRIES; i++) {
            final long childOffset = origin + node + NODE_ENTRIES_OFFSET + (long) i * Long.BYTES;
            count = unlinkEmpty(childOffset, emptied, count);
            empty &= words.getLongOpaque(childOffset) == 0;
        }
        if (empty) {
            words.putLongRelease(entryOffset, 0);
            emptied[count++] = node;
        }
        return count;
    }

    private static int largestShift(final long pfn, final long lastPfn) {
        int shift = 0;
        while (shift + NODE_ENTRIES_SHIFT <= MAX_SHIFT) {
            final long span = 1L << shift + NODE_ENTRIES_SHIFT;
            if ((pfn & span - 1) != 0 || lastPfn - pfn < span - 1) {
                break;
            }
            shift += NODE_ENTRIES_SHIFT;
        }
        return shift;
    }

    /** Puts nodes above the root until it spans the key. */
    private void grow(final long pfn) {
        long root = words.getLongOpaque(rootOffset);
        if (root == 0) {
            int shift = 0;
            while (shift < MAX_SHIFT && pfn >>> shift + NODE_ENTRIES_SHIFT != 0) {
                shift += NODE_ENTRIES_SHIFT;
            }
            words.putLongRelease(rootOffset, newNode(shift));
            return;
        }
        while (pfn >>> shift(root) >= NODE_ENTRIES) {
            final long above = newNode(shift(root) + NODE_ENTRIES_SHIFT);
            words.putLongOpaque(origin + above + NODE_ENTRIES_OFFSET, root);
            words.putLongRelease(rootOffset, above);
            root = above;
        }
    }

    /** The offset of the entry for a key in the node of a shift, making nodes on the way. */
    private long descend(final long pfn, final int shift) {
        long node = words.getLongOpaque(rootOffset);
        int at = shift(node);
        while (at > shift) {
            final long entryOffset = slot(node, pfn, at);
            long child = words.getLongOpaque(entryOffset);
            at -= NODE_ENTRIES_SHIFT;
            if (!isNode(child)) {
                child = newNode(at);
                words.putLongRelease(entryOffset, child);
            }
            node = child;
        }
        return slot(node, pfn, at);
    }

    private long newNode(final int shift) {
        if (freeCount == 0) {
            throw new IllegalStateException("pgmap_array has no node left: nodes=" + NODES);
        }
        final long node = freeNodes[--freeCount];
        for (int i = 0; i < NODE_ENTRIES; i++) {
            words.putLongOpaque(origin + node + NODE_ENTRIES_OFFSET + (long) i * Long.BYTES, 0);
        }
        words.putIntOpaque(origin + node + NODE_SHIFT_OFFSET, shift);
        return node;
    }

    private int shift(final long node) {
        return words.getIntOpaque(origin + node + NODE_SHIFT_OFFSET);
    }

    private long slot(final long node, final long pfn, final int shift) {
        return origin + node + NODE_ENTRIES_OFFSET + ((pfn >>> shift & NODE_ENTRIES - 1) << 3);
    }

    private static boolean isNode(final long entry) {
        return entry != 0 && (entry & PAGEMAP_TAG) == 0;
    }
}
