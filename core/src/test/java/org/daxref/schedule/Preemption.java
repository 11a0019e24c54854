/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Who goes on. A race needs few switches but at the right places, so the thread that has the turn keeps it, except with
 * a small probability that is drawn once per schedule: from every second step to every {@value #MAX_PERIOD}th. Short
 * bodies are covered by the frequent switches, long ones by the rare ones, and nobody needs to know how long they are.
 *
 * <p>A thread that reads one word again and again waits for another and loses the turn at once. Together: a thread that
 * can run gets the turn after a bounded number of steps, on average, whatever the others do.
 */
final class Preemption {
    private static final int MAX_PERIOD = 1 << 10;

    private final SplittableRandom random;
    private final int period;

    Preemption(final long seed) {
        random = new SplittableRandom(seed);
        period = 1 << random.nextInt(1, Integer.numberOfTrailingZeros(MAX_PERIOD) + 1);
    }

    /** Whether a thread that is about to access a word loses the turn to one of the others. */
    boolean preempts(final ScheduledThread running) {
        return running.isSpinning() || random.nextInt(period) == 0;
    }

    ScheduledThread choose(final List<ScheduledThread> candidates) {
        return candidates.get(random.nextInt(candidates.size()));
    }
}
