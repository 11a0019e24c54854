/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

/**
 * What went wrong while something was undone that must be undone to its end: the first failure, with the later ones
 * suppressed in it.
 */
public final class Failures {

    private Failures() {
    }

    /**
     * One more failure.
     *
     * @param first what went wrong before, or null
     * @param next  what goes wrong now
     * @return what to throw at the end
     */
    public static Throwable add(final Throwable first, final Throwable next) {
        if (first == null) {
            return next;
        }
        if (first != next) {
            first.addSuppressed(next);
        }
        return first;
    }

    /**
     * The end: throws the first failure, whatever it is.
     *
     * @param first what went wrong, or null
     */
    public static void throwFirst(final Throwable first) {
        if (first != null) {
            Failures.<RuntimeException>throwAny(first);
        }
    }

    /* A handler of somebody else's may throw what it did not declare, and it is to arrive as it is. */
    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void throwAny(final Throwable failure) throws T {
        throw (T) failure;
    }

    /**
     * Undoes something after a failure, which stays the one to be thrown.
     *
     * @param failure what went wrong
     * @param undo    the opposite of what had been done
     */
    public static void undo(final Throwable failure, final Runnable undo) {
        try {
            undo.run();
        } catch (final Throwable e) {
            add(failure, e);
        }
    }
}
