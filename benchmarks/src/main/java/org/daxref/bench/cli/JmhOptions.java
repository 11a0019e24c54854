/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.result.SuiteException;
import org.openjdk.jmh.profile.ProfilerException;
import org.openjdk.jmh.profile.ProfilerFactory;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.ProfilerConfig;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Options that go through to JMH. Those that would take from the suite what it has to know are refused.
 */
final class JmhOptions {
    private static final String PASSED = "-i, -r, -wi, -w, -to, -gc, -prof, -p and -jvmArgsAppend";

    private JmhOptions() {
    }

    /**
     * Parses options by JMH's own rules.
     *
     * @param words what stood behind {@code --}
     * @return the options
     * @throws SuiteException when JMH does not know one, or the suite owns it
     */
    static CommandLineOptions parse(final List<String> words) {
        final CommandLineOptions options;
        try {
            options = new CommandLineOptions(words.toArray(String[]::new));
        } catch (final CommandLineOptionException | IllegalStateException e) {
            throw new SuiteException("JMH does not take these options: " + e.getMessage() + ".", e);
        }
        if (!options.getIncludes().isEmpty()) {
            throw new SuiteException("Unknown command or argument '" + options.getIncludes().getFirst()
                + "': the commands are run, list and doctor, and benchmarks are chosen by --filter.");
        }
        final Map<String, Boolean> refused = new LinkedHashMap<>();
        refused.put("-f", options.getForkCount().hasValue());
        refused.put("-wf", options.getWarmupForkCount().hasValue());
        refused.put("-o", options.getOutput().hasValue());
        refused.put("-rf", options.getResultFormat().hasValue());
        refused.put("-rff", options.getResult().hasValue());
        refused.put("-foe", options.shouldFailOnError().hasValue());
        refused.put("-t", options.getThreads().hasValue());
        refused.put("-tg", options.getThreadGroups().hasValue());
        refused.put("-e", !options.getExcludes().isEmpty());
        refused.put("-v", options.verbosity().hasValue());
        refused.put("-bm", !options.getBenchModes().isEmpty());
        refused.put("-tu", options.getTimeUnit().hasValue());
        refused.put("-opi", options.getOperationsPerInvocation().hasValue());
        refused.put("-si", options.shouldSyncIterations().hasValue());
        refused.put("-bs", options.getMeasurementBatchSize().hasValue());
        refused.put("-wbs", options.getWarmupBatchSize().hasValue());
        refused.put("-wm", options.getWarmupMode().hasValue());
        refused.put("-wmb", !options.getWarmupIncludes().isEmpty());
        refused.put("-jvm", options.getJvm().hasValue());
        refused.put("-jvmArgs", options.getJvmArgs().hasValue());
        refused.put("-jvmArgsPrepend", options.getJvmArgsPrepend().hasValue());
        refused.put("-l, -lp, -lrf, -lprof and -h", options.shouldList() || options.shouldListWithParams()
            || options.shouldListResultFormats() || options.shouldListProfilers() || options.shouldHelp());
        refused.forEach((option, given) -> {
            if (given) {
                throw new SuiteException("JMH's " + option
                    + " cannot be handed through, for the suite decides it: what can be is " + PASSED + ".");
            }
        });
        options.getProfilers().forEach(JmhOptions::check);
        return options;
    }

    private static void check(final ProfilerConfig profiler) {
        try {
            ProfilerFactory.getProfilerOrException(profiler);
        } catch (final ProfilerException e) {
            throw new SuiteException("JMH cannot use the profiler '" + profiler.getKlass() + "' here: "
                + e.getMessage().lines().findFirst().orElse("") + ".", e);
        }
    }

    /**
     * The parameters set by {@code -p}.
     *
     * @param options what was parsed
     * @param words   the same as typed; JMH tells values, but not which names were given
     * @return values by parameter
     */
    static Map<String, List<String>> params(final CommandLineOptions options, final List<String> words) {
        final Map<String, List<String>> params = new LinkedHashMap<>();
        for (final String word : words) {
            final String name = word.replaceFirst("^-p", "").replaceFirst("=.*", "");
            if (word.contains("=") && options.getParameter(name).hasValue()) {
                params.put(name, List.copyOf(options.getParameter(name).get()));
            }
        }
        return params;
    }
}
