/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.junit.jupiter.api.function.ThrowingConsumer;

import java.util.List;
import java.util.Random;

/**
 * Random cases that repeat: case number i of a test has the seed {@code daxref.test.seed} + i, and a failure names its
 * own. {@code daxref.test.fuzzCases} says how many there are, more with {@code -Pexhaustive}.
 */
final class Fuzz {
    private static final long SEED = Long.getLong("daxref.test.seed", System.nanoTime());
    private static final int CASES = Integer.getInteger("daxref.test.fuzzCases", 200);

    private Fuzz() {
    }

    static void eachCase(final ThrowingConsumer<Random> body) {
        cases(CASES, body);
    }

    /** For cases that take a third of a second each. */
    static void eachTenthCase(final ThrowingConsumer<Random> body) {
        cases(CASES / 10, body);
    }

    private static void cases(final int cases, final ThrowingConsumer<Random> body) {
        for (int i = 0; i < cases; i++) {
            final long seed = SEED + i;
            try {
                body.accept(new Random(seed));
            } catch (final Throwable e) {
                throw new AssertionError("repeat with -Ddaxref.test.seed=" + seed + " -Ddaxref.test.fuzzCases=10: "
                    + e.getMessage(), e);
            }
        }
    }

    static <T> T oneOf(final Random random, final List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    /** One case in so many. */
    static boolean oneIn(final Random random, final int cases) {
        return random.nextInt(cases) == 0;
    }
}
