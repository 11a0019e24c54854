/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.compare.Comparing;
import org.daxref.bench.compare.Comparison;
import org.daxref.bench.compare.SideReader;
import org.daxref.bench.compare.Verdict;
import org.daxref.bench.report.ComparisonText;
import org.daxref.bench.result.Git;
import org.daxref.bench.result.Json;
import org.daxref.bench.suite.MachineProbe;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/**
 * {@code compare}: what changed between two measurements.
 */
@Command(name = "compare", mixinStandardHelpOptions = true, sortOptions = false, usageHelpWidth = 110,
    description = {"Compares measurements: which benchmarks got faster, slower, stayed the same, or cannot be told.",
        "A side is a commit that was measured, a run folder or its name, or a JMH JSON file of any project;"
            + " with @param=value behind it, the part of it that has this value."},
    footerHeading = "%nExamples:%n",
    footer = {
        "  ./run-bench.sh compare v1.0 HEAD",
        "  ./run-bench.sh compare base.json head.json --markdown",
        "  ./run-bench.sh compare HEAD@design=dev-pagemap HEAD@design=fs-held --filter PinPage",
        "  ./run-bench.sh compare HEAD~1 HEAD --explain        why is it slower?",
        "",
        "Exit codes: 0 nothing is slower; 1 something is; 2 nothing could be compared, or bad input."})
final class CompareCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "BASE", description = "What the others are compared with.")
    private String base;

    @Parameters(index = "1", arity = "1..*", paramLabel = "HEAD", hideParamSyntax = true,
        description = "What is compared with it; more than one makes a comparison each.")
    private List<String> heads;

    @Mixin
    private ComparisonOptions options;

    @Option(names = "--filter", paramLabel = "REGEX", description = "Compare benchmarks whose name it is found in.")
    private String filter;

    @Option(names = "--explain", description = "Profile both sides of what got faster or slower, and link the"
        + " differential flame graphs from the report of HEAD's run.")
    private boolean explained;

    @Option(names = "--results", paramLabel = "DIR",
        description = "Where runs are stored. Default: results/ of this work tree.")
    private Path results;

    @ArgGroup
    private Form form;

    /** How it is printed, if not as text. */
    private static final class Form {
        @Option(names = "--markdown", description = "Print Markdown, for a pull request.")
        private boolean markdown;

        @Option(names = "--json", description = "Print JSON, with every fork.")
        private boolean json;

        @Option(names = "--csv", description = "Print CSV.")
        private boolean csv;
    }

    @Override
    public Integer call() {
        final Path home = Path.of(System.getProperty("daxref.home", "."));
        final SideReader reader = new SideReader(results == null ? home.resolve("results") : results, new Git(home),
            MachineProbe.here().facts().folderName());
        final List<Comparison> comparisons = new Comparing(reader, options.leastEffect(),
            Regex.of("--filter", filter), options.controls()).compare(base, heads);
        System.out.print(print(comparisons));
        if (explained) {
            final Explanation explanation = new Explanation(home, form == null ? System.out : System.err);
            final List<SideReader.Origin> origins = reader.origins(base, heads);
            for (int index = 0; index < comparisons.size(); index++) {
                explanation.explain(comparisons.get(index), origins.getFirst(), origins.get(index + 1));
            }
        }
        return exitCode(comparisons);
    }

    private String print(final List<Comparison> comparisons) {
        if (form != null && form.json) {
            return Json.write(comparisons);
        }
        return comparisons.stream().map(ComparisonText::new).map(text -> form == null
            ? text.text(Terminal.isColoured())
            : form.csv ? text.csv() : text.markdown()).collect(Collectors.joining("\n"));
    }

    /**
     * What scripts go by.
     *
     * @param comparisons what was found
     * @return the exit code
     */
    static int exitCode(final List<Comparison> comparisons) {
        if (comparisons.stream().anyMatch(one -> one.count(Verdict.SLOWER) > 0)) {
            return DaxrefCommand.FAILED;
        }
        return comparisons.stream().allMatch(one -> one.count(Verdict.INCOMPARABLE) < one.rows().size())
            ? CommandLine.ExitCode.OK : DaxrefCommand.BAD_INPUT;
    }
}
