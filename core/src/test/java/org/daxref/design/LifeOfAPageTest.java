/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.function.UnaryOperator;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.mm.PageTable;
import org.daxref.pagemap.PagemapType;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The reference count and the mapcount of a page from its birth to its rest, era by era, as booted kernels were seen to
 * have them; scenarios S1 to S8.
 */
class LifeOfAPageTest {
    private static final int PAGES = 1024;
    private static final long PAGE = 7;

    /** The era's counts of a page with so many mappings, and references on top. */
    private static void assertCounts(final TestMachine machine, final Setup setup, final long page, final int mappings,
                                     final int references) {
        final int[] counts = switch (setup.design()) {
            case "pre-518", "dev-pagemap" -> new int[] {1, 0};
            case "pgmap-folio" -> new int[] {machine.isCached(page) ? 1 : 0, 0};
            case "fs-held", "fs-held-drain" -> new int[] {mappings, mappings};
            default -> throw new AssertionError("no word here on what this era was seen to do");
        };
        assertEquals(counts[0] + references, machine.count(page), "refcount");
        assertEquals(counts[1], machine.memmap().mapcount(machine.page(page)), "mapcount");
        assertEquals(1 + machine.pagesThatHoldThePagemap(),
            machine.machine().pagemaps().references(machine.pgmap()), "I5");
    }

    /** Whether the pages of a PMD entry are one folio. */
    private static boolean joinsAFolio(final Setup setup) {
        return switch (setup.design()) {
            case "pre-518", "dev-pagemap", "pgmap-folio" -> false;
            case "fs-held", "fs-held-drain" -> true;
            default -> throw new AssertionError("no word here on what this era was seen to do");
        };
    }

    private static void zap(final TestMachine machine, final PageTable table) {
        machine.zapAll(table);
    }

    /** S1. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldIdleAtTheCountOfTheEra(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            for (long page = 0; page < PAGES; page++) {
                assertCounts(machine, setup, page, 0, 0);
                assertEquals(0, machine.memmap().mapping(machine.page(page)));
            }
            machine.checkBooks();
        }
    }

    /** S1: device-dax pages start at 1 in every era. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldStartGenericPagesAt1(final Setup setup) {
        try (TestMachine machine = setup.openBare(PAGES, UnaryOperator.identity())) {
            machine.machine().createPagemap(machine.cpu(), PagemapType.GENERIC, machine.range(0, 8));

            assertEquals(1, machine.count(0));
        }
    }

    /** S2, and the rows of the 4 KiB page. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldCountFaultsReferencesPinsAndUnmapsOfASmallPage(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            assertTrue(machine.fault(machine.table(0), PAGE, PAGE, false));
            assertCounts(machine, setup, PAGE, 1, 0);
            assertNotEquals(0, machine.memmap().mapping(machine.page(PAGE)));
            assertTrue(machine.fault(machine.table(0), PAGE, PAGE, true));
            assertCounts(machine, setup, PAGE, 1, 0);
            assertTrue(machine.fault(machine.table(1), PAGE, PAGE, true));
            assertCounts(machine, setup, PAGE, 2, 0);
            assertTrue(machine.fault(machine.table(2), 100, PAGE, true));
            assertCounts(machine, setup, PAGE, 3, 0);
            zap(machine, machine.table(1));
            zap(machine, machine.table(2));
            assertCounts(machine, setup, PAGE, 1, 0);

            final long[] got = new long[1];
            final long[] pinned = new long[1];
            assertEquals(1, machine.gup().getFast(machine.cpu(), machine.table(0), PAGE, 1, true, got));
            assertCounts(machine, setup, PAGE, 1, 1);
            assertEquals(1, machine.gup().getFast(machine.cpu(), machine.table(0), PAGE, 1, true, got));
            assertCounts(machine, setup, PAGE, 1, 2);
            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), PAGE, 1, true, pinned));
            assertCounts(machine, setup, PAGE, 1, 2 + 1024);

            zap(machine, machine.table(0));
            assertCounts(machine, setup, PAGE, 0, 2 + 1024);
            machine.gup().unpin(machine.cpu(), pinned, 1);
            machine.gup().put(machine.cpu(), got, 1);
            machine.gup().put(machine.cpu(), got, 1);
            assertCounts(machine, setup, PAGE, 0, 0);
            assertNotEquals(0, machine.memmap().mapping(machine.page(PAGE)), "S6: the file still owns the block");
            machine.checkBooks();
        }
    }

    /** The rows of the 2 MiB entry: one folio in the new era, 512 pages in the old one. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldCountFaultsReferencesPinsAndUnmapsOfALeaf(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final boolean folio = joinsAFolio(setup);
            machine.faultPmd(machine.table(0), 512);
            assertLeaf(machine, setup, folio, 1, 0, 0);
            machine.faultPmd(machine.table(1), 512);
            assertLeaf(machine, setup, folio, 2, 0, 0);
            zap(machine, machine.table(1));
            assertLeaf(machine, setup, folio, 1, 0, 0);

            final long[] out = new long[512];
            assertEquals(512, machine.gup().pinFast(machine.cpu(), machine.table(0), 512, 512, true, out));
            assertLeaf(machine, setup, folio, 1, folio ? 512 : 1024, folio ? 512 : 0);
            zap(machine, machine.table(0));
            assertLeaf(machine, setup, folio, 0, folio ? 512 : 1024, folio ? 512 : 0);
            assertTrue(machine.counter().maybeDmaPinned(machine.page(512)));
            machine.gup().unpin(machine.cpu(), out, 512);
            assertLeaf(machine, setup, folio, 0, 0, 0);
            assertFalse(machine.counter().maybeDmaPinned(machine.page(512)));

            machine.faultPmd(machine.table(0), 512);
            assertLeaf(machine, setup, folio, 1, 0, 0);
            zap(machine, machine.table(0));
            machine.checkBooks();
        }
    }

    private static void assertLeaf(final TestMachine machine, final Setup setup, final boolean folio,
                                   final int mappings, final int references, final int pins) {
        assertCounts(machine, setup, 512, mappings, references);
        assertEquals(folio ? 9 : 0, machine.memmap().order(machine.page(512)));
        assertEquals(folio, machine.memmap().isLarge(machine.page(512)));
        assertEquals(pins, machine.counter().pincount(machine.page(512)));
        for (long page = 513; page < 1024; page++) {
            if (folio) {
                assertEquals(machine.page(512), machine.memmap().head(machine.page(page)));
                assertEquals(0, machine.count(page), "a tail is not counted");
            } else {
                assertCounts(machine, setup, page, mappings, references);
            }
        }
        assertNotEquals(0, machine.memmap().mapping(machine.page(512)));
    }

    /** S25: one sub-page is pinned; in the new era that makes the whole folio busy. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldCountAPinOfOneSubPageWhereTheEraCountsIt(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultPmd(machine.table(0), 512);
            final long[] out = new long[1];

            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), 600, 1, true, out));

            final long head = machine.memmap().head(machine.page(600));
            final boolean folio = head == machine.page(512);
            assertEquals(joinsAFolio(setup), folio);
            assertEquals(machine.resting(1) + (folio ? 1 : 1024), machine.counter().count(head));
            assertEquals(folio, machine.counter().maybeDmaPinned(machine.page(512)));
            machine.gup().unpin(machine.cpu(), out, 1);
            machine.checkBooks();
        }
    }

    /** S8, and the row of folio_try_get: an idle page of the new era cannot be counted by a stale walker. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldFaultAnIdlePageInAgain(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), PAGE, 1);
            zap(machine, machine.table(0));
            assertEquals(machine.resting(0) > 0, machine.counter().tryGet(machine.page(PAGE), 1));
            if (machine.resting(0) > 0) {
                machine.machine().design().put(machine.cpu(), machine.page(PAGE), 1);
            }

            machine.faultAll(machine.table(0), PAGE, 1);

            assertCounts(machine, setup, PAGE, 1, 0);
            zap(machine, machine.table(0));
            machine.checkBooks();
        }
    }

    /** S7: something else is mapped there. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldLeaveNoReferenceOfAFaultThatFails(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), PAGE, 1);

            assertFalse(machine.fault(machine.table(0), PAGE, PAGE + 1, true));

            assertCounts(machine, setup, PAGE, 1, 0);
            assertCounts(machine, setup, PAGE + 1, 0, 0);
            machine.checkBooks();
        }
    }

    /**
     * Device-dax pages have no idle value to be woken at; the last put makes them 1 again. Up to 5.17 it frees the page
     * instead, which lets its dev_pagemap go ({@code __put_page}).
     */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldReviveAGenericPageAtItsLastPutOrLetItsDevPagemapGo(final Setup setup) {
        try (TestMachine machine = setup.openBare(PAGES, UnaryOperator.identity())) {
            final long pgmap = machine.machine().createPagemap(machine.cpu(), PagemapType.GENERIC,
                machine.range(0, 8));
            final RefcountDesign design = machine.machine().design();
            final int revived = "pre-518".equals(setup.design()) ? 0 : 1;

            assertTrue(machine.counter().tryPin(machine.page(0), 1));
            design.unpin(machine.cpu(), machine.page(0), 1);
            assertEquals(1, machine.count(0));
            assertEquals(9, machine.machine().pagemaps().references(pgmap));

            design.put(machine.cpu(), machine.page(0), 1);

            assertEquals(revived, machine.count(0));
            assertEquals(8 + revived, machine.machine().pagemaps().references(pgmap));
        }
    }

    /** Whether the removal of a device waits for the pins of its pages. */
    private static boolean waitsForPins(final Setup setup) {
        return switch (setup.design()) {
            case "pre-518", "pgmap-folio", "fs-held-drain" -> true;
            case "dev-pagemap", "fs-held" -> false;
            default -> throw new AssertionError("no word here on what its removal waits for");
        };
    }

    /**
     * S29: where a page in use holds its dev_pagemap, a held pin holds up the removal of the device; elsewhere who
     * holds it holds a freed descriptor, and S32: hits the device that comes next.
     */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRemoveTheDeviceUnderAPinAsTheEraDoes(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), PAGE, 1);
            final long[] out = new long[1];
            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), PAGE, 1, true, out));
            assertFalse(machine.file().tryBreakLayout(machine.cpu(), PAGE, 1), "nothing but the pin is left");
            assertEquals(machine.idle() + 1024, machine.count(PAGE));
            final Thread remover = remover(machine);
            try {
                if (waitsForPins(setup)) {
                    Race.awaitParked(remover);
                    assertFalse(remover.join(Duration.ofMillis(20)));
                    assertFalse(machine.memmap().isPoisoned(machine.page(PAGE)));
                }
            } finally {
                if (waitsForPins(setup)) {
                    machine.gup().unpin(machine.cpu(), out, 1);
                }
                Race.awaitEnd(remover);
            }
            assertTrue(machine.memmap().isPoisoned(machine.page(PAGE)));
            machine.machine().createPagemap(machine.cpu(), PagemapType.FS_DAX, machine.machine().wholeDevice());
            if (!waitsForPins(setup)) {
                machine.gup().unpin(machine.cpu(), out, 1);
            }
            assertEquals(machine.idle() - (waitsForPins(setup) ? 0 : 1024), machine.count(PAGE));
        }
    }

    private static Thread remover(final TestMachine machine) {
        return Thread.ofPlatform().daemon().start(() -> {
            final CpuSlot own = machine.machine().attach();
            machine.machine().removePagemap(own, machine.pgmap());
            machine.machine().detach(own);
        });
    }
}
