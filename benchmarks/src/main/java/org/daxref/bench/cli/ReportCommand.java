/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.report.Report;
import org.daxref.bench.result.RunStore;
import org.daxref.bench.suite.MachineProbe;
import picocli.CommandLine;
import picocli.CommandLine.Command;
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
        "  ./run-bench.sh report NEW OLD OLDER         NEW, with the others drawn beside it and as its history"})
final class ReportCommand implements Callable<Integer> {
    @Parameters(arity = "0..*", paramLabel = "RUN", description = "A run folder, or the name of one in results/.")
    private List<String> runs = List.of();

    @Override
    public Integer call() {
        final RunStore store = new RunStore(Path.of(System.getProperty("daxref.home", ".")).resolve("results"));
        final List<Path> folders = runs.isEmpty()
            ? List.of(store.newest(MachineProbe.ofThisMachine().folderName()))
            : runs.stream().map(store::find).distinct().toList();
        System.out.println(Report.write(folders, null));
        return CommandLine.ExitCode.OK;
    }
}
