/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.scenario.Scenario;
import org.daxref.scenario.Scenarios;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** {@code explain} as a user calls it. */
class ExplainTest {
    @TempDir
    private Path home;
    private Cli cli;

    private InProcess program;

    @BeforeEach
    void setUp() throws IOException {
        cli = new Cli(home);
        program = new InProcess(home);
    }

    @AfterEach
    void tearDown() {
        program.close();
    }

    @Test
    void shouldListTheScenarios() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.run("explain");

        assertEquals(0, ended.exit(), ended.err());
        for (final Scenario scenario : Scenarios.all()) {
            assertTrue(ended.out().lines().anyMatch(line -> line.startsWith(scenario.id() + " ")), scenario.id());
        }
    }

    /** 5.18 is told by itself, since only there the truncate is forgotten. */
    @Test
    void shouldTellTheLostWakeUpAndItsRepair() {
        final Cli.Ended ended = program.run("explain", "s9");

        assertEquals(0, ended.exit(), ended.err());
        assertTrue(ended.out().startsWith("S9: "), ended.out());
        assertEquals(1, ended.out().lines().filter(line -> line.contains("sleeps on, FORGOTTEN")).count(),
            ended.out());
        final int bug = ended.out().indexOf("lost-wakeup (5.18, with the bug)");
        final int repair = ended.out().indexOf("dev-pagemap (5.19 to 6.14)");
        final String told = ended.out().substring(bug, Math.max(bug, ended.out().indexOf("\n\n", bug)));
        assertTrue(told.contains("the wake-up is lost"), told);
        assertTrue(repair >= 0, ended.out());
    }

    @Test
    void shouldTellWhatTheReadmeShows() throws IOException, InterruptedException {
        final String readme = Files.readString(Path.of("../README.md"));
        final String shown = readme.substring(readme.indexOf("<!-- explain S9 -->\n```\n"),
            readme.indexOf("```\n<!-- end of explain -->"));

        assertEquals("<!-- explain S9 -->\n```\n" + cli.run("explain", "S9").out(), shown);
    }

    @Test
    void shouldSayWhyARaceCannotBePlayed() {
        final Cli.Ended ended = program.run("explain", "S12");

        ended.assertRefused("Scenario S12 is a race and has no script, only a test: the last unpin must fall between"
            + " two instructions of the waiter.");
    }

    @Test
    void shouldRefuseAScenarioThatThereIsNot() {
        final Cli.Ended ended = program.run("explain", "S99");

        ended.assertRefused(
            "There is no scenario S99 that can be played; ./run-bench.sh explain lists those that can.");
    }
}
