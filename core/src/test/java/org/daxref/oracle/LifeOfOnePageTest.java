/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.daxref.dax.DaxFile;
import org.daxref.mm.Vma;
import org.daxref.page.PageTableEntry;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Section 1: the counts through the life of one page, in both eras, as a page of its own and under a 2 MiB entry.
 *
 * <p>A cell reads {@code _refcount/mapcount mapping}, for a folio of order 9 followed by its order. To check one row
 * the life is lived from its start up to that row.
 */
@Timeout(60)
class LifeOfOnePageTest {
    private static final List<Row> LIFE = List.of(
        // state, old (either size), new 4 KiB page, new 2 MiB entry
        new Row(OracleRow.NEVER_TOUCHED, "1/0 null", "0/0 null", "0/0 null 0", Life::leaveAlone),
        new Row(OracleRow.WRITTEN_ONLY, "1/0 null", "0/0 null", "0/0 null 0", Life::write),
        new Row(OracleRow.MMAP_WITHOUT_FAULT, "1/0 null", "0/0 null", "0/0 null 0", Life::mmap),
        new Row(OracleRow.READ_FAULT, "1/0 set", "1/1 set", "1/1 set 9", Life::faultToRead),
        new Row(OracleRow.WRITE_FAULT, "1/0 set", "1/1 set", "1/1 set 9", Life::faultToWrite),
        new Row(OracleRow.SECOND_MAPPING, "1/0 set", "2/2 set", "2/2 set 9", Life::mapAgain),
        new Row(OracleRow.FORK_ALONE, "1/0 set", "2/2 set", "2/2 set 9", Life::fork),
        new Row(OracleRow.CHILD_TOUCHES, "1/0 set", "3/3 set", "3/3 set 9", Life::touchInTheChild),
        new Row(OracleRow.VMSPLICE, "2/0 set", "2/1 set", "2/1 set 9", Life::leaveOneMappingAndVmsplice),
        new Row(OracleRow.GET, "3/0 set", "3/1 set", "3/1 set 9", Life::get),
        new Row(OracleRow.PIN, "1027/0 set", "1027/1 set", "4/1 set 9", Life::pin),
        new Row(OracleRow.PIN_OF_ALL_PAGES, "2051/0 set", "2051/1 set", "516/1 set 9", Life::pinAll),
        new Row(OracleRow.MUNMAP_UNDER_PINS, "1027/0 set", "1026/0 set", "3/0 set 9", Life::munmapUnderThreePins),
        new Row(OracleRow.RELEASED, "1/0 set", "0/0 set", "0/0 set 9", Life::releaseAll),
        new Row(OracleRow.TRY_GET_OF_IDLE, "2/0 set", "0/0 set", "0/0 set 9", Life::tryGet),
        new Row(OracleRow.TRUNCATE_WHILE_MAPPED, "1/0 null", "0/0 null", "0/0 null 0", Life::truncateWhileMapped));

    /** One line of the table. */
    private record Row(OracleRow row, String old, String small, String huge, Consumer<Life> step) {

        String cell(final Kernel kernel, final Size size) {
            return kernel.era().column(old, size == Size.SMALL ? small : huge);
        }

        @Override
        public String toString() {
            return row.toString();
        }
    }

    /** How the page is mapped. */
    private enum Size {
        SMALL(8, 3), HUGE(PageTableEntry.ENTRIES, 88);

        private final int pages;
        private final int page;

        /** A file of so many pages, of which one is looked at. */
        Size(final int pages, final int page) {
            this.pages = pages;
            this.page = page;
        }
    }

    /** The page, who maps it and who holds it. */
    private static final class Life {
        private final Host host;
        private final Size size;
        private final DaxFile file;
        private final long pfn;
        private final Vma[] vmas = new Vma[3];
        private final List<Host.Hold> held = new ArrayList<>();

        Life(final Host host, final Size size) {
            this.host = host;
            this.size = size;
            file = host.fileSystem().create(size.pages);
            pfn = file.pfn(size.page);
        }

        String state() {
            return state(pfn);
        }

        private String state(final long page) {
            return host.counts(page) + (host.hasMapping(page) ? " set" : " null")
                + (isFolio() ? " " + host.memmap().order(host.head(page)) : "");
        }

        private boolean isFolio() {
            return size == Size.HUGE && !host.kernel().isOld();
        }

        void leaveAlone() {
            // the blocks are allocated
        }

        void write() {
            file.write(host.cpu(), size.page, 1);
        }

        void mmap() {
            mmap(0);
        }

        private void mmap(final int space) {
            vmas[space] = file.mmap(host.table(space), 0, size.pages, 0);
        }

        private void munmap(final int space) {
            file.munmap(host.cpu(), vmas[space]);
        }

        private void touch(final int space, final boolean write) {
            assertTrue(size == Size.SMALL ? file.fault(host.cpu(), vmas[space], size.page, write)
                : file.faultPmd(host.cpu(), vmas[space], 0, write));
        }

        void faultToRead() {
            touch(0, false);
        }

        void faultToWrite() {
            touch(0, true);
        }

        void mapAgain() {
            mmap(1);
            touch(1, true);
        }

        void fork() {
            mmap(2);
        }

        void touchInTheChild() {
            touch(2, true);
        }

        void leaveOneMappingAndVmsplice() {
            munmap(1);
            munmap(2);
            get();
        }

        void get() {
            held.add(host.get(host.table(0), size.page));
        }

        void pin() {
            held.add(host.pin(host.table(0), size.page, 1));
        }

        void pinAll() {
            held.add(host.pin(host.table(0), 0, size.pages));
        }

        void munmapUnderThreePins() {
            held.removeLast().release();
            munmap(0);
        }

        void releaseAll() {
            held.forEach(Host.Hold::release);
            held.clear();
        }

        void tryGet() {
            if (host.machine().counter().tryGet(host.head(pfn), 1)) {
                held.add(() -> host.machine().design().put(host.cpu(), host.head(pfn), 1));
            }
        }

        void truncateWhileMapped() {
            releaseAll();
            mmap(0);
            touch(0, true);
            cut(() -> file.truncate(host.cpu(), 0));
        }

        private static void cut(final Cut cut) {
            try {
                cut.run();
            } catch (final InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** A truncate or a punch. */
    @FunctionalInterface
    private interface Cut {
        void run() throws InterruptedException;
    }

    static Stream<OracleRow> table() {
        return LIFE.stream().map(Row::row);
    }

    private static Stream<Arguments> lives() {
        return Kernel.all().stream().flatMap(kernel -> Stream.of(Size.values())
            .flatMap(size -> LIFE.stream().map(row -> Arguments.of(kernel, size, row))));
    }

    private static Stream<Arguments> kernelsAndSizes() {
        return Kernel.all().stream()
            .flatMap(kernel -> Stream.of(Size.values()).map(size -> Arguments.of(kernel, size)));
    }

    private static void live(final Life life, final OracleRow last, final Consumer<Row> afterEach) {
        boolean over = false;
        for (int i = 0; !over; i++) {
            LIFE.get(i).step.accept(life);
            afterEach.accept(LIFE.get(i));
            over = LIFE.get(i).row == last;
        }
    }

    private static void live(final Life life, final OracleRow last) {
        live(life, last, row -> { });
    }

    @ParameterizedTest
    @MethodSource("lives")
    @Observed({})
    void shouldCountAsTheKernelDid(final Kernel kernel, final Size size, final Row row) {
        try (Host host = new Host(kernel)) {
            final Life life = new Life(host, size);

            live(life, row.row);

            assertEquals(row.cell(kernel, size), life.state());
            assertEquals(List.of(), host.log());
        }
    }

    /** The row says "on every page" of the pages, and "on the one folio" of the new 2 MiB entry, whose tails stay 0. */
    @ParameterizedTest
    @MethodSource("kernelsAndSizes")
    @Observed(OracleRow.PIN_OF_ALL_PAGES)
    void shouldCountAPinOfAllPagesOnEveryPageOrOnTheFolio(final Kernel kernel, final Size size) {
        try (Host host = new Host(kernel)) {
            final Life life = new Life(host, size);
            live(life, OracleRow.PIN_OF_ALL_PAGES);

            for (long index = 0; index < size.pages; index++) {
                final long page = life.file.pfn(index);
                if (life.isFolio() && index > 0) {
                    assertEquals(0, host.machine().counter().count(host.memmap().page(page)), "a tail");
                } else if (index != size.page && !life.isFolio()) {
                    assertEquals(kernel.era().column("1025/0 set", "1025/1 set"), life.state(page));
                }
            }
            assertEquals(life.isFolio() ? 513 : 0, host.machine().counter().pincount(host.head(life.pfn)),
                "large folios count pins apart: 1 + 512");
        }
    }

    /** Any other page of the old 2 MiB entry is a page like every other; the new one has one count for all. */
    @ParameterizedTest
    @MethodSource("kernelsAndSizes")
    @Observed({OracleRow.READ_FAULT, OracleRow.CHILD_TOUCHES})
    void shouldCountMappingsOfEveryPageOfTheEntry(final Kernel kernel, final Size size) {
        try (Host host = new Host(kernel)) {
            final Life life = new Life(host, size);
            live(life, OracleRow.CHILD_TOUCHES);

            for (long index = 0; index < size.pages; index++) {
                if (size == Size.HUGE || index == size.page) {
                    assertEquals(kernel.era().column("1/0", "3/3"), host.counts(life.file.pfn(index)));
                }
            }
        }
    }

    /** 262145 on a device of 262144 pages. */
    @ParameterizedTest
    @MethodSource("kernelsAndSizes")
    @Observed(OracleRow.PAGEMAP_REFERENCES)
    void shouldReferToThePagemapOncePerPageAtAllTimes(final Kernel kernel, final Size size) {
        try (Host host = new Host(kernel)) {
            final Life life = new Life(host, size);

            live(life, OracleRow.TRUNCATE_WHILE_MAPPED,
                row -> assertEquals(1 + Host.PAGES, host.pagemapReferences(), row::toString));

            final Host.Hold driver = host.getDevPagemap(life.pfn);
            assertEquals(1 + Host.PAGES + 1, host.pagemapReferences(), "get_dev_pagemap");
            driver.release();
            assertEquals(1 + Host.PAGES, host.pagemapReferences());
        }
    }

    /** The faults and the munmap are in the table; here are the ends that are not. */
    @ParameterizedTest
    @MethodSource("kernelsAndSizes")
    @Observed(OracleRow.MAPPING_ASSOCIATED)
    void shouldUntieThePageAtPunchAndEvict(final Kernel kernel, final Size size) throws InterruptedException {
        try (Host host = new Host(kernel)) {
            final Life punched = new Life(host, size);
            live(punched, OracleRow.RELEASED);
            assertTrue(host.hasMapping(punched.pfn), "survives munmap");
            punched.file.punch(host.cpu(), 0, size.pages);
            assertFalse(host.hasMapping(punched.pfn), "goes at punch");

            final Life evicted = new Life(host, size);
            live(evicted, OracleRow.RELEASED);
            assertTrue(host.hasMapping(evicted.pfn), "survives munmap");
            host.fileSystem().unlink(host.cpu(), evicted.file);
            assertFalse(host.hasMapping(evicted.pfn), "goes at evict");
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#all")
    @Observed(OracleRow.FAULT_OF_A_HOLE)
    void shouldMapTheZeroPageForAHole(final Kernel kernel) throws InterruptedException {
        try (Host host = new Host(kernel)) {
            final Life life = new Life(host, Size.SMALL);
            life.mmap();
            life.file.punch(host.cpu(), 0, Size.SMALL.pages);

            life.faultToRead();

            assertEquals(PageTableEntry.ZERO_PAGE, host.table(0).entry(Size.SMALL.page));
            assertEquals(kernel.era().column("1/0 null", "0/0 null"), life.state(), "no page of the device");
        }
    }

    /** Two files fault the same block to read. On 6.12 the marker of shared pages is what the mapping holds. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#xfs")
    @Observed(OracleRow.REFLINK_COUNTS)
    void shouldCountASharedBlock(final Kernel kernel) {
        try (Host host = new Host(kernel)) {
            final Reflink reflink = new Reflink(host);

            assertEquals(kernel.era().column("1/0 set", "2/2 null"), reflink.state());
            assertEquals(2, host.memmap().share(host.head(reflink.pfn)));
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#xfs")
    @Observed(OracleRow.REFLINK_WRITE_FAULT)
    void shouldGiveBAPageOfItsOwn(final Kernel kernel) {
        try (Host host = new Host(kernel)) {
            final Reflink reflink = new Reflink(host);

            host.touch(reflink.copy, reflink.vmaOfCopy, 0, true);

            final long own = PageTableEntry.pfn(host.table(1).entry(0));
            assertNotEquals(reflink.pfn, own);
            assertEquals(own, reflink.copy.pfn(0));
            assertEquals(Reflink.DATA, host.data(own), "copied");
            assertEquals(reflink.pfn, PageTableEntry.pfn(host.table(0).entry(0)), "A keeps its page");
            assertEquals(kernel.era().column("1/0", "1/1"), host.counts(reflink.pfn));
            assertEquals(kernel.era().column("1/0", "1/1"), host.counts(own));
        }
    }

    /** 6.1, 6.16 and 7.3; 6.12 loops. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#xfs")
    @Observed(OracleRow.REFLINK_READ_PIN)
    void shouldPinASharedPageToRead(final Kernel kernel) {
        try (Host host = new Host(kernel)) {
            final Reflink reflink = new Reflink(host);
            final long[] pfns = new long[1];

            assertEquals(1, host.gup().pin(host.cpu(), host.table(1), 0, 1, false, pfns));

            assertEquals(reflink.pfn, pfns[0]);
            assertEquals(kernel.era().column("1025/0", "1026/2"), host.counts(reflink.pfn));
            host.gup().unpin(host.cpu(), pfns, 1);
        }
    }

    /** File A, and its reflink B, which share a block that both have faulted to read. */
    private static final class Reflink {
        private static final long DATA = 'A';

        private final Host host;
        private final DaxFile copy;
        private final Vma vmaOfCopy;
        private final long pfn;

        Reflink(final Host host) {
            this.host = host;
            final DaxFile file = host.fileSystem().create(1);
            file.write(host.cpu(), 0, DATA);
            pfn = file.pfn(0);
            copy = host.fileSystem().reflink(file);
            host.touch(file, file.mmap(host.table(0), 0, 1, 0), 0, false);
            vmaOfCopy = copy.mmap(host.table(1), 0, 1, 0);
            host.touch(copy, vmaOfCopy, 0, false);
            assertEquals(pfn, copy.pfn(0));
        }

        String state() {
            return host.counts(pfn) + (host.hasMapping(pfn) ? " set" : " null");
        }
    }
}
