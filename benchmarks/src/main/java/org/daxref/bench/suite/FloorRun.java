/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.Floor;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunFolder;
import org.daxref.bench.result.RunStatus;
import org.daxref.bench.result.SuiteException;
import org.daxref.sync.Membarrier;
import org.openjdk.jmh.runner.options.Options;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * Runs pin paths in Java and in C in turn, on one device file: blocks of Java, C, C, Java, shuffled as the cells of a
 * run are. Java is a fork of the path's benchmark, C a process of its own.
 *
 * <p>A run that is stopped or fails leaves nothing.
 */
public final class FloorRun {
    /** What stands in the place of the profile in the folder's name. */
    public static final String LABEL = "floor";

    /** File that holds what was measured. */
    public static final String FILE = "floor.json";

    private final Request request;
    private final Timing timing;
    private final PrintStream out;
    private final MachineProbe machine = MachineProbe.here();
    private final List<UnitRecord> java = new ArrayList<>();
    private final Map<Cell, List<Floor.Process>> c = new LinkedHashMap<>();

    /**
     * What the user asked for.
     *
     * @param cells      the Java forms of the paths
     * @param home       the work tree whose commit is recorded
     * @param forks      forks and processes per path, an even number
     * @param out        the results folder
     * @param device     the device file; null for a fresh one
     * @param pages      its size in 4 KiB pages; 0 when not given
     * @param handed     options for JMH, parsed
     * @param jmhOptions options for JMH, as typed
     * @param command    the whole command line, as typed
     */
    public record Request(List<Cell> cells, Path home, int forks, Path out, Path device, long pages, Options handed,
                          List<String> jmhOptions, List<String> command) {
    }

    /**
     * A run to be executed once.
     *
     * @param request what the user asked for
     * @param out     gets the progress, a line per fork or process
     */
    public FloorRun(final Request request, final PrintStream out) {
        this.request = request;
        this.timing = Profile.QUICK.timing().overriddenBy(request.handed);
        this.out = out;
    }

    /**
     * Compiles the C program and runs everything.
     *
     * @param conclusion called with the folder before it gets its final name, to add to it; {@link #FILE} and the
     *                   manifest are there
     * @return the folder that the run left
     * @throws SuiteException when there is no C compiler, or the run cannot start or go on
     */
    public Path execute(final Consumer<Path> conclusion) {
        final List<Finding> findings = new Doctor().examine();
        try (JmhLock _ = JmhLock.acquire()) {
            final Path work = RunFolder.temporary().partial();
            try {
                final FloorProgram program = FloorProgram.compile(work, !Membarrier.isAvailable());
                final DeviceFile device = request.device == null ? DeviceFile.ofAllForks(request.pages)
                    : DeviceFile.prepare(request.device, request.pages);
                return measure(program, device, findings, conclusion);
            } finally {
                tidy(work);
            }
        }
    }

    private static void tidy(final Path work) {
        AtomicFiles.deleteFolder(work);
        DeviceFile.removeLeftover(ProcessHandle.current().pid());
    }

    private Path measure(final FloorProgram program, final DeviceFile device, final List<Finding> findings,
                         final Consumer<Path> conclusion) {
        final ForkRunner forks = new ForkRunner(timing, device, request.handed, ForkRunner.OWN_CLASSES);
        final AbPlan plan =
            AbPlan.of(request.cells, request.forks, ThreadLocalRandom.current().nextLong() >>> 1);
        final Manifest manifest = new Opening(forks, device, machine, Catalog.load(), findings).manifest(LABEL,
            request.command, SourceProbe.read(request.home), plan.base(), request.jmhOptions);
        final RunFolder folder = RunFolder.create(request.out.resolve(machine.facts().folderName()),
            LocalDateTime.now(ZoneOffset.UTC), manifest.source().label(), LABEL);
        findings.stream().filter(finding -> finding.level() == Finding.Level.WARNING).forEach(out::println);
        try (Interruption interruption = new Interruption(() -> {
            AtomicFiles.deleteFolder(folder.partial());
            tidy(program.folder());
            System.err.println("Stopped; a floor run that is stopped keeps nothing.");
        })) {
            drive(plan, forks, program, interruption);
            finish(plan, program, manifest, folder.partial());
            conclusion.accept(folder.partial());
        } catch (final SuiteException e) {
            AtomicFiles.deleteFolder(folder.partial());
            throw e;
        }
        folder.finish();
        return folder.whole();
    }

    private void drive(final AbPlan plan, final ForkRunner forks, final FloorProgram program,
                       final Interruption interruption) {
        final Progress progress = new Progress(out, plan.turns().size(), expectedMs(plan, forks));
        progress.begin(request.cells.size(), 2 * request.forks, 0);
        for (int index = 0; index < plan.turns().size(); index++) {
            interruption.check();
            final AbPlan.Turn turn = plan.turns().get(index);
            final String name = FloorPaths.name(turn.unit().cell());
            if (turn.head()) {
                final Floor.Process process = process(turn.unit().cell(), forks.device(), program, interruption);
                progress.finished(index, name + ", C", Progress.outcome(process.mean(), "ns/op",
                    FloorProgram.judge(process)));
            } else {
                progress.finished(index, name + ", Java",
                    Progress.outcome(fork(turn.unit(), forks, program.folder(), interruption)));
            }
        }
    }

    /** About how long all turns take. */
    private long expectedMs(final AbPlan plan, final ForkRunner forks) {
        return plan.turns().stream().mapToLong(turn -> turn.head() ? FloorProgram.expectedMs(timing)
            : forks.expectedMs(turn.unit().cell())).sum();
    }

    private UnitRecord fork(final Plan.Unit unit, final ForkRunner forks, final Path work,
                            final Interruption interruption) {
        final UnitRecord record = forks.record(unit, 1, true, new ForkRunner.Traces(work.resolve("fork.hlog"),
            work.resolve("fork" + ForkRunner.CRASH_LOG), work.resolve("fork.log")), interruption);
        if (record.failure() != null) {
            throw new SuiteException("The Java fork failed on " + FloorPaths.name(unit.cell()) + ": "
                + record.failure() + ".");
        }
        java.add(record);
        return record;
    }

    private Floor.Process process(final Cell cell, final DeviceFile file, final FloorProgram program,
                                  final Interruption interruption) {
        try (FloorDevice device = FloorDevice.open(file, cell)) {
            final Floor.Process process = program.measure(device.arguments(), timing);
            device.checkBooks();
            c.computeIfAbsent(cell, path -> new ArrayList<>()).add(process);
            return process;
        } catch (final SuiteException e) {
            interruption.checkAfterFailure();
            throw e;
        }
    }

    private void finish(final AbPlan plan, final FloorProgram program, final Manifest manifest, final Path folder) {
        final Ending ending = withC(Ending.of(java, plan.base()));
        final Path side = folder.resolve("java");
        AtomicFiles.createFolders(side);
        final String conditions = Json.write(ending.manifest(manifest, Opening.now(), machine.load(), 0));
        AtomicFiles.write(side.resolve("jmh.json"), Json.write(ending.merged()));
        AtomicFiles.write(side.resolve("manifest.json"), conditions);
        AtomicFiles.write(folder.resolve("manifest.json"), conditions);
        AtomicFiles.write(folder.resolve(FILE), Json.write(new Floor(program.compiler(), FloorProgram.FLAGS,
            program.fenced(), request.cells.stream().map(cell -> FloorPaths.path(cell, javaForks(cell), c.get(cell)))
                .toList())));
    }

    private List<List<Double>> javaForks(final Cell cell) {
        return java.stream().filter(record -> record.unit().cell().equals(cell)).map(record -> record.fork()
            .getIterationResults().stream().map(iteration -> iteration.getPrimaryResult().getScore()).toList())
            .toList();
    }

    /** What the Java forks came to, and the C processes with them. */
    private Ending withC(final Ending ending) {
        final List<Floor.Process> processes = c.values().stream().flatMap(List::stream).toList();
        final long spoilt = processes.stream().filter(process -> FloorProgram.judge(process).mostlySpoilt()).count();
        if (spoilt == 0) {
            return ending;
        }
        final List<String> reasons = new ArrayList<>(ending.reasons());
        reasons.add("In %d of %d C processes the threads had to wait for a CPU.".formatted(spoilt, processes.size()));
        return new Ending(ending.merged(), ending.failures(), ending.guard(), ending.spoilt(), RunStatus.NOISY,
            reasons);
    }
}
