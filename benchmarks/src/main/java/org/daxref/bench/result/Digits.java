/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import java.util.Locale;

/**
 * Writes measured numbers as people read them: three digits that count, never an exponent.
 */
public final class Digits {
    private static final int SIGNIFICANT = 3;
    private static final int MOST_DECIMALS = 6;

    private Digits() {
    }

    /**
     * Writes a number.
     *
     * @param number the number
     * @return for example {@code 0.583}, {@code 7.21} or {@code 133}
     */
    public static String of(final double number) {
        return like(number, number);
    }

    /**
     * Writes a number with as many decimals as another one has, as its error or the end of its interval.
     *
     * @param number the number
     * @param model  the number beside which it stands
     * @return the number
     */
    public static String like(final double number, final double model) {
        if (!Double.isFinite(number) || !Double.isFinite(model)) {
            return Double.toString(number);
        }
        final int magnitude = model == 0 ? 0 : (int) Math.floor(Math.log10(Math.abs(model)));
        final int decimals = Math.clamp(SIGNIFICANT - 1 - magnitude, 0, MOST_DECIMALS);
        return String.format(Locale.ROOT, "%." + decimals + "f", number);
    }
}
