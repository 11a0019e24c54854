/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress.gate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.TestResult;

/** The gate goes red for each reason that it has. */
final class VerdictTest {
    private static final String ACTUAL = "org.daxref.stress.PinAgainstPin.ActualCas";
    private static final String CONTROL = "org.daxref.stress.PinAgainstPin.Control";
    private static final String GOOD = "true, true, 2049";
    private static final String BAD = "true, true, 1025";

    @Test
    void shouldAcceptWhatIsExpected() {
        assertEquals(List.of(), complaints(tally(ACTUAL, GOOD, 100), tally(CONTROL, GOOD, 99, BAD, 1)));
    }

    @Test
    void shouldRefuseATestThatDidNotRun() {
        assertEquals(List.of("did not run: " + ACTUAL), complaints(tally(CONTROL, BAD, 100)));
    }

    @Test
    void shouldRefuseAnUnlistedTest() {
        final String other = "org.daxref.stress.PinAgainstPin.ActualCasFused";

        assertEquals(List.of("is no form of a listed subject: " + other),
            complaints(tally(ACTUAL, GOOD, 100), tally(CONTROL, BAD, 100), tally(other, GOOD, 100)));
    }

    @Test
    void shouldRefuseTooFewSamples() {
        assertEquals(List.of("has too few samples: " + ACTUAL + " samples=99, needed=100"),
            complaints(tally(ACTUAL, GOOD, 99), tally(CONTROL, BAD, 100)));
    }

    @Test
    void shouldRefuseAForbiddenOutcomeHoweverRare() {
        assertEquals(List.of("showed what is forbidden: " + ACTUAL + " {true, true, 1025=1, true, true, 2049=100000}"),
            complaints(tally(ACTUAL, GOOD, 100_000, BAD, 1), tally(CONTROL, BAD, 100)));
    }

    @Test
    void shouldRefuseAControlThatShowsNothing() {
        assertEquals(List.of("a control did not show its bad outcome: " + CONTROL + " {true, true, 2049=100}"),
            complaints(tally(ACTUAL, GOOD, 100), tally(CONTROL, GOOD, 100)));
    }

    @Test
    void shouldRefuseAnErrorWhateverTheOutcomes() {
        final TestResult crashed = new TestResult(Status.VM_ERROR);
        final Tally tally = new Tally(ACTUAL, Map.of(GOOD, 100L), List.of(crashed.status().toString()));

        assertEquals(List.of("failed: " + ACTUAL + " [VM_ERROR]"), complaints(tally, tally(CONTROL, BAD, 100)));
    }

    @Test
    void shouldTrySilentControlsAndStarvedTestsAgain() {
        assertEquals(List.of(ACTUAL, CONTROL), Verdict.again(
            List.of(tally(ACTUAL, GOOD, 99), tally(CONTROL, GOOD, 100))));
        assertEquals(List.of(), Verdict.again(
            List.of(tally(ACTUAL, GOOD, 100), tally(CONTROL, GOOD, 99, BAD, 1))));
    }

    @Test
    void shouldNeverTryAForbiddenOutcomeAgain() {
        assertEquals(List.of(), Verdict.again(List.of(tally(ACTUAL, GOOD, 100, BAD, 1))));
    }

    @Test
    void shouldTabulateWhatWasSeen() {
        final Tally control = tally(CONTROL, GOOD, 2000, BAD, 1);
        final String format = "%-42s %12s %9s %9s";

        assertEquals(String.format(Locale.ROOT, format, "PinAgainstPin.Control", "2,001", "2", "1"), control.row());
        assertEquals(String.format(Locale.ROOT, format, "2 tests", "2,101", "3", "1"),
            Tally.sum(List.of(control, tally(ACTUAL, GOOD, 100))));
    }

    private static List<String> complaints(final Tally... tallies) {
        return Verdict.complaints(List.of(ACTUAL, CONTROL), byName(tallies));
    }

    private static Map<String, Tally> byName(final Tally... tallies) {
        final Map<String, Tally> byName = new TreeMap<>();
        for (final Tally tally : tallies) {
            byName.put(tally.test(), tally);
        }
        return byName;
    }

    private static Tally tally(final String test, final String outcome, final long count) {
        return new Tally(test, Map.of(outcome, count), List.of());
    }

    private static Tally tally(final String test, final String outcome, final long count, final String other,
                               final long otherCount) {
        return new Tally(test, new TreeMap<>(Map.of(outcome, count, other, otherCount)), List.of());
    }
}
