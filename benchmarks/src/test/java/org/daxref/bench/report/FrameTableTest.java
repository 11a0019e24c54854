/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.profile.Stacks;
import org.junit.jupiter.api.Test;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;

class FrameTableTest {
    private static Stacks stacks(final Map<String, Long> weights) {
        return new Stacks(new TreeMap<>(weights), 0);
    }

    @Test
    void shouldShareTheCostAmongTheMethods() {
        assertEquals("""
            method    self  with callees  self ns/op
            B.b     75.0 %        75.0 %       15.00
            A.a     25.0 %       100.0 %        5.00
            """, FrameTable.of(stacks(Map.of("A.a", 1L, "A.a;B.b", 3L)), 20)
            .text());
    }

    @Test
    void shouldTellOnlySharesWhereThereIsNoCost() {
        assertEquals("""
            method     self  with callees
            A.a     100.0 %       100.0 %
            """, FrameTable.of(stacks(Map.of("A.a", 1L)), Double.NaN).text());
    }

    @Test
    void shouldShowTheTenThatTakeMost() {
        final Stacks stacks = stacks(IntStream.rangeClosed(1, 30).boxed()
            .collect(Collectors.toMap(number -> "A.a" + number, Integer::longValue)));
        final Table table = FrameTable.of(stacks, Double.NaN);
        assertEquals(10, table.rows().size());
        assertEquals("A.a30", table.rows().getFirst().getFirst());
    }

    @Test
    void shouldPutTheLargestDifferenceFirst() {
        assertEquals("""
            method, self ns/op    old   new  difference
            Guard.get            9.00  0.00       -9.00
            Gup.walk             2.00  2.50       +0.50
            Same.same            1.00  1.00        0.00
            all methods         12.00  3.50       -8.50
            """, FrameTable.difference("old", stacks(Map.of("Guard.get", 9_000L, "Gup.walk", 2_000L, "Same.same",
                1_000L)),
            "new", stacks(Map.of("Gup.walk", 2_500L, "Same.same", 1_000L)), "ns/op", 1_000).text());
    }
}
