/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

/**
 * Says that an operation of a {@link PageCounter} failed in its middle and left plain references with its caller. What
 * could be taken back was; these could not, since theirs may be the last put of the page, and who drops that has more
 * to do than to count. The caller drops them by {@link PageCounter#put(long, int)} as any other reference, and goes on
 * with the {@linkplain #getCause() cause}.
 */
public final class HalfCountedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int references;

    /**
     * For counters.
     *
     * @param references how many are left, at least 1
     * @param cause      what failed
     */
    public HalfCountedException(final int references, final Throwable cause) {
        super("counted in half: references=" + references, cause);
        this.references = references;
    }

    /**
     * What the caller still holds of the page.
     *
     * @return plain references, at least 1
     */
    public int references() {
        return references;
    }
}
