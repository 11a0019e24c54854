/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.report.RunFiles;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunStatus;
import org.daxref.bench.suite.MachineProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Which run a report is made of, and what is said when there is none. */
class ReportCommandTest {
    private static final Manifest MANIFEST = RunFiles.manifest(RunStatus.OK);

    @TempDir
    private Path home;

    private Path results;
    private Path here;
    private InProcess program;

    @BeforeEach
    void setUp() throws IOException {
        program = new InProcess(home);
        results = home.resolve("results");
        here = results.resolve(MachineProbe.here().facts().folderName());
    }

    @AfterEach
    void tearDown() {
        program.close();
    }

    private void assertReported(final Path run, final String... arguments) throws IOException {
        final Cli.Ended ended = program.run(arguments);
        assertEquals("", ended.err());
        assertEquals(run.resolve("report.html") + "\n", ended.out());
        assertEquals(0, ended.exit());
        assertTrue(Files.readString(run.resolve("report.html")).endsWith("</html>\n"), "whole");
    }

    @Test
    void shouldTakeTheNewestRunOfThisMachineAndElseOfAny() throws IOException {
        program.run("report").assertRefused("There is no finished run in " + results + ": ./run-bench.sh makes one.");
        final Path other = RunFiles.writeTwoDesigns(results.resolve("other/20270101-000000-a-quick"), MANIFEST);
        assertReported(other, "report");
        RunFiles.writeTwoDesigns(here.resolve("20260101-000000-a-quick"), MANIFEST);
        final Path newest = RunFiles.writeTwoDesigns(here.resolve("20260102-000000-b-quick"), MANIFEST);
        RunFiles.writeTwoDesigns(here.resolve("20260103-000000-c-quick.partial"), MANIFEST);
        assertReported(newest, "report");
    }

    @Test
    void shouldTakeAFolderOrAName() throws IOException {
        final Path run = RunFiles.writeTwoDesigns(here.resolve("20260101-000000-a-quick"), MANIFEST);
        assertReported(run, "report", "20260101-000000-a-quick");
        Files.delete(run.resolve("report.html"));
        assertReported(run, "report", run + "/");
        assertReported(run, "report", run.toString(), "20260101-000000-a-quick");
        RunFiles.writeTwoDesigns(results.resolve("other/20260101-000000-a-quick"), MANIFEST);
        program.run("report", "20260101-000000-a-quick").assertRefused(
            "More than one machine has a run 20260101-000000-a-quick: give the path of its folder.");
    }

    @Test
    void shouldRefuseWhatIsNoFinishedRun() throws IOException {
        program.run("report", "x").assertRefused(
            "There is no run x: name a run folder, or one of those in " + results + ".");
        program.run("report", " ").assertRefused("A run cannot have the name ' '.");
        program.run("report", "/").assertRefused("A run cannot have the name '/'.");
        program.run("report", home.toString()).assertRefused(
            home + " is not the folder of a finished run: it has no manifest.json.");
        final Path run = RunFiles.writeTwoDesigns(here.resolve("20260103-000000-c-quick.partial"), MANIFEST);
        program.run("report", "20260103-000000-c-quick.partial").assertRefused(
            "The run " + run + " was stopped before its end: go on with it by --resume.");
    }

    @Test
    void shouldRefuseADamagedRunAndKeepTheReportThereWas() throws IOException {
        final Path run = RunFiles.writeTwoDesigns(here.resolve("20260101-000000-a-quick"), MANIFEST);
        assertReported(run, "report");
        final String before = Files.readString(run.resolve("report.html"));
        Files.writeString(run.resolve("jmh.json"), "[{");
        program.run("report").assertRefused(
            run.resolve("jmh.json") + " is damaged: it is not the JSON that daxref wrote.");
        assertEquals(before, Files.readString(run.resolve("report.html")));
        assertFalse(Files.exists(run.resolve("report.html.tmp")));
    }

    @Test
    void shouldRefuseResultsThatAreNotAllThere() throws IOException {
        final Path run = RunFiles.write(here.resolve("20260101-000000-a-quick"), MANIFEST,
            RunFiles.pin("fs-held", Map.of(), 1, 2, 3));
        program.run("report").assertRefused(run + " is damaged: its manifest counts 2 results, and jmh.json has 1.");
    }
}
