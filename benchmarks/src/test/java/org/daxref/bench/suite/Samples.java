/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.MachineFacts;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunStatus;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.AverageTimeResult;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.ResultRole;
import org.openjdk.jmh.results.ScalarResult;
import org.openjdk.jmh.runner.IterationType;
import org.openjdk.jmh.runner.WorkloadParams;
import org.openjdk.jmh.runner.options.TimeValue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Objects that tests share. */
public final class Samples {
    private static final long OPERATIONS = 1000;

    private Samples() {
    }

    public static Cell cell(final String design) {
        return new Cell("org.daxref.bench.uncontended.PinPageBenchmark.pinUnpin", Mode.AverageTime,
            new TreeMap<>(Map.of("design", design, "counter", "cas", "foll", "PIN")), 1);
    }

    /** One fork whose iterations took the given ns per operation, and whose workers waited the given percentage. */
    static BenchmarkResult fork(final Cell cell, final double waitPercent, final long... nsPerOp) {
        final WorkloadParams workload = new WorkloadParams();
        cell.params().forEach((name, value) -> workload.put(name, value, 0));
        final IterationParams measurement =
            new IterationParams(IterationType.MEASUREMENT, nsPerOp.length, TimeValue.milliseconds(100), 1);
        final BenchmarkParams params = new BenchmarkParams(cell.benchmark(), "generated", true, cell.threads(),
            new int[] {1}, List.of(), 1, 0, new IterationParams(IterationType.WARMUP, 3, TimeValue.milliseconds(100),
            1),
            measurement, cell.mode(), workload, TimeUnit.NANOSECONDS, 1, "/opt/jdk/bin/java",
            List.of("-Xmx256m", "-Ddaxref.hlog=/home/somebody/units/0001.hlog"), "25.0.3", "VM", "25.0.3+9", "1.37",
            TimeValue.minutes(1));
        final List<IterationResult> iterations = new ArrayList<>();
        for (final long ns : nsPerOp) {
            final IterationResult iteration = new IterationResult(params, measurement, null);
            iteration.addResult(
                new AverageTimeResult(ResultRole.PRIMARY, "pin", OPERATIONS, ns * OPERATIONS, TimeUnit.NANOSECONDS));
            iteration.addResult(new ScalarResult(ContentionGuard.WAIT, waitPercent, "%", AggregationPolicy.AVG));
            iteration.addResult(new ScalarResult("pins", ns, "#", AggregationPolicy.SUM));
            iterations.add(iteration);
        }
        return new BenchmarkResult(params, iterations);
    }

    public static Manifest manifest() {
        return new Manifest(RunStatus.PARTIAL, List.of("The run has not come to its end."), "quick", List.of("run"),
            "2026-01-02T03:04:05Z", null,
            new Manifest.Source("0123456789abcdef", false, "", "jar", new TreeMap<>(Map.of("A", "b"))),
            new Manifest.Plan(7, 5, 31, 155, "timing", "plan"),
            new Manifest.Jvm("25.0.3+9", "Vendor", "VM", List.of("-Xmx256m"), "COMPILER"),
            new MachineFacts("Some CPU", "Vendor", "6", "85", "7", 2, 16, true),
            new Manifest.Host("6.1", "Linux", "performance", "madvise", "1 sockets, 2 cores, 2 CPUs", "0.1 0.1 0.1",
            null),
            new Manifest.Device("a fresh file in every fork", "tmpfs", 65_536), new TreeMap<>(), 31, 0,
            new Manifest.Guard(0, 0, 0, 0, 0, "rule"), List.of(), List.of("note: turbo: unknown here"));
    }
}
