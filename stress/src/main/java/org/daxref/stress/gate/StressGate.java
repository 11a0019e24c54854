/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress.gate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.daxref.stress.DescriptorBorders;
import org.daxref.stress.EntryBorders;
import org.daxref.stress.KeptPinAgainstZap;
import org.daxref.stress.KeptUnpinAgainstZap;
import org.daxref.stress.KillAgainstTryGetLive;
import org.daxref.stress.LastPutAgainstLift;
import org.daxref.stress.LastPutAgainstStaleWalk;
import org.daxref.stress.LastUnpinAgainstFirstPin;
import org.daxref.stress.PercpuRefSwitch;
import org.daxref.stress.PinAgainstPin;
import org.daxref.stress.Publication;
import org.daxref.stress.StripingAgainstZap;
import org.daxref.stress.UnpinAgainstWaiter;
import org.daxref.stress.WalkAgainstLayoutBreak;
import org.daxref.stress.WalkAgainstZap;
import org.daxref.stress.gate.JcstressProcess.Effort;
import org.openjdk.jcstress.infra.collectors.TestResult;

/**
 * Runs every form of every subject, gives controls that showed nothing and tests with too few samples another try, and
 * says what is wrong. What a test has shown once is not forgotten by a later try.
 *
 * <p>A control needs luck: the window that it leaves open must be hit, and on a busy machine the two actors seldom run
 * at the same time. So it is tried again by itself, {@value #RETRIES} times at most and {@value #RETRY_FACTOR} times as
 * long each time. A forbidden outcome of another form is never tried again.
 *
 * <p>Thread contract: one thread. Takes a minute, or many.
 */
public final class StressGate {
    /** How many sample states live at a time, for which the subjects have room. */
    static final int LIVE_STATES = 32;

    private static final List<Class<?>> SUBJECTS = List.of(PinAgainstPin.class, LastUnpinAgainstFirstPin.class,
        LastPutAgainstStaleWalk.class, LastPutAgainstLift.class, WalkAgainstZap.class, WalkAgainstLayoutBreak.class,
        KeptPinAgainstZap.class, KeptUnpinAgainstZap.class, StripingAgainstZap.class, UnpinAgainstWaiter.class,
        KillAgainstTryGetLive.class, PercpuRefSwitch.class, DescriptorBorders.class, EntryBorders.class,
        Publication.class);
    private static final List<String> FORMS = List.of("Simple", "Actual", "Control");
    private static final int RETRIES = 3;
    private static final int RETRY_FACTOR = 4;

    private final Path folder;
    private final int timeMs;
    private final boolean allJvms;
    private SortedMap<String, Tally> tallies = new TreeMap<>();

    /**
     * A gate.
     *
     * @param folder  where the runs keep their files
     * @param timeMs  how long a test runs in each JVM, in milliseconds
     * @param allJvms every JVM configuration that jcstress knows, instead of the default one
     */
    public StressGate(final Path folder, final int timeMs, final boolean allJvms) {
        this.folder = folder;
        this.timeMs = timeMs;
        this.allJvms = allJvms;
    }

    /**
     * The tests that must run.
     *
     * @return binary names, three forms or more for each subject
     */
    public static SortedSet<String> expectedTests() {
        final SortedSet<String> tests = new TreeSet<>();
        for (final Class<?> subject : SUBJECTS) {
            for (final String form : FORMS) {
                final List<String> found = Stream.of(subject.getDeclaredClasses()).map(Class::getName)
                    .filter(name -> name.startsWith(subject.getName() + "$" + form)).map(StressGate::testName).toList();
                if (found.isEmpty()) {
                    throw new IllegalStateException("a form is missing: subject=" + subject.getName() + ", form="
                        + form);
                }
                tests.addAll(found);
            }
        }
        return tests;
    }

    /** What jcstress calls the test of a nested class. */
    private static String testName(final String binaryName) {
        return binaryName.replace('$', '.');
    }

    /**
     * Runs everything.
     *
     * @return what is wrong, a sentence each; nothing if all is well
     */
    public List<String> run() {
        final SortedSet<String> expected = expectedTests();
        final List<TestResult> results = new ArrayList<>();
        Collection<String> tests = expected;
        int ms = timeMs;
        for (int run = 0; run <= RETRIES && !tests.isEmpty(); run++) {
            results.addAll(new JcstressProcess(folder.resolve("run-" + run))
                .run(tests, new Effort(ms, allJvms && run == 0), LIVE_STATES));
            tallies = Tally.of(results);
            tests = Verdict.again(tallies.values());
            ms *= RETRY_FACTOR;
        }
        return Verdict.complaints(expected, tallies);
    }

    /**
     * What the last run has shown.
     *
     * @return a table, a line for each test and one for their sum
     */
    public List<String> table() {
        final List<String> table = new ArrayList<>();
        table.add(Tally.HEADING);
        tallies.values().forEach(tally -> table.add(tally.row()));
        table.add(Tally.sum(tallies.values()));
        return table;
    }
}
