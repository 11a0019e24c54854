/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.Machine;
import org.daxref.bench.result.SuiteException;
import org.daxref.bench.suite.Axes;
import org.daxref.bench.suite.Profile;
import org.daxref.bench.suite.Selection;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import picocli.CommandLine.Option;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Options that say which values of a benchmark's parameters, and how many threads.
 */
final class CellOptions {
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
     * Takes these designs, whatever the profile has.
     *
     * @param wanted the designs; empty to leave it as it is
     * @return this
     * @throws SuiteException when other designs were named as well
     */
    CellOptions withDesigns(final List<String> wanted) {
        if (!wanted.isEmpty()) {
            if (!designs.isEmpty()) {
                throw new SuiteException("--diff names the designs already: leave out --design.");
            }
            designs = wanted;
        }
        return this;
    }

    /**
     * What the options select.
     *
     * @param profile    the profile that it starts from
     * @param filter     pattern found in a benchmark's name; null for all that the profile holds
     * @param handed     options for JMH, parsed
     * @param jmhOptions options for JMH, as typed
     * @return the selection
     */
    Selection of(final Profile profile, final Pattern filter, final CommandLineOptions handed,
                 final List<String> jmhOptions) {
        final Map<String, List<String>> values = new LinkedHashMap<>(JmhOptions.params(handed, jmhOptions));
        if (!designs.isEmpty()) {
            values.put(Axes.DESIGN, designs);
        }
        if (!counters.isEmpty()) {
            values.put(Axes.COUNTER, counters);
        }
        Axes.check(Axes.DESIGN, values.getOrDefault(Axes.DESIGN, List.of()), Machine.designNames());
        Axes.check(Axes.COUNTER, values.getOrDefault(Axes.COUNTER, List.of()), Machine.counterNames());
        return new Selection(profile, filter, threads, values, oversubscribe);
    }
}
