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
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.daxref.Race;
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

    private static long zap(final TestMachine machine, final long start, final long count) {
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
            assertEquals(switch (setup.design()) {
                case "pre-518", "dev-pagemap" -> true;
                case "pgmap-folio", "fs-held", "fs-held-drain" -> false;
                default -> throw new AssertionError("no word here on which entries it writes");
            }, devmap);
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
    void shouldZapARangeAndNothingElse(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 700);
            machine.faultPmd(machine.table(0), 1024);
            assertEquals(0, zap(machine, 800, 100), "nothing is mapped there");

            assertEquals(500, zap(machine, 100, 500));

            for (long page = 0; page < 700; page++) {
                final boolean mapped = page < 100 || page >= 600;
                assertEquals(mapped, machine.table(0).entry(page) != NONE, "page=" + page);
                assertEquals(machine.resting(mapped ? 1 : 0), machine.count(page), "page=" + page);
                assertEquals(mapped && machine.countsMappings() ? 1 : 0, machine.memmap().mapcount(machine.page(page)));
            }
            assertEquals(0, zap(machine, 100, 500), "nothing is left there");
            assertEquals(201, zap(machine, 0, PAGES), "200 pages and a leaf");
            machine.checkBooks();
            for (long page = 0; page < PAGES; page++) {
                final boolean tail = machine.memmap().head(machine.page(page)) != machine.page(page);
                final int alone = machine.isCached(page) ? machine.resting(0) : machine.idle();
                assertEquals(tail ? 0 : alone, machine.count(page), "page=" + page);
                assertEquals(0, machine.memmap().mapcount(machine.page(page)));
            }
        }
    }

    /** A DAX leaf that is split is cleared: {@code __split_huge_pmd_locked} of a file without a page table to fill. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldZapALeafAsAWholeWhateverPartOfItIsMeant(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultPmd(machine.table(0), 1024);
            for (final long[] part : new long[][] {{512, 511}, {513, 511}, {700, 1}, {1023, 1}, {500, 13},
                {512, ENTRIES}, {0, 1024}}) {
                machine.faultPmd(machine.table(0), 512);
                assertEquals(machine.resting(1), machine.count(512));

                assertEquals(1, zap(machine, part[0], part[1]), "start=" + part[0] + ", count=" + part[1]);

                assertEquals(NONE, machine.table(0).entry(512));
                assertEquals(NONE, machine.table(0).entry(1023));
                assertEquals(machine.resting(0), machine.count(512));
                machine.checkBooks();
            }
            assertNotEquals(NONE, machine.table(0).entry(1024), "the leaf beside it");
        }
    }

    /** Permission goes and nothing else does; a fault to write gives it back. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldTakeThePermissionToWriteBack(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final PageTable table = machine.table(0);
            final PageMapper mapper = machine.machine().mapper();
            machine.faultAll(table, 3, 2);
            machine.faultPmd(table, 512);
            final long page = table.entry(3);
            final long leaf = table.entry(512);

            mapper.writeProtect(table, 3);
            mapper.writeProtect(table, 700);
            mapper.writeProtect(table, 5);
            mapper.writeProtect(table, 1024);

            assertEquals(page & ~WRITE, table.entry(3));
            assertEquals(WRITE, table.entry(4) & WRITE, "the page beside it");
            assertEquals(leaf & ~WRITE, table.entry(512));
            assertEquals(NONE, table.entry(5), "nothing comes where nothing was");
            assertEquals(NONE, table.entry(1024));
            assertEquals(0, machine.gup().pinFast(machine.cpu(), table, 3, 1, true, new long[1]));
            machine.checkBooks();
            assertTrue(machine.fault(table, 3, 3, true));
            assertEquals(page, table.entry(3));
            assertTrue(machine.faultPmd(table, 512, 512, true));
            assertEquals(leaf, table.entry(512));
            assertEquals("pages outside the address space: start=2048, count=1, pages=2048",
                assertThrows(IllegalArgumentException.class, () -> mapper.writeProtect(table, PAGES)).getMessage());
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldDropThePagesAroundAZeroPage(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 1);
            machine.faultAll(machine.table(0), 2, 1);
            assertTrue(machine.machine().mapper().insertZeroPage(machine.table(0), 1));

            assertEquals(2, zap(machine, 0, 3));

            machine.checkBooks();
        }
    }

    /** Whoever fills or clears an entry waits until its table is free. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldRespectTheLockOfATable(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES)) {
            final PageMapper mapper = machine.machine().mapper();
            final PageTable table = machine.table(0);
            final long pfn = machine.startPfn();
            final List<Runnable> users = List.of(() -> mapper.insertPage(table, 0, pfn, true),
                () -> mapper.insertZeroPage(table, 1), () -> mapper.writeProtect(table, 0),
                () -> mapper.insertPmd(table, 0, pfn, true), () -> zap(machine, 0, ENTRIES));
            for (final Runnable user : users) {
                table.lock(0);
                final Thread thread = Thread.ofPlatform().daemon().start(user);
                try {
                    assertFalse(thread.join(Duration.ofMillis(20)), "two have the lock");
                } finally {
                    table.unlock(0);
                    Race.awaitEnd(thread);
                }
            }
        }
    }

    /** The zero page is nobody's: no count, no walk without locks, nothing to drop at the zap. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldMapTheZeroPageUncounted(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final PageTable table = machine.table(0);
            final PageMapper mapper = machine.machine().mapper();

            assertTrue(mapper.insertZeroPage(table, 3));
            assertTrue(mapper.insertZeroPage(table, 3), "a second reader");

            assertEquals(PageTableEntry.ZERO_PAGE, table.entry(3));
            assertEquals(0, machine.gup().getFast(machine.cpu(), table, 3, 1, false, new long[1]));
            assertFalse(mapper.insertPage(table, 3, machine.startPfn() + 3, true), "it goes by a zap only");
            machine.checkBooks();
            machine.faultAll(table, 4, 1);
            machine.faultPmd(table, 512);
            assertFalse(mapper.insertZeroPage(table, 4), "a page");
            assertFalse(mapper.insertZeroPage(table, 600), "a leaf");

            assertEquals(0, zap(machine, 3, 1), "no counted page was cleared");
            assertEquals(NONE, table.entry(3));
            assertEquals(machine.startPfn() + 4, PageTableEntry.pfn(table.entry(4)));
            assertEquals("pages outside the address space: start=2048, count=1, pages=2048",
                assertThrows(IllegalArgumentException.class, () -> mapper.insertZeroPage(table, PAGES)).getMessage());
            machine.checkBooks();
        }
    }

    /** S24, B.4: between the end of the mapping and the flush the folio looks busy to a scanner. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldDropTheReferencesOfMappingsOnlyAfterTheFlush(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES, ActingWords::new)) {
            Assumptions.assumeTrue(machine.countsMappings(), "its mappings hold no reference");
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
    void shouldZapSinglyMappedPagesOfAFolio(final Setup setup) {
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

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseToMapWhatIsNoPageOfTheDevice(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final PageMapper mapper = machine.machine().mapper();
            for (final long bad : new long[] {machine.startPfn() - ENTRIES, machine.startPfn() + PAGES, -ENTRIES, 0,
                Long.MIN_VALUE}) {
                assertEquals("not pages of this device: pfn=" + bad + ", count=1",
                    assertThrows(IllegalArgumentException.class,
                        () -> mapper.insertPage(machine.table(0), 0, bad, true)).getMessage());
                assertEquals("not pages of this device: pfn=" + bad + ", count=512",
                    assertThrows(IllegalArgumentException.class,
                        () -> mapper.insertPmd(machine.table(0), 0, bad, true)).getMessage());
            }
            assertEquals(NONE, machine.table(0).entry(0));
            machine.checkBooks();
        }
    }
}
