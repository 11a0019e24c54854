/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.result.SuiteException;
import picocli.CommandLine.Option;

import java.util.regex.Pattern;

/**
 * Options of every command that judges.
 */
final class ComparisonOptions {
    private static final double PERCENT = 100;

    @Option(names = "--threshold", paramLabel = "PERCENT", defaultValue = "3",
        description = "Least effect that counts; the noise of this machine where that is larger. Default: 3.")
    private double threshold;

    @Option(names = "--control", paramLabel = "REGEX", defaultValue = "\\.baseline\\.(?!PeerBenchmark\\.)",
        description = "Benchmarks that no change of the code under test can move. Default: the package baseline, less"
            + " PeerBenchmark, which measures counters of this project as well.")
    private String control;

    /**
     * The least effect that counts.
     *
     * @return a share
     */
    double leastEffect() {
        if (!(threshold > 0 && threshold < PERCENT)) {
            throw new SuiteException("--threshold takes a percentage above 0 and below 100, such as 3.");
        }
        return threshold / PERCENT;
    }

    Pattern controls() {
        return Regex.of("--control", control);
    }
}
