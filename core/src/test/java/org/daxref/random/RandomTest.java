/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.daxref.Invariants;
import org.daxref.Machine;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.memory.WordsKind;
import org.daxref.schedule.Exploration;
import org.daxref.schedule.Schedule;
import org.daxref.schedule.Trace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * I1 to I6 under random operations: pin and unpin, fault, zap, truncate, punch, layout breaks, eviction, reflink,
 * write-back, removal and re-creation of the device.
 *
 * <p>{@code -Ddaxref.test.randomMs=} says for how long, per design and driver, with every counter in turn: {@code
 * -Pexhaustive} says 5 minutes, which is 10 per design. {@code -Ddaxref.test.design=} says for which. A failure names
 * the seed; {@code -Ddaxref.test.seed=} begins with it. A schedule then takes the same steps, and free threads the
 * same operations.
 */
class RandomTest {
    private static final long SEED = Long.getLong("daxref.test.seed", System.nanoTime());
    private static final String ONLY = System.getProperty("daxref.test.design", "");
    private static final int SHORT_MS = 1000;
    private static final long DURATION_MS = Long.getLong("daxref.test.randomMs", SHORT_MS);
    private static final int MOST_SCHEDULES = 3000;

    /** One world may well come to its end without a page taken. */
    private static final int FEW = 10;
    private static final int REPEATED_SEEDS = 10;
    private static final int SCHEDULED_OPERATIONS = 8;
    private static final int FREE_OPERATIONS = 60;
    private static final int ROUNDS = 5;

    static Stream<String> designs() {
        return Machine.designNames().stream().filter(design -> design.startsWith(ONLY));
    }

    private static long deadline() {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DURATION_MS);
    }

    /** Whoever waits for long wants to know for what. */
    private static void print(final String text) {
        if (DURATION_MS > SHORT_MS) {
            System.out.println(text);
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldKeepTheInvariantsInEverySchedule(final String design) {
        final Tally tally = new Tally();
        final int schedules = Exploration.passUntil(deadline(), schedule -> {
            try (World world = new World(design, schedule.seed(), tally)) {
                world.abandonUnless(() -> {
                    schedule.run(world.processes(SCHEDULED_OPERATIONS));
                    world.end();
                });
            }
        });

        print(design + ": schedules=" + schedules + ", " + tally);
        assertTrue(tally.taken() > 0 || schedules < FEW, "never held a page: schedules=" + schedules);
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldKeepTheInvariantsWithFreeThreads(final String design) {
        final Tally tally = new Tally();
        final long deadline = deadline();
        long seed = SEED;
        do {
            runFreely(design, seed, tally);
            seed++;
        } while (!Race.isOver(deadline));

        print(design + ": worlds=" + (seed - SEED) + ", " + tally);
        assertTrue(tally.taken() > 0 || seed - SEED < FEW, "never held a page: worlds=" + (seed - SEED));
    }

    /** A failure repeats, whatever came before. */
    @ParameterizedTest
    @MethodSource("designs")
    void shouldTakeTheSameStepsForTheSameSeed(final String design) throws Exception {
        for (int seed = 0; seed < REPEATED_SEEDS; seed++) {
            assertEquals(trace(design, seed), trace(design, seed), "seed=" + seed);
        }
    }

    private static Trace trace(final String design, final long seed) throws Exception {
        final Schedule schedule = new Schedule(seed);
        try (World world = new World(design, seed, new Tally())) {
            world.abandonUnless(() -> {
                schedule.run(world.processes(SCHEDULED_OPERATIONS));
                world.end();
            });
        }
        return schedule.trace();
    }

    /** The control: without the wake-up of 5.18 (A2) some truncate sleeps for ever. */
    @Test
    void shouldFindTheLostWakeUp() {
        final Setup setup = new Setup(Machine.LOST_WAKEUP, "cas", WordsKind.SEGMENT);
        final Exploration.Found found = Exploration.find(MOST_SCHEDULES, schedule -> {
            try (World world = new World(setup, schedule.seed(), new Tally())) {
                world.abandonUnless(() -> schedule.run(world.processes(SCHEDULED_OPERATIONS)));
            }
        });

        print("lost wake-up: schedules=" + found.schedules());
        assertTrue(found.failure().getMessage().startsWith("deadlock, nobody can run"),
            found.failure()::getMessage);
    }

    private static void runFreely(final String design, final long seed, final Tally tally) {
        try (World world = new World(design, seed, tally)) {
            world.abandonUnless(() -> {
                for (int round = 0; round < ROUNDS && !world.isRemoved(); round++) {
                    runRound(world);
                    world.check();
                }
                world.end();
            });
        } catch (final Exception | AssertionError e) {
            throw new AssertionError("seed=" + seed + "; the same operations with -Ddaxref.test.seed=" + seed, e);
        }
    }

    /** I3 says more of a hang than that nobody comes back. */
    private static void runRound(final World world) throws Exception {
        try {
            Race.run(world.processes(FREE_OPERATIONS));
        } catch (final AssertionError e) {
            if (e.getMessage().startsWith("hangs")) {
                Invariants.checkWaiters(world.machine());
            }
            throw e;
        }
    }
}
