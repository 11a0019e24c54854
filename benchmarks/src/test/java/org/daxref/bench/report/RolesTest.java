/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.JmhResult;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;

class RolesTest {
    private static final String GROUP = "org.daxref.bench.asymmetric.PinAgainstFaultBenchmark.faulted";

    private static JmhResult.Metric metric(final String unit, final double score, final double... forks) {
        return new JmhResult.Metric(score, 0, unit, java.util.Arrays.stream(forks).mapToObj(List::of).toList());
    }

    private static JmhResult group(final String design, final double pin) {
        return new JmhResult(GROUP, "thrpt", 2, 3, new TreeMap<>(Map.of("design", design, "zapped", "SAME")),
            metric("ops/us", 30, 30, 30, 30), new TreeMap<>(Map.of("pin", metric("ops/us", pin, pin, pin, pin), "fault",
            metric("ops/us", 5, 5, 5, 5), "pins", metric("#", 75, 75), "refused", metric("#", 25, 25), "guard.wait",
            metric("%", 1, 1))));
    }

    @Test
    void shouldPutTheDesignsSideBySideRoleByRole() {
        final Table table = Roles.of(List.of(group("fs-held", 20), group("dev-pagemap", 10),
            RunFiles.pin("fs-held", Map.of(), 1)), Set.of(GROUP));
        assertEquals("""
            group                             parameters   role           threads  dev-pagemap      fs-held
            PinAgainstFaultBenchmark.faulted  zapped=SAME  fault, ops/us        2  5.00 ± 0.00  5.00 ± 0.00
            PinAgainstFaultBenchmark.faulted  zapped=SAME  pin, ops/us          2   10.0 ± 0.0   20.0 ± 0.0
            PinAgainstFaultBenchmark.faulted  zapped=SAME  walks refused        2      25.00 %      25.00 %
            """, table.text());
    }

    @Test
    void shouldCountWhatAPacedRoleDid() {
        final JmhResult group = group("fs-held", 20);
        group.secondaryMetrics().put("done", metric("#", 500, 500));
        final List<String> roles = Roles.of(List.of(group), Set.of(GROUP)).rows().stream()
            .map(row -> row.get(2) + " " + row.getLast()).toList();
        assertEquals(List.of("pin, ops/us 20.0 ± 0.0", "done, in all 500", "walks refused 25.00 %"), roles);
    }

    @Test
    void shouldBeEmptyWithoutGroups() {
        assertEquals(List.of(), Roles.of(List.of(group("fs-held", 20)), Set.of()).rows());
    }
}
