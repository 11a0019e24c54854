/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.daxref.page.PageTableEntry.ENTRIES;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PageTableEntry;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** kernel.md A.6, A.7, B.7, scenarios S4, S5, S37. */
class GupTest {
    private static final int PAGES = 2048;
    private static final long UNTOUCHED = -77;

    static Stream<Arguments> sizes() {
        return Setup.all().flatMap(setup -> Stream.of(1, 2, 511, 512, 513, 1024, 1025)
            .map(pages -> Arguments.of(setup, pages)));
    }

    private static long[] out() {
        final long[] out = new long[PAGES];
        Arrays.fill(out, UNTOUCHED);
        return out;
    }

    private static void assertTook(final TestMachine machine, final long start, final int pages, final long[] out) {
        for (int i = 0; i < out.length; i++) {
            assertEquals(i < pages ? machine.startPfn() + start + i : UNTOUCHED, out[i], "i=" + i);
        }
    }

    private static int pin(final TestMachine machine, final long start, final int pages, final long[] out) {
        return machine.gup().pinFast(machine.cpu(), machine.table(0), start, pages, true, out);
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void shouldPinPagesThatAreMappedOneByOne(final Setup setup, final int pages) {
        try (TestMachine machine = setup.open(PAGES)) {
            final long start = 5;
            machine.faultAll(machine.table(0), 0, 1100);
            final long[] out = out();

            assertEquals(pages, pin(machine, start, pages, out));

            assertTook(machine, start, pages, out);
            for (long page = 0; page < 1100; page++) {
                final boolean pinned = page >= start && page < start + pages;
                assertEquals(machine.resting(1) + (pinned ? 1024 : 0), machine.count(page), "page=" + page);
                assertEquals(pinned, machine.memmap().isReferenced(machine.page(page)));
                assertEquals(pinned, machine.counter().maybeDmaPinned(machine.page(page)));
            }
            machine.gup().unpin(machine.cpu(), out, pages);
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void shouldGetPagesThatAreMappedOneByOne(final Setup setup, final int pages) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 1030);
            final long[] out = out();

            assertEquals(pages, machine.gup().getFast(machine.cpu(), machine.table(0), 0, pages, true, out));

            assertTook(machine, 0, pages, out);
            for (long page = 0; page < 1030; page++) {
                assertEquals(machine.resting(1) + (page < pages ? 1 : 0), machine.count(page), "page=" + page);
            }
            machine.gup().put(machine.cpu(), out, pages);
            machine.checkBooks();
        }
    }

    /** Also from the middle of a leaf. */
    @ParameterizedTest
    @MethodSource("sizes")
    void shouldPinPagesThatAreMappedByLeaves(final Setup setup, final int pages) {
        try (TestMachine machine = setup.open(PAGES)) {
            for (long page = 0; page < PAGES; page += ENTRIES) {
                machine.faultPmd(machine.table(0), page);
            }
            for (final long start : new long[] {0, 1, 100, 511, 512, 513}) {
                final long[] out = out();

                assertEquals(pages, pin(machine, start, pages, out), "start=" + start);

                assertTook(machine, start, pages, out);
                assertEquals(1024L * pages, pinsOf(machine), "each page is pinned once");
                machine.gup().unpin(machine.cpu(), out, pages);
                machine.checkBooks();
            }
        }
    }

    /** What the pins add up to, small pages and large folios alike, in units of 1/1024 pin. */
    private static long pinsOf(final TestMachine machine) {
        long sum = 0;
        for (long page = 0; page < PAGES; page++) {
            final long descriptor = machine.page(page);
            if (machine.memmap().isLarge(descriptor)) {
                sum += 1024L * machine.counter().pincount(descriptor);
                assertEquals(machine.resting(1) + machine.counter().pincount(descriptor),
                    machine.counter().count(descriptor));
            } else if (machine.memmap().head(descriptor) == descriptor) {
                sum += machine.count(page) - machine.resting(1);
            } else {
                assertEquals(0, machine.count(page), "a tail is not counted");
            }
        }
        return sum;
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldWalkOverLeavesAndTablesInOneGo(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultPmd(machine.table(0), 0);
            machine.faultAll(machine.table(0), 512, 512);
            machine.faultPmd(machine.table(0), 1024);
            machine.faultAll(machine.table(0), 1536, 512);
            final long[] out = out();

            assertEquals(1900, pin(machine, 100, 1900, out));

            assertTook(machine, 100, 1900, out);
            assertEquals(1024L * 1900, pinsOf(machine));
            machine.gup().unpin(machine.cpu(), out, 1900);
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldStopAtAHole(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 300);
            machine.faultAll(machine.table(0), 301, 211);
            machine.faultAll(machine.table(0), 1024, 10);
            machine.faultPmd(machine.table(0), 1536);
            final long[] out = out();

            assertEquals(300, pin(machine, 0, 512, out));
            assertTook(machine, 0, 300, out);
            machine.gup().unpin(machine.cpu(), out, 300);
            assertEquals(0, pin(machine, 300, 1, out()), "a hole");
            assertEquals(211, pin(machine, 301, 600, out), "a PMD that is none");
            machine.gup().unpin(machine.cpu(), out, 211);
            assertEquals(0, pin(machine, 600, 100, out()));
            assertEquals(10, pin(machine, 1024, 1024, out), "a table with nothing more, before a leaf");
            machine.gup().unpin(machine.cpu(), out, 10);
            assertEquals(0, pin(machine, 1100, 900, out()));
            assertEquals(12, pin(machine, 2036, 12, out), "up to the end of the address space");
            machine.gup().unpin(machine.cpu(), out, 12);
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldStopAtAReadOnlyEntryWhenItIsToWrite(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final PageTable table = machine.table(0);
            machine.faultAll(table, 0, 5);
            assertTrue(machine.fault(table, 5, 5, false));
            machine.faultAll(table, 6, 5);
            assertTrue(machine.faultPmd(table, 512, 512, false));
            final long[] out = out();

            assertEquals(5, pin(machine, 0, 11, out));
            machine.gup().unpin(machine.cpu(), out, 5);
            assertEquals(0, pin(machine, 5, 1, out));
            assertEquals(0, pin(machine, 512, 512, out));
            assertEquals(0, machine.gup().getFast(machine.cpu(), table, 5, 1, true, out));
            assertEquals(11, machine.gup().pinFast(machine.cpu(), table, 0, 11, false, out));
            machine.gup().unpin(machine.cpu(), out, 11);
            assertEquals(512, machine.gup().pinFast(machine.cpu(), table, 512, 512, false, out));
            machine.gup().unpin(machine.cpu(), out, 512);
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldStopAtASpecialEntry(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final PageTable table = machine.table(0);
            machine.faultAll(table, 0, 10);
            machine.faultPmd(table, 512);
            makeSpecial(machine, table.pteOffset(7));
            makeSpecial(machine, table.pmdOffset(512));
            final long[] out = out();

            assertEquals(7, pin(machine, 0, 10, out));
            machine.gup().unpin(machine.cpu(), out, 7);
            assertEquals(0, pin(machine, 512, 512, out()));
            assertEquals(0, machine.gup().getFast(machine.cpu(), table, 7, 1, false, out()));
            machine.checkBooks();
        }
    }

    private static void makeSpecial(final TestMachine machine, final long offset) {
        machine.words().putLongRelease(offset, machine.words().getLongVolatile(offset) | PageTableEntry.SPECIAL);
    }

    /** S37: a count that is refused ends the walk and leaves what was taken before. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldStopAtACountThatIsRefused(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 10);
            final long count = machine.page(4) + PageDescriptor.REFCOUNT_OFFSET;
            final int before = machine.words().getIntVolatile(count);
            machine.words().putIntRelease(count, machine.counter().encode(Integer.MIN_VALUE + 5));
            final long[] out = out();

            assertEquals(4, pin(machine, 0, 10, out));

            assertEquals(1, machine.counter().negativeCounts());
            machine.words().putIntRelease(count, before);
            machine.gup().unpin(machine.cpu(), out, 4);
            machine.checkBooks();
        }
    }

    /** The last page of a leaf is refused: all of the leaf is taken back, or it has one count. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldTakeAllOfALeafOrNothing(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultPmd(machine.table(0), 0);
            final long last = machine.memmap().head(machine.page(511));
            final long count = last + PageDescriptor.REFCOUNT_OFFSET;
            final int before = machine.words().getIntVolatile(count);
            machine.words().putIntRelease(count, machine.counter().encode(0));

            assertEquals(0, pin(machine, 0, 512, out()));
            assertEquals(0, machine.gup().getFast(machine.cpu(), machine.table(0), 10, 502, true, out()));

            machine.words().putIntRelease(count, before);
            machine.checkBooks();
            for (long page = 0; page < 512; page++) {
                assertFalse(machine.memmap().isReferenced(machine.page(page)), "the mark is taken back");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldPinTheSamePageAgainAndAgain(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 1);
            machine.faultAll(machine.table(1), 0, 1);
            final long[] first = new long[1];
            final long[] second = new long[1];

            assertEquals(1, pin(machine, 0, 1, first));
            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(1), 0, 1, true, second));

            assertArrayEquals(first, second);
            assertEquals(machine.resting(2) + 2048, machine.count(0));
            machine.gup().unpin(machine.cpu(), new long[] {first[0], second[0]}, 2);
            assertEquals(machine.resting(2), machine.count(0));
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefusePagesOutsideTheAddressSpace(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final long[] out = out();
            final long[][] bad = {{-1, 1}, {0, 0}, {0, -1}, {PAGES, 1}, {PAGES - 1, 2}, {Long.MAX_VALUE, 1},
                {Long.MIN_VALUE, 1}, {0, Integer.MAX_VALUE}};
            for (final long[] arguments : bad) {
                final String message = "pages outside the address space: start=" + arguments[0] + ", count="
                    + arguments[1] + ", pages=" + PAGES;
                for (final Executable walk : everyWalk(machine, arguments[0], (int) arguments[1], out)) {
                    assertEquals(message, assertThrows(IllegalArgumentException.class, walk).getMessage());
                }
            }
        }
    }

    private static List<Executable> everyWalk(final TestMachine machine, final long start, final int pages,
                                              final long[] out) {
        final Gup gup = machine.gup();
        final PageTable table = machine.table(0);
        return List.of(() -> gup.pinFast(machine.cpu(), table, start, pages, true, out),
            () -> gup.getFast(machine.cpu(), table, start, pages, true, out),
            () -> gup.pinSlow(machine.cpu(), table, start, pages, true, out),
            () -> gup.getSlow(machine.cpu(), table, start, pages, true, out),
            () -> gup.pin(machine.cpu(), table, start, pages, true, out),
            () -> gup.pinLongterm(machine.cpu(), table, start, pages, true, out));
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseAnArrayThatIsTooShort(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 2);

            for (final Executable walk : everyWalk(machine, 0, 2, new long[1])) {
                assertEquals("too short for the pages: length=1, pages=2",
                    assertThrows(IllegalArgumentException.class, walk).getMessage());
            }

            machine.checkBooks();
        }
    }

    /** A page of no device among them: none is dropped. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseToDropWhatIsNoPageOfTheDevice(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 1);
            final long[] out = out();
            assertEquals(1, pin(machine, 0, 1, out));
            for (final long bad : new long[] {machine.startPfn() - 1, machine.startPfn() + PAGES, -1, 0,
                Long.MIN_VALUE, Long.MAX_VALUE}) {
                final long[] pfns = {out[0], bad};
                final String message = "not a page of this device: pfn=" + bad;
                assertEquals(message, assertThrows(IllegalArgumentException.class,
                    () -> machine.gup().unpin(machine.cpu(), pfns, 2)).getMessage());
                assertEquals(message, assertThrows(IllegalArgumentException.class,
                    () -> machine.gup().put(machine.cpu(), pfns, 2)).getMessage());
            }
            for (final int count : new int[] {-1, 2, Integer.MAX_VALUE}) {
                assertEquals("not so many page frame numbers: count=" + count + ", length=1",
                    assertThrows(IllegalArgumentException.class,
                        () -> machine.gup().unpin(machine.cpu(), new long[] {out[0]}, count)).getMessage());
            }

            assertEquals(machine.resting(1) + 1024, machine.count(0));
            machine.gup().unpin(machine.cpu(), out, 1);
            machine.checkBooks();
        }
    }
}
