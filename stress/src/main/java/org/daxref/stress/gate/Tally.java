/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress.gate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.StateCase;
import org.openjdk.jcstress.infra.TestInfo;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * What one test has shown in all JVMs that it ran in.
 *
 * @param test     binary name of its class
 * @param outcomes how often each outcome was seen
 * @param errors   what went wrong beside outcomes: a crash, a timeout, an exception
 */
record Tally(String test, Map<String, Long> outcomes, List<String> errors) {
    /** What the columns of {@link #row()} are. */
    static final String HEADING =
        String.format(Locale.ROOT, "%-42s %12s %9s %9s", "test", "samples", "outcomes", "bad");

    /** Adds results up by test. */
    static SortedMap<String, Tally> of(final Collection<TestResult> results) {
        final SortedMap<String, Tally> tallies = new TreeMap<>();
        for (final TestResult result : results) {
            final Tally tally = tallies.computeIfAbsent(result.getName(),
                name -> new Tally(name, new TreeMap<>(), new ArrayList<>()));
            for (final String outcome : result.getStateKeys()) {
                tally.outcomes.merge(outcome, result.getCount(outcome), Long::sum);
            }
            if (result.status() != Status.NORMAL) {
                tally.errors.add(result.status() + " " + result.getMessages() + result.getVmErr());
            }
        }
        return tallies;
    }

    /** A line of a table: samples, how many different outcomes, how often a bad one. */
    String row() {
        return row(test.substring(test.lastIndexOf('.', test.lastIndexOf('.') - 1) + 1), samples(), outcomes.size(),
            bad());
    }

    /** The last line of a table. */
    static String sum(final Collection<Tally> tallies) {
        return row(tallies.size() + " tests", tallies.stream().mapToLong(Tally::samples).sum(),
            tallies.stream().mapToInt(tally -> tally.outcomes.size()).sum(),
            tallies.stream().mapToLong(Tally::bad).sum());
    }

    private static String row(final String name, final long samples, final int outcomes, final long bad) {
        return String.format(Locale.ROOT, "%-42s %,12d %9d %,9d", name, samples, outcomes, bad);
    }

    private long bad() {
        return samples() - seen(Expect.ACCEPTABLE);
    }

    /** The number of samples. */
    long samples() {
        return outcomes.values().stream().mapToLong(Long::longValue).sum();
    }

    /** How often outcomes were seen that the test expects so. */
    long seen(final Expect expect) {
        return outcomes.entrySet().stream().filter(entry -> expectation(entry.getKey()) == expect)
            .mapToLong(Map.Entry::getValue).sum();
    }

    private Expect expectation(final String outcome) {
        final TestInfo info = TestList.getInfo(test);
        return info.cases().stream().filter(known -> known.matchesExactly(outcome)).findFirst()
            .or(() -> info.cases().stream().filter(known -> known.matches(outcome)).findFirst())
            .map(StateCase::expect).orElseGet(() -> info.unmatched().expect());
    }
}
