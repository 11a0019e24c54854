/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.daxref.Machine;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.FailingWords;
import org.daxref.memory.WordsKind;
import org.daxref.page.Memmap;
import org.daxref.page.PageTableEntry;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a fault and a truncate do to a page, with memory that fails at each access in turn: what begins is undone, and
 * what ends is done to its end, since nobody would do it again.
 */
class HalfStatesTest {
    private static final int PAGES = 1024;
    private static final long FILE = 4096;
    private static final long OTHER_FILE = 8192;

    /** One step of a fault or a truncate. */
    private interface Step {
        void run(RefcountDesign design);
    }

    static Stream<Setup> setups() {
        return Machine.designNames().stream().flatMap(design -> Stream.of("cas", "xadd", "hazard")
            .map(counter -> new Setup(design, counter, WordsKind.SEGMENT)));
    }

    private static FailingWords words(final TestMachine machine) {
        return (FailingWords) machine.words();
    }

    /** What is known of the pages of the leaf and of the page before it, but for their indexes in a file of nobody. */
    private static long[] state(final TestMachine machine) {
        final List<Long> state = new ArrayList<>();
        final Memmap memmap = machine.memmap();
        for (long page = 511; page < PAGES; page++) {
            final long descriptor = machine.page(page);
            state.add((long) machine.count(page));
            state.add(memmap.mapping(descriptor));
            state.add((long) memmap.share(descriptor));
            state.add((long) memmap.order(descriptor));
            state.add(memmap.head(descriptor));
            state.add(memmap.isLarge(descriptor) ? 1L : 0);
            state.add((long) memmap.mapcount(descriptor));
        }
        state.add(machine.machine().pagemaps().references(machine.pgmap()));
        return state.stream().mapToLong(Long::longValue).toArray();
    }

    /** Runs the step until no access of it fails; each time from the same state. */
    private static void failAtEach(final TestMachine machine, final Step step, final Step back, final boolean ends) {
        final RefcountDesign design = machine.machine().design();
        final long[] before = state(machine);
        step.run(design);
        final long[] after = state(machine);
        back.run(design);
        assertArrayEquals(before, state(machine), "the way back");
        boolean failed = true;
        for (int access = 1; failed; access++) {
            words(machine).failInsteadOf(access);
            boolean thrown = false;
            try {
                step.run(design);
            } catch (final InternalError e) {
                thrown = true;
            }
            failed = words(machine).hasFailed();
            words(machine).reset();
            assertTrue(!thrown || failed);
            assertArrayEquals(thrown && !ends ? before : after, state(machine), "access=" + access);
            if (!thrown || ends) {
                back.run(design);
            }
            assertArrayEquals(before, state(machine), "access=" + access);
        }
    }

    private static Step tie(final TestMachine machine, final long page, final int order, final long file,
                            final boolean shared) {
        return design -> assertTrue(design.associate(machine.cpu(), machine.startPfn() + page, order, file, 0, shared));
    }

    private static Step untie(final TestMachine machine, final long page, final int order) {
        return design -> design.disassociate(machine.cpu(), machine.startPfn() + page, order, false, true);
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldTiePagesToAFileOrNot(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES, FailingWords::new)) {
            for (final int order : new int[] {0, PageTableEntry.PMD_ORDER}) {
                for (final boolean shared : new boolean[] {false, true}) {
                    failAtEach(machine, tie(machine, 512, order, FILE, shared), untie(machine, 512, order), false);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldUntiePagesFromAFileToTheEnd(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES, FailingWords::new)) {
            for (final int order : new int[] {0, PageTableEntry.PMD_ORDER}) {
                for (final boolean shared : new boolean[] {false, true}) {
                    tie(machine, 512, order, FILE, shared).run(machine.machine().design());
                    failAtEach(machine, untie(machine, 512, order), tie(machine, 512, order, FILE, shared), true);
                    untie(machine, 512, order).run(machine.machine().design());
                }
            }
        }
    }

    /** A second file has the page as well, and later has not. Who shares is known by number only. */
    @ParameterizedTest
    @MethodSource("setups")
    void shouldShareAPageOrNot(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES, FailingWords::new)) {
            final RefcountDesign design = machine.machine().design();
            tie(machine, 512, 0, FILE, true).run(design);
            tie(machine, 512, 0, OTHER_FILE, true).run(design);
            failAtEach(machine, tie(machine, 512, 0, OTHER_FILE, true), untie(machine, 512, 0), false);
            failAtEach(machine, untie(machine, 512, 0), tie(machine, 512, 0, OTHER_FILE, true), true);
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldBeginAndEndAnInsertionAsAWhole(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES, FailingWords::new)) {
            tie(machine, 512, 0, FILE, false).run(machine.machine().design());
            final long page = machine.page(512);
            for (int held = 0; held < 2; held++) {
                failAtEach(machine, design -> assertTrue(design.beginInsert(machine.cpu(), page)),
                    design -> design.endInsert(machine.cpu(), page), false);
                assertTrue(machine.machine().design().beginInsert(machine.cpu(), page));
                failAtEach(machine, design -> design.map(page), design -> design.undoMap(page), false);
            }
        }
    }
}
