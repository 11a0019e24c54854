/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ComparisonOptionsTest {
    private static final String BENCHMARKS = "org.daxref.bench.";

    /** Who makes a counter faster must not be told that the machine has drifted. */
    @Test
    void shouldTakeNothingForAControlThatMeasuresThisProject() {
        final Pattern controls = CommandLine.populateCommand(new ComparisonOptions()).controls();

        assertTrue(controls.matcher(BENCHMARKS + "baseline.AtomicBenchmark.getAndAdd").find());
        assertFalse(controls.matcher(BENCHMARKS + "baseline.PeerBenchmark.hot").find());
        assertFalse(controls.matcher(BENCHMARKS + "contended.HotPageBenchmark.hot").find());
    }
}
