/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.suite.Profile;
import org.daxref.bench.suite.Selection;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.util.List;

/**
 * Options that say what to measure.
 */
final class SelectionOptions {
    @Option(names = "--profile", paramLabel = "NAME", defaultValue = "quick",
        description = "smoke (does it run?), quick (the headline), questions (answers to 17 of them), counters"
            + " (what other counters are worth), full (for publishing). Default: quick.")
    private String profile;

    @Option(names = "--filter", paramLabel = "REGEX",
        description = "Measure the benchmarks whose class.method it is found in, also such as the profile leaves out.")
    private String filter;

    @Mixin
    private CellOptions cells;

    /**
     * What the options select.
     *
     * @param handed     options for JMH, parsed
     * @param jmhOptions options for JMH, as typed
     * @return the selection
     */
    Selection of(final CommandLineOptions handed, final List<String> jmhOptions) {
        return cells.of(Profile.named(profile), Regex.of("--filter", filter), handed, jmhOptions);
    }

    /**
     * Whether questions are to be answered in the end.
     *
     * @return true for the profile that measures what they need
     */
    boolean isForQuestions() {
        return Profile.QUESTIONS.label().equals(profile);
    }

    /**
     * Whether counters are to be compared in the end.
     *
     * @return true for the profile that measures all of them
     */
    boolean isForCounters() {
        return Profile.COUNTERS.label().equals(profile);
    }
}
