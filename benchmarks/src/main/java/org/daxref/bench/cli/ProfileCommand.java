/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.Machine;
import org.daxref.bench.profile.ProfilerEvent;
import org.daxref.bench.report.Report;
import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.RunFolder;
import org.daxref.bench.result.SuiteException;
import org.daxref.bench.suite.Axes;
import org.daxref.bench.suite.Build;
import org.daxref.bench.suite.Catalog;
import org.daxref.bench.suite.Cell;
import org.daxref.bench.suite.PerfProfile;
import org.daxref.bench.suite.Profile;
import org.daxref.bench.suite.ProfileRun;
import org.daxref.bench.suite.ProfileRun.Profiled;
import org.daxref.bench.suite.ProfileRun.Target;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;

/**
 * {@code profile}: where the time of a benchmark goes.
 */
@Command(name = "profile", mixinStandardHelpOptions = true, sortOptions = false, usageHelpWidth = 110,
    customSynopsis = "run-bench.sh profile BENCHMARK [OPTIONS] [-- JMH OPTIONS]",
    description = "Runs a benchmark under async-profiler, prints the methods that take most, and writes a flame graph"
        + " per design. Nothing of it is stored as a result. Pages go into the newest run folder of this commit on this"
        + " machine, and into its report; if the commit was not measured, into target/profile.",
    footerHeading = "%nExamples:%n",
    footer = {
        "  ./run-bench.sh profile PinPage --counter cas",
        "  ./run-bench.sh profile HotPage --design fs-held --threads 1,max",
        "  ./run-bench.sh profile PinPage --diff dev-pagemap,fs-held -- -p foll=PIN",
        "  ./run-bench.sh profile GupPmd --diff main,HEAD",
        "  ./run-bench.sh profile FaultZap --event alloc --format collapsed",
        "",
        "Exit codes: 0 profiled; 2 bad input, or this machine cannot do it."})
final class ProfileCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "BENCHMARK", hideParamSyntax = true,
        description = "A regular expression found in class.method; ./run-bench.sh list has the names.")
    private String benchmark;

    @Mixin
    private CellOptions cells;

    @Option(names = "--event", paramLabel = "NAME", defaultValue = "cpu",
        description = "cpu, ctimer, itimer, wall, alloc or lock. Default: cpu, which becomes a timer where the kernel"
            + " has no perf_events for us.")
    private String event;

    @Option(names = "--format", paramLabel = "NAME", defaultValue = "flamegraph",
        description = "flamegraph, jfr or collapsed. Default: flamegraph.")
    private String format;

    @Option(names = "--jfr", description = "Keep the recording as well; JDK Mission Control opens it.")
    private boolean jfr;

    @Option(names = "--diff", paramLabel = "A,B",
        description = "Two designs or two commits: what B spends more (red) and less (blue) than A.")
    private String difference;

    @Option(names = "--asm", description = "Print the hottest machine code, annotated; needs perf and hsdis.")
    private boolean assembly;

    @Option(names = "--counters", description = "Print hardware counters per operation; needs perf and a CPU that"
        + " shows them.")
    private boolean counters;

    @Option(names = "--out", paramLabel = "DIR", description = "Where pages go instead.")
    private Path out;

    @Parameters(index = "1..*", paramLabel = "-- JMH OPTIONS", hideParamSyntax = true,
        description = "Handed to JMH, as in run.")
    private List<String> jmhOptions = List.of();

    @Override
    public Integer call() {
        final ProfilerEvent taken = event();
        final Set<Flames.Format> formats = formats();
        final CommandLineOptions handed = JmhOptions.parse(jmhOptions);
        final List<String> sides = sides();
        final boolean designs = Machine.designNames().containsAll(sides);
        final List<Cell> selected = cells.withDesigns(designs ? sides : List.of()).of(Profile.QUICK,
            Regex.of("BENCHMARK", benchmark), handed, jmhOptions)
            .cells(Catalog.load(), Runtime.getRuntime().availableProcessors());
        final PerfProfile perf = new PerfProfile(handed, System.out);
        if (assembly) {
            perf.requireDisassembly();
        }
        if (counters) {
            perf.requireCounters();
        }
        final Path home = Path.of(System.getProperty("daxref.home", "."));
        final List<Pair> pairs = sides.isEmpty() ? List.of() : designs ? pairs(selected, sides)
            : pairs(selected, home, sides);
        if (pairs.isEmpty() && !sides.isEmpty()) {
            throw new SuiteException("None of the selected benchmarks runs under " + sides.get(0) + ".");
        }
        final List<Target> targets = pairs.isEmpty() ? selected.stream().map(Target::here).toList()
            : pairs.stream().flatMap(pair -> List.of(pair.base, pair.head).stream()).toList();
        final FlameFolder folder = FlameFolder.of(home, out, designs || sides.isEmpty() ? "HEAD" : sides.get(1));
        final RunFolder work = RunFolder.temporary();
        final List<Profiled> recorded = new ProfileRun(handed, System.out).record(targets, taken, work.partial());
        final Flames flames = new Flames(folder.path(), taken, System.out);
        flames.sayHow(recorded);
        AtomicFiles.createFolders(folder.path());
        for (int index = 0; index < recorded.size(); index++) {
            if (pairs.isEmpty() || designs) {
                flames.show(recorded.get(index), formats);
            }
        }
        for (int index = 0; index < pairs.size(); index++) {
            flames.showDifference(new Flames.Side(sides.get(0), recorded.get(2 * index)),
                new Flames.Side(sides.get(1), recorded.get(2 * index + 1)), pairs.get(index).about);
        }
        if (assembly) {
            System.out.print(perf.disassemble(targets, work.partial()));
        }
        if (counters) {
            System.out.print(perf.count(targets, work.partial()));
        }
        AtomicFiles.deleteFolder(work.partial());
        folder.run().ifPresent(run -> System.out.println(Report.write(List.of(run), null)));
        return CommandLine.ExitCode.OK;
    }

    /** Two forks whose difference is wanted, and what they have in common. */
    private record Pair(Cell about, Target base, Target head) {
    }

    private ProfilerEvent event() {
        Axes.check("event", List.of(event), ProfilerEvent.names());
        return ProfilerEvent.valueOf(event.toUpperCase(Locale.ROOT));
    }

    private Set<Flames.Format> formats() {
        Axes.check("format", List.of(format), Arrays.stream(Flames.Format.values()).map(Flames.Format::label).toList());
        final Set<Flames.Format> formats = EnumSet.of(Flames.Format.valueOf(format.toUpperCase(Locale.ROOT)));
        if (jfr) {
            formats.add(Flames.Format.JFR);
        }
        return formats;
    }

    private List<String> sides() {
        if (difference == null) {
            return List.of();
        }
        final List<String> sides = List.of(difference.split(",", -1));
        if (sides.size() != 2 || sides.stream().anyMatch(String::isBlank) || sides.get(0).equals(sides.get(1))) {
            throw new SuiteException("--diff takes two designs or two commits, as in --diff dev-pagemap,fs-held.");
        }
        return sides;
    }

    private static List<Pair> pairs(final List<Cell> cells, final List<String> designs) {
        final List<Pair> pairs = new ArrayList<>();
        for (final Cell base : cells) {
            if (designs.get(0).equals(base.params().get(Axes.DESIGN))) {
                final SortedMap<String, String> params = new TreeMap<>(base.params());
                params.put(Axes.DESIGN, designs.get(1));
                final SortedMap<String, String> common = new TreeMap<>(base.params());
                common.remove(Axes.DESIGN);
                pairs.add(new Pair(base.with(common), Target.here(base), Target.here(base.with(params))));
            }
        }
        return pairs;
    }

    private static List<Pair> pairs(final List<Cell> cells, final Path home, final List<String> commits) {
        final Build base = Build.of(home, commits.get(0), System.out);
        final Build head = Build.of(home, commits.get(1), System.out);
        return cells.stream().map(cell -> new Pair(cell, Target.of(cell, base), Target.of(cell, head))).toList();
    }
}
