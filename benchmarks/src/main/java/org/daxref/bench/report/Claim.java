/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.Digits;

import java.util.List;

/**
 * Something that is claimed of a counter: one ratio stays above a bound, or below it.
 *
 * @param text    what is claimed
 * @param ratio   what was measured, with its interval
 * @param bound   where the claim ends
 * @param atLeast whether the ratio must not be below the bound, rather than not above it
 */
record Claim(String text, Estimate ratio, double bound, boolean atLeast) {
    /** The claim holds with all of its interval, fails with all of it, or neither. */
    enum Verdict {
        HOLDS, FAILS, OPEN
    }

    static Claim atLeast(final String text, final double bound, final Estimate ratio) {
        return new Claim(text, ratio, bound, true);
    }

    static Claim atMost(final String text, final double bound, final Estimate ratio) {
        return new Claim(text, ratio, bound, false);
    }

    /** What the interval says. */
    Verdict verdict() {
        final boolean holds = atLeast ? ratio.low() >= bound : ratio.high() <= bound;
        final boolean fails = atLeast ? ratio.high() < bound : ratio.low() > bound;
        return holds ? Verdict.HOLDS : fails ? Verdict.FAILS : Verdict.OPEN;
    }

    /** A row of a table: claim, bound, measured, verdict. */
    List<String> row() {
        final String word = switch (verdict()) {
            case HOLDS -> "holds";
            case FAILS -> "**fails**";
            case OPEN -> ratio.mean() >= bound == atLeast ? "open, the mean holds" : "open, the mean fails";
        };
        return List.of(text, (atLeast ? "≥ " : "≤ ") + Digits.of(bound), ratio.withInterval(), word);
    }
}
