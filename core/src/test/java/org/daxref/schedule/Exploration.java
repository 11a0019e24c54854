/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import org.daxref.Race;

/**
 * Many schedules of one trial, with consecutive seeds. A trial sets up, runs the schedule once and checks what came of
 * it. {@code -Ddaxref.test.seed=} begins with a seed that failed; a trial that always starts from the same state then
 * fails in the first schedule.
 */
public final class Exploration {
    private static final long SEED = Long.getLong("daxref.test.seed", System.nanoTime());

    /**
     * So many that what is rare is found all the same: the rarest race that is looked for by schedules shows in one of
     * 3 400 on average, so a tenth of this would miss it in one of 6 000 test runs.
     */
    public static final int MANY = 300_000;

    private Exploration() {
    }

    /** What is done with one schedule. */
    @FunctionalInterface
    public interface Trial {
        void run(Schedule schedule) throws Exception;
    }

    /** A failure, and in which schedule it came, counted from 1. */
    public record Found(int schedules, ScheduleFailure failure) {
    }

    /** None of so many schedules may fail. */
    public static void pass(final int schedules, final Trial trial) {
        for (int i = 0; i < schedules; i++) {
            attempt(SEED + i, trial);
        }
    }

    /**
     * No schedule may fail up to a moment.
     *
     * @return how many there were, at least 1
     */
    public static int passUntil(final long deadline, final Trial trial) {
        int schedules = 0;
        do {
            attempt(SEED + schedules, trial);
            schedules++;
        } while (!Race.isOver(deadline));
        return schedules;
    }

    /** One of so many schedules must fail. */
    public static Found find(final int schedules, final Trial trial) {
        for (int i = 0; i < schedules; i++) {
            try {
                attempt(SEED + i, trial);
            } catch (final ScheduleFailure e) {
                return new Found(i + 1, e);
            }
        }
        throw new AssertionError("not found: schedules=" + schedules + ", seed=" + SEED);
    }

    private static void attempt(final long seed, final Trial trial) {
        final Schedule schedule = new Schedule(seed);
        try {
            trial.run(schedule);
        } catch (final ScheduleFailure e) {
            throw e;
        } catch (final Exception | AssertionError e) {
            throw new ScheduleFailure("the check after the schedule failed", schedule, e);
        }
    }
}
