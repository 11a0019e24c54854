/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import java.util.List;

/**
 * What was found about one key. All ratios are of costs: of time, or of the inverse of a rate; above 1 the head is
 * dearer.
 *
 * @param key               what is compared
 * @param unit              unit of the two means
 * @param base              mean over the base's forks
 * @param head              mean over the head's forks
 * @param baseForks         the base's forks
 * @param headForks         the head's forks
 * @param ratio             cost of head in terms of base, by Hodges and Lehmann; NaN when incomparable
 * @param low               lower end of its 95 % interval
 * @param high              upper end of its 95 % interval
 * @param p                 two-sided p value of the test
 * @param adjustedP         the same after Holm's correction
 * @param test              which test that was
 * @param leastEffect       least effect that counts here, as a share: the threshold or the machine's own noise
 * @param verdict           what can be said
 * @param why               why nothing can be said; empty when something can
 * @param smallestVisible   smallest change, as a share, that four of five such runs would have found
 * @param moreForksFor2Percent how many more forks a side would find 2 % in four of five runs
 */
public record Row(Key key, String unit, double base, double head, List<Double> baseForks, List<Double> headForks,
                  double ratio, double low, double high, double p, double adjustedP, String test, double leastEffect,
                  Verdict verdict, String why, double smallestVisible, int moreForksFor2Percent) {

    static Row incomparable(final Measurement base, final Measurement head, final String why) {
        return new Row(base.key(), base.unit(), base.mean(), head.mean(), base.forks(), head.forks(), Double.NaN,
            Double.NaN, Double.NaN, Double.NaN, Double.NaN, "", Double.NaN, Verdict.INCOMPARABLE, why, Double.NaN, 0);
    }

    /**
     * Whether the two sides could be compared.
     *
     * @return false when there is no ratio
     */
    public boolean isComparable() {
        return verdict != Verdict.INCOMPARABLE;
    }
}
