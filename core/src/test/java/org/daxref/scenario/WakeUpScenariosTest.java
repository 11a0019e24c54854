/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import static org.daxref.scenario.Play.by;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.daxref.Machine;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxFile;
import org.daxref.memory.WordsKind;
import org.daxref.mm.Vma;
import org.daxref.schedule.Exploration;
import org.daxref.schedule.Schedule;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** S9 to S17: who waits for a page to be idle, and who wakes him. */
class WakeUpScenariosTest {
    private static final int PAGES = 512;
    private static final int SCHEDULES = 1000;

    static Stream<String> designs() {
        return Play.designs("S9");
    }

    static Stream<String> designsOfS11() {
        return Play.designs("S11");
    }

    static Stream<String> designsOfS13() {
        return Play.designs("S13");
    }

    private static boolean losesUnpins(final String design) {
        return design.equals(Machine.LOST_WAKEUP);
    }

    private static void assertForgotten(final Story.Step step, final int refcount) {
        assertEquals(List.of("truncate"), step.asleep());
        assertEquals(1, step.overdue(), "who sleeps although the page is idle");
        assertEquals(refcount, step.page("page").refcount());
        assertEquals("tied to a file", step.page("page").state());
    }

    private static void assertWoken(final Story.Step step, final int refcount) {
        assertEquals(List.of("truncate returns"), step.ended());
        assertEquals(refcount, step.page("page").refcount());
        assertEquals("block free", step.page("page").state());
    }

    private static void assertSleeps(final Story.Step step, final int refcount) {
        assertEquals(List.of("truncate"), step.asleep());
        assertEquals(0, step.overdue());
        assertEquals(refcount, step.page("page").refcount());
        assertEquals("tied to a file", step.page("page").state());
    }

    /** S9, the bug of the thread of July 2022: only 5.18 loses the wake-up, with the count at 1 all the time. */
    @ParameterizedTest
    @MethodSource("designs")
    void s9ShouldWakeTheTruncateAtTheLastUnpinExceptIn518(final String design) throws Exception {
        final Story story = Play.of("S9", design);

        assertSleeps(story.after("cuts the file off"), by(design, 1025, 1024, 1024));
        if (losesUnpins(design)) {
            assertForgotten(story.after("unpins it"), 1);
        } else {
            assertWoken(story.after("unpins it"), by(design, 1, 0, 0));
        }
    }

    /** S10: {@code put_page} kept its comparison with 1, so that the bug is one of a single put path. */
    @ParameterizedTest
    @MethodSource("designs")
    void s10ShouldWakeTheTruncateAtTheLastPutPageEvenIn518(final String design) throws Exception {
        final Story story = Play.of("S10", design);

        assertSleeps(story.after("cuts the file off"), by(design, 2, 1, 1));
        assertWoken(story.after("drops it by put_page"), by(design, 1, 0, 0));
    }

    /** S11: a bare {@code folio_put} looks for 0 only, so one-based pages are idle in silence up to 6.14. */
    @ParameterizedTest
    @MethodSource("designsOfS11")
    void s11ShouldLoseTheWakeUpOfABareFolioPutIfPagesIdleAt1(final String design) throws Exception {
        final Story story = Play.of("S11", design);

        assertSleeps(story.after("cuts the file off"), by(design, 2, 1, 1));
        final Story.Step put = story.after("drops it by folio_put");
        if (by(design, true, false, false)) {
            assertForgotten(put, 1);
        } else {
            assertWoken(put, 0);
        }
    }

    /** A truncate and an unpin on a machine that is scheduled access by access, from the same state again and again. */
    private static final class Rivals implements AutoCloseable {
        private final TestMachine machine;
        private final DaxFile file;
        private final Vma vma;
        private final CpuSlot driver;
        private final long[] pinned = new long[1];

        Rivals(final TestMachine machine) {
            this.machine = machine;
            file = machine.fileSystem().create(8);
            vma = file.mmap(machine.table(0), 0, 8, 0);
            driver = machine.machine().attach();
        }

        static Rivals under(final String design) {
            return new Rivals(new Setup(design, "cas", WordsKind.SEGMENT).openScheduled(PAGES));
        }

        private void reset() {
            assertTrue(file.fault(driver, vma, 0, true));
            pin();
        }

        private void pin() {
            assertEquals(1, machine.gup().pinFast(driver, vma.table(), 0, 1, true, pinned));
        }

        private void unpin() {
            machine.gup().unpin(driver, pinned, 1);
        }

        private void punch() throws InterruptedException {
            file.punch(machine.cpu(), 0, 1);
        }

        void lastUnpin(final Schedule schedule) throws InterruptedException {
            reset();
            final long block = file.pfn(0);
            schedule.run(this::punch, this::unpin);
            assertTrue(machine.fileSystem().isFree(block));
        }

        /** Between the last unpin and the truncate the page is mapped and pinned again, or already another one. */
        void pinnedAgain(final Schedule schedule) throws InterruptedException {
            reset();
            schedule.run(this::punch, () -> {
                unpin();
                assertTrue(file.fault(driver, vma, 0, true));
                if (machine.gup().pinFast(driver, vma.table(), 0, 1, true, pinned) == 1) {
                    assertFalse(machine.fileSystem().isFree(pinned[0]), "freed under a pin");
                    unpin();
                }
                machine.machine().mapper().zap(driver, vma.table(), 0, 8);
            });
            machine.checkBooks();
        }

        @Override
        public void close() {
            machine.machine().detach(driver);
            machine.close();
        }
    }

    /** S12, {@code wake_up_var} against {@code wait_var_event}: the last unpin at any step of a truncate. */
    @ParameterizedTest
    @MethodSource("org.daxref.Machine#designNames")
    void s12ShouldNeverLoseTheLastUnpin(final String design) {
        try (Rivals rivals = Rivals.under(design)) {
            Exploration.pass(SCHEDULES, rivals::lastUnpin);
        }
    }

    private static void assertFindsASleeperWhomNobodyCanWake(final String design,
                                                             final Function<Rivals, Exploration.Trial> trial) {
        final TestMachine machine = new Setup(design, "cas", WordsKind.SEGMENT).openScheduled(PAGES);
        try {
            final Exploration.Found found = Exploration.find(Exploration.MANY, trial.apply(new Rivals(machine)));

            assertTrue(found.failure().getMessage().startsWith("deadlock, nobody can run"),
                found.failure().getMessage());
        } finally {
            machine.device().close(); // only this: the threads were ended where they stood
        }
    }

    /** S12: 5.18 loses it whenever the truncate sleeps first. */
    @Test
    void s12ShouldFindTheWakeUpThat518Loses() {
        assertFindsASleeperWhomNobodyCanWake(Machine.LOST_WAKEUP, rivals -> rivals::lastUnpin);
    }

    /**
     * S13: waiters of a page are not exclusive, so that one unpin wakes both, and both scan again. Two truncates wait
     * for one page if their files share it. A page that files share can be pinned for reading on 6.1, 6.16 and 7.3; on
     * 6.12 the pin loops for ever in the kernel.
     */
    @ParameterizedTest
    @MethodSource("designsOfS13")
    void s13ShouldWakeBothTruncatesByOneUnpin(final String design) throws Exception {
        final Story story = Play.of("S13", design);

        assertEquals(by(design, 1025, 1026, 1026), story.after("pins it for DMA").page("page").refcount());
        final Story.Step asleep = story.after("cuts the copy off");
        assertEquals(List.of("truncate 1", "truncate 2"), asleep.asleep());
        assertEquals(by(design, 1025, 1024, 1024), asleep.page("page").refcount());
        final Story.Step unpinned = story.after("unpins it");
        assertEquals(List.of("truncate 1 returns", "truncate 2 returns"), unpinned.ended());
        assertEquals("block free", unpinned.page("page").state());
    }

    /** S14: a waiter is woken for its own address only, whoever sleeps in the same one of 256 queues. */
    @ParameterizedTest
    @MethodSource("designs")
    void s14ShouldNotEndTheWaitForAnotherPageOfTheQueue(final String design) throws Exception {
        final Story story = Play.of("S14", design);

        assertTrue(story.after("hashes both addresses").result().matches("(\\d+) and \\1"));
        assertEquals(List.of("truncate 1", "truncate 2"), story.after("cuts the other file off").asleep());
        final Story.Step first = story.after("unpins the page");
        final Story.Step second = story.after("unpins the other page");
        if (losesUnpins(design)) {
            assertEquals(1, first.overdue());
            assertEquals(2, second.overdue());
        } else {
            assertEquals(List.of("truncate 1 returns"), first.ended());
            assertEquals(List.of("truncate 2"), first.asleep());
            assertEquals("tied to a file", first.page("other").state());
            assertEquals(List.of("truncate 2 returns"), second.ended());
            assertEquals("block free", second.page("other").state());
        }
    }

    /**
     * S15: a signal ends a truncate, which cuts nothing off. Where the end of a file waits for its pages, as it does in
     * the new era ({@code dax_break_layout_final}), it sleeps through signals.
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s15ShouldEndATruncateByASignalButNotAnUnlink(final String design) throws Exception {
        final Story story = Play.of("S15", design);

        assertSleeps(story.after("cuts the file off"), by(design, 1025, 1024, 1024));
        final Story.Step interrupted = story.after("comes for the truncate");
        assertEquals(List.of("truncate returns -ERESTARTSYS"), interrupted.ended());
        assertEquals("tied to a file", interrupted.page("page").state());
        assertEquals(by(design, List.of(), List.of("unlink"), List.of("unlink")),
            story.after("comes for the unlink").asleep());
        assertEquals(by(design, "block free", "tied to a file", "tied to a file"),
            story.after("comes for the unlink").page("page").state());
        assertEquals("block free", story.after("unpins it").page("page").state());
    }

    /**
     * S16: the truncate sleeps on for a pin that came while it slept.
     *
     * <p>The fault that comes with it makes the eras differ: in the new one its mapping keeps the truncate asleep when
     * the last pin has gone, as booted kernels were seen to do (see S26). In the series of October 2022 the fault gives
     * the file's entry its reference back, which nobody drops: unmapping does not help (derived from its description).
     */
    @ParameterizedTest
    @MethodSource("designs")
    void s16ShouldSleepOnForAPinThatCameMeanwhile(final String design) throws Exception {
        final Story story = Play.of("S16", design);

        assertSleeps(story.after("pins it once more"), 2049);
        assertSleeps(story.after("drops the first pin"), 1025);
        final Story.Step last = story.after("drops the second pin");
        final Story.Step unmapped = story.after("unmaps the file");
        if (losesUnpins(design)) {
            assertForgotten(last, 1);
        } else if (by(design, true, false, false)) {
            assertWoken(last, 1);
        } else {
            assertSleeps(last, 1);
            if (by(design, false, true, false)) {
                assertSleeps(unmapped, 1);
            } else {
                assertWoken(unmapped, 0);
            }
        }
    }

    static Stream<String> designsWhoseFaultsEnd() {
        return Machine.designNames().stream().filter(design -> !design.equals("pgmap-folio"));
    }

    /** S16: the second pin at any step between the first one's end and the truncate's look at the page. */
    @ParameterizedTest
    @MethodSource("designsWhoseFaultsEnd")
    void s16ShouldNeverFreeThePageUnderTheSecondPin(final String design) {
        try (Rivals rivals = Rivals.under(design)) {
            Exploration.pass(SCHEDULES, rivals::pinnedAgain);
        }
    }

    /** S16, derived: a fault that overtakes the woken truncate is enough to leave it asleep for ever. */
    @Test
    void s16ShouldFindTheTruncateThatAFaultHangsInTheSeriesOfOctober2022() {
        assertFindsASleeperWhomNobodyCanWake("pgmap-folio", rivals -> rivals::pinnedAgain);
    }

    /** S17: 2049, 1025, idle; the comparison is with the idle count alone, so that only the last unpin wakes. */
    @ParameterizedTest
    @MethodSource("designs")
    void s17ShouldWakeAtTheLastOfTwoUnpinsOnly(final String design) throws Exception {
        final Story story = Play.of("S17", design);

        assertEquals(2049, story.after("pins it once more").page("page").refcount());
        assertSleeps(story.after("cuts the file off"), by(design, 2049, 2048, 2048));
        assertSleeps(story.after("drops the first pin"), by(design, 1025, 1024, 1024));
        if (losesUnpins(design)) {
            assertForgotten(story.after("drops the second pin"), 1);
        } else {
            assertWoken(story.after("drops the second pin"), by(design, 1, 0, 0));
        }
    }
}
