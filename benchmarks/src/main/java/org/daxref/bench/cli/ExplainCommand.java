/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.report.StoryText;
import org.daxref.bench.report.Table;
import org.daxref.bench.result.SuiteException;
import org.daxref.scenario.Scenario;
import org.daxref.scenario.Scenarios;
import org.daxref.scenario.Story;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * {@code explain}: plays a scenario and tells what could be seen.
 */
@Command(name = "explain", mixinStandardHelpOptions = true,
    description = "Plays a scenario step by step under each design and prints what can be seen after every step: "
        + "counts, entries, who waits, who is woken. Without a scenario: lists them.",
    footerHeading = "%nExamples:%n",
    footer = {
        "  ./run-bench.sh explain        the scenarios",
        "  ./run-bench.sh explain S9     the lost wake-up of 5.18, and its repair",
        "  ./run-bench.sh explain S29    what device removal waits for"})
final class ExplainCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "SCENARIO", description = "Its number, as S9.")
    private String id;

    @Override
    public Integer call() throws Exception {
        if (id == null) {
            System.out.print(new Table(List.of("scenario", "what it is about", "designs"),
                Scenarios.all().stream().map(scenario -> List.of(scenario.id(), scenario.title(),
                    Integer.toString(scenario.designs().size()))).toList(), 2).text());
            return 0;
        }
        final Scenario scenario = Scenarios.find(id).orElseThrow(() -> new SuiteException(whyNot(id)));
        System.out.println(scenario.id() + ": " + scenario.title());
        final List<Story> stories = new ArrayList<>();
        for (final String design : scenario.designs()) {
            stories.add(scenario.play(design));
        }
        System.out.print(StoryText.of(stories));
        return 0;
    }

    private static String whyNot(final String id) {
        return Scenarios.whyOnlyTested(id)
            .map(reason -> "Scenario " + id + " is a race and has no script, only a test: " + reason + ".")
            .orElse("There is no scenario " + id + " that can be played; ./run-bench.sh explain lists those that can.");
    }
}
