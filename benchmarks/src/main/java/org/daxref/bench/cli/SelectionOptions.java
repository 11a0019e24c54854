/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.Machine;
import org.daxref.bench.suite.Axes;
import org.daxref.bench.suite.Profile;
import org.daxref.bench.suite.Selection;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import picocli.CommandLine.Option;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Options that say what to measure.
 */
final class SelectionOptions {
    @Option(names = "--profile", paramLabel = "NAME", defaultValue = "quick",
        description = "smoke (does it run?), quick (the headline), full (for publishing). Default: quick.")
    private String profile;

    @Option(names = "--filter", paramLabel = "REGEX",
        description = "Measure the benchmarks whose class.method it is found in, also such as the profile leaves out.")
    private String filter;

    @Option(names = "--threads", paramLabel = "N,...", hideParamSyntax = true, split = ",",
        description = "Numbers of threads, max for all CPUs, instead of the profile's.")
    private List<String> threads = List.of();

    @Option(names = "--design", paramLabel = "NAME,...", hideParamSyntax = true, split = ",",
        description = "Designs instead of the profile's.")
    private List<String> designs = List.of();

    @Option(names = "--counter", paramLabel = "NAME,...", hideParamSyntax = true, split = ",",
        description = "Counters instead of the profile's.")
    private List<String> counters = List.of();

    @Option(names = "--oversubscribe", description = "Allow more threads than CPUs; the result is marked.")
    private boolean oversubscribe;

    /**
     * What the options select.
     *
     * @param handed     options for JMH, parsed
     * @param jmhOptions options for JMH, as typed
     * @return the selection
     */
    Selection of(final CommandLineOptions handed, final List<String> jmhOptions) {
        final Map<String, List<String>> values = new LinkedHashMap<>(JmhOptions.params(handed, jmhOptions));
        if (!designs.isEmpty()) {
            values.put(Axes.DESIGN, designs);
        }
        if (!counters.isEmpty()) {
            values.put(Axes.COUNTER, counters);
        }
        Axes.check(Axes.DESIGN, values.getOrDefault(Axes.DESIGN, List.of()), Machine.designNames());
        Axes.check(Axes.COUNTER, values.getOrDefault(Axes.COUNTER, List.of()), Machine.counterNames());
        return new Selection(Profile.named(profile), Regex.of("--filter", filter), threads, values, oversubscribe);
    }
}
