/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress.gate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.openjdk.jcstress.annotations.Expect;

/**
 * Says what is wrong with a run. Every expected test ran, often enough and without an error; no outcome was seen that
 * is not expected; every control showed its bad outcome, and nothing else did.
 */
final class Verdict {

    /** What a test needs, or it has shown nothing. */
    static final long MIN_SAMPLES = 100;

    private Verdict() {
    }

    /** Everything that is wrong, a sentence each. */
    static List<String> complaints(final Collection<String> expected, final Map<String, Tally> tallies) {
        final List<String> complaints = new ArrayList<>();
        for (final String test : new TreeSet<>(expected)) {
            final Tally tally = tallies.get(test);
            if (tally == null) {
                complaints.add("did not run: " + test);
            } else {
                complain(complaints, tally);
            }
        }
        for (final String test : tallies.keySet()) {
            if (!expected.contains(test)) {
                complaints.add("is no form of a listed subject: " + test);
            }
        }
        return complaints;
    }

    private static void complain(final List<String> complaints, final Tally tally) {
        if (!tally.errors().isEmpty()) {
            complaints.add("failed: " + tally.test() + " " + tally.errors());
        }
        if (tally.samples() < MIN_SAMPLES) {
            complaints.add("has too few samples: " + tally.test() + " samples=" + tally.samples() + ", needed="
                + MIN_SAMPLES);
        }
        if (tally.seen(Expect.FORBIDDEN) + tally.seen(Expect.UNKNOWN) > 0) {
            complaints.add("showed what is forbidden: " + tally.test() + " " + tally.outcomes());
        }
        final boolean showed = tally.seen(Expect.ACCEPTABLE_INTERESTING) > 0;
        if (isControl(tally.test()) && !showed) {
            complaints.add("a control did not show its bad outcome: " + tally.test() + " " + tally.outcomes());
        } else if (!isControl(tally.test()) && showed) {
            complaints.add("has a bad outcome without being a control: " + tally.test() + " " + tally.outcomes());
        }
    }

    /**
     * Tests for which another and longer try may do: controls that did not show their bad outcome, and tests that a
     * busy machine gave too few samples. What they have shown before still counts.
     */
    static List<String> again(final Collection<Tally> tallies) {
        return tallies.stream().filter(tally -> tally.samples() < MIN_SAMPLES
            || isControl(tally.test()) && tally.seen(Expect.ACCEPTABLE_INTERESTING) == 0).map(Tally::test).toList();
    }

    private static boolean isControl(final String test) {
        return test.substring(test.lastIndexOf('.') + 1).startsWith("Control");
    }
}
