/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.SuiteException;

import java.util.List;

/**
 * The two axes of choice that have options of their own, and the values that each can take.
 */
public final class Axes {
    /** Name of the parameter that chooses the design. */
    public static final String DESIGN = "design";
    /** Name of the parameter that chooses the counter. */
    public static final String COUNTER = "counter";

    private Axes() {
    }

    /**
     * Checks values that a user named.
     *
     * @param axis    what they are values of
     * @param named   the values
     * @param allowed those there are
     * @return {@code named}
     * @throws SuiteException naming the first unknown value and all allowed ones
     */
    public static List<String> check(final String axis, final List<String> named, final List<String> allowed) {
        for (final String value : named) {
            if (!allowed.contains(value)) {
                throw new SuiteException(
                    "Unknown " + axis + " '" + value + "': choose from " + String.join(", ", allowed) + ".");
            }
        }
        return named;
    }
}
