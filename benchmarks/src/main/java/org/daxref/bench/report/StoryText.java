/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.scenario.Story;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Stories as text for a terminal: one line per step.
 */
public final class StoryText {
    private static final Map<String, String> KERNELS = Map.of(
        "pre-518", "up to 5.17",
        "lost-wakeup", "5.18, with the bug",
        "dev-pagemap", "5.19 to 6.14",
        "pgmap-folio", "series of October 2022, never merged",
        "fs-held", "6.17 and later",
        "fs-held-drain", "what the thread of July 2022 argued for");

    private StoryText() {
    }

    /**
     * Stories of one scenario as text. Designs under which the same was seen are told together.
     *
     * @param stories what was seen, a story per design
     * @return several lines
     */
    public static String of(final List<Story> stories) {
        final Map<String, List<String>> designs = new LinkedHashMap<>();
        for (final Story story : stories) {
            designs.computeIfAbsent(body(story), body -> new ArrayList<>())
                .add(story.design() + " (" + KERNELS.get(story.design()) + ")");
        }
        return designs.entrySet().stream()
            .map(told -> "\n" + String.join("\n", told.getValue()) + "\n" + told.getKey())
            .collect(Collectors.joining());
    }

    private static String body(final Story story) {
        final Table table = new Table(header(story), story.steps().stream().map(StoryText::row).toList(), 3);
        return Stream.of(table.text().lines(),
                story.steps().stream().flatMap(step -> step.log().stream()).map(line -> "log: " + line),
                Stream.of("=> " + story.outcome()))
            .flatMap(lines -> lines).map(line -> "  " + line + "\n").collect(Collectors.joining());
    }

    private static List<String> header(final Story story) {
        final List<String> header = new ArrayList<>(List.of("who", "does", "and then"));
        for (final Story.PageState page : story.steps().getFirst().pages()) {
            header.addAll(List.of(page.name(), "refcount", "mapcount", "entries"));
        }
        header.add("pgmap refs");
        return header;
    }

    private static List<String> row(final Story.Step step) {
        final List<String> row = new ArrayList<>(List.of(step.actor(), step.action(), then(step)));
        for (final Story.PageState page : step.pages()) {
            final String pins = page.pincount() == 0 ? "" : " (" + page.pincount() + " pins)";
            row.addAll(List.of(page.state(), page.refcount() + pins, Integer.toString(page.mapcount()),
                Integer.toString(page.entries())));
        }
        row.add(step.pagemap() < 0 ? "gone" : Long.toString(step.pagemap()));
        return row;
    }

    private static String then(final Story.Step step) {
        final Stream<String> log = step.log().isEmpty() ? Stream.empty() : Stream.of("the kernel complains");
        return Stream.of(Stream.of(step.result()), step.ended().stream(), asleep(step), log)
            .flatMap(part -> part).filter(part -> !part.isEmpty()).collect(Collectors.joining("; "));
    }

    private static Stream<String> asleep(final Story.Step step) {
        final boolean all = step.overdue() == step.asleep().size();
        final Stream<String> sleepers = step.asleep().stream()
            .map(actor -> actor + (step.overdue() > 0 && all ? " sleeps on, FORGOTTEN" : " sleeps"));
        return all || step.overdue() == 0 ? sleepers
            : Stream.concat(sleepers, Stream.of(step.overdue() + " of them FORGOTTEN"));
    }
}
