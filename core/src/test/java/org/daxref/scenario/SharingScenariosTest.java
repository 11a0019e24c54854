/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import static org.daxref.scenario.Play.by;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxFile;
import org.daxref.dax.DaxFileDescriptor;
import org.daxref.design.RefcountDesign;
import org.daxref.memory.ActingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.memory.WordsKind;
import org.daxref.mm.Errno;
import org.daxref.mm.Vma;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PageTableEntry;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** S42 to S46, kernel.md A.13, B.2, B.7 and oracle.md 1, 2, 4: shared blocks, holes, and pins that would last. */
class SharingScenariosTest {
    private static final int PAGES = 8;
    private static final int DEVICE_PAGES = 1024;

    static Stream<String> designs() {
        return Play.designs("S45");
    }

    static Stream<String> designsWithReflink() {
        return Play.designs("S42");
    }

    private static Setup setup(final String design) {
        return new Setup(design, "cas", WordsKind.SEGMENT);
    }

    /**
     * S42. Up to 6.14 a page of a shared block is marked from the first file on (seen on 6.12: share 2, the mark).
     * Since 6.15 the first file keeps it as its own, and the second makes it nobody's (seen on 6.16 and 7.3: refcount
     * and mapcount 2, no mapping, share 2). Who writes gets a page of its own. That pgmap-folio still has the mark is
     * inferred from its place between the two.
     */
    @ParameterizedTest
    @MethodSource("designsWithReflink")
    void s42ShouldCountWhoSharesAPage(final String design) throws Exception {
        final Story story = Play.of("S42", design);

        final String shared = by(design, "mapping: a mark, share: 2", "mapping: a mark, share: 2",
            "mapping: no file, share: 2");
        final Story.Step forced = story.after("reads the page of the copy");
        assertEquals(shared, forced.result());
        assertEquals(by(design, 1, 2, 2), forced.page("page").refcount());
        assertEquals(by(design, 0, 0, 2), forced.page("page").mapcount());
        assertEquals(by(design, "mapping: a mark, share: 1", "mapping: a mark, share: 1",
            "mapping: the original, share: 0"), story.after("reads the next page").result());
        assertEquals(shared, story.after("reads the next page of the copy").result());
        final Story.Step written = story.after("writes to the next page of the copy");
        assertEquals(by(design, "mapping: a mark, share: 1", "mapping: a mark, share: 1",
            "mapping: no file, share: 1"), written.result());
        assertEquals(1, written.page("next page").entries());
        assertEquals(1, written.page("next page").refcount());
        assertEquals("shared by 2", written.page("page").state());
        assertEquals(List.of(), story.steps().stream().flatMap(step -> step.log().stream()).toList());
    }

    /** S42: files on DAX share blocks since 6.0. */
    @ParameterizedTest
    @ValueSource(strings = {"pre-518", "lost-wakeup"})
    void s42ShouldRefuseToShareBefore60(final String design) {
        try (TestMachine machine = setup(design).openEmpty(DEVICE_PAGES)) {
            final DaxFile file = machine.fileSystem().create(PAGES);

            final String refusal = assertThrows(IllegalStateException.class, () -> machine.fileSystem().reflink(file))
                .getMessage();

            assertTrue(refusal.startsWith("files on DAX share no blocks in this era: design="), refusal);
            assertEquals(List.of(file), machine.fileSystem().files());
        }
    }

    /** S42: nothing is off after files shared a page, whoever holds it. */
    @ParameterizedTest
    @MethodSource("designsWithReflink")
    void s42ShouldBalanceTheBooksOfASharedPage(final String design) {
        try (TestMachine machine = setup(design).openEmpty(DEVICE_PAGES)) {
            final DaxFile original = machine.fileSystem().create(PAGES);
            final Vma ours = original.mmap(machine.table(0), 0, PAGES, 0);
            assertTrue(original.fault(machine.cpu(), ours, 0, true));
            final DaxFile copy = machine.fileSystem().reflink(original);
            final Vma theirs = copy.mmap(machine.table(1), 0, PAGES, 0);

            assertTrue(copy.fault(machine.cpu(), theirs, 0, false));
            machine.checkBooks();
            assertTrue(copy.fault(machine.cpu(), theirs, 0, true));
            machine.checkBooks();
            original.munmap(machine.cpu(), ours);
            copy.munmap(machine.cpu(), theirs);
            machine.checkBooks();
        }
    }

    /**
     * S43. The page stays tied until the second file has gone. In pgmap-folio every file's entry holds a reference and
     * a layout break waits for 0, so that the first truncate waits for the other file although nobody has pinned the
     * page; that is inferred from the series' description, and no kernel was there to ask.
     */
    @ParameterizedTest
    @MethodSource("designsWithReflink")
    void s43ShouldKeepThePageUntilTheLastFileIsCutOff(final String design) throws Exception {
        final Story story = Play.of("S43", design);

        final Story.Step first = story.after("cuts the original off");
        final Story.Step second = story.after("cuts the copy off");
        final boolean waits = by(design, false, true, false);
        assertEquals(waits ? List.of("truncate A") : List.of(), first.asleep());
        assertEquals(waits ? "shared by 2" : "shared by 1", first.page("page").state());
        assertEquals(1, first.page("page").entries());
        assertEquals(1, first.page("page").refcount());
        assertEquals(List.of(), second.asleep());
        assertEquals("block free", second.page("page").state());
        assertEquals(by(design, 1, 0, 0), second.page("page").refcount());
        assertEquals(List.of(), second.log());
    }

    /**
     * S43 with 512 pages at once, which only the design can be asked for: no file with PMD entries can be shared here.
     * The folio of fs-held stays one until its last file goes.
     */
    @ParameterizedTest
    @MethodSource("designsWithReflink")
    void s43ShouldSplitAFolioWhenItsLastFileGoes(final String design) {
        try (TestMachine machine = setup(design).openEmpty(DEVICE_PAGES)) {
            final RefcountDesign refcounts = machine.machine().design();
            final long pfn = machine.startPfn();
            final int order = by(design, 0, 0, PageTableEntry.PMD_ORDER);
            assertTrue(refcounts.associate(machine.cpu(), pfn, PageTableEntry.PMD_ORDER, 1000, 0, true));
            assertTrue(refcounts.associate(machine.cpu(), pfn, PageTableEntry.PMD_ORDER, 2000, 0, true));
            assertEquals(2, machine.memmap().share(machine.page(0)));
            assertEquals(order, machine.memmap().order(machine.page(0)));

            refcounts.disassociate(machine.cpu(), pfn, PageTableEntry.PMD_ORDER, true, true);

            assertEquals(1, machine.memmap().share(machine.page(0)));
            assertEquals(order, machine.memmap().order(machine.page(0)));
            assertEquals(by(design, 511L, 511L, 0L), pagesByThemselves(machine));

            refcounts.disassociate(machine.cpu(), pfn, PageTableEntry.PMD_ORDER, true, true);

            assertEquals(0, machine.memmap().share(machine.page(0)));
            assertEquals(0, machine.memmap().mapping(machine.page(0)));
            assertEquals(0, machine.memmap().order(machine.page(0)));
            assertEquals(511, pagesByThemselves(machine));
            assertEquals(List.of(), machine.memmap().warnings().messages());
            machine.checkBooks();
        }
    }

    private static long pagesByThemselves(final TestMachine machine) {
        long pages = 0;
        for (int i = 1; i < PageTableEntry.ENTRIES; i++) {
            pages += machine.memmap().head(machine.page(i)) == machine.page(i) ? 1 : 0;
        }
        return pages;
    }

    /**
     * S44, a finding that booted kernels confirm. The steps: two files share a block, and processes map both; a driver
     * pins the page through the original; the copy, which it never touched, is cut off; the pin goes; the original is
     * unmapped; the original is cut off.
     *
     * <ul>
     * <li>In every design the truncate of the copy waits: a count does not tell through which file it was raised.
     * <li>Up to 6.14 (dev-pagemap) it ends with the pin. 6.1: the same. (6.12 loops for ever in the kernel at the pin,
     * which nothing here imitates.)
     * <li>Since 6.15 (fs-held, fs-held-drain) the original's mapping keeps the count at 1 after the unpin: nobody is
     * woken, and the truncate of one file sleeps until the other is unmapped. 6.16 and 7.3: the same. This is S26
     * without a race.
     * <li>In pgmap-folio (never merged, inferred) the original's <em>entry</em> holds a reference, mapped or not: the
     * truncate sleeps until the original is cut off as well, and it would have slept without any pin (S43).
     * </ul>
     */
    @ParameterizedTest
    @MethodSource("designsWithReflink")
    void s44ShouldSleepOnForTheMappingOfTheOtherFile(final String design) throws Exception {
        final Story story = Play.of("S44", design);

        final Story.Step cut = story.after("cuts the copy off");
        assertEquals(List.of("truncate B"), cut.asleep());
        assertEquals(by(design, 1025, 1025, 1025), cut.page("page").refcount());
        assertEquals(by(design, 0, 0, 1), cut.page("page").mapcount());
        final Story.Step unpinned = story.after("unpins it");
        final Story.Step unmapped = story.after("unmaps the original");
        final Story.Step second = story.after("cuts the original off");
        assertEquals(1, unpinned.page("page").refcount());
        assertEquals(0, unpinned.overdue());
        assertEquals(by(design, List.of("truncate B returns"), List.of(), List.of()), unpinned.ended());
        assertEquals(by(design, List.of(), List.of(), List.of("truncate B returns")), unmapped.ended());
        assertEquals(by(design, 1, 1, 0), unmapped.page("page").refcount());
        assertEquals(by(design, List.of("truncate A returns"), List.of("truncate B returns", "truncate A returns"),
            List.of("truncate A returns")), second.ended());
        assertEquals("block free", second.page("page").state());
    }

    /** S45: reading a hole maps the zero page, which ties no page to the file, cannot be pinned and is never busy. */
    @ParameterizedTest
    @MethodSource("designs")
    void s45ShouldNeverFindAHoleBusy(final String design) throws Exception {
        final Story story = Play.of("S45", design);

        for (final Story.Step step : story.steps()) {
            final Story.PageState block = step.page("former block");
            assertEquals("block free", block.state(), step.action());
            assertEquals(by(design, 1, 0, 0), block.refcount(), step.action());
            assertEquals(0, block.entries(), step.action());
            assertEquals(List.of(), step.asleep(), step.action());
            assertEquals(List.of(), step.log(), step.action());
        }
        assertEquals("0 pages", story.after("tries to pin what it reads").result());
        assertEquals("nothing is busy", story.after("asks for the blocks without waiting").result());
        assertEquals(List.of("truncate returns"), story.after("cuts the file off").ended());
    }

    /**
     * S45: an empty entry, as a fault leaves it that found the device dying, and one of a hole, which both name page
     * frame 0. The regression of 6.15, which turned an entry into its folio before it asked what the entry stands for,
     * comes down to asking for that page: there is no such thing.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s45ShouldNotLookForThePageOfAnEntryWithoutOne(final String design) {
        try (TestMachine machine = setup(design).openEmpty(DEVICE_PAGES)) {
            final DaxFile file = machine.fileSystem().create(PAGES);
            final Vma vma = file.mmap(machine.table(0), 0, PAGES, 0);
            final long entry = file.identity() + DaxFileDescriptor.ENTRIES_OFFSET;
            machine.words().putLongRelease(entry, DaxFileDescriptor.EMPTY);
            machine.words().putLongRelease(entry + Long.BYTES, DaxFileDescriptor.ZERO_PAGE);

            assertTrue(file.tryBreakLayout(machine.cpu(), 0, PAGES));

            assertEquals(List.of(), machine.memmap().warnings().messages());
            assertThrows(IndexOutOfBoundsException.class, () -> machine.machine().design()
                .busyPage(DaxFileDescriptor.ZERO_PAGE >>> DaxFileDescriptor.PFN_SHIFT, 0));
            file.munmap(machine.cpu(), vma);
            machine.checkBooks();
        }
    }

    /** S46, oracle.md 4: refused in every era, shorter pins are not; the count is as it was. */
    @ParameterizedTest
    @MethodSource("designs")
    void s46ShouldRefuseToPinForLong(final String design) throws Exception {
        final Story story = Play.of("S46", design);

        final Story.Step refused = story.after("pins it for good (FOLL_LONGTERM)");
        assertEquals("-EOPNOTSUPP", refused.result());
        assertEquals(1, refused.page("page").refcount());
        final Story.Step pinned = story.after("pins it for a moment");
        assertEquals("1 page", pinned.result());
        assertEquals(1025, pinned.page("page").refcount());
        assertEquals(1, story.after("unpins it").page("page").refcount());
    }

    /**
     * S46: up to 6.14 the walk sees by the entry that the page is a file's and leaves its count alone. Later it takes a
     * reference, sees that the page cannot be pinned for long, and drops it. If a truncate has unmapped the page in
     * between, that was the last one, and it has to wake the truncate. (That pgmap-folio behaves as the later ones
     * follows from entries without the devmap bit here; the series may have kept the bit.)
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s46ShouldDropAndWakeIfItCountedBeforeItRefused(final String design) throws InterruptedException {
        final AtomicReference<ActingWords> acting = new AtomicReference<>();
        try (TestMachine machine = setup(design).openScheduled(DEVICE_PAGES, target -> {
            acting.set(new ActingWords(target));
            return acting.get();
        }, null)) {
            final DaxFile file = machine.fileSystem().create(PAGES);
            final Vma vma = file.mmap(machine.table(0), 0, PAGES, 0);
            assertTrue(file.fault(machine.cpu(), vma, 0, true));
            final AtomicInteger changes = new AtomicInteger();
            final AtomicReference<TruncateThread> begun = new AtomicReference<>();
            final Thread self = Thread.currentThread();
            acting.get().afterEach((op, offset) -> {
                if (Thread.currentThread() != self) {
                    return;
                }
                if (op == Op.RMW && offset == machine.page(0) + PageDescriptor.REFCOUNT_OFFSET) {
                    changes.incrementAndGet();
                } else if (changes.get() == 1 && begun.get() == null
                    && offset == machine.page(0) + PageDescriptor.FLAGS_OFFSET) {
                    begun.set(TruncateThread.start(machine, file));
                    awaitAsleep(begun.get());
                }
            });

            final int result = machine.gup().pinLongterm(machine.cpu(), machine.table(0), 0, 1, true, new long[1]);

            assertEquals(-Errno.EOPNOTSUPP, result);
            assertEquals(by(design, 0, 2, 2), changes.get());
            if (by(design, true, false, false)) {
                assertNull(begun.get());
            } else {
                try (TruncateThread truncate = begun.get()) {
                    truncate.assertEnds();
                }
                assertTrue(machine.fileSystem().isFree(machine.startPfn()));
            }
            acting.get().reset();
            machine.checkBooks();
        }
    }

    private static void awaitAsleep(final TruncateThread truncate) {
        try {
            truncate.awaitAsleep();
        } catch (final InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
