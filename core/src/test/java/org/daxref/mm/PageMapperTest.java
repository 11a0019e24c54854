/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.daxref.page.PageDescriptor.MAPCOUNT_OFFSET;
import static org.daxref.page.PageTableEntry.ENTRIES;
import static org.daxref.page.PageTableEntry.LEAF;
import static org.daxref.page.PageTableEntry.NONE;
import static org.daxref.page.PageTableEntry.PRESENT;
import static org.daxref.page.PageTableEntry.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.ActingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.page.PageTableEntry;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** kernel.md A.12, B.3, B.4; scenarios S6 to S8, S24. */
class PageMapperTest {
    private static final int PAGES = 2048;

    private static int zap(final TestMachine machine, final long start, final long count) {
        return machine.machine().mapper().zap(machine.cpu(), machine.table(0), start, count);
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldWriteTheEntryOfTheEra(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final PageMapper mapper = machine.machine().mapper();
            final PageTable table = machine.table(0);
            final long era = machine.machine().design().entryBits();
            assertEquals(NONE, table.entry(3));

            assertTrue(mapper.insertPage(table, 3, machine.startPfn() + 9, false));
            assertTrue(mapper.insertPage(table, 4, machine.startPfn() + 10, true));
            assertTrue(mapper.insertPmd(table, 512, machine.startPfn() + 1024, true));

            assertEquals(PageTableEntry.of(machine.startPfn() + 9, PRESENT | era), table.entry(3));
            assertEquals(PageTableEntry.of(machine.startPfn() + 10, PRESENT | WRITE | era), table.entry(4));
            assertEquals(PageTableEntry.of(machine.startPfn() + 1024, PRESENT | WRITE | LEAF | era),
                table.entry(1000));
            assertEquals(NONE, table.entry(5));
            final boolean devmap = (era & PageTableEntry.DEVMAP) != 0;
            assertEquals("dev-pagemap".equals(setup.design()), devmap);
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldOnlyEverAddAPermission(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final PageMapper mapper = machine.machine().mapper();
            final PageTable table = machine.table(0);
            final long pfn = machine.startPfn();
            assertTrue(mapper.insertPage(table, 0, pfn, false));
            assertTrue(mapper.insertPmd(table, 512, pfn + 512, false));
            final int count = machine.count(0);

            assertTrue(mapper.insertPage(table, 0, pfn, true));
            assertTrue(mapper.insertPmd(table, 512, pfn + 512, true));
            assertEquals(WRITE, table.entry(0) & WRITE);
            assertEquals(WRITE, table.entry(512) & WRITE);

            assertTrue(mapper.insertPage(table, 0, pfn, false));
            assertTrue(mapper.insertPmd(table, 512, pfn + 512, false));
            assertEquals(WRITE, table.entry(0) & WRITE, "a read fault does not take it away");
            assertEquals(WRITE, table.entry(512) & WRITE);
            assertEquals(count, machine.count(0), "the mapping is counted once");
            assertEquals(2, zap(machine, 0, PAGES));
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldNotReplaceWhatIsThere(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final PageMapper mapper = machine.machine().mapper();
            final PageTable table = machine.table(0);
            final long pfn = machine.startPfn();
            assertTrue(mapper.insertPage(table, 0, pfn, true));
            assertTrue(mapper.insertPmd(table, 512, pfn + 512, true));

            assertFalse(mapper.insertPage(table, 0, pfn + 1, true), "another page");
            assertFalse(mapper.insertPmd(table, 0, pfn, true), "a table");
            assertFalse(mapper.insertPage(table, 515, pfn + 515, true), "a leaf");
            assertFalse(mapper.insertPmd(table, 512, pfn + 1024, true), "another leaf");

            assertEquals(pfn, PageTableEntry.pfn(table.entry(0)));
            assertEquals(pfn + 512, PageTableEntry.pfn(table.entry(512)));
            assertEquals(machine.idle(), machine.count(1));
            assertEquals(machine.idle(), machine.count(1024));
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseBadArguments(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final PageMapper mapper = machine.machine().mapper();
            final PageTable table = machine.table(0);
            final long pfn = machine.startPfn();

            assertEquals("pages outside the address space: start=2048, count=1, pages=2048",
                assertThrows(IllegalArgumentException.class, () -> mapper.insertPage(table, 2048, pfn, true))
                    .getMessage());
            assertEquals("pages outside the address space: start=1537, count=512, pages=2048",
                assertThrows(IllegalArgumentException.class, () -> mapper.insertPmd(table, 1537, pfn, true))
                    .getMessage());
            assertEquals("a PMD maps aligned pages: page=8, pfn=" + pfn,
                assertThrows(IllegalArgumentException.class, () -> mapper.insertPmd(table, 8, pfn, true))
                    .getMessage());
            assertEquals("a PMD maps aligned pages: page=512, pfn=" + (pfn + 1),
                assertThrows(IllegalArgumentException.class, () -> mapper.insertPmd(table, 512, pfn + 1, true))
                    .getMessage());
            assertEquals("pages outside the address space: start=-1, count=1, pages=2048",
                assertThrows(IllegalArgumentException.class, () -> zap(machine, -1, 1)).getMessage());
            assertEquals("pages outside the address space: start=2000, count=49, pages=2048",
                assertThrows(IllegalArgumentException.class, () -> zap(machine, 2000, 49)).getMessage());
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldZapARangeAndNothingElse(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 700);
            machine.faultPmd(machine.table(0), 1024);
            assertEquals(0, zap(machine, 800, 100), "nothing is mapped there");

            assertEquals(500, zap(machine, 100, 500));

            for (long page = 0; page < 700; page++) {
                final boolean mapped = page < 100 || page >= 600;
                assertEquals(mapped, machine.table(0).entry(page) != NONE, "page=" + page);
                assertEquals(machine.resting(mapped ? 1 : 0), machine.count(page), "page=" + page);
            }
            assertEquals(0, zap(machine, 100, 500), "nothing is left there");
            assertEquals(201, zap(machine, 0, PAGES), "200 pages and a leaf");
            machine.checkBooks();
            for (long page = 0; page < PAGES; page++) {
                assertEquals(machine.idle() * (machine.memmap().head(machine.page(page)) == machine.page(page) ? 1 : 0),
                    machine.count(page), "page=" + page);
                assertEquals(0, machine.memmap().mapcount(machine.page(page)));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldZapALeafAsAWhole(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultPmd(machine.table(0), 512);

            assertEquals("a PMD leaf is zapped as a whole: start=512, count=511",
                assertThrows(IllegalArgumentException.class, () -> zap(machine, 512, 511)).getMessage());
            assertEquals("a PMD leaf is zapped as a whole: start=513, count=511",
                assertThrows(IllegalArgumentException.class, () -> zap(machine, 513, 511)).getMessage());
            assertEquals(machine.resting(1), machine.count(512));

            assertEquals(1, zap(machine, 0, PAGES));
            assertEquals(NONE, machine.table(0).entry(512));
            machine.checkBooks();
            machine.faultPmd(machine.table(0), 512);
            assertEquals(1, zap(machine, 512, ENTRIES), "the lock was dropped and the leaf may come again");
        }
    }

    /** S24, B.4: between the end of the mapping and the flush the folio looks busy to a scanner. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldDropTheReferencesOfMappingsOnlyAfterTheFlush(final Setup setup) throws InterruptedException {
        Assumptions.assumeTrue("fs-held".equals(setup.design()), "its mappings hold no reference");
        try (TestMachine machine = setup.open(PAGES, ActingWords::new)) {
            machine.faultAll(machine.table(0), 0, 3);
            final ActingWords words = (ActingWords) machine.words();
            final List<String> seen = new ArrayList<>();
            words.afterEach((op, offset) -> {
                if (op == Op.RMW && offset == machine.page(1) + MAPCOUNT_OFFSET) {
                    seen.add("entry=" + machine.table(0).entry(1) + " map=" + machine.memmap()
                        .mapcount(machine.page(1)) + " ref=" + machine.count(1) + " next=" + machine.count(0));
                }
            });

            assertEquals(3, zap(machine, 0, 3));

            assertEquals(List.of("entry=0 map=0 ref=1 next=1"), seen);
            assertEquals(0, machine.count(1));
        }
    }

    /** Pages of one folio that were mapped singly are dropped in one go. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldZapSinglyMappedPagesOfAFolio(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultPmd(machine.table(1), 512);
            machine.faultAll(machine.table(0), 512, 100);
            final long head = machine.memmap().head(machine.page(550));
            final int mappings = head == machine.page(512) ? 101 : 1;
            assertEquals(machine.resting(mappings), machine.counter().count(head));

            assertEquals(100, zap(machine, 512, 512));

            assertEquals(machine.resting(head == machine.page(512) ? 1 : 0), machine.counter().count(head));
            machine.checkBooks();
            machine.zapAll(machine.table(1));
            machine.checkBooks();
        }
    }
}
