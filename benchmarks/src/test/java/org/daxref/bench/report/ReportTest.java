/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.Digest;
import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunStatus;
import org.daxref.bench.result.SuiteException;
import org.daxref.bench.suite.Samples;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a report says, read from its HTML and its data. What a browser makes of it is in {@link BrowserTest}. */
class ReportTest {
    private static final Pattern DATA = Pattern.compile("id=\"data\">(.*?)</script>", Pattern.DOTALL);
    private static final Pattern CHART = Pattern.compile("data-chart=\"(\\d+)\" data-kind=\"(\\w+)\"");
    private static final String HOSTILE = "</script><img src=x onerror=alert(1)>{a|b}'\"&";

    @TempDir
    private Path home;

    private static String report(final Path... folders) throws IOException {
        return Files.readString(Report.write(List.of(folders), null));
    }

    private static JsonNode data(final String page) {
        return Json.parse(DATA.matcher(page).results().findFirst().orElseThrow().group(1));
    }

    private static List<String> kinds(final String page) {
        return CHART.matcher(page).results().map(found -> found.group(2)).toList();
    }

    private static SortedMap<String, String> digests(final Path folder) throws IOException {
        final SortedMap<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (final Path file : files.toList()) {
                digests.put(file.getFileName().toString(), new Digest().add(Files.readAllBytes(file)).hex());
            }
        }
        return digests;
    }

    @Test
    void shouldShowEveryNumberOfTheHeadlineAsATableToo() throws IOException {
        final Path run = RunFiles.newestOf(RunFiles.committed(home));
        final String page = report(run);
        final Headline headline = Headline.of(run);
        Stream.of(headline.designs(), headline.baselines()).flatMap(table -> table.rows().stream())
            .forEach(row -> row.forEach(cell -> assertTrue(page.contains(">" + Html.text(cell) + "</td>"), cell)));
        final List<String> kinds = kinds(page);
        assertEquals(kinds.size(), data(page).size());
        assertTrue(kinds.containsAll(List.of("FOREST", "DOTS", "LINES", "PERCENTILES")), kinds.toString());
        for (final String heading : List.of("Headline", "Cost of a page", "Against threads", "Length of a walk",
            "Latency", "History", "Baselines", "Environment")) {
            assertTrue(page.contains("<h2>" + heading + "</h2>"), heading);
        }
    }

    @Test
    void shouldLeaveRawFilesAloneAndSayTheSameTwice() throws IOException {
        final Path run = RunFiles.newestOf(RunFiles.committed(home));
        final SortedMap<String, String> before = digests(run);
        report(run);
        final SortedMap<String, String> after = digests(run);
        final String first = after.remove(Report.FILE);
        assertEquals(before, after);
        report(run);
        assertEquals(first, digests(run).get(Report.FILE));
    }

    @Test
    void shouldSayWhatTheRatioMeans() throws IOException {
        final Path run = RunFiles.writeTwoDesigns(home.resolve("m/run"), RunFiles.manifest(RunStatus.OK));
        final String page = report(run);
        assertTrue(page.contains("Taking and dropping one page (counter=cas, 1 thread) costs 22.0 ± 2.5 ns per page"
            + " under dev-pagemap and 20.0 ± 2.5 ns under fs-held: 1.10 times as much, with 95 % confidence between"
            + " 1.09 and 1.11."));
        final JsonNode row = data(page).get(0).get("rows").get(0);
        assertEquals("costs more", row.get("verdict").asString());
        assertEquals(1.1, row.get("ratio").asDouble(), 0.01);
        assertTrue(page.contains("History begins with the second clean run"));
        assertFalse(page.contains("<h2>Latency</h2>"), "there are no histogram logs");
    }

    @Test
    void shouldNotBeSureOfOneFork() throws IOException {
        final String page = report(RunFiles.write(home.resolve("m/run"), RunFiles.manifest(RunStatus.OK),
            RunFiles.pin("dev-pagemap", Map.of(), 40), RunFiles.pin("fs-held", Map.of(), 20)));
        assertTrue(page.contains("2.00 times as much, with too few forks to say how sure that is."));
        final JsonNode row = data(page).get(0).get("rows").get(0);
        assertEquals("too few forks", row.get("verdict").asString());
        assertTrue(row.get("low").isNull() && row.get("high").isNull());
    }

    @Test
    void shouldLeaveADifferenceUndecidedThatMayBeChance() throws IOException {
        final String page = report(RunFiles.write(home.resolve("m/run"), RunFiles.manifest(RunStatus.OK),
            RunFiles.pin("dev-pagemap", Map.of(), 20, 30, 25), RunFiles.pin("fs-held", Map.of(), 30, 20, 24)));
        assertEquals("undecided", data(page).get(0).get("rows").get(0).get("verdict").asString());
        assertTrue(page.contains("which may be chance"));
    }

    @Test
    void shouldShowARunOfWhichNothingCame() throws IOException {
        final String page = report(RunFiles.write(home.resolve("m/run"), RunFiles.manifest(RunStatus.FAIL, 0,
            List.of(new Manifest.Failure("PinPageBenchmark.pinUnpin round=0", "the books do not balance")))));
        assertTrue(page.contains("<p class=\"status bad\">FAIL</p>"));
        assertTrue(page.contains("failed: PinPageBenchmark.pinUnpin round=0: the books do not balance"));
        assertTrue(page.contains("there is no ratio of the two"));
        assertEquals(0, data(page).size());
    }

    @Test
    void shouldTakeTextsForTexts() throws IOException {
        final Map<String, String> params = Map.of("foll", HOSTILE);
        final Path folder = RunFiles.write(home.resolve("m/run"), RunFiles.manifest(RunStatus.FAIL, 2,
            List.of(new Manifest.Failure(HOSTILE, HOSTILE))), RunFiles.pin("dev-pagemap", params, 40, 41, 42),
            RunFiles.pin("fs-held", params, 20, 21, 22));
        Files.createFile(folder.resolve("flame-<img src=x>.html"));
        final String page = report(folder);
        assertFalse(page.contains("<img src=x"), "no element of its own");
        assertEquals(3, page.split("<script", -1).length - 1, "data, library, script");
        assertEquals("foll=" + HOSTILE + ", 1 thread",
            data(page).get(0).get("rows").get(0).get("detail").asString(), "and nothing is lost");
        assertTrue(page.contains("href=\"./flame-%3Cimg%20src%3Dx%3E.html\""));
    }

    @Test
    void shouldBreakALineOfHistoryWhereTheJvmChanged() throws IOException {
        final Manifest manifest = RunFiles.manifest(RunStatus.OK);
        final Manifest.Jvm jvm = new Manifest.Jvm("26", "Vendor", "VM", List.of(), "COMPILER");
        final Manifest otherJvm = new Manifest(RunStatus.OK, List.of(), manifest.profile(), manifest.command(),
            "2026-03-01T00:00:00Z", manifest.finished(), manifest.source(), manifest.plan(), jvm, manifest.machine(),
            manifest.host(), manifest.device(), manifest.groups(), 2, 2, manifest.guard(), List.of(), List.of());
        RunFiles.writeTwoDesigns(home.resolve("m/20260101-a-quick"), manifest);
        RunFiles.writeTwoDesigns(home.resolve("m/20260102-b-quick"), manifest);
        RunFiles.writeTwoDesigns(home.resolve("m/20260102-c-quick"), RunFiles.manifest(RunStatus.NOISY));
        Files.writeString(RunFiles.writeTwoDesigns(home.resolve("m/20260103-d-quick"), manifest).resolve("jmh.json"),
            "[");
        final String page = report(RunFiles.writeTwoDesigns(home.resolve("m/20260301-e-quick"), otherJvm));
        final JsonNode history = data(page).get(2);
        assertEquals(3, history.get("categories").size(), "without the noisy and the damaged one");
        final JsonNode points = history.get("series").get(0).get("points");
        assertFalse(points.get(1).get("apart").asBoolean());
        assertTrue(points.get(2).get("apart").asBoolean());
        assertTrue(page.contains("The run 20260103-d-quick is left out: it is damaged."));
    }

    @Test
    void shouldDrawAnotherRunBesideAndSayWhyTheTwoDoNotCompare() throws IOException {
        final Path first = RunFiles.writeTwoDesigns(home.resolve("m/a"), RunFiles.manifest(RunStatus.OK));
        final Manifest manifest = Samples.manifest();
        final Manifest.Source source = new Manifest.Source("fedcba9876543210", false, "", "jar", new TreeMap<>());
        final Manifest.Device device = new Manifest.Device("a file", "ext4", 1);
        final Path second = RunFiles.writeTwoDesigns(home.resolve("n/b"), new Manifest(RunStatus.NOISY, List.of(),
            "quick", List.of(), "2025-01-01T00:00:00Z", null, source, manifest.plan(), manifest.jvm(),
            manifest.machine(), manifest.host(), device, manifest.groups(), 2, 2, manifest.guard(), List.of(),
            List.of()));
        final String page = report(first, second);
        assertTrue(page.contains("The run fedcba9876 drawn beside this one differs in device: the two cannot be"
            + " compared."));
        assertTrue(page.contains("The run fedcba9876 drawn beside this one is NOISY."));
        final JsonNode series = data(page).get(1).get("series");
        assertEquals(4, series.size());
        assertEquals("fs-held, fedcba9876", series.get(3).get("name").asString());
        assertTrue(series.get(3).get("hollow").asBoolean());
        assertFalse(Files.exists(second.resolve(Report.FILE)));
    }

    @Test
    void shouldShowAComparison() throws IOException {
        final Path run = RunFiles.writeTwoDesigns(home.resolve("m/run"), RunFiles.manifest(RunStatus.OK));
        final Verdicts verdicts = new Verdicts("0123456789", "fedcba9876", List.of(
            new Verdicts.Row("PinPage.pinUnpin", "counter=cas", 1.2, 1.1, 1.3, "slower", "It is 20 % slower."),
            new Verdicts.Row("HotPage.hot", "", Double.NaN, Double.NaN, Double.NaN, "incomparable", "Other JVM.")),
            List.of("Every change points one way."));
        final String page = Files.readString(Report.write(List.of(run), verdicts));
        assertTrue(page.contains("<h3>fedcba9876 against 0123456789</h3>"));
        assertTrue(page.contains("<li>Every change points one way.</li>"));
        assertTrue(page.contains("<td>It is 20 % slower.</td><td class=\"n\">1.20 [1.10, 1.30]</td>"));
        final JsonNode rows = data(page).get(2).get("rows");
        assertEquals("slower", rows.get(0).get("verdict").asString());
        assertTrue(rows.get(1).get("ratio").isNull());
    }

    @Test
    void shouldRefuseADamagedHistogramLog() throws IOException {
        final Path run = RunFiles.newestOf(RunFiles.committed(home));
        final Path log;
        try (Stream<Path> files = Files.list(run)) {
            log = files.filter(file -> file.toString().endsWith(".hlog")).findFirst().orElseThrow();
        }
        Files.writeString(log, Files.readString(log).replace("HISTF", "HISTX"));
        final SuiteException refused = assertThrows(SuiteException.class, () -> report(run));
        assertEquals(log + " is damaged: it is not the histogram log that daxref wrote.", refused.getMessage());
        assertFalse(Files.exists(run.resolve(Report.FILE)));
    }

    @Test
    void shouldFillInNumbersThatJsonDoesNotHave() {
        final JmhResult result = RunFiles.pin("fs-held", Map.of(), Double.NaN, 1, 2);
        final Figure.Point point = Figures.perPage(new DesignRow(Conditions.exceptDesign(result),
            Map.of("fs-held", result)), "fs-held");
        assertEquals(new Figure.Point(null, null, null, List.of(1.0, 2.0), false), point);
    }
}
