/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionResult;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.verifier.LinearizabilityVerifier;
import org.jetbrains.lincheck.datastructures.verifier.Verifier;

/** Counts the schedules that ran to their end, per scenario, and has each of them verified. Lincheck makes it. */
public final class CountingVerifier implements Verifier {
    private static final Map<ExecutionScenario, Integer> RUNS = new ConcurrentHashMap<>();

    private final Verifier linearizability;

    public CountingVerifier(final Class<?> model) {
        linearizability = new LinearizabilityVerifier(model);
    }

    static void reset() {
        RUNS.clear();
    }

    static int scenarios() {
        return RUNS.size();
    }

    static int runs() {
        return RUNS.values().stream().mapToInt(Integer::intValue).sum();
    }

    static long scenariosBelow(final int schedules) {
        return RUNS.values().stream().filter(runs -> runs < schedules).count();
    }

    @Override
    public boolean verifyResults(final ExecutionScenario scenario, final ExecutionResult results) {
        RUNS.merge(scenario, 1, Integer::sum);
        return linearizability.verifyResults(scenario, results);
    }
}
