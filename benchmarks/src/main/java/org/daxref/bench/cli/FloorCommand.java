/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.report.FloorText;
import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.SuiteException;
import org.daxref.bench.suite.FloorPaths;
import org.daxref.bench.suite.FloorRun;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * {@code floor}: what the pin paths cost in Java in terms of C.
 */
@Command(name = "floor", mixinStandardHelpOptions = true, sortOptions = false, usageHelpWidth = 110,
    customSynopsis = "run-bench.sh floor [OPTIONS] [-- JMH OPTIONS]",
    description = {"Compiles the pin paths in C, and runs them in turn with their Java forms on one device file.",
        "Prints what Java costs in terms of C, with 95 %% intervals. A path is a design, a counter, and a page: own,"
            + " pinned by one thread, or hot, pinned by two. flat is own, its Java form written out in one method."},
    footerHeading = "%nExamples:%n",
    footer = {
        "  ./run-bench.sh floor                                  every path (about 10 minutes)",
        "  ./run-bench.sh floor --filter own                     one thread",
        "  ./run-bench.sh floor --filter 'fs-held/xadd' --forks 20",
        "",
        "Exit codes: 0 measured; 2 bad input, or this machine cannot do it, as without a C compiler."})
final class FloorCommand implements Callable<Integer> {

    @Option(names = "--filter", paramLabel = "REGEX",
        description = "Measure the paths whose name it is found in, such as 'fs-held/cas own'.")
    private String filter;

    @Option(names = "--forks", paramLabel = "N", defaultValue = "8",
        description = "Java forks, and C processes, per path: an even number from 4. Default: 8.")
    private int forks;

    @Option(names = "--device", paramLabel = "PATH",
        description = "The file that stands in for the pmem device, as in run. Default: a fresh one.")
    private Path device;

    @Option(names = "--pages", paramLabel = "N",
        description = "Size of a new device in 4 KiB pages. Default: 65536.")
    private Long pages;

    @Option(names = "--out", paramLabel = "DIR", description = "Where results go. Default: results/ of this work tree.")
    private Path out;

    @Parameters(paramLabel = "-- JMH OPTIONS", hideParamSyntax = true, arity = "0..*",
        description = "Handed to JMH, as in run; C has as many windows as a fork has iterations, of their length.")
    private List<String> jmhOptions = List.of();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        ForkCount.requirePairs(forks);
        if (pages != null && pages < 1) {
            throw new SuiteException("A device of " + pages + " pages cannot be: --pages takes a number from 1.");
        }
        final CommandLineOptions handed = JmhOptions.parse(jmhOptions);
        if (!JmhOptions.params(handed, jmhOptions).isEmpty()) {
            throw new SuiteException("JMH's -p cannot be handed through: paths are chosen by --filter.");
        }
        final Path home = Path.of(System.getProperty("daxref.home", "."));
        final FloorRun.Request request = new FloorRun.Request(
            FloorPaths.select(Regex.of("--filter", filter), Runtime.getRuntime().availableProcessors()), home, forks,
            out == null ? home.resolve("results") : out, device, pages == null ? 0 : pages, handed, jmhOptions,
            spec.commandLine().getParseResult().originalArgs());
        final Path folder = new FloorRun(request, System.out).execute(partial ->
            AtomicFiles.write(partial.resolve(FloorText.FILE), FloorText.of(partial, FloorRun.FILE).markdown()));
        final FloorText text = FloorText.of(folder, FloorRun.FILE);
        System.out.println("\n" + text.text() + "\n" + text.manifest().status() + ": " + folder);
        text.manifest().reasons().forEach(System.err::println);
        return CommandLine.ExitCode.OK;
    }
}
