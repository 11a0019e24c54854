/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import java.util.List;

/**
 * What was seen when a scenario was played under one design.
 *
 * @param id      number of the scenario
 * @param title   what it is about
 * @param design  the design
 * @param steps   what was done, and seen after it
 * @param outcome how it ended, in a sentence
 */
public record Story(String id, String title, String design, List<Step> steps, String outcome) {
    /**
     * What was seen after one step.
     *
     * @param actor   who did something
     * @param action  what
     * @param result  what came of it; empty if nothing was to be said
     * @param pages   the pages that are watched
     * @param asleep  who sleeps now
     * @param overdue how many of them sleep although what they wait for has come: lost wake-ups
     * @param ended   who has ended in this step, with what came of it
     * @param log     what a kernel would have logged in this step
     * @param pagemap references to the dev_pagemap, or -1 if it is gone
     */
    public record Step(String actor, String action, String result, List<PageState> pages, List<String> asleep,
                       int overdue, List<String> ended, List<String> log, long pagemap) {
        /**
         * A page that is watched.
         *
         * @param name as the script calls it
         * @return its state after this step
         */
        public PageState page(final String name) {
            return pages.stream().filter(page -> page.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("not watched: page=" + name));
        }
    }

    /**
     * A page after a step.
     *
     * @param name     as the script calls it
     * @param refcount its count, or its folio's
     * @param mapcount its mapcount, or its folio's
     * @param pincount the exact pins of its folio
     * @param entries  PTEs and PMD entries that map it, in all address spaces
     * @param state    what else is to be said: free, tied to a file, shared, or gone with its device
     */
    public record PageState(String name, int refcount, int mapcount, int pincount, int entries, String state) {
    }

    /**
     * What was seen after a step.
     *
     * @param action the step's action, word by word
     * @return the step
     */
    public Step after(final String action) {
        return steps.stream().filter(step -> step.action().equals(action)).findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no such step: action=" + action + ", steps="
                + steps.stream().map(Step::action).toList()));
    }
}
