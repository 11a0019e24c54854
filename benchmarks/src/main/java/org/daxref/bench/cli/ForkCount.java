/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.compare.Comparing;
import org.daxref.bench.result.SuiteException;

/** How many forks may be asked for. */
final class ForkCount {
    private static final int LEAST = 2;
    private static final int MOST = 1_000;

    private ForkCount() {
    }

    /** Of one side, which has an interval from two forks on. */
    static void require(final int forks) {
        if (forks < LEAST || forks > MOST) {
            throw new SuiteException("--forks takes a number from " + LEAST + " to " + MOST + ".");
        }
    }

    /** Of each of two sides, whose forks run in blocks of A, B, B, A. */
    static void requirePairs(final int forks) {
        if (forks < Comparing.LEAST_FORKS || forks > MOST || forks % 2 != 0) {
            throw new SuiteException("--forks takes an even number from " + Comparing.LEAST_FORKS + " to " + MOST
                + ".");
        }
    }
}
