/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.report.Answers;
import org.daxref.bench.report.CounterClaims;
import org.daxref.bench.report.Headline;
import org.daxref.bench.report.Report;
import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.RunStatus;
import org.daxref.bench.result.SuiteException;
import org.daxref.bench.suite.RunRequest;
import org.daxref.bench.suite.Selection;
import org.daxref.bench.suite.SuiteRun;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * {@code run}: measures, stores, and prints the headline.
 */
@Command(name = "run", mixinStandardHelpOptions = true, sortOptions = false, usageHelpWidth = 110,
    customSynopsis = "run-bench.sh [run] [OPTIONS] [-- JMH OPTIONS]",
    description = "Measures, stores the result under the machine and the commit, and prints the headline.")
final class RunCommand implements Callable<Integer> {
    @Mixin
    private SelectionOptions selection;

    @Option(names = "--forks", paramLabel = "N",
        description = "Forks of each cell, from 2: more of them narrow the intervals. Default: 5; smoke has 1.")
    private Integer forks;

    @Option(names = "--device", paramLabel = "PATH",
        description = "The file that stands in for the pmem device: on tmpfs, a disk, or a DAX mount. Created if there"
            + " is none; a file that is not a daxref device is never touched. Default: a fresh file in every fork.")
    private Path device;

    @Option(names = "--pages", paramLabel = "N",
        description = "Size of a new device in 4 KiB pages. Default: 65536.")
    private Long pages;

    @Option(names = "--out", paramLabel = "DIR", description = "Where results go. Default: results/ of this work tree.")
    private Path out;

    @Option(names = "--resume", description = "Go on with the newest run of this profile that was stopped.")
    private boolean resume;

    @Parameters(paramLabel = "-- JMH OPTIONS", hideParamSyntax = true, arity = "0..*",
        description = "Handed to JMH: -i, -r, -wi, -w, -to, -gc, -prof, -p and -jvmArgsAppend.")
    private List<String> jmhOptions = List.of();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        final CommandLineOptions handed = JmhOptions.parse(jmhOptions);
        final Selection selected = selection.of(handed, jmhOptions);
        if (!selected.profile().stored() && (resume || out != null)) {
            throw new SuiteException("A smoke run stores nothing: leave out " + (resume ? "--resume." : "--out."));
        }
        if (forks != null) {
            ForkCount.require(forks);
        }
        if (pages != null && pages < 1) {
            throw new SuiteException("A device of " + pages + " pages cannot be: --pages takes a number from 1.");
        }
        final Path home = Path.of(System.getProperty("daxref.home", "."));
        final SuiteRun.Outcome outcome = new SuiteRun(new RunRequest(selected, forks == null ? 0 : forks, home,
            out == null ? home.resolve("results") : out, device, pages == null ? 0 : pages, resume, handed, jmhOptions,
            spec.commandLine().getParseResult().originalArgs()), System.out).execute();
        return conclude(outcome);
    }

    private int conclude(final SuiteRun.Outcome outcome) {
        if (outcome.folder() != null && Files.exists(outcome.folder().resolve("jmh.json"))) {
            final Headline headline = Headline.of(outcome.folder());
            AtomicFiles.write(outcome.folder().resolve("headline.md"), headline.markdown());
            Report.write(List.of(outcome.folder()), null);
            System.out.println("\n" + headline.text());
            if (selection.isForQuestions()) {
                write(outcome.folder().resolve(Answers.FILE), Answers.markdown(outcome.folder()));
            } else if (selection.isForCounters()) {
                write(outcome.folder().resolve(CounterClaims.FILE), CounterClaims.markdown(outcome.folder()));
            }
        }
        System.out.println(outcome.status() + (outcome.folder() == null ? "" : ": " + outcome.folder()));
        outcome.reasons().forEach(System.err::println);
        return outcome.status() == RunStatus.FAIL ? DaxrefCommand.FAILED : CommandLine.ExitCode.OK;
    }

    private static void write(final Path page, final String markdown) {
        AtomicFiles.write(page, markdown);
        System.out.println(markdown);
    }
}
