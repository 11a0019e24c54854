/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class DoctorTest {
    @TempDir
    private Path root;

    private void write(final String file, final String text) throws IOException {
        Files.createDirectories(root.resolve(file).getParent());
        Files.writeString(root.resolve(file), text + "\n");
    }

    private Map<String, Finding> examine() {
        return new Doctor(new SystemFiles(root), 2).examine().stream()
            .collect(Collectors.toMap(Finding::subject, Function.identity()));
    }

    @Test
    void shouldSayUnknownWhereThePlatformSaysNothing() {
        final List<String> notes = examine().values().stream().filter(finding -> finding.state().equals("unknown here"))
            .map(Finding::subject).sorted().toList();
        assertEquals(List.of("CPU pressure", "SMT", "affinity", "clocksource", "free memory", "governor", "load",
            "steal", "temperature", "transparent huge pages", "turbo"), notes);
        assertTrue(examine().values().stream().filter(finding -> finding.state().equals("unknown here"))
            .allMatch(finding -> finding.level() == Finding.Level.NOTE));
    }

    @Test
    void shouldWarnOfWhatSpoilsNumbers() throws IOException {
        write("proc/loadavg", "3.10 1.00 0.50 2/300 4711");
        write("proc/pressure/cpu", "some avg10=44.30 avg60=1.00 avg300=0.50 total=1");
        write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave");
        write("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet");
        write("sys/fs/cgroup/cpu.max", "50000 100000");
        write("sys/class/power_supply/BAT0/status", "Discharging");
        write("sys/class/thermal/thermal_zone0/temp", "91000");
        write("proc/meminfo", "MemAvailable:  204800 kB");
        final Map<String, Finding> findings = examine();
        for (final String subject : List.of("load", "CPU pressure", "governor", "clocksource", "cgroup CPU limit",
            "power", "temperature", "free memory")) {
            assertEquals(Finding.Level.WARNING, findings.get(subject).level(), subject);
        }
        assertEquals("warning: governor: powersave; cpupower frequency-set -g performance",
            findings.get("governor").toString());
    }

    @Test
    void shouldBeContentWithAQuietMachine() throws IOException {
        write("proc/loadavg", "0.10 0.10 0.10 1/300 4711");
        write("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1");
        write("proc/stat", "cpu  1 2 3 4 5 6 7 8 9 10");
        write("proc/self/status", "Cpus_allowed_list:\t0-1");
        write("sys/devices/system/cpu/online", "0-1");
        write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance");
        write("sys/devices/system/cpu/intel_pstate/no_turbo", "1");
        write("sys/devices/system/cpu/smt/active", "0");
        write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never");
        write("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc");
        write("sys/bus/event_source/devices/cpu/type", "4");
        write("proc/meminfo", "MemAvailable:  8388608 kB");
        write("sys/class/thermal/thermal_zone0/temp", "45000");
        Files.createDirectories(root.resolve("dev/shm"));
        final List<String> others = examine().values().stream().filter(finding -> finding.level() != Finding.Level.OK)
            .map(Finding::subject).filter(subject -> !subject.equals("other benchmarks")).toList();
        assertEquals(List.of(), others);
    }
}
