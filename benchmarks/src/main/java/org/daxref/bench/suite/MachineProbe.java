/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.MachineFacts;
import org.daxref.bench.result.Manifest;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Describes the machine from the files in which Linux describes it.
 *
 * @param system those files
 */
public record MachineProbe(SystemFiles system) {
    private static final String UNKNOWN = "unknown";
    private static final String CPUINFO = "proc/cpuinfo";
    private static final double KIB_PER_GIB = 1 << 20;

    /**
     * The machine that this runs on.
     *
     * @return its description
     */
    public static MachineProbe here() {
        return new MachineProbe(SystemFiles.ofThisSystem());
    }

    /**
     * The machine's stable facts.
     *
     * @return facts; what cannot be read is {@code unknown} or 0
     */
    public MachineFacts facts() {
        final long processors = system.read(CPUINFO).stream().flatMap(String::lines)
            .filter(line -> line.matches("processor\\s*:.*")).count();
        return new MachineFacts(first("model name", "Model", "CPU part").orElse(System.getProperty("os.arch")),
            first("vendor_id", "CPU implementer").orElse(UNKNOWN),
            first("cpu family", "CPU architecture").orElse(UNKNOWN),
            first("model", "CPU variant").orElse(UNKNOWN), first("stepping", "CPU revision").orElse(UNKNOWN),
            processors > 0 ? (int) processors : Runtime.getRuntime().availableProcessors(),
            Math.round(memoryKib() / KIB_PER_GIB), hypervisor());
    }

    private Optional<String> first(final String... keys) {
        return List.of(keys).stream().flatMap(key -> system.field(CPUINFO, key).stream()).findFirst();
    }

    private double memoryKib() {
        return system.field("proc/meminfo", "MemTotal").map(text -> text.replaceAll("\\D", "")).map(Double::valueOf)
            .orElse(0.0);
    }

    /**
     * Whether the CPU says that it is a virtual one.
     *
     * @return true under a hypervisor that shows itself
     */
    boolean hypervisor() {
        return system.field(CPUINFO, "flags").filter(flags -> List.of(flags.split(" ")).contains("hypervisor"))
            .isPresent();
    }

    /**
     * The machine's state of the moment.
     *
     * @return state, with no load after
     */
    Manifest.Host host() {
        return new Manifest.Host(System.getProperty("os.version"), System.getProperty("os.name"),
            system.read("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").orElse(UNKNOWN),
            chosen("sys/kernel/mm/transparent_hugepage/enabled").orElse(UNKNOWN), topology(), load(), null);
    }

    /**
     * The word in brackets, by which a sysfs file shows its current choice.
     *
     * @param path the file
     * @return the word
     */
    Optional<String> chosen(final String path) {
        return system.read(path).filter(text -> text.contains("[")).map(text -> text.replaceAll(".*\\[(.*)].*", "$1"));
    }

    /**
     * The load averages.
     *
     * @return one, five and fifteen minutes
     */
    String load() {
        return system.read("proc/loadavg").map(text -> text.replaceAll("^(\\S+ \\S+ \\S+).*", "$1")).orElse(UNKNOWN);
    }

    private String topology() {
        final List<String> cpus = system.list("sys/devices/system/cpu", "cpu[0-9]*");
        if (cpus.isEmpty()) {
            return UNKNOWN;
        }
        final long sockets = distinct(cpus, "topology/physical_package_id");
        final long cores = distinct(cpus, "topology/thread_siblings_list");
        return "%d sockets, %d cores, %d CPUs".formatted(sockets, cores, cpus.size());
    }

    private long distinct(final List<String> cpus, final String file) {
        return cpus.stream().flatMap(cpu -> system.read(cpu + "/" + file).stream()).distinct().count();
    }

    /**
     * The type of the file system that a path lies on.
     *
     * @param path an absolute path; it need not exist
     * @return such as {@code tmpfs} or {@code ext4}, with {@code dax} where it is mounted so
     */
    String fileSystem(final Path path) {
        return system.read("proc/self/mountinfo").stream().flatMap(String::lines).map(line -> line.split(" "))
            .filter(mount -> mount.length > 9 && path.startsWith(mount[4].replace("\\040", " ")))
            .max(Comparator.comparingInt(mount -> mount[4].length()))
            .map(mount -> {
                final int type = List.of(mount).indexOf("-") + 1;
                final boolean dax = (mount[5] + "," + mount[mount.length - 1])
                    .matches(".*\\bdax(=(always|inode))?\\b.*");
                return mount[type] + (dax ? " dax" : "");
            })
            .orElse(UNKNOWN);
    }
}
