/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunFolder;
import org.daxref.bench.result.RunStatus;
import org.daxref.bench.result.SuiteException;
import org.openjdk.jmh.runner.options.Options;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * Runs two commits' forks in turn. Each side becomes a run folder of its own within the folder of the A/B run, so that
 * whatever reads runs can read it.
 *
 * <p>A run that is stopped leaves nothing: to go on later would put the drift of the meantime between the halves of a
 * block.
 */
public final class AbRun {
    /** What stands in the place of the profile in the folder's name. */
    public static final String LABEL = "ab";

    private final Request request;
    private final PrintStream out;
    private final MachineProbe machine = MachineProbe.here();

    /**
     * What the user asked for.
     *
     * @param selection  what to measure
     * @param base       the one side
     * @param head       the other side
     * @param forks      forks per cell and side, an even number
     * @param out        the results folder
     * @param handed     options for JMH, parsed
     * @param jmhOptions options for JMH, as typed
     * @param command    the whole command line, as typed
     */
    public record Request(Selection selection, Build base, Build head, int forks, Path out, Options handed,
                          List<String> jmhOptions, List<String> command) {
    }

    /** One side while it runs. */
    private record Side(Path folder, Plan plan, ForkRunner forks, Manifest manifest,
                        Journal journal, List<UnitRecord> records) {
    }

    /**
     * A run to be executed once.
     *
     * @param request what the user asked for
     * @param out     gets the progress, a line per fork
     */
    public AbRun(final Request request, final PrintStream out) {
        this.request = request;
        this.out = out;
    }

    /**
     * Runs all forks.
     *
     * @param conclusion called with the folder before it gets its final name, to add to it
     * @return the folder that the run left
     * @throws SuiteException when the run cannot start or go on
     */
    public Path execute(final Consumer<Path> conclusion) {
        final Catalog catalog = Catalog.load();
        final AbPlan plan = AbPlan.of(request.selection.cells(catalog, Runtime.getRuntime().availableProcessors()),
            request.forks, ThreadLocalRandom.current().nextLong() >>> 1);
        final List<Finding> findings = new Doctor().examine();
        try (JmhLock _ = JmhLock.acquire()) {
            final DeviceFile device = DeviceFile.prepare(null, 0);
            final RunFolder folder = RunFolder.create(request.out.resolve(machine.facts().folderName()),
                LocalDateTime.now(ZoneOffset.UTC), SourceProbe.read(request.head).label(), LABEL);
            findings.stream().filter(finding -> finding.level() == Finding.Level.WARNING).forEach(out::println);
            try (Interruption interruption = new Interruption(() -> {
                AtomicFiles.deleteFolder(folder.partial());
                System.err.println("Stopped; an A/B run that is stopped keeps nothing.");
            })) {
                drive(plan, side(folder, "base", request.base, plan.base(), device, catalog, findings),
                    side(folder, "head", request.head, plan.head(), device, catalog, findings), interruption);
                conclusion.accept(folder.partial());
            }
            folder.finish();
            return folder.whole();
        }
    }

    private Side side(final RunFolder folder, final String name, final Build build, final Plan plan,
                      final DeviceFile device, final Catalog catalog, final List<Finding> findings) {
        final ForkRunner forks = new ForkRunner(request.selection.profile().timing().overriddenBy(request.handed),
            device, request.handed, build.jar().toString());
        final Path own = folder.partial().resolve(name);
        final Journal journal = new Journal(own.resolve("units"));
        return new Side(own, plan, forks, new Opening(forks, device, machine, catalog,
            findings).manifest(LABEL,
            request.command, SourceProbe.read(build), plan, request.jmhOptions), journal, new ArrayList<>());
    }

    private void drive(final AbPlan plan, final Side base, final Side head, final Interruption interruption) {
        final Progress progress = new Progress(out, plan.turns().size(),
            plan.turns().stream().mapToLong(turn -> base.forks.expectedMs(turn.unit().cell())).sum());
        progress.begin(base.plan.cells().size(), 2 * request.forks, 0);
        for (int index = 0; index < plan.turns().size(); index++) {
            interruption.check();
            final AbPlan.Turn turn = plan.turns().get(index);
            final Side side = turn.head() ? head : base;
            final UnitRecord record = side.forks.record(turn.unit(), 1, true,
                side.journal.traces(side.records.size(), 1), interruption);
            side.journal.write(side.records.size(), record);
            side.records.add(record);
            progress.finished(index, record);
        }
        finish(base);
        finish(head);
    }

    private void finish(final Side side) {
        final Ending ending = Ending.of(side.records, side.plan);
        if (ending.status() == RunStatus.FAIL) {
            out.println(side.folder.getFileName() + ": " + String.join(" ", ending.reasons()));
        }
        side.journal.collect(side.records, side.folder);
        AtomicFiles.write(side.folder.resolve("jmh.json"), Json.write(ending.merged()));
        AtomicFiles.write(side.folder.resolve("manifest.json"),
            Json.write(ending.manifest(side.manifest, Opening.now(), machine.load(), 0)));
        AtomicFiles.deleteFolder(side.folder.resolve("units"));
    }
}
