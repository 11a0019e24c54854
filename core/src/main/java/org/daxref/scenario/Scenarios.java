/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** All scenarios that can be played step by step. Those that are races of single steps are tests only. */
public final class Scenarios {
    private static final List<Scenario> ALL = Stream.of(WakeUpScenarios.list(), TruncateScenarios.list(),
        RemovalScenarios.list()).flatMap(List::stream).toList();

    private Scenarios() {
    }

    /**
     * All of them.
     *
     * @return in order of their numbers
     */
    public static List<Scenario> all() {
        return ALL;
    }

    /**
     * One of them.
     *
     * @param id its number, such as S9
     * @return the scenario, if there is one of that number
     */
    public static Optional<Scenario> find(final String id) {
        return ALL.stream().filter(scenario -> scenario.id().equalsIgnoreCase(id)).findFirst();
    }
}
