/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import java.util.SplittableRandom;
import java.util.function.IntSupplier;
import org.apache.commons.statistics.distribution.DiscreteDistribution;
import org.apache.commons.statistics.distribution.ZipfDistribution;

/**
 * Page numbers drawn in advance, so that a draw costs a load and no distribution is paid for in a score. There are so
 * many that no branch predictor learns them; after the last comes the first again. One thread only.
 */
public final class PageSequence {
    /** Number of draws, a power of two: 1 MiB, read in order. */
    static final int LENGTH = 1 << 18;

    /** Exponent of the Zipf distribution, as in YCSB. */
    public static final double ZIPF_EXPONENT = 0.99;

    private static final long GOLDEN_RATIO = 0x9E37_79B9_7F4A_7C15L;

    private final int[] pages = new int[LENGTH];
    private int at;

    private PageSequence(final IntSupplier draw) {
        for (int i = 0; i < LENGTH; i++) {
            pages[i] = draw.getAsInt();
        }
    }

    /**
     * Always the same page, at the price of any other sequence.
     *
     * @return page 0 for ever
     */
    public static PageSequence constant() {
        return new PageSequence(() -> 0);
    }

    /**
     * All pages alike.
     *
     * @param pages how many
     * @param seed  of the draws
     * @return 0 to {@code pages} - 1
     */
    public static PageSequence uniform(final int pages, final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        return new PageSequence(() -> random.nextInt(pages));
    }

    /**
     * Few pages often: Zipf with exponent {@value #ZIPF_EXPONENT}. The same pages are hot for every seed, and hot pages
     * are no neighbours: of 64 Ki, the hundred hottest lie at least 200 apart, and the thousand hottest at least 10.
     *
     * @param pages how many, a power of two
     * @param seed  of the draws
     * @return 0 to {@code pages} - 1
     */
    public static PageSequence zipf(final int pages, final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final DiscreteDistribution.Sampler ranks =
            ZipfDistribution.of(pages, ZIPF_EXPONENT).createSampler(random::nextLong);
        return new PageSequence(() -> scramble(ranks.sample() - 1, pages));
    }

    /** The page of a rank: multiples of the golden ratio keep apart, and those of an odd number meet no other. */
    static int scramble(final int rank, final int pages) {
        final int bits = Integer.numberOfTrailingZeros(pages);
        return (int) (rank * (GOLDEN_RATIO >>> Long.SIZE - bits | 1)) & pages - 1;
    }

    /**
     * Draws.
     *
     * @return the next page
     */
    public long next() {
        final int[] local = pages;
        return local[at++ & local.length - 1];
    }
}
