/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageDescriptor.COMPOUND_HEAD_OFFSET;
import static org.daxref.page.PageDescriptor.FLAGS_OFFSET;
import static org.daxref.page.PageDescriptor.FLAG_HEAD;
import static org.daxref.page.PageDescriptor.FLAG_POISONED;
import static org.daxref.page.PageDescriptor.FLAG_REFERENCED;
import static org.daxref.page.PageDescriptor.INDEX_OFFSET;
import static org.daxref.page.PageDescriptor.MAPCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.MAPPING_OFFSET;
import static org.daxref.page.PageDescriptor.ORDER_OFFSET;
import static org.daxref.page.PageDescriptor.PAGE_DESCRIPTOR_BYTES;
import static org.daxref.page.PageDescriptor.PAGE_DESCRIPTOR_SHIFT;
import static org.daxref.page.PageDescriptor.PGMAP_OFFSET;
import static org.daxref.page.PageDescriptor.PINCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.SHARE_OFFSET;

import org.daxref.memory.Words;

/**
 * The array of page descriptors of a device: the kernel's vmemmap. A page is named by the offset of its descriptor.
 * What a descriptor says of another place, its head or its dev_pagemap, is counted from the start of the device.
 *
 * <p><b>Memory ordering.</b> Fields other than the counts are written by the file system or the driver while they own
 * the page, and published to walkers by the release store of a page-table entry, whose acquire in the walk pairs with
 * it. They are opaque here. The link to the head of a folio can change under a walker, which is why it is read again
 * after the count was raised (see {@link PageCounter}). {@code referenced} is a hint and needs no order.
 *
 * <p><b>Failures.</b> If an access throws, folios and associations are as they were before the call ({@code
 * FailingCounterTest}). Descriptors that are being made or freed are seen by nobody; what failed in the middle is made
 * or freed again from the start.
 *
 * <p>Thread-safe; wait-free.
 */
public final class Memmap {
    private final Words words;
    private final Warnings warnings = new Warnings();
    private final long origin;
    private final long biasOffset;
    private final long startPfn;
    private final long pages;
    private final int freedWord;

    /**
     * The descriptors of a device whose counter keeps the count itself in its word.
     *
     * @param words      access to the device
     * @param baseOffset where they lie
     * @param startPfn   page frame number of the first
     * @param pages      how many
     */
    public Memmap(final Words words, final long baseOffset, final long startPfn, final long pages) {
        this(words, baseOffset, startPfn, pages, 0);
    }

    /**
     * The descriptors of a device.
     *
     * @param words      access to the device
     * @param baseOffset where they lie
     * @param startPfn   page frame number of the first
     * @param pages      how many
     * @param freedWord  how a count of 0 stands in a freed descriptor
     */
    public Memmap(final Words words, final long baseOffset, final long startPfn, final long pages,
                  final int freedWord) {
        this.freedWord = freedWord;
        this.words = words;
        this.origin = words.origin();
        this.biasOffset = baseOffset - (startPfn << PAGE_DESCRIPTOR_SHIFT);
        this.startPfn = startPfn;
        this.pages = pages;
    }

    /**
     * The first page.
     *
     * @return its page frame number
     */
    public long startPfn() {
        return startPfn;
    }

    /**
     * How many pages there are.
     *
     * @return number of descriptors
     */
    public long pages() {
        return pages;
    }

    /**
     * What a kernel would have logged about these pages.
     *
     * @return the log
     */
    public Warnings warnings() {
        return warnings;
    }

    /**
     * Size of the descriptors of a device.
     *
     * @param pages number of pages
     * @return bytes
     */
    public static long bytes(final long pages) {
        return pages << PAGE_DESCRIPTOR_SHIFT;
    }

    /**
     * The descriptor of a page: {@code pfn_to_page}. Unchecked.
     *
     * @param pfn a page frame number of this device
     * @return its offset
     */
    public long page(final long pfn) {
        return biasOffset + (pfn << PAGE_DESCRIPTOR_SHIFT);
    }

    /**
     * The page frame number of a descriptor: {@code page_to_pfn}.
     *
     * @param page offset of a descriptor
     * @return its page frame number
     */
    public long pfn(final long page) {
        return page - biasOffset >> PAGE_DESCRIPTOR_SHIFT;
    }

    /**
     * Whether a range of page frame numbers belongs to this device.
     *
     * @param pfn   the first
     * @param count how many
     * @return whether all do
     */
    public boolean contains(final long pfn, final long count) {
        return pfn >= startPfn && count >= 0 && pfn - startPfn <= pages - count;
    }

    /**
     * The head of the folio that a page belongs to: {@code page_folio}.
     *
     * @param page offset of a descriptor
     * @return offset of the head's descriptor, the page's own if it is a folio by itself
     */
    public long head(final long page) {
        final long link = words.getLongOpaque(page + COMPOUND_HEAD_OFFSET);
        return link == 0 ? page : origin + link - 1;
    }

    /**
     * Whether a folio has more than one page.
     *
     * @param head offset of a folio's head
     * @return whether it is large
     */
    public boolean isLarge(final long head) {
        return isLarge(words, head);
    }

    static boolean isLarge(final Words words, final long head) {
        return (words.getIntOpaque(head + FLAGS_OFFSET) & FLAG_HEAD) != 0;
    }

    /**
     * Size of a folio.
     *
     * @param head offset of a folio's head
     * @return binary logarithm of its number of pages
     */
    public int order(final long head) {
        return words.getIntOpaque(head + ORDER_OFFSET);
    }

    /**
     * Joins idle pages to one folio without pins: {@code prep_compound_page}. Only for the owner of the pages.
     *
     * @param head  the first page
     * @param order binary logarithm of the number of pages
     */
    public void makeFolio(final long head, final int order) {
        try {
            link(head, order, head - origin + 1);
            words.putIntOpaque(head + ORDER_OFFSET, order);
            words.putIntOpaque(head + PINCOUNT_OFFSET, 0);
            words.getAndBitwiseOrInt(head + FLAGS_OFFSET, FLAG_HEAD);
        } catch (final Throwable e) {
            unmake(head, order);
            throw e;
        }
    }

    private void link(final long head, final int order, final long link) {
        final int count = 1 << order;
        for (int i = 1; i < count; i++) {
            words.putLongOpaque(head + (long) i * PAGE_DESCRIPTOR_BYTES + COMPOUND_HEAD_OFFSET, link);
        }
    }

    private void unmake(final long head, final int order) {
        words.getAndBitwiseAndInt(head + FLAGS_OFFSET, ~FLAG_HEAD);
        words.putIntOpaque(head + ORDER_OFFSET, 0);
        link(head, order, 0);
    }

    /**
     * Takes a folio apart into its pages: {@code dax_folio_reset_order}. Only for the owner of the idle folio.
     *
     * @param head the first page
     */
    public void splitFolio(final long head) {
        final int order = order(head);
        try {
            unmake(head, order);
        } catch (final Throwable e) {
            makeFolio(head, order);
            throw e;
        }
    }

    /**
     * Marks a page as used, unless it is marked: {@code folio_set_referenced}.
     *
     * @param page offset of a descriptor
     */
    public void setReferenced(final long page) {
        if ((words.getIntOpaque(page + FLAGS_OFFSET) & FLAG_REFERENCED) == 0) {
            words.getAndBitwiseOrInt(page + FLAGS_OFFSET, FLAG_REFERENCED);
        }
    }

    /**
     * Takes the mark back: {@code folio_clear_referenced}.
     *
     * @param page offset of a descriptor
     */
    public void clearReferenced(final long page) {
        words.getAndBitwiseAndInt(page + FLAGS_OFFSET, ~FLAG_REFERENCED);
    }

    /**
     * Whether a page is marked as used.
     *
     * @param page offset of a descriptor
     * @return the mark
     */
    public boolean isReferenced(final long page) {
        return (words.getIntOpaque(page + FLAGS_OFFSET) & FLAG_REFERENCED) != 0;
    }

    /**
     * The dev_pagemap that a page belongs to.
     *
     * @param page offset of a descriptor
     * @return its handle; of a page without one, the beginning of the device
     */
    public long pgmap(final long page) {
        return origin + words.getLongOpaque(page + PGMAP_OFFSET);
    }

    /**
     * What {@link #pgmap} says of a page without a dev_pagemap.
     *
     * @return the beginning of the device
     */
    public long noPgmap() {
        return origin;
    }

    /**
     * The file that a page is associated with.
     *
     * @param page offset of a descriptor
     * @return its identity, 0 for none
     */
    public long mapping(final long page) {
        return words.getLongOpaque(page + MAPPING_OFFSET);
    }

    /**
     * Associates a page with a file. Only under the lock of the file's entries.
     *
     * @param page    offset of a descriptor
     * @param mapping identity of the file
     * @param index   index of the page in it
     */
    public void associate(final long page, final long mapping, final long index) {
        words.putLongOpaque(page + INDEX_OFFSET, index);
        try {
            words.putLongRelease(page + MAPPING_OFFSET, mapping);
        } catch (final Throwable e) {
            words.putLongOpaque(page + INDEX_OFFSET, 0);
            throw e;
        }
    }

    /**
     * Ends the association of a page with a file.
     *
     * @param page offset of a descriptor
     */
    public void disassociate(final long page) {
        final long index = words.getLongOpaque(page + INDEX_OFFSET);
        words.putLongOpaque(page + INDEX_OFFSET, 0);
        try {
            words.putLongRelease(page + MAPPING_OFFSET, 0);
        } catch (final Throwable e) {
            words.putLongOpaque(page + INDEX_OFFSET, index);
            throw e;
        }
    }

    /**
     * How many files share a page.
     *
     * @param page offset of a descriptor
     * @return 0 if it was never shared
     */
    public int share(final long page) {
        return words.getIntOpaque(page + SHARE_OFFSET);
    }

    /**
     * Notes how many files share a page. Only under the lock of the file system's shared blocks.
     *
     * @param page  offset of a descriptor
     * @param files how many
     */
    public void setShare(final long page, final int files) {
        words.putIntOpaque(page + SHARE_OFFSET, files);
    }

    /**
     * How many entries map a page.
     *
     * @param page offset of a folio's head
     * @return its mapcount
     */
    public int mapcount(final long page) {
        return words.getIntVolatile(page + MAPCOUNT_OFFSET);
    }

    /**
     * One more or one less entry maps a page.
     *
     * @param page  offset of a folio's head
     * @param delta 1 or -1
     */
    public void addMapcount(final long page, final int delta) {
        words.getAndAddInt(page + MAPCOUNT_OFFSET, delta);
    }

    /**
     * Makes fresh descriptors: {@code memmap_init_zone_device}. Only before the pages are published.
     *
     * @param pfn         the first page
     * @param count       how many
     * @param initialWord the reference count to start at, as the counter encodes it
     * @param pgmap       handle of the dev_pagemap that they belong to
     */
    public void initialise(final long pfn, final long count, final int initialWord, final long pgmap) {
        for (long page = page(pfn), end = page(pfn + count); page < end; page += PAGE_DESCRIPTOR_BYTES) {
            wipe(page, 0, freedWord);
            words.putLongOpaque(page + PGMAP_OFFSET, pgmap - origin);
            words.putIntRelease(page + REFCOUNT_OFFSET, initialWord);
        }
    }

    /**
     * Frees descriptors with their device. What still uses them afterwards finds them poisoned.
     *
     * @param pfn   the first page
     * @param count how many
     */
    public void remove(final long pfn, final long count) {
        for (long page = page(pfn), end = page(pfn + count); page < end; page += PAGE_DESCRIPTOR_BYTES) {
            wipe(page, FLAG_POISONED, freedWord);
        }
    }

    /**
     * Whether a descriptor was freed with its device.
     *
     * @param page offset of a descriptor
     * @return whether it is poisoned
     */
    public boolean isPoisoned(final long page) {
        return (words.getIntOpaque(page + FLAGS_OFFSET) & FLAG_POISONED) != 0;
    }

    /**
     * Whether a descriptor was used after it was freed with its device.
     *
     * @param page offset of a descriptor
     * @return whether it is poisoned and not as it was left
     */
    public boolean isUsedAfterFree(final long page) {
        return isPoisoned(page) && (words.getLongVolatile(page + FLAGS_OFFSET) != Integer.toUnsignedLong(FLAG_POISONED)
            || words.getLongVolatile(page + MAPPING_OFFSET) != 0 || words.getLongVolatile(page + SHARE_OFFSET) != 0
            || words.getLongVolatile(page + MAPCOUNT_OFFSET) != counts(freedWord));
    }

    private static long counts(final int refcount) {
        return (long) refcount << Integer.SIZE;
    }

    /* Two ints at a time where they lie side by side: flags and order, share and _pincount, _mapcount and _refcount. */
    private void wipe(final long page, final int flags, final int refcount) {
        words.putLongOpaque(page + FLAGS_OFFSET, Integer.toUnsignedLong(flags));
        words.putLongOpaque(page + PGMAP_OFFSET, 0);
        words.putLongOpaque(page + COMPOUND_HEAD_OFFSET, 0);
        words.putLongOpaque(page + MAPPING_OFFSET, 0);
        words.putLongOpaque(page + INDEX_OFFSET, 0);
        words.putLongOpaque(page + SHARE_OFFSET, 0);
        words.putLongOpaque(page + MAPCOUNT_OFFSET, counts(refcount));
    }
}
