/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** All scenarios: those that can be played step by step, and why the others are tests only. */
public final class Scenarios {
    private static final List<Scenario> ALL = Stream.of(AccountingScenarios.list(), WakeUpScenarios.list(),
        TruncateScenarios.list(), RemovalScenarios.list(), CounterScenarios.list(), SharingScenarios.list())
        .flatMap(List::stream).toList();

    /** Number, and why no script can play it. */
    private static final Map<String, String> RACES_ONLY = Map.ofEntries(
        Map.entry("S12", "the last unpin must fall between two instructions of the waiter"),
        Map.entry("S18", "walk and zap must take turns at every single access to the entry and the count"),
        Map.entry("S19", "walk and zap must meet at the lock of the page table"),
        Map.entry("S21", "the scan must come to an entry while a write-back, in the middle of it, has it locked"),
        Map.entry("S24", "the scan must fall between the end of a mapping and the drop of its reference"),
        Map.entry("S33", "the kill must fall between the look at the reference's mode and the get that follows it"),
        Map.entry("S41", "fork must raise its sequence while the walk is under way"),
        Map.entry("S47", "what differs is how often a walk looks its dev_pagemap up, which leaves nothing to be seen"));

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

    /**
     * Why a scenario cannot be played step by step: it is a race of single steps, whose orders only a test can go
     * through.
     *
     * @param id its number, such as S12
     * @return the reason, if the scenario is only tested
     */
    public static Optional<String> whyOnlyTested(final String id) {
        return Optional.ofNullable(RACES_ONLY.get(id.toUpperCase(Locale.ROOT)));
    }
}
