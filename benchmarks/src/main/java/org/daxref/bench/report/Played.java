/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.scenario.Scenario;
import org.daxref.scenario.Scenarios;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What can be seen rather than measured: a scenario, played under each of its designs, once in the life of the program.
 */
final class Played {
    private static final Map<String, List<String>> SENTENCES = new ConcurrentHashMap<>();

    private Played() {
    }

    /**
     * Plays a scenario.
     *
     * @param id its number
     * @return a sentence for each way it ends, naming the designs under which it does
     */
    static List<String> sentences(final String id) {
        return SENTENCES.computeIfAbsent(id, Played::play);
    }

    private static List<String> play(final String id) {
        final Scenario scenario = Scenarios.find(id).orElseThrow();
        final Map<String, List<String>> endings = new LinkedHashMap<>();
        for (final String design : scenario.designs()) {
            try {
                endings.computeIfAbsent(scenario.play(design).outcome(), _ -> new ArrayList<>()).add(design);
            } catch (final Exception e) {
                throw new IllegalStateException("a scenario that tests play every day: " + id + ", " + design, e);
            }
        }
        return endings.entrySet().stream().map(ending ->
            "`" + String.join("`, `", ending.getValue()) + "`: " + ending.getKey() + " (" + id + ", " + scenario.title()
                + ")").toList();
    }
}
