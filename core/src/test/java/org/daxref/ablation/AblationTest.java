/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.ablation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.daxref.Invariants.Invariant;
import org.daxref.Invariants.Violation;
import org.daxref.Machine;
import org.daxref.design.AblatedDesigns;
import org.daxref.memory.Words;
import org.daxref.page.Memmap;
import org.daxref.schedule.NoRecheckWords;
import org.daxref.schedule.Schedule;
import org.daxref.schedule.ScheduleFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The ablations A1 to A8 of kernel.md G: one rule less, and an invariant falls. Each stands beside a control, the same
 * trial with the rule, which must pass several times as many schedules as the ablation needs. A6 adds a rule and is a
 * design of its own, {@code fs-held-drain}: there the design without it stands for the ablation.
 *
 * <p>{@code -Ddaxref.test.searches=} looks for each violation so often, from other seeds, and prints the median number
 * of schedules.
 */
class AblationTest {
    private static final long SEED = Long.getLong("daxref.test.seed", System.nanoTime());
    private static final int SEARCHES = Integer.getInteger("daxref.test.searches", 1);
    private static final int MOST_SCHEDULES = 5000;
    private static final int CONTROL_SCHEDULES = 1000;
    private static final long SEED_DISTANCE = 1_000_003;

    /** Finds a failure, and says in which schedule. */
    private static int search(final Ground ground, final long seed, final Ground.Trial trial, final Invariant expected)
        throws Exception {
        for (int i = 0; i < MOST_SCHEDULES; i++) {
            try {
                ground.attempt(trial, new Schedule(seed + i));
            } catch (final AssertionError e) {
                assertEquals(expected, invariant(e), () -> "seed=" + seed + ": " + e.getMessage());
                return i + 1;
            }
        }
        throw new AssertionError("not found: schedules=" + MOST_SCHEDULES + ", seed=" + seed);
    }

    /** A schedule in which nobody can go on has lost a wake-up: the only one who could wake the sleeper has ended. */
    private static Invariant invariant(final AssertionError failure) {
        if (failure instanceof ScheduleFailure && failure.getMessage().startsWith("deadlock, nobody can run")) {
            return Invariant.I3;
        }
        final Throwable found = failure instanceof ScheduleFailure ? failure.getCause() : failure;
        if (found instanceof IllegalStateException && found.getMessage().startsWith("the page went with its device")) {
            return Invariant.I2;
        }
        return found instanceof final Violation violation ? violation.invariant() : null;
    }

    private static void find(final String name, final Invariant expected, final Supplier<Ground> open,
                             final Ground.Trial trial) throws Exception {
        final int[] schedules = new int[SEARCHES];
        for (int i = 0; i < SEARCHES; i++) {
            try (Ground ground = open.get()) {
                schedules[i] = search(ground, SEED + i * SEED_DISTANCE, trial, expected);
            }
        }
        Arrays.sort(schedules);
        if (SEARCHES > 1) {
            System.out.println(name + ": " + expected + ", median=" + schedules[SEARCHES / 2] + ", most="
                + schedules[SEARCHES - 1] + ", searches=" + SEARCHES);
        }
    }

    private static void pass(final Ground ground, final Ground.Trial trial) throws Exception {
        try (ground) {
            for (int i = 0; i < CONTROL_SCHEDULES; i++) {
                ground.attempt(trial, new Schedule(SEED + i));
            }
        }
    }

    /** S28: the device goes and leaves the entry behind; walks come before, meanwhile and after. */
    private static void removeUnderEntry(final Ground ground, final Schedule schedule) throws Exception {
        ground.fault();
        schedule.run(() -> {
            ground.walkAndBackOut();
            ground.walkAndBackOut();
        }, ground::remove);
        ground.renew();
    }

    /** S28 with the entry zapped first. */
    private static void removeAfterZap(final Ground ground, final Schedule schedule) throws Exception {
        ground.fault();
        schedule.run(() -> {
            ground.walkAndBackOut();
            ground.walkAndBackOut();
        }, () -> {
            ground.zap();
            ground.remove();
        });
        ground.renew();
    }

    /**
     * A1. A walker that does not ask for the dev_pagemap counts a page whose struct page is gone. The read section does
     * not help: removal waits for walks that began before, and this one finds the entry afterwards.
     */
    @Test
    void shouldTouchRemovedPagesWithoutGetDevPagemap() throws Exception {
        find("A1 no-pgmap", Invariant.I2, () -> Ground.of("dev-pagemap", AblatedDesigns::noPagemap),
            AblationTest::removeUnderEntry);
    }

    @Test
    void shouldTouchNoRemovedPagesWithGetDevPagemap() throws Exception {
        pass(Ground.of("dev-pagemap"), AblationTest::removeUnderEntry);
    }

    /** A1 says "unless page-table entries were zapped", and so it is: the argument for dropping the lookup. */
    @Test
    void shouldTouchNoRemovedPagesWithoutGetDevPagemapOnceEntriesAreZapped() throws Exception {
        pass(Ground.of("dev-pagemap", AblatedDesigns::noPagemap), AblationTest::removeAfterZap);
    }

    /** A7. Without the lookup the zap is all that keeps walkers off. */
    @Test
    void shouldTouchRemovedPagesWithoutUnmap() throws Exception {
        find("A7 no-unmap", Invariant.I2, () -> Ground.of("fs-held"), AblationTest::removeUnderEntry);
    }

    @Test
    void shouldTouchNoRemovedPagesAfterUnmap() throws Exception {
        pass(Ground.of("fs-held"), AblationTest::removeAfterZap);
    }

    /** S29: a pin is dropped while the device goes, whose entries were zapped. */
    private static void removeAgainstUnpin(final Ground ground, final Schedule schedule) throws Exception {
        ground.fault();
        ground.pin();
        ground.zap();
        schedule.run(ground::unpin, ground::remove);
        ground.renew();
    }

    /** A6 is a rule more, not less: {@code fs-held} goes without it. */
    @ParameterizedTest
    @ValueSource(strings = {"dev-pagemap", "fs-held"})
    void shouldTouchRemovedPagesWithoutFolioReference(final String design) throws Exception {
        find("A6 without the folio's reference, " + design, Invariant.I2, () -> Ground.of(design),
            AblationTest::removeAgainstUnpin);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pre-518", "fs-held-drain"})
    void shouldTouchNoRemovedPagesWithFolioReference(final String design) throws Exception {
        pass(Ground.of(design), AblationTest::removeAgainstUnpin);
    }

    /** S9, S12: a truncate waits for a pin, which is dropped. */
    private static void truncateAgainstUnpin(final Ground ground, final Schedule schedule) throws Exception {
        ground.fault();
        ground.pin();
        schedule.run(ground::truncate, ground::unpin);
        ground.check();
    }

    /** A2, the bug of the thread. */
    @Test
    void shouldLoseTheWakeUpWithoutWake() throws Exception {
        find("A2 no-wake", Invariant.I3, () -> Ground.of(Machine.LOST_WAKEUP), AblationTest::truncateAgainstUnpin);
    }

    private static UnaryOperator<Words> withoutBarrier() {
        return words -> {
            final long from = Machine.geometry(Ground.PAGES).from(words.origin()).memmapOffset();
            return new StoreBufferWords(words, from, from + Memmap.bytes(Ground.PAGES));
        };
    }

    /** A3 as the order of the program: the queue is looked at before the count is dropped. */
    @Test
    void shouldLoseTheWakeUpWithoutBarrier() throws Exception {
        find("A3 no-barrier", Invariant.I3, () -> Ground.of("dev-pagemap", withoutBarrier()),
            AblationTest::truncateAgainstUnpin);
    }

    /** The control of A2 and A3. */
    @ParameterizedTest
    @ValueSource(strings = {"dev-pagemap", "fs-held"})
    void shouldLoseNoWakeUpWithThem(final String design) throws Exception {
        pass(Ground.of(design), AblationTest::truncateAgainstUnpin);
    }

    /**
     * S18: the block of an idle page is freed, and another file gets it and is mapped. That somebody maps the page
     * again matters: as long as it is at 0, a walk of {@code fs-held} is refused by the count alone and needs no second
     * look.
     */
    private static void reuseAgainstWalk(final Ground ground, final Schedule schedule) throws Exception {
        ground.fault();
        schedule.run(ground::walk, ground::freeAndReuse);
        ground.unlinkOther();
    }

    private static UnaryOperator<Words> withoutSecondLook() {
        return words -> new NoRecheckWords(words, Ground.PAGES);
    }

    /** A4. */
    @ParameterizedTest
    @ValueSource(strings = {"dev-pagemap", "fs-held"})
    void shouldFreeABlockUnderAPinWithoutSecondLook(final String design) throws Exception {
        find("A4 no-recheck, " + design, Invariant.I1, () -> Ground.of(design, withoutSecondLook()),
            AblationTest::reuseAgainstWalk);
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev-pagemap", "fs-held"})
    void shouldFreeNoBlockUnderAPinWithSecondLook(final String design) throws Exception {
        pass(Ground.of(design), AblationTest::reuseAgainstWalk);
    }

    /** S2: a fault and a walk. */
    private static void faultAgainstWalk(final Ground ground, final Schedule schedule) throws Exception {
        schedule.run(ground::fault, ground::walk);
        ground.check();
        ground.zap();
        ground.check();
    }

    /** A5. */
    @Test
    void shouldMiscountAPageWithoutInsertReference() throws Exception {
        find("A5 no-insert-ref", Invariant.I4, () -> Ground.of("fs-held", AblatedDesigns::noInsertReference),
            AblationTest::faultAgainstWalk);
    }

    @Test
    void shouldCountAPageWithInsertReference() throws Exception {
        pass(Ground.of("fs-held"), AblationTest::faultAgainstWalk);
    }

    private static void breakAgainstWalk(final Ground ground, final Schedule schedule,
                                         final Runnable layoutBreak) throws Exception {
        ground.fault();
        schedule.run(ground::walk, layoutBreak::run);
        ground.takeBack();
    }

    /** A8. */
    @ParameterizedTest
    @ValueSource(strings = {"dev-pagemap", "fs-held"})
    void shouldFreeABlockUnderAPinWhenItScansFirst(final String design) throws Exception {
        find("A8 scan-first, " + design, Invariant.I1, () -> Ground.of(design),
            (ground, schedule) -> breakAgainstWalk(ground, schedule, ground::scanFirst));
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev-pagemap", "fs-held"})
    void shouldFreeNoBlockUnderAPinWhenItUnmapsFirst(final String design) throws Exception {
        pass(Ground.of(design), (ground, schedule) -> breakAgainstWalk(ground, schedule, ground::unmapFirst));
    }
}
