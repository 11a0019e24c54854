/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.ScalarResult;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Measures, inside the fork, what the machine took away from the workers during each iteration: time that they were
 * ready to run and had no CPU, and time that a hypervisor kept from all of us. A score alone cannot tell a slow
 * benchmark from one that had to wait.
 *
 * <p>JMH loads it as a profiler, so its readings stand in {@code secondaryMetrics}, one per iteration. A reading that
 * the platform does not offer is left out. The iteration's window includes its set-up and tear-down.
 */
public final class ContentionGuard implements InternalProfiler {
    /** CPU time that the workers used, ns per operation. */
    public static final String CPU = "guard.cpu";
    /** Share of the wall time that the workers waited on a run queue, in percent of one worker. */
    public static final String WAIT = "guard.wait";
    /** Share of the machine's CPU time that the hypervisor gave to others, in percent. */
    public static final String STEAL = "guard.steal";
    /** Share of the wall time that some task on the machine waited for a CPU, in percent. */
    public static final String PRESSURE = "guard.psi";

    private static final String WORKER = "jmh-worker";
    private static final int NATIVE_NAME = 15;
    private static final double PERCENT = 100.0;
    private static final double NS_PER_US = 1000.0;
    /** The kernel counts steal in ticks of 1/100 s, whatever its own clock: USER_HZ is part of its interface. */
    private static final double NS_PER_TICK = 1e7;

    private final SystemFiles system;
    private final int cpus = Runtime.getRuntime().availableProcessors();
    private Reading start;

    /**
     * What JMH calls.
     */
    public ContentionGuard() {
        this(SystemFiles.ofThisSystem());
    }

    ContentionGuard(final SystemFiles system) {
        this.system = system;
    }

    /**
     * What the counters stood at.
     *
     * @param wallNs     clock
     * @param cpuNs      CPU time of all workers
     * @param waitNs     run-queue wait of all workers
     * @param stealTicks the machine's stolen time
     * @param psiUs      the machine's time with somebody waiting
     */
    record Reading(long wallNs, OptionalLong cpuNs, OptionalLong waitNs, OptionalLong stealTicks, OptionalLong psiUs) {
        List<ScalarResult> since(final Reading start, final int workers, final int cpus, final long ops) {
            final double wall = wallNs - start.wallNs;
            final List<ScalarResult> results = new ArrayList<>();
            add(results, CPU, "ns/op", start.cpuNs, cpuNs, 1.0 / Math.max(1, ops));
            add(results, WAIT, "%", start.waitNs, waitNs, PERCENT / (wall * workers));
            add(results, STEAL, "%", start.stealTicks, stealTicks, PERCENT * NS_PER_TICK / (wall * cpus));
            add(results, PRESSURE, "%", start.psiUs, psiUs, PERCENT * NS_PER_US / wall);
            return results;
        }

        private static void add(final List<ScalarResult> results, final String name, final String unit,
                                final OptionalLong before, final OptionalLong after, final double scale) {
            if (before.isPresent() && after.isPresent()) {
                results.add(new ScalarResult(name, (after.getAsLong() - before.getAsLong()) * scale, unit,
                    AggregationPolicy.AVG));
            }
        }
    }

    @Override
    public String getDescription() {
        return "Worker CPU time, run-queue wait, steal and CPU pressure per iteration";
    }

    @Override
    public void beforeIteration(final BenchmarkParams benchmark, final IterationParams iteration) {
        start = read();
    }

    @Override
    public List<ScalarResult> afterIteration(final BenchmarkParams benchmark, final IterationParams iteration,
                                             final IterationResult result) {
        return read().since(start, benchmark.getThreads(), cpus, result.getMetadata().getAllOps());
    }

    private Reading read() {
        final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        final List<ThreadInfo> workers = Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
            .filter(thread -> thread != null && thread.getThreadName().contains(WORKER)).toList();
        final OptionalLong cpuNs = threads.isThreadCpuTimeSupported()
            ? OptionalLong.of(workers.stream().mapToLong(worker ->
                threads.getThreadCpuTime(worker.getThreadId())).sum())
            : OptionalLong.empty();
        return new Reading(System.nanoTime(), cpuNs,
            workerWaitNs(workers.stream().map(ThreadInfo::getThreadName).toList()), stealTicks(), pressureUs());
    }

    /**
     * Sums the second number of each worker's {@code schedstat}.
     *
     * @param workers names of the worker threads
     * @return run-queue wait of all of them, or nothing when the kernel does not say
     */
    OptionalLong workerWaitNs(final List<String> workers) {
        if (!system.exists("proc/self/schedstat")) {
            return OptionalLong.empty();
        }
        final Set<String> names =
            workers.stream().flatMap(worker -> nativeNames(worker).stream()).collect(Collectors.toSet());
        return OptionalLong.of(system.list("proc/self/task", "*").stream()
            .filter(task -> names.contains(system.read(task + "/comm").orElse("")))
            .mapToLong(task -> Long.parseLong(system.read(task + "/schedstat").orElse("0 0").split(" ")[1])).sum());
    }

    /**
     * What the kernel, which keeps 15 characters, may call a thread: the head of its name, or head and tail where the
     * JVM shortens it.
     */
    private static List<String> nativeNames(final String name) {
        return name.length() <= NATIVE_NAME ? List.of(name)
            : List.of(name.substring(0, NATIVE_NAME), name.substring(0, 7) + ".." + name.substring(name.length() - 6));
    }

    private OptionalLong stealTicks() {
        final String[] cpu = system.read("proc/stat").orElse("").lines().findFirst().orElse("").split(" +");
        return cpu.length > 8 ? OptionalLong.of(Long.parseLong(cpu[8])) : OptionalLong.empty();
    }

    private OptionalLong pressureUs() {
        return system.read("proc/pressure/cpu").stream().flatMap(String::lines)
            .filter(line -> line.startsWith("some ") && line.contains("total="))
            .mapToLong(line -> Long.parseLong(line.replaceFirst(".*total=(\\d+).*", "$1"))).findFirst();
    }
}
