/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.daxref.memory.HeapWords;
import org.daxref.memory.SegmentWords;
import org.daxref.memory.Words;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.StressOptions;

/**
 * How operations are checked. {@code -Ddaxref.test.lincheckIterations=} says how many random scenarios: 3 by default,
 * many with {@code -Pexhaustive}.
 */
final class Lincheck {
    /** Number of thread numbers that Lincheck hands out, those of the sequential parts included, rounded up. */
    static final int THREADS = 8;

    private static final int ITERATIONS = Integer.getInteger("daxref.test.lincheckIterations", 3);
    private static final int SCHEDULES_PER_SCENARIO = 300;
    private static final int RUNS_PER_SCENARIO = 100;
    private static final int SCHEDULES_OF_A_CANARY = 5000;
    private static final int SCHEDULES_OF_A_GIVEN_SCENARIO = 200;
    private static final int RUNS_OF_A_CANARY = 1000;
    private static final int SCENARIOS_OF_A_CANARY = 50;

    /** Longer than any loop that ends: a node of pgmap_array has 64 entries. */
    private static final int LONGEST_LOOP = 200;

    private static volatile boolean freeThreads;

    private Lincheck() {
    }

    /** Zeroed words on the heap, of the kind that the running mode can see. */
    static Words words(final long bytes) {
        return freeThreads ? new SegmentWords(MemorySegment.ofArray(new long[Math.toIntExact(bytes >>> 3)]))
            : new HeapWords(bytes);
    }

    static boolean hasFreeThreads() {
        return freeThreads;
    }

    static void check(final Class<?> operations, final Class<?> model) {
        modelCheck(operations, model, ITERATIONS, SCHEDULES_PER_SCENARIO);
        stress(operations, model, ITERATIONS, RUNS_PER_SCENARIO);
    }

    /** Explores the schedules of one scenario: what is done before, then what each thread does. */
    static void checkSchedules(final Class<?> operations, final Class<?> model, final List<Actor> before,
        final List<List<Actor>> threads) {
        explore(modelChecking(model), operations, before, threads);
    }

    /**
     * The same for operations with long loops and without spinning. Otherwise Lincheck takes a long loop for a spin and
     * ends the exploration of the scenario after one schedule, without a word.
     */
    static void checkSchedulesOfLongLoops(final Class<?> operations, final Class<?> model, final List<Actor> before,
        final List<List<Actor>> threads) {
        explore(modelChecking(model).loopIterationsBeforeThreadSwitch(LONGEST_LOOP), operations, before, threads);
    }

    private static void explore(final ModelCheckingOptions options, final Class<?> operations,
        final List<Actor> before, final List<List<Actor>> threads) {
        freeThreads = false;
        options.iterations(0).invocationsPerIteration(SCHEDULES_OF_A_GIVEN_SCENARIO)
            .addCustomScenario(new ExecutionScenario(before, threads, List.of(), null)).check(operations);
    }

    /** The same with free threads. */
    static void stressScenario(final Class<?> operations, final Class<?> model, final List<Actor> before,
        final List<List<Actor>> threads) {
        freeThreads = true;
        new StressOptions().sequentialSpecification(model).iterations(0).invocationsPerIteration(RUNS_OF_A_CANARY)
            .addCustomScenario(new ExecutionScenario(before, threads, List.of(), null)).check(operations);
    }

    /** What model checking has to say against operations that are wrong; fails if it accepts them. */
    static String rejectionByModelChecking(final Class<?> operations, final Class<?> model) {
        return assertThrows(LincheckAssertionError.class,
            () -> modelCheck(operations, model, SCENARIOS_OF_A_CANARY, SCHEDULES_OF_A_CANARY)).getMessage();
    }

    /** What free threads have to say against operations that are wrong; fails if they accept them. */
    static String rejectionByStress(final Class<?> operations, final Class<?> model) {
        return assertThrows(LincheckAssertionError.class,
            () -> stress(operations, model, SCENARIOS_OF_A_CANARY, RUNS_OF_A_CANARY)).getMessage();
    }

    private static void modelCheck(final Class<?> operations, final Class<?> model, final int iterations,
                                   final int schedules) {
        freeThreads = false;
        modelChecking(model).iterations(iterations).invocationsPerIteration(schedules).threads(2).actorsPerThread(3)
            .actorsBefore(2).actorsAfter(2).check(operations);
    }

    private static void stress(final Class<?> operations, final Class<?> model, final int iterations, final int runs) {
        freeThreads = true;
        new StressOptions().sequentialSpecification(model).minimizeFailedScenario(false).iterations(iterations)
            .invocationsPerIteration(runs).threads(2).actorsPerThread(4).actorsBefore(2).actorsAfter(2)
            .check(operations);
    }

    /** An access to words is one step, and what a thread notes for itself is none. */
    private static ModelCheckingOptions modelChecking(final Class<?> model) {
        return new ModelCheckingOptions().sequentialSpecification(model).minimizeFailedScenario(false)
            .loopBound(LONGEST_LOOP)
            .addGuarantee(forClasses(HeapWords.class.getName()).allMethods().treatAsAtomic())
            .addGuarantee(forClasses(Held.class.getName()).allMethods().ignore());
    }

    /** One operation of a given scenario. */
    static Actor step(final Class<?> operations, final String name, final Object... arguments) {
        final Method operation = Arrays.stream(operations.getMethods())
            .filter(method -> method.getName().equals(name)).findFirst().orElseThrow();
        return new Actor(operation, List.of(arguments));
    }
}
