/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.Json;
import org.daxref.bench.result.RunStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Reports in a real browser: every chart is drawn, nothing is complained about, and no request leaves. Without a
 * browser on the PATH there is nothing to test with; continuous integration installs one.
 */
class BrowserTest {
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");
    private static final long PATIENCE_S = 120;
    private static final Pattern SVG = Pattern.compile("<svg width=\"(\\d+)\".*?</svg>", Pattern.DOTALL);
    /** In the net log, what stands for the origin of the browser's own requests. */
    private static final String BROWSER_ITSELF = "not an origin";

    @TempDir
    private Path home;

    private Path browser;

    @BeforeEach
    void findBrowser() {
        final Optional<Path> found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name))).filter(Files::isExecutable)
            .findFirst();
        assumeTrue(found.isPresent(), "none of these is on the PATH: " + String.join(", ", NAMES));
        browser = found.get();
    }

    /**
     * What a browser made of a page.
     *
     * @param dom      the page after its scripts ran
     * @param console  what went to its console
     * @param requests addresses that the page asked the network for
     */
    private record Seen(String dom, List<String> console, List<String> requests) {
        void assertDrawn(final String page) {
            final List<String> drawn = SVG.matcher(dom).results().map(MatchResult::group).toList();
            final int charts = page.split("data-chart=", -1).length - 1;
            assertTrue(charts > 0);
            assertEquals(charts, drawn.size());
            drawn.forEach(svg -> assertTrue(svg.split("<path", -1).length > 3, svg));
            assertEquals(List.of(), console);
            assertEquals(List.of(), requests);
        }
    }

    private Seen open(final Path page, final String... more) throws IOException, InterruptedException {
        final Path profile = Files.createTempDirectory(home, "profile");
        final Path netLog = profile.resolve("net.json");
        final Path dom = profile.resolve("dom.html");
        final Path log = profile.resolve("log.txt");
        final Process process = new ProcessBuilder(Stream.of(Stream.of(browser.toString(), "--headless",
            "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--user-data-dir=" + profile,
            "--host-resolver-rules=MAP * ~NOTFOUND", "--log-net-log=" + netLog, "--enable-logging=stderr",
            "--dump-dom"), Arrays.stream(more), Stream.of(page.toUri().toString())).flatMap(words -> words).toList())
            .redirectOutput(dom.toFile()).redirectError(log.toFile()).start();
        try {
            assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS), "it ends");
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        return new Seen(Files.readString(dom), Files.readAllLines(log).stream()
            .filter(line -> line.contains("CONSOLE")).toList(), requests(Files.readString(netLog)));
    }

    private static List<String> requests(final String netLog) {
        return Json.parse(netLog).get("events").valueStream().map(event -> event.path("params"))
            .filter(request -> request.has("initiator")
                && !request.get("initiator").asString().equals(BROWSER_ITSELF))
            .map(request -> request.get("url").asString()).distinct().toList();
    }

    @Test
    void shouldDrawEveryChartAndAskForNothing() throws IOException, InterruptedException {
        final Path page = Report.write(List.of(RunFiles.newestOf(RunFiles.committed(home))), null);
        open(page, "--blink-settings=preferredColorScheme=0").assertDrawn(Files.readString(page));
        final int narrow = 500;
        final Seen seen = open(page, "--window-size=" + narrow + ",800");
        seen.assertDrawn(Files.readString(page));
        SVG.matcher(seen.dom()).results().forEach(svg -> assertTrue(Integer.parseInt(svg.group(1)) < narrow));
    }

    @Test
    void shouldNotRunWhatStandsInAResult() throws IOException, InterruptedException {
        final Map<String, String> params = Map.of("foll",
            "</script><script>console.log('mine')</script><img src='http://127.0.0.1:9/x' onerror=console.log(1)>{a|");
        final Path page = Report.write(List.of(RunFiles.write(home.resolve("m/run"),
            RunFiles.manifest(RunStatus.OK), RunFiles.pin("dev-pagemap", params, 40),
            RunFiles.pin("fs-held", params, 20))), null);
        open(page).assertDrawn(Files.readString(page));
    }

    @Test
    void shouldSeeWhatAPageMustNotDo() throws IOException, InterruptedException {
        final Path page = Files.writeString(home.resolve("page.html"),
            "<script>console.error('oops')</script><img src='http://127.0.0.1:9/x'>");
        final Seen seen = open(page);
        assertTrue(seen.console().stream().anyMatch(line -> line.contains("oops")), seen.console().toString());
        assertEquals(List.of("http://127.0.0.1:9/x"), seen.requests());
        assertFalse(SVG.matcher(seen.dom()).find());
    }
}
