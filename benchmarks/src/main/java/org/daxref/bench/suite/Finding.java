/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

/**
 * One thing that {@code doctor} looked at.
 *
 * @param level   how bad it is
 * @param subject what was looked at
 * @param state   how it is here
 * @param remedy  what to do about it; empty when there is nothing to do
 */
public record Finding(Level level, String subject, String state, String remedy) {
    /**
     * How much a finding matters for the numbers.
     */
    public enum Level {
        /** As it should be. */
        OK,
        /** Worth knowing when numbers are read, or unknown here. */
        NOTE,
        /** Spoils numbers. */
        WARNING,
        /** Makes a run impossible. */
        BLOCKER
    }

    static Finding ok(final String subject, final String state) {
        return new Finding(Level.OK, subject, state, "");
    }

    static Finding note(final String subject, final String state, final String remedy) {
        return new Finding(Level.NOTE, subject, state, remedy);
    }

    static Finding warning(final String subject, final String state, final String remedy) {
        return new Finding(Level.WARNING, subject, state, remedy);
    }

    static Finding blocker(final String subject, final String state, final String remedy) {
        return new Finding(Level.BLOCKER, subject, state, remedy);
    }

    @Override
    public String toString() {
        return level.name().toLowerCase(java.util.Locale.ROOT) + ": " + subject + ": " + state
            + (remedy.isEmpty() ? "" : "; " + remedy);
    }
}
