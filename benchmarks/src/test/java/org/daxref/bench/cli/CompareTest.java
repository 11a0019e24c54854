/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.compare.JmhText;
import org.daxref.bench.result.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class CompareTest {
    private static final double[] FIVE = {100, 101, 99, 102, 98};
    private static final double[] TENTH_MORE = {110, 111, 109, 112, 108};
    private static final String UNIT = "ns/op";

    @TempDir
    private Path home;
    private InProcess program;

    @BeforeEach
    void workHere() throws IOException {
        program = new InProcess(home);
    }

    @AfterEach
    void leave() {
        program.close();
    }

    private String file(final String name, final JmhText text) {
        return text.write(home.resolve(name)).toString();
    }

    private String base() {
        return file("base.json", new JmhText().add("put", UNIT, FIVE));
    }

    private String slower() {
        return file("head.json", new JmhText().add("put", UNIT, TENTH_MORE));
    }

    private Cli.Ended compare(final String... arguments) {
        final String[] all = new String[arguments.length + 1];
        all[0] = "compare";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return program.run(all);
    }

    private void assertRefused(final String sentence, final String... arguments) {
        compare(arguments).assertRefused(sentence);
    }

    @Test
    void shouldExitByWhatItFound() {
        assertEquals(1, compare(base(), slower()).exit());
        assertEquals(0, compare(slower(), base()).exit(), "faster is no regression");
        assertEquals(0, compare(base(), base()).exit());
    }

    @Test
    void shouldCompareFilesOfOtherProjects() {
        final Cli.Ended ended = compare(base(), slower());
        final List<String> lines = ended.out().lines().toList();
        assertTrue(lines.get(2).matches("benchmark +parameters +base +head +unit +head / base +95 % .*verdict"),
            lines.get(2));
        assertTrue(lines.get(3).matches("QueueBench.put +size=8 t=1 +100 +110 +ns/op +1.10 +1.0\\d to 1.1\\d +0.0079"
            + " +0.0079 .* slower"), lines.get(3));
        assertTrue(ended.out().contains("1 slower, 0 faster, 0 same, 0 inconclusive, 0 incomparable of 1"));
        assertFalse(ended.out().contains("\u001b"), "no colours in a pipe");
        assertTrue(ended.out().contains("Both sides: JMH 1.37; JVM OpenJDK 25.0.3+9; JVM flags -Xmx1g; warm-up and"
            + " measurement 1 x 1 s, 1 x 1 s."), ended.out());
    }

    @Test
    void shouldPrintMarkdown() {
        final String markdown = compare(base(), slower(), "--markdown").out();
        assertTrue(markdown.contains("**1 slower, 0 faster, 0 same"), markdown);
        assertTrue(markdown.contains("| QueueBench.put | size=8 t=1 | 100 | 110 | ns/op | 1.10 |"), markdown);
    }

    @Test
    void shouldPrintJsonForMachines() {
        final JsonNode row = Json.parse(compare(base(), slower(), "--json").out()).get(0).get("rows").get(0);
        assertEquals("SLOWER", row.get("verdict").asString());
        assertEquals(1.1, row.get("ratio").asDouble(), 0.001);
        assertEquals(5, row.get("headForks").size());
    }

    @Test
    void shouldPrintCsv() {
        final List<String> lines = compare(base(), slower(), "--csv").out().lines().toList();
        assertEquals(2, lines.size());
        assertTrue(lines.get(1).startsWith("\"com.example.QueueBench.put\",\"avgt\",\"1\",\"\",\"{size=8}\""),
            lines.get(1));
    }

    @Test
    void shouldCompareSeveralHeadsWithOneBase() {
        final Cli.Ended ended = compare(base(), slower(), base());
        assertEquals(2, ended.out().lines().filter(line -> line.contains(" against ")).count());
        assertEquals(1, ended.exit());
    }

    @Test
    void shouldCompareRolesOfAGroupAndAllocation() {
        final String roles = "\"reader\": " + JmhText.metric(UNIT, FIVE) + ", \"writer\": "
            + JmhText.metric(UNIT, TENTH_MORE) + ", \"gc.alloc.rate.norm\": " + JmhText.metric("B/op", 0, 0, 0, 0, 0)
            + ", \"gc.count\": " + JmhText.metric("counts", FIVE);
        final String fat = roles.replace(JmhText.metric("B/op", 0, 0, 0, 0, 0),
            JmhText.metric("B/op", 24, 24, 24, 24, 24));
        final String thin = file("thin.json", new JmhText().add("both", "avgt", "25", JmhText.metric(UNIT, FIVE),
            roles));
        final String thick = file("thick.json", new JmhText().add("both", "avgt", "25", JmhText.metric(UNIT, FIVE),
            fat));
        final List<String> lines = compare(thin, thick).out().lines().filter(line -> line.contains("QueueBench"))
            .filter(line -> line.contains("t=1")).toList();
        assertEquals(4, lines.size(), lines::toString);
        assertTrue(lines.stream().anyMatch(line -> line.contains("gc.alloc.rate.norm") && line.endsWith("slower")));
        assertTrue(lines.stream().anyMatch(line -> line.contains(" reader ") && line.contains("same within")));
        assertTrue(lines.stream().anyMatch(line -> line.contains(" writer ")));
    }

    /** Sample mode has histograms in place of raw data: five forks, one iteration,
        ten fast operations and a slow one. */
    @Test
    void shouldComparePercentilesOfSampleMode() {
        final StringBuilder forks = new StringBuilder();
        for (final double ns : FIVE) {
            forks.append(forks.isEmpty() ? "" : ", ").append("[[[").append(ns).append(", 10], [").append(ns * 50)
                .append(", 1]]]");
        }
        final String metric = "{\"scoreUnit\": \"ns/op\", \"rawDataHistogram\": [" + forks + "]}";
        final String file = file("sample.json", new JmhText().add("take", "sample", "25", metric, ""));
        final JsonNode rows = Json.parse(compare(file, file, "--json").out()).get(0).get("rows");
        assertEquals(5, rows.size());
        assertEquals(List.of("", "p50", "p90", "p99", "p99.9"),
            rows.findValuesAsString("metric").stream().sorted().toList());
        rows.forEach(row -> assertEquals(switch (row.get("key").get("metric").asString()) {
            case "" -> (10 * 100 + 5000) / 11.0;
            case "p50", "p90" -> 100.0;
            default -> 5000.0;
        }, row.get("base").asDouble(), 0.001));
    }

    @Test
    void shouldTakeAPartByParameter() {
        assertEquals(0, compare(base() + "@size=8", base() + "@size=8").exit());
        assertRefused("Nothing in " + home.resolve("base.json") + " has size=9.", base() + "@size=9", base());
    }

    @Test
    void shouldSayWhatIsIncomparableAndExitWithTwo() {
        final String other = file("other.json", new JmhText().add("put", "avgt", "26.0.1", JmhText.metric(UNIT, FIVE),
            ""));
        final Cli.Ended jvm = compare(base(), other);
        assertEquals(2, jvm.exit());
        assertTrue(jvm.out().contains("Incomparable, measured under unlike conditions: JVM (OpenJDK 25.0.3+9, OpenJDK"
            + " 26.0.1): QueueBench.put size=8 t=1."), jvm.out());
        final String one = file("one.json", new JmhText().add("put", UNIT, 100));
        assertEquals(2, compare(one, one).exit());
        assertTrue(compare(one, one).out().contains("1 fork a side, and a verdict needs 4"));
        final String none = file("none.json", new JmhText().add("put", UNIT));
        assertEquals(2, compare(none, none).exit());
    }

    @Test
    void shouldExitWithTwoWhenNothingMatches() {
        final Cli.Ended ended = compare(base(), file("get.json", new JmhText().add("get", UNIT, FIVE)));
        assertEquals(2, ended.exit());
        assertTrue(ended.out().contains("Only in " + home.resolve("base.json") + ": QueueBench.put size=8 t=1."));
        assertRefused("Nothing on either side matches 'nope'.", base(), base(), "--filter", "nope");
    }

    @Test
    void shouldRefuseBadInputInOneSentence() throws IOException {
        final Path cut = home.resolve("cut.json");
        Files.writeString(cut, Files.readString(Path.of(base())).substring(0, 300));
        assertRefused(cut + " is no JMH JSON file, or only a part of one: JMH writes it by -rf json.", base(),
            cut.toString());
        Files.writeString(cut, "[null]");
        assertRefused(cut + " is no JMH JSON file, or only a part of one: JMH writes it by -rf json.", base(),
            cut.toString());
        Files.writeString(cut, "[]");
        assertRefused(cut + " holds no results.", cut.toString(), base());
        assertRefused("'nowhere' is neither a file, nor a run folder, nor a commit of this repository.", base(),
            "nowhere");
        final Path folder = Files.createDirectory(home.resolve("x.partial"));
        assertRefused(folder + " is a run that was stopped: go on with it by --resume, then compare.", base(),
            folder.toString());
        assertRefused("--threshold takes a percentage above 0 and below 100, such as 3.", base(), base(),
            "--threshold", "0");
        assertRefused("--filter '(' is no regular expression: Unclosed group.", base(), base(), "--filter", "(");
        final String twice = file("twice.json", new JmhText().add("put", UNIT, FIVE).add("put", UNIT, FIVE));
        assertRefused(twice + " holds QueueBench.put size=8 t=1 twice.", base(), twice);
    }
}
