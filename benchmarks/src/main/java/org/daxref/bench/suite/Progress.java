/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.Digits;
import org.openjdk.jmh.results.Result;

import java.io.PrintStream;
import java.time.Duration;

/**
 * Tells how far a run is: a plain line per fork, fit for a terminal and for a log alike.
 */
final class Progress {
    private final PrintStream out;
    private final int units;
    private final long expectedMs;
    private final long startNs = System.nanoTime();
    private int before;
    private int done;

    /**
     * Of a run that begins now.
     *
     * @param out        where lines go
     * @param units      how many forks it has, at least 1
     * @param expectedMs about how long all of them take
     */
    Progress(final PrintStream out, final int units, final long expectedMs) {
        this.out = out;
        this.units = units;
        this.expectedMs = expectedMs;
    }

    /**
     * Announces the run.
     *
     * @param cells    what is measured
     * @param rounds   forks of each
     * @param finished forks that an earlier, stopped run has finished
     */
    void begin(final int cells, final int rounds, final int finished) {
        before = finished;
        out.printf("%s: %s, %s each%s; about %s.%n", count(units, "fork"), count(cells, "cell"), count(rounds, "fork"),
            finished > 0 ? "; " + finished + " finished before" : "", clock(expectedMs * (units - finished) / units));
    }

    private static String count(final int number, final String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    /**
     * Reports a fork.
     *
     * @param index  its place in the plan, from 0
     * @param record what came of it
     */
    void finished(final int index, final UnitRecord record) {
        finished(index, record.unit().cell().toString(), outcome(record));
    }

    /**
     * Reports whatever stands in the plan.
     *
     * @param index   its place in the plan, from 0
     * @param what    what it was
     * @param outcome what came of it
     */
    void finished(final int index, final String what, final String outcome) {
        done++;
        final long elapsedMs = Duration.ofNanos(System.nanoTime() - startNs).toMillis();
        out.printf("[%d/%d] %s  %s  %s left%n", index + 1, units, what, outcome,
            clock(elapsedMs / done * (units - before - done)));
    }

    /**
     * Reports a repeated fork.
     *
     * @param record what came of the repetition
     * @param better whether it takes the place of the first attempt
     */
    void repeated(final UnitRecord record, final boolean better) {
        out.printf("[repeated] %s  %s%s%n", record.unit().cell(), outcome(record),
            better ? "" : ", the first attempt is kept");
    }

    /**
     * What came of a fork, in words.
     *
     * @param record the fork
     * @return its score, or why there is none
     */
    static String outcome(final UnitRecord record) {
        if (record.failure() != null) {
            return "FAILED: " + record.failure();
        }
        final Result<?> score = record.fork().getPrimaryResult();
        return outcome(score.getScore(), score.getScoreUnit(), record.guard());
    }

    /**
     * A score in words.
     *
     * @param score the score
     * @param unit  its unit
     * @param guard what the contention guard says of it
     * @return for example {@code 20.5 ns/op}
     */
    static String outcome(final double score, final String unit, final GuardVerdict guard) {
        return Digits.of(score) + " " + unit + (guard.mostlySpoilt()
            ? " (spoilt: in %d of %d iterations the workers had to wait)".formatted(guard.spoilt(), guard.judged())
            : "");
    }

    /**
     * A duration as minutes and seconds.
     *
     * @param ms milliseconds
     * @return for example {@code 3:10}
     */
    static String clock(final long ms) {
        final long seconds = Math.round(ms / 1000.0);
        return "%d:%02d".formatted(seconds / 60, seconds % 60);
    }
}
