/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.daxref.memory.HeapWords;
import org.daxref.memory.RacyWords;
import org.daxref.memory.SegmentWords;
import org.daxref.memory.Words;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Options;
import org.jetbrains.lincheck.datastructures.StressOptions;

/**
 * How operations are checked. {@code -Ddaxref.test.lincheckIterations=} says how many random scenarios: 3 by default,
 * many with {@code -Pexhaustive}.
 *
 * <p>Lincheck may end the exploration of a scenario after one schedule, without a word: it looks for switches only up
 * to the first loop that it takes for a spin. So {@link CountingVerifier} counts, and too few schedules are a failure.
 */
final class Lincheck {
    /** Number of thread numbers that Lincheck hands out, those of the sequential parts included, rounded up. */
    static final int THREADS = 8;

    private static final int ITERATIONS = Integer.getInteger("daxref.test.lincheckIterations", 3);
    private static final int SCHEDULES_PER_SCENARIO = 150;
    private static final int SCHEDULES_OF_A_GIVEN_SCENARIO = 200;
    private static final int RUNS_PER_SCENARIO = 100;
    private static final int RUNS_OF_A_GIVEN_SCENARIO = 1000;

    /** Many scenarios, and few runs of each: where the race is possible it shows in the first hundred. */
    private static final int SCENARIOS_OF_A_CANARY = 50;
    private static final int RUNS_OF_A_CANARY = 200;

    private static final int LEAST_SCHEDULES = 10;

    /** One in so many scenarios may have fewer: those whose threads hardly meet. */
    private static final int SCENARIOS_PER_POOR_ONE = 5;

    /** Longer than any loop that ends: a node of pgmap_array has 64 entries. */
    private static final int LONGEST_LOOP = 80;

    /**
     * So many rounds of one loop are a livelock. Far above {@link #LONGEST_LOOP}: Lincheck ends a loop that reaches the
     * bound before its turn to switch as "the execution has hung", although the wake-up is on its way.
     */
    private static final int LIVELOCK = 1000;

    private static volatile boolean freeThreads;
    private static volatile boolean racyWords;

    private Lincheck() {
    }

    /** Zeroed words on the heap, of the kind that the running mode can see. */
    static Words words(final long bytes) {
        final Words words = freeThreads
            ? new SegmentWords(MemorySegment.ofArray(new long[Math.toIntExact(bytes >>> 3)])) : new HeapWords(bytes);
        return racyWords ? new RacyWords(words) : words;
    }

    static boolean hasFreeThreads() {
        return freeThreads;
    }

    /** Explores the schedules of random scenarios. */
    static void modelCheck(final Class<?> operations, final Class<?> model) {
        explore(randomScenarios(modelChecking(), SCHEDULES_PER_SCENARIO), operations, model);
    }

    /** Explores the schedules of one scenario: what is done before, then what each thread does. */
    static void modelCheck(final Class<?> operations, final Class<?> model, final List<Actor> before,
                           final List<List<Actor>> threads) {
        explore(givenScenario(modelChecking(), SCHEDULES_OF_A_GIVEN_SCENARIO, before, threads), operations, model);
    }

    private static void explore(final ModelCheckingOptions options, final Class<?> operations, final Class<?> model) {
        freeThreads = false;
        CountingVerifier.reset();
        run(options, operations, model);
        final long poor = CountingVerifier.scenariosBelow(LEAST_SCHEDULES);
        assertTrue(poor <= CountingVerifier.scenarios() / SCENARIOS_PER_POOR_ONE && CountingVerifier.runs() > 0,
            () -> "too few schedules were explored: scenarios=" + CountingVerifier.scenarios() + ", below "
                + LEAST_SCHEDULES + " schedules=" + poor + ", schedules=" + CountingVerifier.runs());
    }

    /** Runs random scenarios with free threads. */
    static void stress(final Class<?> operations, final Class<?> model) {
        stress(randomScenarios(new StressOptions(), RUNS_PER_SCENARIO), operations, model,
            RUNS_PER_SCENARIO * ITERATIONS);
    }

    /** Runs one scenario with free threads. */
    static void stress(final Class<?> operations, final Class<?> model, final List<Actor> before,
                       final List<List<Actor>> threads) {
        stress(givenScenario(new StressOptions(), RUNS_OF_A_GIVEN_SCENARIO, before, threads), operations, model,
            RUNS_OF_A_GIVEN_SCENARIO);
    }

    private static void stress(final StressOptions options, final Class<?> operations, final Class<?> model,
                               final int runs) {
        freeThreads = true;
        CountingVerifier.reset();
        run(options, operations, model);
        assertTrue(CountingVerifier.runs() == runs, () -> "runs=" + CountingVerifier.runs() + ", expected=" + runs);
    }

    /** What model checking has to say against operations on {@link RacyWords}; fails if it accepts them. */
    static String rejectionByModelChecking(final Class<?> operations, final Class<?> model) {
        freeThreads = false;
        return rejection(randomScenarios(modelChecking(), RUNS_OF_A_CANARY).iterations(SCENARIOS_OF_A_CANARY),
            operations, model);
    }

    /** What free threads have to say against operations on {@link RacyWords}; fails if they accept them. */
    static String rejectionByStress(final Class<?> operations, final Class<?> model) {
        freeThreads = true;
        return rejection(randomScenarios(new StressOptions(), RUNS_OF_A_CANARY).iterations(SCENARIOS_OF_A_CANARY),
            operations, model);
    }

    private static String rejection(final Options<?, ?> options, final Class<?> operations, final Class<?> model) {
        CountingVerifier.reset();
        racyWords = true;
        try {
            return assertThrows(LincheckAssertionError.class, () -> run(options, operations, model)).getMessage();
        } finally {
            racyWords = false;
        }
    }

    private static void run(final Options<?, ?> options, final Class<?> operations, final Class<?> model) {
        try {
            options.sequentialSpecification(model).verifier(CountingVerifier.class).minimizeFailedScenario(false)
                .check(operations);
        } finally {
            System.out.println(operations.getName() + (freeThreads ? " with free threads" : " by model checking")
                + (racyWords ? ", racy" : "") + ": scenarios=" + CountingVerifier.scenarios() + ", schedules="
                + CountingVerifier.runs());
        }
    }

    /** An access to words is one step, and what a thread notes for itself is none. */
    private static ModelCheckingOptions modelChecking() {
        return new ModelCheckingOptions().loopIterationsBeforeThreadSwitch(LONGEST_LOOP).loopBound(LIVELOCK)
            .addGuarantee(forClasses(HeapWords.class.getName()).allMethods().treatAsAtomic())
            .addGuarantee(forClasses(Held.class.getName()).allMethods().ignore());
    }

    private static <O extends Options<O, ?>> O randomScenarios(final O options, final int runs) {
        return options.iterations(ITERATIONS).invocationsPerIteration(runs).threads(2).actorsPerThread(3)
            .actorsBefore(2).actorsAfter(2);
    }

    private static <O extends Options<O, ?>> O givenScenario(final O options, final int runs,
        final List<Actor> before, final List<List<Actor>> threads) {
        return options.iterations(0).invocationsPerIteration(runs)
            .addCustomScenario(new ExecutionScenario(before, threads, List.of(), null));
    }

    /** One operation of a given scenario. */
    static Actor step(final Class<?> operations, final String name, final Object... arguments) {
        final Method operation = Arrays.stream(operations.getMethods())
            .filter(method -> method.getName().equals(name)).findFirst().orElseThrow();
        return new Actor(operation, List.of(arguments));
    }
}
