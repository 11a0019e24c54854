/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PageSequenceTest {
    private static final int PAGES = 1 << 16;
    private static final long SEED = 1234;

    private static int[] draws(final PageSequence sequence) {
        return IntStream.range(0, PageSequence.LENGTH).map(i -> (int) sequence.next()).toArray();
    }

    private static int[] counts(final PageSequence sequence) {
        final int[] counts = new int[PAGES];
        for (final int page : draws(sequence)) {
            counts[page]++;
        }
        return counts;
    }

    @Test
    void shouldStayAtOnePage() {
        assertArrayEquals(new int[PageSequence.LENGTH], draws(PageSequence.constant()));
    }

    @Test
    void shouldComeToThePagesAlike() {
        final int[] counts = counts(PageSequence.uniform(PAGES, SEED));
        final double mean = (double) PageSequence.LENGTH / PAGES;
        final double chiSquare = Arrays.stream(counts).mapToDouble(n -> (n - mean) * (n - mean) / mean).sum();
        assertEquals(PAGES, chiSquare, 5 * Math.sqrt(2.0 * PAGES), "five standard deviations");
    }

    @Test
    void shouldComeToThePagesByTheLawOfZipf() {
        final int[] counts = counts(PageSequence.zipf(PAGES, SEED));
        final double sum = IntStream.rangeClosed(1, PAGES).mapToDouble(PageSequenceTest::weight).sum();
        for (final int rank : new int[] {1, 2, 3, 10, 100}) {
            final double expected = PageSequence.LENGTH * weight(rank) / sum;
            assertEquals(expected, counts[PageSequence.scramble(rank - 1, PAGES)], 5 * Math.sqrt(expected),
                "five standard deviations at rank " + rank);
        }
        final int top = IntStream.range(0, 100).map(rank -> counts[PageSequence.scramble(rank, PAGES)]).sum();
        assertEquals(0.43, (double) top / PageSequence.LENGTH, 0.01);
    }

    private static double weight(final int rank) {
        return Math.pow(rank, -PageSequence.ZIPF_EXPONENT);
    }

    @Test
    void shouldDrawTheSameForTheSameSeedOnly() {
        assertArrayEquals(draws(PageSequence.zipf(PAGES, SEED)), draws(PageSequence.zipf(PAGES, SEED)));
        assertFalse(Arrays.equals(draws(PageSequence.zipf(PAGES, SEED)), draws(PageSequence.zipf(PAGES, SEED + 1))));
        assertFalse(Arrays.equals(draws(PageSequence.uniform(PAGES, SEED)),
            draws(PageSequence.uniform(PAGES, SEED + 1))));
    }

    @Test
    void shouldBeginAgainAfterTheLastDraw() {
        final PageSequence sequence = PageSequence.uniform(PAGES, SEED);
        assertArrayEquals(draws(sequence), draws(sequence));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 64, 1 << 10, PAGES})
    void shouldGiveEachRankAPageOfItsOwn(final int pages) {
        assertEquals(pages, IntStream.range(0, pages).map(rank -> PageSequence.scramble(rank, pages))
            .filter(page -> page >= 0 && page < pages).distinct().count());
    }

    @ParameterizedTest
    @CsvSource({"100, 200", "1000, 10"})
    void shouldKeepHotPagesApart(final int hottest, final int apart) {
        final int[] pages = IntStream.range(0, hottest).map(rank -> PageSequence.scramble(rank, PAGES)).sorted()
            .toArray();
        final int nearest = IntStream.range(1, hottest).map(i -> pages[i] - pages[i - 1]).min().orElseThrow();
        assertTrue(nearest >= apart, "nearest=" + nearest);
    }
}
