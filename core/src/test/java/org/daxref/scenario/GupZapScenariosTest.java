/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxFile;
import org.daxref.design.RefcountDesign;
import org.daxref.memory.ActingWords;
import org.daxref.memory.WordsKind;
import org.daxref.mm.Vma;
import org.daxref.schedule.Exploration;
import org.daxref.schedule.Schedule;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * S18 and S19, I1: a walk pins a page while a truncate clears its entry and looks whether it is in use. Either the walk
 * fails or the truncate finds the page busy, at any step of the one or the other. What happens without the walk's
 * second look (A4) is in {@code org.daxref.schedule.PinAgainstZapTest}.
 */
class GupZapScenariosTest {
    private static final int PAGES = 512;
    private static final int SCHEDULES = 1000;

    private static Setup setup(final String design) {
        return new Setup(design, "cas", WordsKind.SEGMENT);
    }

    /** A walk and a truncate, each of which can be the one that the other comes between. */
    private static final class Rivals implements AutoCloseable {
        private final TestMachine machine;
        private final RefcountDesign design;
        private final DaxFile file;
        private final Vma vma;
        private final CpuSlot walker;
        private final long[] out = new long[1];
        private int pinned;
        private boolean idle;
        private int pins;
        private int breaks;

        Rivals(final TestMachine machine, final DaxFile file) {
            this.machine = machine;
            this.file = file;
            design = machine.machine().design();
            vma = file.mmap(machine.table(0), 0, PAGES / 2, 0);
            walker = machine.machine().attach();
            reset();
        }

        static Rivals scheduled(final String design) {
            final TestMachine machine = setup(design).openScheduled(PAGES);
            return new Rivals(machine, machine.fileSystem().create(PAGES / 2));
        }

        /** The page is mapped and idle. */
        private void reset() {
            pinned = 0;
            idle = false;
            assertTrue(file.fault(walker, vma, 0, true));
        }

        private void walk() {
            pinned = machine.gup().pinFast(walker, vma.table(), 0, 1, true, out);
        }

        /** What a layout break does to one page, without its locks: unmap, then look. */
        private void breakPage() {
            zap();
            look();
        }

        /** A8. */
        private void breakPageWrongly() {
            look();
            zap();
        }

        private void zap() {
            machine.machine().mapper().zap(machine.cpu(), vma.table(), 0, 1);
        }

        private void look() {
            final long pfn = file.pfn(0);
            final boolean held = design.breakEntry(machine.cpu(), pfn, 0);
            idle = design.busyPage(pfn, 0) == RefcountDesign.NOT_COUNTED;
            assertTrue(!held || design.restoreEntry(machine.cpu(), pfn, 0));
        }

        private void check() {
            assertFalse(pinned == 1 && idle, "found idle under a pin");
            pins += pinned;
            breaks += idle ? 1 : 0;
            machine.gup().unpin(walker, out, pinned);
            machine.checkBooks();
        }

        void attempt(final Schedule schedule) throws InterruptedException {
            schedule.run(this::walk, this::breakPage);
            check();
            reset();
        }

        void attemptScanFirst(final Schedule schedule) throws InterruptedException {
            schedule.run(this::walk, this::breakPageWrongly);
            check();
            reset();
        }

        /** One rival runs whole, right after one access of the other. */
        void attemptAt(final int access, final Runnable self, final Runnable other) {
            final ActingWords words = (ActingWords) machine.words();
            final int[] left = {access};
            words.afterEach((op, offset) -> {
                if (left[0]-- == 0) {
                    other.run();
                }
            });
            self.run();
            words.reset();
            if (left[0] >= 0) {
                other.run();
            }
            check();
            reset();
        }

        /** The whole of a truncate against a whole walk; the device reads what it has pinned. */
        void punchAgainst(final Schedule schedule, final Walk walk) throws InterruptedException {
            schedule.run(() -> file.punch(machine.cpu(), 0, 1), () -> {
                final int taken = walk.pin(walker, vma, out);
                for (int i = 0; i < 3 * taken; i++) {
                    machine.words().getLongVolatile(machine.data(0));
                    assertFalse(machine.fileSystem().isFree(out[0]), "freed under a pin");
                }
                machine.gup().unpin(walker, out, taken);
                pins += taken;
            });
            machine.checkBooks();
            reset();
        }

        /** Pins page 0. */
        @FunctionalInterface
        private interface Walk {
            int pin(CpuSlot cpu, Vma vma, long[] out);
        }

        @Override
        public void close() {
            machine.machine().detach(walker);
            machine.close();
        }
    }

    /** S18: the truncate at every access of the walk, then the walk at every access of the truncate. */
    @ParameterizedTest
    @MethodSource("org.daxref.Machine#designNames")
    void s18ShouldFailTheWalkOrFindThePageBusyWhereverOneComesBetween(final String design) {
        final TestMachine machine = setup(design).open(PAGES, ActingWords::new);
        try (Rivals rivals = new Rivals(machine, machine.file())) {
            IntStream.range(0, 40).forEach(access -> rivals.attemptAt(access, rivals::walk, rivals::breakPage));
            IntStream.range(0, 40).forEach(access -> rivals.attemptAt(access, rivals::breakPage, rivals::walk));

            assertTrue(rivals.pins > 10, "hardly ever pinned: pins=" + rivals.pins);
            assertTrue(rivals.breaks > 10, "hardly ever idle: breaks=" + rivals.breaks);
        }
    }

    /** S18: both step by step, in many orders. */
    @ParameterizedTest
    @MethodSource("org.daxref.Machine#designNames")
    void s18ShouldFailTheWalkOrFindThePageBusyInEveryOrder(final String design) {
        try (Rivals rivals = Rivals.scheduled(design)) {
            Exploration.pass(SCHEDULES, rivals::attempt);

            assertTrue(rivals.pins > SCHEDULES / 10, "hardly ever pinned: pins=" + rivals.pins);
            assertTrue(rivals.breaks > SCHEDULES / 10, "hardly ever idle: breaks=" + rivals.breaks);
        }
    }

    /** S18 with A8: who looks before he unmaps finds a page idle that a walk then pins. */
    @ParameterizedTest
    @MethodSource("org.daxref.Machine#designNames")
    void s18ShouldFindThePinOfAPageThatWasLookedAtFirst(final String design) {
        try (Rivals rivals = Rivals.scheduled(design)) {
            final Exploration.Found found = Exploration.find(Exploration.MANY, rivals::attemptScanFirst);

            assertEquals("found idle under a pin ==> expected: <false> but was: <true>",
                found.failure().getCause().getMessage());
            rivals.machine.gup().unpin(rivals.walker, rivals.out, 1);
        }
    }

    /** S18, {@code gup_fast_pte_range} against {@code dax_break_layout}, with all their locks and waits. */
    @ParameterizedTest
    @MethodSource("org.daxref.Machine#designNames")
    void s18ShouldNeverFreeAPageUnderAPinOfTheFastWalk(final String design) {
        try (Rivals rivals = Rivals.scheduled(design)) {
            Exploration.pass(SCHEDULES, schedule -> rivals.punchAgainst(schedule,
                (cpu, vma, out) -> rivals.machine.gup().pinFast(cpu, vma.table(), 0, 1, true, out)));

            assertTrue(rivals.pins > SCHEDULES / 10, "hardly ever pinned: pins=" + rivals.pins);
        }
    }

    /** S19, {@code follow_page_pte}: the slow walk and the zap take turns at the page-table lock. */
    @ParameterizedTest
    @MethodSource("org.daxref.Machine#designNames")
    void s19ShouldNeverFreeAPageUnderAPinOfTheSlowWalk(final String design) {
        try (Rivals rivals = Rivals.scheduled(design)) {
            Exploration.pass(SCHEDULES, schedule -> rivals.punchAgainst(schedule,
                (cpu, vma, out) -> rivals.machine.gup().pinSlow(cpu, vma.table(), 0, 1, true, out)));

            assertEquals(SCHEDULES, rivals.pins, "what the truncate took away was faulted in again");
        }
    }
}
