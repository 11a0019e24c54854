/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.Redaction;
import org.daxref.bench.result.RunStatus;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Under which conditions forks run here: what a run writes down when it begins. {@link Ending} has what it came to.
 *
 * @param forks    how they run
 * @param device   what stands in for the pmem device
 * @param machine  describes the machine
 * @param catalog  the benchmarks there are
 * @param findings what {@code doctor} has to say
 */
record Opening(ForkRunner forks, DeviceFile device, MachineProbe machine, Catalog catalog, List<Finding> findings) {

    /**
     * The manifest that a run begins with.
     *
     * @param profile    name of the profile
     * @param command    the command line as typed
     * @param source     what is measured
     * @param plan       which forks
     * @param jmhOptions options for JMH, as typed
     * @return the manifest, whose status is PARTIAL
     */
    Manifest manifest(final String profile, final List<String> command, final Manifest.Source source, final Plan plan,
                      final List<String> jmhOptions) {
        final SortedMap<String, List<Integer>> groups = new TreeMap<>();
        catalog.benchmarks().stream().filter(benchmark -> benchmark.groups().size() > 1)
            .forEach(benchmark -> groups.put(benchmark.name(), benchmark.groups()));
        final int cells = plan.cells().size();
        final String timing = forks.timing().toString();
        return new Manifest(RunStatus.PARTIAL, List.of("The run has not come to its end."), profile,
            Redaction.of(command), now(), null, source,
            new Manifest.Plan(plan.seed(), plan.rounds(), cells, plan.units().size(), timing,
                plan.hash(timing, jmhOptions)),
            new Manifest.Jvm(Runtime.version().toString(), System.getProperty("java.vendor"),
                System.getProperty("java.vm.name"), Redaction.of(forks.flags()), ForkRunner.BLACKHOLE_MODE),
            machine.facts(), machine.host(), device.describe(machine), groups, cells, 0,
            new Manifest.Guard(0, 0, 0, 0, 0, GuardVerdict.RULE), List.of(),
            findings.stream().filter(finding -> finding.level() != Finding.Level.OK).map(Finding::toString).toList());
    }

    /**
     * The time as manifests hold it.
     *
     * @return UTC, ISO 8601
     */
    static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
