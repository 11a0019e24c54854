/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.WordsKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The areas of an address space: {@code vma_lookup}, mmap's and munmap's half of the books. */
class PageTableTest {
    private static final long PAGES = 1024;

    private static PageTable table(final TestDevice device) {
        return new PageTable(device.words(), device.geometry().pageTablesOffset(), PAGES);
    }

    private static Vma area(final PageTable table, final long start, final long pages) {
        return new Vma(table, start, pages, 70, null);
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindTheAreaOfAPage(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final PageTable table = table(device);
            final Vma low = area(table, 10, 5);
            final Vma high = area(table, 15, 1009);
            table.addArea(high);
            table.addArea(low);

            assertNull(table.area(9));
            assertSame(low, table.area(10));
            assertSame(low, table.area(14));
            assertSame(high, table.area(15));
            assertSame(high, table.area(1023));
            assertNull(table.area(1024));
            assertNull(table.area(-1));
            assertEquals(72, low.indexOf(12));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseAnAreaThatOverlapsAnother(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final PageTable table = table(device);
            table.addArea(area(table, 100, 10));
            for (final long[] bad : new long[][] {{100, 10}, {99, 2}, {109, 1}, {90, 100}, {105, 1}}) {
                assertEquals("something is mapped there: start=" + bad[0] + ", pages=" + bad[1]
                        + ", index=70; start=100, pages=10, index=70",
                    assertThrows(IllegalStateException.class, () -> table.addArea(area(table, bad[0], bad[1])))
                        .getMessage());
            }
            table.addArea(area(table, 99, 1));
            table.addArea(area(table, 110, 1));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseAnAreaOutsideTheAddressSpace(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final PageTable table = table(device);
            for (final long[] bad : new long[][] {{-1, 1}, {0, 0}, {1024, 1}, {1, 1024}, {0, Long.MAX_VALUE}}) {
                assertEquals("pages outside the address space: start=" + bad[0] + ", count=" + bad[1] + ", pages=1024",
                    assertThrows(IllegalArgumentException.class, () -> table.addArea(area(table, bad[0], bad[1])))
                        .getMessage());
            }
        }
    }

    /** An area is itself and not another that says the same. */
    @ParameterizedTest
    @EnumSource
    void shouldForgetThisVeryAreaOnce(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final PageTable table = table(device);
            final Vma vma = area(table, 10, 5);
            table.addArea(vma);
            for (final Vma unknown : List.of(area(table, 10, 5), area(table, 0, 1))) {
                assertEquals("the area is not mapped: " + unknown,
                    assertThrows(IllegalStateException.class, () -> table.removeArea(unknown)).getMessage());
            }
            assertSame(vma, table.area(12));

            table.removeArea(vma);

            assertNull(table.area(12));
            assertEquals("the area is not mapped: start=10, pages=5, index=70",
                assertThrows(IllegalStateException.class, () -> table.removeArea(vma)).getMessage());
            table.addArea(area(table, 8, 20));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldKnowWhetherTheProcessWasSentSigbus(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            final PageTable table = table(device);
            assertFalse(table.isKilled());

            table.kill();

            assertTrue(table.isKilled());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldLetOneOfTwoRacingAreasIn(final WordsKind kind) throws Exception {
        try (TestDevice device = TestDevice.open(kind, PAGES)) {
            for (int round = 0; round < 200; round++) {
                final PageTable table = table(device);
                final AtomicInteger refused = new AtomicInteger();
                final Race.Body mapper = () -> {
                    try {
                        table.addArea(area(table, 0, PAGES));
                    } catch (final IllegalStateException e) {
                        refused.incrementAndGet();
                    }
                };
                Race.run(mapper, mapper);

                assertEquals(1, refused.get());
            }
        }
    }
}
