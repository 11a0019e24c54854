/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import java.util.Locale;

/**
 * What can be said of one key.
 */
public enum Verdict {
    /** Significantly cheaper, by more than the least effect that counts. */
    FASTER,
    /** Significantly dearer, by more than the least effect that counts. */
    SLOWER,
    /** The whole confidence interval lies within the least effect that counts. */
    SAME,
    /** Neither a change nor its absence could be shown. */
    INCONCLUSIVE,
    /** The two numbers are not about the same thing, or are too few. */
    INCOMPARABLE;

    /**
     * The verdict as it is printed.
     *
     * @return lower case
     */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
