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

import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
 * unlinked, and is used again only after a grace period. A store first counts the nodes that it needs, so that one that
 * is refused has touched nothing. If an access fails in the middle of a store, what was stored is taken out; if one
 * fails in the middle of an erase, or the grace period does, the erase may be called again. In both cases it is no
 * longer known which nodes are free, and the next writer looks for them: those that no way from the root leads to,
 * after a grace period.
 *
 * <p><b>Memory ordering.</b> Every entry is written with release and read with acquire, which pair: who sees a node
 * sees its shift and entries, who sees a place sees the dev_pagemap. (The kernel relies on the address dependency;
 * Java has no such order, and on x86-64 an acquire load costs nothing.) A reader that raced with {@link #erase} may
 * get one that is already dead; taking its reference then fails.
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
    private boolean unsure;

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
            freeNodes[freeCount++] = node(i);
        }
    }

    /**
     * Looks a page up: {@code xa_load}. Inside a read section.
     *
     * @param pfn page frame number
     * @return the place of its dev_pagemap, 0 if there is none
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
     * Sees to it that ranges can be stored one after the other, if nothing else is stored before.
     *
     * @param ranges ranges of which nothing is stored
     * @throws IllegalStateException if the nodes do not suffice; nothing has changed then
     */
    public synchronized void requireRoom(final List<PfnRange> ranges) {
        if (unsure) {
            epochs.synchronize();
            lookForFreeNodes();
        }
        if (new Need().of(ranges) > freeCount) {
            throw new IllegalStateException("pgmap_array has no node left: nodes=" + NODES);
        }
    }

    /**
     * Stores a dev_pagemap over a range: {@code xa_store_range}. Not from inside a read section.
     *
     * @param firstPfn first page of a range of which nothing is stored
     * @param lastPfn  last page
     * @param pgmap    its place
     * @throws IllegalStateException if the nodes are used up; nothing has changed then
     */
    public synchronized void store(final long firstPfn, final long lastPfn, final long pgmap) {
        requireRoom(List.of(new PfnRange(firstPfn, lastPfn)));
        try {
            grow(largestKey(firstPfn, lastPfn));
            for (long pfn = firstPfn; pfn <= lastPfn;) {
                final int shift = largestShift(pfn, lastPfn);
                words.putLongRelease(descend(pfn, shift), pgmap - origin | PAGEMAP_TAG);
                pfn += 1L << shift;
            }
        } catch (final Throwable e) {
            takeBack(firstPfn, lastPfn, e);
            throw e;
        }
    }

    private void takeBack(final long firstPfn, final long lastPfn, final Throwable failure) {
        unsure = true;
        try {
            erase(firstPfn, lastPfn);
        } catch (final Throwable e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Takes a range out and waits for a grace period: {@code pgmap_array_delete}. Not from inside a read section. May
     * be called again after it has failed.
     *
     * @param firstPfn first page of a stored range
     * @param lastPfn  its last page
     */
    public synchronized void erase(final long firstPfn, final long lastPfn) {
        final boolean sure = !unsure;
        unsure = true;
        for (long pfn = firstPfn; pfn <= lastPfn;) {
            final int shift = largestShift(pfn, lastPfn);
            clear(pfn, shift);
            pfn += 1L << shift;
        }
        final long[] emptied = new long[NODES];
        final int count = unlinkEmpty(rootOffset, emptied, 0);
        epochs.synchronize();
        if (sure) {
            System.arraycopy(emptied, 0, freeNodes, freeCount, count);
            freeCount += count;
            unsure = false;
        } else {
            lookForFreeNodes();
        }
    }

    /** Clears an entry, if the way to it is there. */
    private void clear(final long pfn, final int shift) {
        long node = words.getLongOpaque(rootOffset);
        if (isNode(node) && pfn >>> shift(node) >= NODE_ENTRIES) {
            return;
        }
        while (isNode(node) && shift(node) > shift) {
            node = words.getLongOpaque(slot(node, pfn, shift(node)));
        }
        if (isNode(node) && shift(node) == shift) {
            words.putLongRelease(slot(node, pfn, shift), 0);
        }
    }

    /** After a grace period: nobody is in a node that no way leads to. */
    private void lookForFreeNodes() {
        final Set<Long> linked = new HashSet<>();
        collect(words.getLongOpaque(rootOffset), linked);
        freeCount = 0;
        for (int i = NODES - 1; i >= 0; i--) {
            if (!linked.contains(node(i))) {
                freeNodes[freeCount++] = node(i);
            }
        }
        unsure = false;
    }

    private void collect(final long node, final Set<Long> linked) {
        if (isNode(node)) {
            linked.add(node);
            for (int i = 0; i < NODE_ENTRIES; i++) {
                collect(words.getLongOpaque(entryOffset(node, i)), linked);
            }
        }
    }

    /** A stretch that begins at 0 is aligned to anything; it must not be larger than an entry of the root. */
    private static long largestKey(final long firstPfn, final long lastPfn) {
        return firstPfn == 0 ? lastPfn + 1 : lastPfn;
    }

    /** Counts the nodes that ranges need beside those that are there, in the way that a store makes them. */
    private final class Need {
        private final Set<Long> nodes = new HashSet<>();
        private final long root = words.getLongOpaque(rootOffset);
        private int rootShift = root == 0 ? -NODE_ENTRIES_SHIFT : shift(root);

        int of(final List<PfnRange> ranges) {
            for (final PfnRange range : ranges) {
                grow(largestKey(range.first(), range.last()));
                for (long pfn = range.first(); pfn <= range.last();) {
                    final int shift = largestShift(pfn, range.last());
                    for (int at = rootShift - NODE_ENTRIES_SHIFT; at >= shift; at -= NODE_ENTRIES_SHIFT) {
                        need(pfn, at);
                    }
                    pfn += 1L << shift;
                }
            }
            return nodes.size();
        }

        /** Of an empty array the first root is made at once as high as its first range needs it. */
        private void grow(final long key) {
            final boolean empty = rootShift < 0;
            while (rootShift < 0 || key >>> rootShift >= NODE_ENTRIES) {
                rootShift += NODE_ENTRIES_SHIFT;
                if (!empty) {
                    need(0, rootShift);
                }
            }
            if (empty) {
                need(0, rootShift);
            }
        }

        private void need(final long pfn, final int shift) {
            if (!isThere(pfn, shift)) {
                nodes.add(pfn >>> shift >>> NODE_ENTRIES_SHIFT << NODE_ENTRIES_SHIFT | shift);
            }
        }

        private boolean isThere(final long pfn, final int shift) {
            long node = root;
            if (!isNode(node) || shift > shift(node) || pfn >>> shift(node) >= NODE_ENTRIES) {
                return false;
            }
            while (isNode(node) && shift(node) > shift) {
                node = words.getLongOpaque(slot(node, pfn, shift(node)));
            }
            return isNode(node);
        }
    }

    private int unlinkEmpty(final long entryOffset, final long[] emptied, final int found) {
        final long node = words.getLongOpaque(entryOffset);
        if (!isNode(node)) {
            return found;
        }
        int count = found;
        boolean empty = true;
        for (int i = 0; i < NODE_ENTRIES; i++) {
            final long childOffset = entryOffset(node, i);
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
        freeCount--;
        final long node = freeNodes[freeCount];
        for (int i = 0; i < NODE_ENTRIES; i++) {
            words.putLongOpaque(entryOffset(node, i), 0);
        }
        words.putIntOpaque(origin + node + NODE_SHIFT_OFFSET, shift);
        return node;
    }

    private long node(final int index) {
        return rootOffset - ROOT_OFFSET - origin + NODES_OFFSET + (long) index * NODE_BYTES;
    }

    private long entryOffset(final long node, final int index) {
        return origin + node + NODE_ENTRIES_OFFSET + (long) index * Long.BYTES;
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
