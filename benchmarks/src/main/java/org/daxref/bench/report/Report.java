/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunStatus;
import org.daxref.bench.result.SuiteException;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One self-contained HTML page about a run: charts, the same numbers as tables, and under which conditions they came to
 * be. The page loads nothing, and its policy lets it run the two scripts it was made with and no other.
 */
public final class Report {
    /** The page's name in the run folder. */
    public static final String FILE = "report.html";

    private static final String ECHARTS = "/META-INF/resources/webjars/echarts/";
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(\\w+)}}");

    private final List<Headline> runs;
    private final Headline subject;
    private final Verdicts verdicts;
    private final List<Figure> drawn = new ArrayList<>();

    private Report(final List<Headline> runs, final Verdicts verdicts) {
        this.runs = runs;
        this.subject = runs.getFirst();
        this.verdicts = verdicts;
    }

    /**
     * Writes the report about a run into its folder.
     *
     * @param folders  the run that the report is about, then those to be drawn beside it
     * @param verdicts a comparison to be shown; null when there is none
     * @return the page
     * @throws SuiteException when a run is damaged, or the page cannot be written
     */
    public static Path write(final List<Path> folders, final Verdicts verdicts) {
        final String page = new Report(folders.stream().map(Report::read).toList(), verdicts).page();
        final Path file = folders.getFirst().resolve(FILE);
        AtomicFiles.write(file, page);
        return file;
    }

    private static Headline read(final Path folder) {
        final Headline run = Headline.of(folder);
        if (run.results().size() != run.manifest().actualResults()) {
            throw new SuiteException(folder + " is damaged: its manifest counts " + run.manifest().actualResults()
                + " results, and jmh.json has " + run.results().size() + ".");
        }
        return run;
    }

    private String page() {
        final Figures figures = new Figures(runs);
        final Map<String, String> parts = new LinkedHashMap<>();
        final Manifest manifest = subject.manifest();
        parts.put("title", Html.text(manifest.profile() + " run of " + manifest.started()));
        parts.put("summary", summary());
        parts.put("sections", section("Headline", headline(figures))
            + section("Cost of a page", figures.costs().map(this::wide).orElse(""))
            + section("Against threads", panels(figures.threads()))
            + section("Roles", roles())
            + section("Length of a walk", panels(figures.lengths()))
            + section("Latency", wide(figures.latencies()))
            + section("Comparison", verdicts == null ? "" : comparison())
            + section("History", history())
            + section("Baselines", baselines())
            + section("Flame graphs", flames())
            + section("Environment", environment()));
        parts.put("data", Html.json(drawn.stream().map(Figure::data).toList()));
        parts.put("css", resource("report.css"));
        parts.put("echarts", resource(ECHARTS + version() + "/echarts.min.js"));
        parts.put("script", resource("report.js"));
        parts.put("hashes", hash(parts.get("echarts")) + " " + hash(parts.get("script")));
        return fill(resource("report.html"), parts);
    }

    private String summary() {
        final Manifest manifest = subject.manifest();
        return "<p class=\"status " + (manifest.status() == RunStatus.OK ? "good" : "bad") + "\">"
            + Html.text(manifest.status().name()) + "</p>\n" + Html.list("reasons", manifest.reasons())
            + Html.list("reasons", runs.stream().skip(1).flatMap(run -> differences(run).stream()).toList())
            + Html.paragraph("about", "Commit " + manifest.source().label() + ", " + manifest.machine().model()
            + " with " + manifest.machine().cpus() + " CPUs" + (manifest.machine().hypervisor() ? " (virtual)" : "")
            + ", " + manifest.jvm().name() + " " + manifest.jvm().version() + ", " + manifest.plan().rounds()
            + " forks of " + manifest.plan().timing() + ".");
    }

    /** Why lines of another run may not be held against those of the subject. */
    private List<String> differences(final Headline other) {
        final List<String> sentences = new ArrayList<>();
        final List<String> differences = new ArrayList<>(subject.manifest().differences(other.manifest()));
        differences.removeAll(List.of("commit", "uncommitted change", "build", "plan"));
        if (!differences.isEmpty()) {
            sentences.add("The run " + other.manifest().source().label() + " drawn beside this one differs in "
                + String.join(", ", differences) + ": the two cannot be compared.");
        }
        if (other.manifest().status() != RunStatus.OK) {
            sentences.add("The run " + other.manifest().source().label() + " drawn beside this one is "
                + other.manifest().status() + ".");
        }
        return sentences;
    }

    private String headline(final Figures figures) {
        final Optional<Figure> ratios = figures.ratios();
        return ratios.isEmpty() ? Html.paragraph("none", "This run did not measure " + DesignRow.OLD + " and "
            + DesignRow.NEW + " under the same conditions, so there is no ratio of the two.")
            : Html.list("words", Sentences.headline(DesignRow.of(subject.results()))) + wide(ratios.get());
    }

    private String comparison() {
        final List<Figure.Row> rows = verdicts.rows().stream().map(row -> new Figure.Row(row.label(), row.detail(),
            row.ratio(), row.low(), row.high(), row.verdict(), row.sentence())).toList();
        final Table table = new Table(List.of("benchmark", "parameters", "verdict", "why", "ratio"),
            verdicts.rows().stream().map(row -> List.of(row.label(), row.detail(), row.verdict(), row.sentence(),
                new Estimate(row.ratio(), row.low(), row.high()).withInterval())).toList(), 4);
        return Html.list("reasons", verdicts.warnings()) + wide(new Figure(Figure.Kind.FOREST,
            verdicts.head() + " against " + verdicts.base(),
            "Right of 1 " + verdicts.head() + " is slower, left of it faster. Bars are intervals of the ratio.",
            new Figure.Forest("cost of " + verdicts.head() + " / cost of " + verdicts.base(), rows), table));
    }

    private String history() {
        final History history = runs.size() > 1 ? History.of(runs) : History.of(subject);
        final List<Figure> figures = history.figures(subject);
        return Html.paragraph("lead", figures.isEmpty()
            ? "History begins with the second clean run of this profile on this machine."
            : "In the order in which they ran" + (runs.size() > 1 ? ""
                : ": all clean runs of this profile on this machine, and this one")
                + ". A line is broken where the benchmark itself or the JVM changed.")
            + Html.list("reasons", history.remarks()) + panels(figures);
    }

    private String roles() {
        final Table table = subject.roles();
        return table.rows().isEmpty() ? "" : Html.paragraph("lead",
            "Groups whose threads do different things to the same"
            + " pages: what each role achieved.") + Html.table(table);
    }

    private String baselines() {
        final Table table = subject.baselines();
        return table.rows().isEmpty() ? "" : Html.paragraph("lead", "What the harness and single operations cost here, "
            + "to read the numbers above against.") + Html.table(table);
    }

    private String flames() {
        try (Stream<Path> files = Files.list(subject.folder())) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.matches("flame-.*\\.html"))
                .sorted().map(Report::link).collect(Collectors.collectingAndThen(Collectors.joining(),
                    links -> links.isEmpty() ? "" : "<ul>\n" + links + "</ul>\n"));
        } catch (final IOException e) {
            throw new SuiteException("Cannot read " + subject.folder() + ": " + AtomicFiles.reason(e) + ".", e);
        }
    }

    private static String link(final String name) {
        final String address = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
        return "<li><a href=\"./" + address + "\">" + Html.text(name) + "</a></li>\n";
    }

    private String environment() {
        final Manifest manifest = subject.manifest();
        final Map<Boolean, List<String>> findings = manifest.doctor().stream()
            .collect(Collectors.partitioningBy(finding -> finding.startsWith("note: ")));
        final List<String> failures = manifest.failures().stream()
            .map(failure -> "failed: " + failure.unit() + ": " + failure.reason()).toList();
        final Map<String, String> facts = new LinkedHashMap<>();
        facts.put("status", manifest.status() + manifest.reasons().stream().map(reason -> "; " + reason)
            .collect(Collectors.joining()));
        facts.put("commit", manifest.source().commit() + (manifest.source().dirty() ? ", with changes" : ""));
        facts.put("command", "./run-bench.sh " + String.join(" ", manifest.command()));
        facts.put("started, finished", manifest.started() + ", " + known(manifest.finished()));
        facts.put("plan", manifest.plan().cells() + " cells, " + manifest.plan().units() + " forks, seed "
            + manifest.plan().seed() + ", " + manifest.plan().timing());
        facts.put("results", manifest.actualResults() + " of " + manifest.expectedResults());
        facts.put("contention guard", manifest.guard().spoiltIterations() + " of "
            + manifest.guard().judgedIterations() + " iterations spoilt, " + manifest.guard().unknownIterations()
            + " not judged; " + manifest.guard().repeatedUnits() + " forks repeated, " + manifest.guard().spoiltUnits()
            + " still spoilt (" + manifest.guard().rule() + ")");
        facts.put("JVM", manifest.jvm().name() + " " + manifest.jvm().version() + ", " + manifest.jvm().vendor());
        facts.put("JVM flags", String.join(" ", manifest.jvm().flags()));
        facts.put("blackholes", manifest.jvm().blackholeMode());
        facts.put("CPU", manifest.machine().model() + ", family " + manifest.machine().family() + ", model "
            + manifest.machine().modelId() + ", stepping " + manifest.machine().stepping() + "; "
            + manifest.host().topology() + (manifest.machine().hypervisor() ? "; virtual" : ""));
        facts.put("memory", manifest.machine().memoryGib() + " GiB");
        facts.put("kernel", manifest.host().os() + " " + manifest.host().kernel());
        facts.put("frequency governor", manifest.host().governor());
        facts.put("huge pages", manifest.host().thp());
        facts.put("load before, after", manifest.host().loadBefore() + ", " + known(manifest.host().loadAfter()));
        facts.put("device", manifest.device().kind() + ", " + manifest.device().pages() + " pages on "
            + manifest.device().fileSystem());
        facts.put("build", manifest.source().jarHash());
        return Html.list("reasons", failures) + Html.list("reasons", findings.get(false))
            + Html.list("notes", findings.get(true)) + Html.table(new Table(List.of("what", "here"),
            facts.entrySet().stream().map(fact -> List.of(fact.getKey(), fact.getValue())).toList(), 2));
    }

    /** What is only written when a run ends. */
    private static String known(final String text) {
        return Objects.requireNonNullElse(text, "unknown");
    }

    private static String section(final String heading, final String content) {
        return content.isEmpty() ? "" : "<section>\n<h2>" + heading + "</h2>\n" + content + "</section>\n";
    }

    private String wide(final Figure figure) {
        return "<div class=\"wide\">\n" + figure(figure) + "</div>\n";
    }

    private String wide(final List<Figure> figures) {
        return figures.stream().map(this::wide).collect(Collectors.joining());
    }

    private String panels(final List<Figure> figures) {
        return figures.isEmpty() ? "" : figures.stream().map(this::figure)
            .collect(Collectors.joining("", "<div class=\"panels\">\n", "</div>\n"));
    }

    /** The number of the chart is its place in the data. */
    private String figure(final Figure figure) {
        final int number = drawn.size();
        drawn.add(figure);
        return "<figure>\n<figcaption><h3>" + Html.text(figure.title()) + "</h3>" + Html.paragraph("note",
            figure.note()) + "</figcaption>\n<div class=\"chart\" role=\"img\" data-chart=\"" + number
            + "\" data-kind=\"" + figure.kind() + "\" aria-label=\"" + Html.text("Chart: " + figure.title() + ". "
            + figure.note() + " The numbers are in the table that follows.") + "\"></div>\n"
            + "<details><summary>Numbers</summary>\n" + Html.table(figure.table()) + "</details>\n</figure>\n";
    }

    private static String fill(final String template, final Map<String, String> parts) {
        return PLACEHOLDER.matcher(template)
            .replaceAll(found -> Matcher.quoteReplacement(parts.get(found.group(1))));
    }

    private static String hash(final String script) {
        try {
            return "'sha256-" + Base64.getEncoder().encodeToString(
                MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8))) + "'";
        } catch (final NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The version of the charts' library, filled in by the build. */
    private static String version() {
        return resource("echarts.version").strip();
    }

    private static String resource(final String name) {
        try (InputStream stream = Report.class.getResourceAsStream(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (final IOException e) {
            throw new IllegalStateException("it is part of this program: " + name, e);
        }
    }
}
