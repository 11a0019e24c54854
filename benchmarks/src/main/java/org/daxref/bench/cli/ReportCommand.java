/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.compare.Comparing;
import org.daxref.bench.compare.Comparison;
import org.daxref.bench.compare.SideReader;
import org.daxref.bench.report.Report;
import org.daxref.bench.report.Verdicts;
import org.daxref.bench.result.Git;
import org.daxref.bench.result.RunStore;
import org.daxref.bench.suite.MachineProbe;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * {@code report}: a run as a page for the browser.
 */
@Command(name = "report", mixinStandardHelpOptions = true, usageHelpWidth = 110,
    description = "Writes report.html into a run folder: charts, tables and conditions in one file that needs nothing"
        + " else. Prints its path.",
    footerHeading = "%nExamples:%n",
    footer = {
        "  ./run-bench.sh report                       the newest finished run of this machine",
        "  ./run-bench.sh report NEW OLD OLDER         NEW, compared with OLD; all of them as its history"})
final class ReportCommand implements Callable<Integer> {
    @Parameters(arity = "0..*", paramLabel = "RUN", description = "A run folder, or the name of one in results/.")
    private List<String> runs = List.of();

    @Mixin
    private ComparisonOptions options;

    @Override
    public Integer call() {
        final RunStore store = new RunStore(Path.of(System.getProperty("daxref.home", ".")).resolve("results"));
        final List<Path> folders = runs.isEmpty()
            ? List.of(store.newest(MachineProbe.here().facts().folderName()))
            : runs.stream().map(store::find).distinct().toList();
        System.out.println(Report.write(folders, folders.size() == 1 ? null : Verdicts.of(compare(store, folders))));
        return CommandLine.ExitCode.OK;
    }

    private Comparison compare(final RunStore store, final List<Path> folders) {
        return new Comparing(new SideReader(store.results(), new Git(store.results()),
            MachineProbe.here().facts().folderName()), options.leastEffect(), null, options.controls())
            .compare(folders.get(1).toString(), List.of(folders.getFirst().toString())).getFirst();
    }
}
