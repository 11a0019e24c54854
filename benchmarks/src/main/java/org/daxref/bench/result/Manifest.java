/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * What JMH's own file leaves out: under which conditions the numbers beside it came to be. It holds no local path and
 * no host name.
 *
 * @param status          what the run is worth
 * @param reasons         why it is not OK, a sentence each
 * @param profile         the profile's name
 * @param command         the command line as typed, less local paths
 * @param started         UTC, ISO 8601
 * @param finished        UTC, ISO 8601; null while the run goes on
 * @param source          what was measured
 * @param plan            which forks in which order
 * @param jvm             the JVM of the forks
 * @param machine         the machine's stable facts
 * @param host            the machine's state of the day
 * @param device          what stood in for the pmem device
 * @param groups          thread split of asymmetric benchmarks, by benchmark; empty when there are none
 * @param expectedResults entries that {@code jmh.json} must have
 * @param actualResults   entries that it has
 * @param guard           what the contention guard saw
 * @param failures        forks that failed
 * @param doctor          what {@code doctor} had to say before the start
 */
public record Manifest(RunStatus status, List<String> reasons, String profile, List<String> command, String started,
                       String finished, Source source, Plan plan, Jvm jvm, MachineFacts machine, Host host,
                       Device device, SortedMap<String, List<Integer>> groups, int expectedResults, int actualResults,
                       Guard guard, List<Failure> failures, List<String> doctor) {

    /**
     * Refuses what no run wrote.
     */
    public Manifest {
        Json.require(status, reasons, profile, command, started, source, plan, jvm, machine, host, device, groups,
            guard, failures, doctor);
        Json.require(reasons.toArray());
        Json.require(command.toArray());
        Json.require(failures.toArray());
        Json.require(doctor.toArray());
    }

    /**
     * The code that was measured.
     *
     * @param commit           full hash, or {@code unknown} outside a work tree
     * @param dirty            whether the work tree differed from the commit, {@code results/} aside
     * @param diffHash         hash of that difference; empty when clean
     * @param jarHash          hash of the jar; of all classes when started from a folder
     * @param benchmarkClasses hash of each benchmark class with what is nested in it: a changed workload voids a
     *                         comparison
     */
    public record Source(String commit, boolean dirty, String diffHash, String jarHash,
                         SortedMap<String, String> benchmarkClasses) {
        /**
         * Refuses what no run wrote.
         */
        public Source {
            Json.require(commit, diffHash, jarHash, benchmarkClasses);
        }

        /**
         * The commit as it stands in a run's name.
         *
         * @return short hash, with {@code -dirty} where that is so
         */
        public String label() {
            return commit.substring(0, Math.min(RunFolder.SHORT_COMMIT, commit.length())) + (dirty ? "-dirty" : "");
        }
    }

    /**
     * The plan of the run.
     *
     * @param seed   of the shuffle
     * @param rounds forks per cell
     * @param cells  combinations of benchmark, parameters and threads
     * @param units  forks in all
     * @param timing warm-up and measurement of each fork
     * @param hash   over all of it and the options handed to JMH
     */
    public record Plan(long seed, int rounds, int cells, int units, String timing, String hash) {

        /**
         * Refuses what no run wrote.
         */
        public Plan {
            Json.require(timing, hash);
        }
    }

    /**
     * The JVM that every fork ran on.
     *
     * @param version       such as {@code 25.0.3+9-LTS}
     * @param vendor        who built it
     * @param name          the VM's name
     * @param flags         its flags, less local paths
     * @param blackholeMode how JMH consumed results
     */
    public record Jvm(String version, String vendor, String name, List<String> flags, String blackholeMode) {

        /**
         * Refuses what no run wrote.
         */
        public Jvm {
            Json.require(version, vendor, name, flags, blackholeMode);
        }
    }

    /**
     * The state that the machine was in.
     *
     * @param kernel     release of the kernel
     * @param os         name of the operating system
     * @param governor   frequency governor, or {@code unknown}
     * @param thp        transparent huge pages, or {@code unknown}
     * @param topology   sockets, cores and threads as the kernel shows them, or {@code unknown}
     * @param loadBefore load averages at the start
     * @param loadAfter  load averages at the end; null while the run goes on
     */
    public record Host(String kernel, String os, String governor, String thp, String topology, String loadBefore,
                       String loadAfter) {

        /**
         * Refuses what no run wrote.
         */
        public Host {
            Json.require(kernel, os, governor, thp, topology, loadBefore);
        }
    }

    /**
     * The simulated device; never where it lies.
     *
     * @param kind       whether a file was given or each fork made a fresh one
     * @param fileSystem the type of the file system that it lies on
     * @param pages      its size in 4 KiB pages
     */
    public record Device(String kind, String fileSystem, long pages) {

        /**
         * Refuses what no run wrote.
         */
        public Device {
            Json.require(kind, fileSystem);
        }
    }

    /**
     * Sums over the contention guard's verdicts.
     *
     * @param judgedIterations  measured iterations with readings
     * @param unknownIterations measured iterations for which the platform gave no readings
     * @param spoiltIterations  iterations in which workers waited for a CPU, or the hypervisor took one away
     * @param repeatedUnits     forks that were run again because most of their iterations were spoilt
     * @param spoiltUnits       forks that stayed spoilt
     * @param rule              what counts as spoilt
     */
    public record Guard(int judgedIterations, int unknownIterations, int spoiltIterations, int repeatedUnits,
                        int spoiltUnits, String rule) {

        /**
         * Refuses what no run wrote.
         */
        public Guard {
            Json.require(rule);
        }
    }

    /**
     * A fork that gave no result.
     *
     * @param unit   benchmark, parameters, threads and round
     * @param reason one sentence
     */
    public record Failure(String unit, String reason) {

        /**
         * Refuses what no run wrote.
         */
        public Failure {
            Json.require(unit, reason);
        }
    }

    /**
     * The manifest of the same run at its end.
     *
     * @param endStatus   what the run is worth
     * @param endReasons  why it is not OK
     * @param end         UTC, ISO 8601
     * @param loadAfter   load averages at the end
     * @param results     entries of {@code jmh.json}
     * @param endGuard    what the contention guard saw
     * @param endFailures forks that failed
     * @return the final manifest
     */
    public Manifest ended(final RunStatus endStatus, final List<String> endReasons, final String end,
                          final String loadAfter, final int results, final Guard endGuard,
                          final List<Failure> endFailures) {
        final Host hostAfter = new Host(host.kernel, host.os, host.governor, host.thp, host.topology, host.loadBefore,
            loadAfter);
        return new Manifest(endStatus, endReasons, profile, command, started, end, source, plan, jvm, machine,
            hostAfter, device, groups, expectedResults, results, endGuard, endFailures, doctor);
    }

    /**
     * Says where this run differs from another in what has to be equal for one to continue the other.
     *
     * @param other the run to compare with
     * @return a phrase per difference, empty when the two agree
     */
    public List<String> differences(final Manifest other) {
        final Map<String, List<Object>> facts = new java.util.LinkedHashMap<>();
        facts.put("commit", List.of(source.commit, other.source.commit));
        facts.put("uncommitted change", List.of(source.diffHash, other.source.diffHash));
        facts.put("build", List.of(source.jarHash, other.source.jarHash));
        facts.put("JVM", List.of(jvm.vendor + " " + jvm.version, other.jvm.vendor + " " + other.jvm.version));
        facts.put("JVM flags", List.of(jvm.flags, other.jvm.flags));
        facts.put("device", List.of(device, other.device));
        facts.put("plan", List.of(plan.hash, other.plan.hash));
        facts.put("machine", List.of(machine.folderName(), other.machine.folderName()));
        return facts.entrySet().stream().filter(fact -> !fact.getValue().get(0).equals(fact.getValue().get(1)))
            .map(Map.Entry::getKey).toList();
    }
}
