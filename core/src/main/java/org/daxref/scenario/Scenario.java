/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import java.util.List;
import org.daxref.Machine;

/**
 * Something that happens to pages, told as a script.
 *
 * @param id      its number, as S9
 * @param title   what it is about
 * @param designs the designs that it says something about, oldest first
 * @param script  what is done
 */
public record Scenario(String id, String title, List<String> designs, Script script) {
    /** What is done, in turn, by whom. The same for every design; what differs is what can be seen. */
    @FunctionalInterface
    public interface Script {
        /**
         * Plays the scenario.
         *
         * @param stage where
         * @throws Exception if something happens that no step expects
         */
        void play(Stage stage) throws Exception;
    }

    /**
     * A scenario for every design, the kernel with the lost wake-up included.
     *
     * @param id     its number
     * @param title  what it is about
     * @param script what is done
     * @return the scenario
     */
    static Scenario ofAll(final String id, final String title, final Script script) {
        return new Scenario(id, title,
            List.of("pre-518", Machine.LOST_WAKEUP, "dev-pagemap", "pgmap-folio", "fs-held", "fs-held-drain"), script);
    }

    /**
     * Plays the scenario under one design, with the kernel's counter.
     *
     * @param design a name of {@link #designs}
     * @return what was seen
     * @throws IllegalArgumentException if the scenario says nothing about the design
     * @throws Exception                if something happened that no step expects
     */
    public Story play(final String design) throws Exception {
        if (!designs.contains(design)) {
            throw new IllegalArgumentException(id + " says nothing about this design: design=" + design + ", designs="
                + designs);
        }
        try (Stage stage = Stage.open(design)) {
            script.play(stage);
            return new Story(id, title, design, stage.steps(), stage.outcome());
        }
    }
}
