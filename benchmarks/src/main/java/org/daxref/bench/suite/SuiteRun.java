/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.MachineFacts;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunFolder;
import org.daxref.bench.result.RunStatus;
import org.daxref.bench.result.SuiteException;
import org.daxref.device.DeviceException;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One run from the plan to the folder it leaves: forks one after the other, each journalled when it ends, then merged.
 *
 * <p>A run that is stopped, or that loses its device or its disk, has its folder, its manifest saying PARTIAL, and the
 * journal; {@link RunRequest#resume()} goes on from there. Only a run that came to its end has a {@code jmh.json} under
 * a final name.
 */
public final class SuiteRun {
    /** The least that can be repeated, and the share of the plan that may be: more than that is a busy machine. */
    private static final int REPEATABLE_SHARE = 10;
    private static final int REPEATABLE_LEAST = 2;

    private final RunRequest request;
    private final Profile profile;
    private final PrintStream out;
    private final Timing timing;
    private DeviceFile device;
    private ForkRunner forks;
    private final MachineProbe machine = MachineProbe.here();

    /**
     * A run to be executed once.
     *
     * @param request what the user asked for
     * @param out     gets the progress, a line per fork
     */
    public SuiteRun(final RunRequest request, final PrintStream out) {
        this.request = request;
        this.profile = request.selection().profile();
        this.out = out;
        this.timing = profile.timing().overriddenBy(request.handed());
    }

    /**
     * What a run left.
     *
     * @param status  what it is worth
     * @param reasons why it is not OK
     * @param folder  the run folder; null when nothing is kept
     */
    public record Outcome(RunStatus status, List<String> reasons, Path folder) {
    }

    /**
     * Runs the plan.
     *
     * @return what came of it
     * @throws SuiteException when the run cannot start or go on
     */
    public Outcome execute() {
        if (Runtime.version().feature() != 25) {
            throw new SuiteException("daxref measures on JDK 25, and this is " + Runtime.version()
                + ": start it by ./run-bench.sh, which finds the right one.");
        }
        final Catalog catalog = Catalog.load();
        final List<Cell> cells = request.selection().cells(catalog, Runtime.getRuntime().availableProcessors());
        final List<Finding> findings = profile.stored() ? new Doctor().examine() : List.of();
        try (JmhLock _ = JmhLock.acquire()) {
            device = DeviceFile.prepare(request.device(), request.pages());
            forks = new ForkRunner(timing, device, request.handed(), ForkRunner.OWN_CLASSES);
            return request.resume() ? resume(cells, catalog, findings) : start(cells, catalog, findings);
        }
    }

    private Outcome start(final List<Cell> cells, final Catalog catalog, final List<Finding> findings) {
        final Plan plan = Plan.of(cells, request.rounds(), ThreadLocalRandom.current().nextLong() >>> 1);
        final Manifest manifest = manifest(plan, catalog, findings);
        final RunFolder folder;
        if (profile.stored()) {
            final MachineFacts facts = manifest.machine();
            final Path machineFolder = request.out().resolve(facts.folderName());
            folder = RunFolder.create(machineFolder, LocalDateTime.now(ZoneOffset.UTC), manifest.source().label(),
                profile.label());
            if (Files.notExists(machineFolder.resolve("machine.json"))) {
                AtomicFiles.write(machineFolder.resolve("machine.json"), Json.write(facts));
            }
        } else {
            folder = RunFolder.temporary();
        }
        AtomicFiles.write(folder.partial().resolve("manifest.json"), Json.write(manifest));
        findings.stream().filter(finding -> finding.level() == Finding.Level.WARNING).forEach(out::println);
        return drive(plan, folder, manifest);
    }

    private Outcome resume(final List<Cell> cells, final Catalog catalog, final List<Finding> findings) {
        final RunFolder folder = RunFolder.newestPartial(request.out(), profile.label())
            .orElseThrow(() -> new SuiteException("There is no stopped " + profile.label() + " run in " + request.out()
                + " to resume: leave out --resume to start one."));
        final Manifest before = Json.read(folder.partial().resolve("manifest.json"), Manifest.class);
        final Plan plan = Plan.of(cells, request.rounds(), before.plan().seed());
        final List<String> differences = before.differences(manifest(plan, catalog, findings));
        if (!differences.isEmpty()) {
            throw new SuiteException("Cannot resume " + folder.partial().getFileName() + ", for this is not the same: "
                + String.join(", ", differences) + ". Leave out --resume to start a new run.");
        }
        return drive(plan, folder, before);
    }

    private Outcome drive(final Plan plan, final RunFolder folder, final Manifest manifest) {
        final Journal journal = new Journal(folder.partial().resolve("units"));
        final Progress progress = new Progress(out, plan.units().size(),
            plan.units().stream().mapToLong(unit -> forks.expectedMs(unit.cell())).sum());
        try {
            final List<UnitRecord> records = new ArrayList<>();
            final int repeated;
            try (Interruption interruption = new Interruption(() -> farewell(journal, plan, folder))) {
                progress.begin(plan.cells().size(), plan.rounds(), journal.size());
                for (int index = 0; index < plan.units().size(); index++) {
                    interruption.check();
                    records.add(journal.has(index) ? journal.read(index, plan.units().get(index))
                        : first(plan.units().get(index), index, journal, progress, interruption));
                }
                repeated = repeatSpoilt(records, journal, progress, interruption);
                interruption.check();
            }
            return finish(plan, records, repeated, folder, journal, manifest);
        } catch (final SuiteException e) {
            if (!profile.stored()) {
                AtomicFiles.deleteFolder(folder.partial());
                throw e;
            }
            if (!(e.getCause() instanceof IOException || e.getCause() instanceof DeviceException)) {
                throw e;
            }
            throw new SuiteException(e.getMessage() + " The forks that finished are kept in " + folder.partial()
                + "; continue with: " + resumeCommand(), e);
        }
    }

    private UnitRecord first(final Plan.Unit unit, final int index, final Journal journal, final Progress progress,
                             final Interruption interruption) {
        final UnitRecord record = fork(unit, 1, journal, index, interruption);
        journal.write(index, record);
        progress.finished(index, record);
        return record;
    }

    private UnitRecord fork(final Plan.Unit unit, final int attempt, final Journal journal, final int index,
                            final Interruption interruption) {
        return forks.record(unit, attempt, profile.stored(), journal.traces(index, attempt), interruption);
    }

    /**
     * Runs those forks again whose workers had to wait most of the time. What is still spoilt then keeps its first
     * rows: choosing between two spoilt forks by their numbers would bend the result.
     */
    private int repeatSpoilt(final List<UnitRecord> records, final Journal journal, final Progress progress,
                             final Interruption interruption) {
        final List<Integer> spoilt = new ArrayList<>();
        for (int index = 0; index < records.size(); index++) {
            if (records.get(index).guard().mostlySpoilt() && records.get(index).attempts() == 1) {
                spoilt.add(index);
            }
        }
        if (spoilt.size() > Math.max(REPEATABLE_LEAST, records.size() / REPEATABLE_SHARE)) {
            out.printf("%d forks had to wait for a CPU: too many to repeat, this machine is busy.%n", spoilt.size());
            return 0;
        }
        for (final int index : spoilt) {
            interruption.check();
            final UnitRecord first = records.get(index);
            final UnitRecord second = fork(first.unit(), 2, journal, index, interruption);
            final boolean better = second.failure() == null && !second.guard().mostlySpoilt();
            final UnitRecord kept = better ? second : new UnitRecord(first.unit(), 2, first.guard(), first.failure(),
                first.jmh(), first.result());
            if (better) {
                journal.keepRepeated(index);
            }
            journal.write(index, kept);
            records.set(index, kept);
            progress.repeated(second, better);
        }
        return spoilt.size();
    }

    private Outcome finish(final Plan plan, final List<UnitRecord> records, final int repeated, final RunFolder folder,
                           final Journal journal, final Manifest manifest) {
        final Ending ending = Ending.of(records, plan);
        journal.collect(records, folder.partial());
        if (!profile.stored()) {
            if (ending.status() == RunStatus.FAIL) {
                return new Outcome(ending.status(), ending.reasons(), folder.partial());
            }
            AtomicFiles.deleteFolder(folder.partial());
            return new Outcome(ending.status(), ending.reasons(), null);
        }
        AtomicFiles.write(folder.partial().resolve("jmh.json"), Json.write(ending.merged()));
        AtomicFiles.write(folder.partial().resolve("manifest.json"),
            Json.write(ending.manifest(manifest, Opening.now(), machine.load(), repeated)));
        folder.finish();
        AtomicFiles.deleteFolder(folder.whole().resolve("units"));
        return new Outcome(ending.status(), ending.reasons(), folder.whole());
    }

    private Manifest manifest(final Plan plan, final Catalog catalog, final List<Finding> findings) {
        return new Opening(forks, device, machine, catalog, findings).manifest(profile.label(), request.command(),
            SourceProbe.read(request.home()), plan, request.jmhOptions());
    }

    private void farewell(final Journal journal, final Plan plan, final RunFolder folder) {
        if (profile.stored()) {
            System.err.printf("Stopped after %d of %d forks; they are kept in %s. Continue with: %s%n", journal.size(),
                plan.units().size(), folder.partial(), resumeCommand());
        } else {
            AtomicFiles.deleteFolder(folder.partial());
            System.err.println("Stopped; a smoke run keeps nothing.");
        }
    }

    private String resumeCommand() {
        final List<String> command = new ArrayList<>(request.command());
        if (!request.resume()) {
            final int jmh = command.indexOf("--");
            command.add(jmh < 0 ? command.size() : jmh, "--resume");
        }
        return "./run-bench.sh " + String.join(" ", command);
    }
}
