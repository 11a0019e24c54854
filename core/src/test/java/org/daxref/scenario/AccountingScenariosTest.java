/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import static org.daxref.scenario.Play.by;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.ActingWords;
import org.daxref.memory.ForwardingWords;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.daxref.page.PageDescriptor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * S1 to S8: what counts as a reference. Where booted kernels were looked at, their numbers are the same for 5.19 to
 * 6.14 (dev-pagemap) and for 6.17 and later (fs-held).
 */
class AccountingScenariosTest {
    private static final int PAGES = 1024;

    static Stream<String> designs() {
        return Play.designs("S1");
    }

    private static void assertPage(final int refcount, final int mapcount, final Story.Step step, final String page) {
        assertEquals(refcount, step.page(page).refcount(), step.action() + ": refcount of " + page);
        assertEquals(mapcount, step.page(page).mapcount(), step.action() + ": mapcount of " + page);
    }

    /** S1, {@code __init_zone_device_page}: pages for files idle at 1 up to 6.14 and at 0 later, others at 1 always. */
    @ParameterizedTest
    @MethodSource("designs")
    void s1ShouldStartAFreshPageAtItsIdleCount(final String design) throws Exception {
        final Story story = Play.of("S1", design);

        assertPage(1, 0, story.after("makes a device without files (device-dax)"), "page");
        assertPage(by(design, 1, 0, 0), 0, story.after("makes a device for files (fsdax)"), "page");
    }

    /** S2: a mapping is a reference in the new era only, and mapcount counts it there only. */
    @ParameterizedTest
    @MethodSource("designs")
    void s2ShouldCountThreeMappingsAsTheEraDoes(final String design) throws Exception {
        final Story.Step mapped = Play.of("S2", design).after("and so does a third");

        assertPage(by(design, 1, 1, 3), by(design, 0, 0, 3), mapped, "page");
        assertEquals(3, mapped.page("page").entries());
    }

    /** S3, {@code put_page}: 1, 2, 1 in every era, but that 1 is idle in the old one only and wakes whoever waits. */
    @ParameterizedTest
    @MethodSource("designs")
    void s3ShouldWakeAtTheLastPutOnlyIfMappingsAreNotCounted(final String design) throws Exception {
        final Story story = Play.of("S3", design);

        assertPage(1, by(design, 0, 0, 1), story.after("writes to the page"), "page");
        assertPage(2, by(design, 0, 0, 1), story.after("takes a reference"), "page");
        assertEquals(List.of("waiter"), story.after("waits until the page is idle").asleep());
        final Story.Step put = story.after("drops the reference");
        assertPage(1, by(design, 0, 0, 1), put, "page");
        assertEquals(by(design, List.of("waiter returns"), List.of(), List.of()), put.ended());
        final Story.Step unmapped = story.after("unmaps the file");
        assertEquals(by(design, List.of(), List.of(), List.of("waiter returns")), unmapped.ended());
        assertEquals(by(design, List.of(), List.of("waiter"), List.of()), unmapped.asleep());
        assertEquals(0, unmapped.overdue());
    }

    /** S4, {@code try_grab_folio_fast} and {@code gup_put_folio}: +1024 and -1024. */
    @ParameterizedTest
    @MethodSource("designs")
    void s4ShouldCountAPinAs1024(final String design) throws Exception {
        final Story story = Play.of("S4", design);

        assertPage(1025, by(design, 0, 0, 1), story.after("pins it for DMA"), "page");
        assertEquals("maybe", story.after("asks whether it may be pinned").result());
        assertPage(1, by(design, 0, 0, 1), story.after("unpins it"), "page");
        assertEquals("no", story.after("asks again").result());
    }

    /** S4: between the two steps of a pin the page shows one plain reference more, and is not reported as pinned. */
    @ParameterizedTest
    @MethodSource("designs")
    void s4ShouldShowAPlainReferenceBetweenTheTwoStepsOfAPin(final String design) throws Exception {
        final List<Integer> counts = new ArrayList<>();
        final List<Boolean> pinned = new ArrayList<>();
        try (TestMachine machine = new Setup(design, "cas", WordsKind.SEGMENT).open(PAGES, ActingWords::new)) {
            machine.faultAll(machine.table(0), 0, 1);
            final ActingWords acting = (ActingWords) machine.words();
            acting.afterEach((op, offset) -> {
                if (op == ForwardingWords.Op.RMW && offset == machine.page(0) + PageDescriptor.REFCOUNT_OFFSET) {
                    counts.add(machine.count(0));
                    pinned.add(machine.counter().maybeDmaPinned(machine.page(0)));
                }
            });
            final long[] out = new long[1];

            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), 0, 1, true, out));

            acting.reset();
            machine.gup().unpin(machine.cpu(), out, 1);
        }
        assertEquals(List.of(2, 1025), counts);
        assertEquals(List.of(false, true), pinned);
    }

    /** S5: a folio takes all pins of a PMD entry at once; where there is none, every page takes its own. */
    @ParameterizedTest
    @MethodSource("designs")
    void s5ShouldCountThePinsOfALeafOnItsFolioOrOnItsPages(final String design) throws Exception {
        final Story story = Play.of("S5", design);

        assertEquals("512 pages", story.after("pins all of it for DMA").result());
        for (final String page : List.of("first page", "last page")) {
            final Story.Step pinned = story.after("pins all of it for DMA");
            assertPage(by(design, 1025, 1025, 513), by(design, 0, 0, 1), pinned, page);
            assertEquals(by(design, 0, 0, 512), pinned.page(page).pincount());
            assertPage(1, by(design, 0, 0, 1), story.after("unpins all of it"), page);
        }
    }

    /** Sees the locked operations on the counts of pages. */
    private static final class CountWords extends ForwardingWords {
        private final List<Long> locked = new ArrayList<>();

        CountWords(final Words target) {
            super(target);
        }

        @Override
        protected void before(final Op op, final long offset) {
            final long field = offset % PageDescriptor.PAGE_DESCRIPTOR_BYTES;
            if (op == Op.RMW && (field == PageDescriptor.REFCOUNT_OFFSET || field == PageDescriptor.PINCOUNT_OFFSET)) {
                locked.add(offset);
            }
        }
    }

    /**
     * S5: a pin of 512 pages is one add and one pincount on a folio. Of single pages each takes the two steps of a
     * small pin; up to 5.17 a leaf was counted by the slow form, in one step.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s5ShouldLockTheCountOfTheFolioOrOfEveryPage(final String design) throws Exception {
        try (TestMachine machine = new Setup(design, "cas", WordsKind.SEGMENT).open(PAGES, CountWords::new)) {
            machine.faultPmd(machine.table(0), 512);
            final CountWords words = (CountWords) machine.words();
            final long[] out = new long[512];
            words.locked.clear();

            assertEquals(512, machine.gup().pinFast(machine.cpu(), machine.table(0), 512, 512, true, out));

            final Set<Long> counts = new HashSet<>(words.locked);
            assertEquals(by(design, 512, 512, 2), counts.size());
            assertTrue(counts.contains(machine.page(512) + PageDescriptor.REFCOUNT_OFFSET));
            final int twoSteps = by(design, 1024, 1024, 2);
            assertEquals(design.equals("pre-518") ? 512 : twoSteps, words.locked.size());
            machine.gup().unpin(machine.cpu(), out, 512);
        }
    }

    /** S6: the last unmap is the last put in the new era only; the page stays tied to its file in every era. */
    @ParameterizedTest
    @MethodSource("designs")
    void s6ShouldWakeAtTheLastUnmapOnlyIfMappingsAreCounted(final String design) throws Exception {
        final Story story = Play.of("S6", design);

        assertEquals(by(design, List.of(), List.of("waiter"), List.of("waiter")),
            story.after("waits until the page is idle").asleep());
        final Story.Step first = story.after("unmaps the file");
        assertPage(1, by(design, 0, 0, 1), first, "page");
        assertEquals(List.of(), first.ended());
        final Story.Step last = story.after("unmaps it as well");
        assertPage(by(design, 1, 1, 0), 0, last, "page");
        assertEquals(by(design, List.of(), List.of(), List.of("waiter returns")), last.ended());
        assertEquals("tied to a file", last.page("page").state());
    }

    /**
     * S7, {@code insert_page}: the temporary reference of a fault that fails is gone. In the series of October 2022 the
     * file had its entry, and the entry its reference, before the insertion failed (derived from its description).
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s7ShouldLeaveNoReferenceOfAFaultThatFails(final String design) throws Exception {
        final Story story = Play.of("S7", design);

        assertPage(by(design, 1, 0, 0), 0, story.after("maps page 0 where page 1 belongs"), "page 1");
        final Story.Step failed = story.after("writes to page 1");
        assertEquals("something else is mapped there", failed.result());
        assertPage(by(design, 1, 1, 0), 0, failed, "page 1");
        assertEquals(0, failed.page("page 1").entries());
        assertEquals(story.after("maps page 0 where page 1 belongs").page("page 0"), failed.page("page 0"));
    }

    /** S8, {@code folio_try_get} on an idle page: refused at 0, while a fault lifts it from there. */
    @ParameterizedTest
    @MethodSource("designs")
    void s8ShouldLetOnlyAFaultLiftAnIdlePageOfTheNewEra(final String design) throws Exception {
        final Story story = Play.of("S8", design);

        assertPage(by(design, 1, 1, 0), 0, story.after("unmaps the file"), "page");
        final Story.Step walk = story.after("counts the page it once saw mapped");
        assertEquals(by(design, "1 page", "1 page", "0 pages"), walk.result());
        assertPage(by(design, 2, 2, 0), 0, walk, "page");
        assertPage(1, by(design, 0, 0, 1), story.after("maps it and writes again"), "page");
    }
}
