/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.compare.Comparing;
import org.daxref.bench.compare.Comparison;
import org.daxref.bench.compare.SideReader;
import org.daxref.bench.report.ComparisonText;
import org.daxref.bench.report.Report;
import org.daxref.bench.report.Verdicts;
import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.Git;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.SuiteException;
import org.daxref.bench.suite.AbRun;
import org.daxref.bench.suite.Build;
import org.daxref.bench.suite.MachineProbe;
import org.daxref.bench.suite.Selection;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * {@code ab}: measures two commits against each other, their forks in turn.
 */
@Command(name = "ab", mixinStandardHelpOptions = true, sortOptions = false, usageHelpWidth = 110,
    customSynopsis = "run-bench.sh ab BASE HEAD [OPTIONS] [-- JMH OPTIONS]",
    description = {"Builds two commits, runs their forks in turn (A B B A), and compares them.",
        "The same commit twice measures the noise of this machine, which every later comparison here takes into"
            + " account."},
    footerHeading = "%nExamples:%n",
    footer = {
        "  ./run-bench.sh ab main HEAD",
        "  ./run-bench.sh ab HEAD~1 HEAD --filter PinPage --forks 20",
        "  ./run-bench.sh ab HEAD HEAD                 how noisy is this machine?",
        "",
        "Exit codes: 0 nothing is slower; 1 something is; 2 nothing could be compared, or bad input."})
final class AbCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "BASE", description = "The commit to compare with.")
    private String base;

    @Parameters(index = "1", paramLabel = "HEAD", description = "The commit to compare.")
    private String head;

    @Option(names = "--forks", paramLabel = "N", defaultValue = "10",
        description = "Forks per cell and side, an even number from 4. Default: 10.")
    private int forks;

    @Mixin
    private SelectionOptions selection;

    @Mixin
    private ComparisonOptions options;

    @Option(names = "--out", paramLabel = "DIR", description = "Where results go. Default: results/ of this work tree.")
    private Path out;

    @Parameters(index = "2..*", paramLabel = "-- JMH OPTIONS", hideParamSyntax = true,
        description = "Handed to JMH, as in run.")
    private List<String> jmhOptions = List.of();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        ForkCount.requirePairs(forks);
        final CommandLineOptions handed = JmhOptions.parse(jmhOptions);
        final Selection selected = selection.of(handed, jmhOptions);
        if (!selected.profile().stored()) {
            throw new SuiteException("The numbers of a smoke run mean nothing: compare by quick or full.");
        }
        final Path home = Path.of(System.getProperty("daxref.home", "."));
        final Path results = out == null ? home.resolve("results") : out;
        final Comparing comparing = new Comparing(new SideReader(results, new Git(home),
            MachineProbe.here().facts().folderName()), options.leastEffect(), null, options.controls());
        final AbRun.Request request = new AbRun.Request(selected,
            Build.of(home, base, System.out), Build.of(home, head, System.out), forks, results, handed, jmhOptions,
            spec.commandLine().getParseResult().originalArgs());
        final boolean sameCode = request.base().commit().equals(request.head().commit());
        final Comparison[] found = new Comparison[1];
        final Path folder = new AbRun(request, System.out).execute(partial -> {
            found[0] = comparing.compare(partial, base, head, sameCode);
            AtomicFiles.write(partial.resolve("comparison.json"), Json.write(found[0]));
            AtomicFiles.write(partial.resolve("comparison.md"), new ComparisonText(found[0]).markdown());
            AtomicFiles.write(partial.resolve("comparison.csv"), new ComparisonText(found[0]).csv());
            Report.write(List.of(partial.resolve("head"), partial.resolve("base")), Verdicts.of(found[0]));
        });
        System.out.println("\n" + new ComparisonText(found[0]).text(Terminal.isColoured()) + folder
            + "\n" + folder.resolve("head").resolve(Report.FILE));
        return CompareCommand.exitCode(List.of(found[0]));
    }
}
