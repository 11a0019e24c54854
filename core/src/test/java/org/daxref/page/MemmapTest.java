/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageDescriptor.PAGE_DESCRIPTOR_BYTES;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.daxref.Machine;
import org.daxref.TestDevice;
import org.daxref.memory.CountingWords;
import org.daxref.memory.WordsKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MemmapTest {
    private static final long PAGES = 1024;
    private static final long FIRST = Machine.START_PFN;
    private static final long PGMAP = 0x1234_5680L;

    private static Memmap memmap(final TestDevice device) {
        return new Memmap(device.words(), device.geometry().memmapOffset(), FIRST, PAGES);
    }

    private static int count(final TestDevice device, final long page) {
        return device.words().getIntVolatile(page + REFCOUNT_OFFSET);
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindTheDescriptorOfAPageAndBack(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final Memmap memmap = memmap(device);

            assertEquals(device.geometry().memmapOffset(), memmap.page(FIRST));
            assertEquals(device.geometry().memmapOffset() + 64 * 7, memmap.page(FIRST + 7));
            assertEquals(FIRST + 7, memmap.pfn(memmap.page(FIRST + 7)));
            assertEquals(0, memmap.page(FIRST) % PAGE_DESCRIPTOR_BYTES);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldKnowWhichPagesItHas(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final Memmap memmap = memmap(device);

            assertEquals(FIRST, memmap.startPfn());
            assertEquals(PAGES, memmap.pages());
            assertEquals(memmap.page(FIRST + PAGES) - memmap.page(FIRST), Memmap.bytes(PAGES));
            assertTrue(memmap.contains(FIRST, PAGES));
            assertTrue(memmap.contains(FIRST + PAGES - 1, 1));
            assertTrue(memmap.contains(FIRST, 0));
            assertFalse(memmap.contains(FIRST - 1, 1));
            assertFalse(memmap.contains(FIRST + PAGES, 1));
            assertFalse(memmap.contains(FIRST + 1, PAGES));
            assertFalse(memmap.contains(FIRST, -1));
            assertFalse(memmap.contains(FIRST, Long.MAX_VALUE));
            assertFalse(memmap.contains(Long.MAX_VALUE, 1));
            assertFalse(memmap.contains(Long.MAX_VALUE, Long.MAX_VALUE));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldMakeFreshDescriptors(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final Memmap memmap = memmap(device);

            memmap.initialise(FIRST + 1, 2, 1, PGMAP);

            for (long pfn = FIRST + 1; pfn <= FIRST + 2; pfn++) {
                final long page = memmap.page(pfn);
                assertEquals(1, count(device, page));
                assertEquals(PGMAP, memmap.pgmap(page));
                assertEquals(page, memmap.head(page));
                assertEquals(0, memmap.mapcount(page));
                assertEquals(0, memmap.mapping(page));
                assertFalse(memmap.isLarge(page));
                assertFalse(memmap.isPoisoned(page));
                assertFalse(memmap.isReferenced(page));
            }
            assertEquals(0, count(device, memmap.page(FIRST)), "the neighbours are left alone");
            assertEquals(device.words().origin(), memmap.pgmap(memmap.page(FIRST + 3)), "none");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldJoinPagesToAFolio(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final Memmap memmap = memmap(device);
            memmap.initialise(FIRST, PAGES, 0, PGMAP);
            final long head = memmap.page(FIRST + 512);
            device.words().putIntRelease(head + PageDescriptor.PINCOUNT_OFFSET, 9);

            memmap.makeFolio(head, PageTableEntry.PMD_ORDER);

            assertTrue(memmap.isLarge(head));
            assertEquals(0, device.words().getIntVolatile(head + PageDescriptor.PINCOUNT_OFFSET));
            assertEquals(9, memmap.order(head));
            for (long pfn = FIRST; pfn < FIRST + PAGES; pfn++) {
                final long page = memmap.page(pfn);
                assertEquals(pfn < FIRST + 512 ? page : head, memmap.head(page), "pfn=" + pfn);
                assertEquals(page == head, memmap.isLarge(page));
            }
            assertEquals(PGMAP, memmap.pgmap(memmap.page(FIRST + 513)), "tails keep their dev_pagemap");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldPoisonWhatIsRemovedAndHealWhatIsMadeAnew(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final Memmap memmap = memmap(device);
            memmap.initialise(FIRST, 8, 1, PGMAP);
            memmap.makeFolio(memmap.page(FIRST), 3);
            memmap.associate(memmap.page(FIRST), 77, 5);
            memmap.associate(memmap.page(FIRST + 7), 77, 12);
            memmap.addMapcount(memmap.page(FIRST), 3);
            device.words().putIntRelease(memmap.page(FIRST) + PageDescriptor.PINCOUNT_OFFSET, 9);
            device.words().putIntRelease(memmap.page(FIRST) + PageDescriptor.SHARE_OFFSET, 9);

            memmap.remove(FIRST, 8);

            for (long pfn = FIRST; pfn < FIRST + 8; pfn++) {
                assertTrue(memmap.isPoisoned(memmap.page(pfn)));
                assertEquals(0, count(device, memmap.page(pfn)), "a walker may not count it");
                assertEquals(device.words().origin(), memmap.pgmap(memmap.page(pfn)), "none");
            }
            assertFalse(memmap.isPoisoned(memmap.page(FIRST + 8)));

            memmap.initialise(FIRST, 8, 0, PGMAP + 128);

            for (long pfn = FIRST; pfn < FIRST + 8; pfn++) {
                final long page = memmap.page(pfn);
                assertFalse(memmap.isPoisoned(page));
                assertFalse(memmap.isLarge(page));
                assertEquals(page, memmap.head(page));
                final long inFile = PGMAP + 128 - device.words().origin();
                for (int offset = 0; offset < PAGE_DESCRIPTOR_BYTES; offset += Long.BYTES) {
                    final long expected = offset == PageDescriptor.PGMAP_OFFSET ? inFile : 0;
                    assertEquals(expected, device.words().getLongVolatile(page + offset), "offset=" + offset);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldAssociateAPageWithAFile(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final Memmap memmap = memmap(device);
            final long page = memmap.page(FIRST);

            memmap.associate(page, 4711, 12);

            assertEquals(4711, memmap.mapping(page));
            assertEquals(12, device.words().getLongVolatile(page + PageDescriptor.INDEX_OFFSET));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldEndTheAssociationAndNothingElse(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final Memmap memmap = memmap(device);
            memmap.initialise(FIRST, 1, 1, PGMAP);
            final long page = memmap.page(FIRST);
            memmap.associate(page, 4711, 12);
            memmap.setShare(page, 3);
            memmap.setReferenced(page);

            memmap.disassociate(page);

            assertEquals(0, memmap.mapping(page));
            assertEquals(0, device.words().getLongVolatile(page + PageDescriptor.INDEX_OFFSET));
            assertEquals(3, memmap.share(page));
            assertEquals(PGMAP, memmap.pgmap(page));
            assertEquals(1, count(device, page));
            assertTrue(memmap.isReferenced(page));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepTheNumberOfSharersApartFromThePins(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final Memmap memmap = memmap(device);
            final long page = memmap.page(FIRST);
            device.words().putIntRelease(page + PageDescriptor.PINCOUNT_OFFSET, 9);
            assertEquals(0, memmap.share(page));

            memmap.setShare(page, 2);
            assertEquals(2, memmap.share(page));
            memmap.setShare(page, 0);

            assertEquals(0, memmap.share(page));
            assertEquals(9, device.words().getIntVolatile(page + PageDescriptor.PINCOUNT_OFFSET));
        }
    }

    /** {@code dax_folio_reset_order}: the pages are as they were before they were joined. */
    @ParameterizedTest
    @EnumSource
    void shouldTakeAFolioApart(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final Memmap memmap = memmap(device);
            memmap.initialise(FIRST, PAGES, 0, PGMAP);
            memmap.makeFolio(memmap.page(FIRST), PageTableEntry.PMD_ORDER);
            final long head = memmap.page(FIRST + 512);
            memmap.makeFolio(head, PageTableEntry.PMD_ORDER);
            memmap.setReferenced(head);
            final long behind = memmap.page(FIRST + PAGES) + PageDescriptor.COMPOUND_HEAD_OFFSET;
            device.words().putLongRelease(behind, 1);

            memmap.splitFolio(head);

            assertEquals(1, device.words().getLongVolatile(behind), "what lies behind the pages");

            for (long pfn = FIRST + 512; pfn < FIRST + PAGES; pfn++) {
                final long page = memmap.page(pfn);
                assertEquals(page, memmap.head(page), "pfn=" + pfn);
                assertEquals(0, memmap.order(page));
                assertFalse(memmap.isLarge(page));
                assertEquals(PGMAP, memmap.pgmap(page));
            }
            assertTrue(memmap.isReferenced(head), "other flags stay");
            assertEquals(memmap.page(FIRST), memmap.head(memmap.page(FIRST + 511)), "the folio beside it");
            assertTrue(memmap.isLarge(memmap.page(FIRST)));
        }
    }

    /** I2: whatever a late holder does to a freed struct page shows, and shows on no other. */
    @ParameterizedTest
    @EnumSource
    void shouldTellAFreedDescriptorThatIsStillUsed(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final Memmap memmap = memmap(device);
            final long page = memmap.page(FIRST);
            final List<Runnable> uses = List.of(() -> device.words().getAndAddInt(page + REFCOUNT_OFFSET, -1024),
                () -> device.words().getAndAddInt(page + PageDescriptor.PINCOUNT_OFFSET, -1),
                () -> memmap.addMapcount(page, -1), () -> memmap.setReferenced(page),
                () -> memmap.associate(page, 4711, 0), () -> memmap.setShare(page, 1),
                () -> memmap.makeFolio(page, 1));
            for (final Runnable use : uses) {
                memmap.initialise(FIRST, 3, 1, PGMAP);
                assertFalse(memmap.isUsedAfterFree(page), "it lives");
                use.run();
                assertFalse(memmap.isUsedAfterFree(page), "it lives");
                memmap.remove(FIRST, 3);
                assertFalse(memmap.isUsedAfterFree(page), "as it was left");

                use.run();

                assertTrue(memmap.isUsedAfterFree(page));
                assertFalse(memmap.isUsedAfterFree(memmap.page(FIRST + 2)));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCountMappings(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final Memmap memmap = memmap(device);
            final long page = memmap.page(FIRST);

            memmap.addMapcount(page, 1);
            memmap.addMapcount(page, 1);
            memmap.addMapcount(page, -1);

            assertEquals(1, memmap.mapcount(page));
            assertEquals(0, count(device, page), "the count beside it is left alone");
        }
    }

    /** The mark costs a locked operation the first time only, as in the kernel. */
    @Test
    void shouldMarkAPageAsReferencedOnce() {
        try (TestDevice device = TestDevice.open(WordsKind.SEGMENT, PAGES, CountingWords::new)) {
            final Memmap memmap = memmap(device);
            final CountingWords words = (CountingWords) device.words();
            final long page = memmap.page(FIRST);
            words.reset(offset -> true);

            memmap.setReferenced(page);
            memmap.setReferenced(page);

            assertEquals(1, words.rmws());
            assertTrue(memmap.isReferenced(page));
            memmap.clearReferenced(page);
            assertFalse(memmap.isReferenced(page));
            assertFalse(memmap.isPoisoned(page));
        }
    }
}
