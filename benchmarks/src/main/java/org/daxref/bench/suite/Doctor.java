/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.SuiteException;
import org.daxref.sync.Membarrier;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Says what on this machine would spoil numbers, and what to do about it. Looks and reports; changes nothing.
 */
public final class Doctor {
    private static final String UNKNOWN = "unknown here";
    private static final String CPU = "sys/devices/system/cpu/";
    private static final double BUSY_PSI_PERCENT = 5;
    private static final double BUSY_LOAD_PER_CPU = 0.25;
    private static final double STEAL_PERCENT = 1;
    private static final long STEAL_WINDOW_MS = 200;
    private static final long FREE_MEMORY_MIB = 1024;
    private static final long FREE_SHM_MIB = 64;
    private static final long HOT_MILLIDEGREES = 85_000;

    private final SystemFiles system;
    private final MachineProbe machine;
    private final int cpus;

    /**
     * A doctor for the running system.
     */
    public Doctor() {
        this(SystemFiles.ofThisSystem(), Runtime.getRuntime().availableProcessors());
    }

    Doctor(final SystemFiles system, final int cpus) {
        this.system = system;
        this.machine = new MachineProbe(system);
        this.cpus = cpus;
    }

    /**
     * Looks at everything.
     *
     * @return a finding for each check, in the order of a table
     */
    public List<Finding> examine() {
        return List.of(jdk(), lock(), load(), pressure(), steal(), affinity(), cgroup(), governor(), turbo(), smt(),
            hypervisor(), counters(), thp(), mitigations(), clocksource(), memory(), shm(), membarrier(), battery(),
            thermal());
    }

    private Finding jdk() {
        final Runtime.Version version = Runtime.version();
        return version.feature() == 25 ? Finding.ok("JDK", version.toString())
            : Finding.blocker("JDK", version.toString(), "daxref runs on JDK 25 only");
    }

    private Finding lock() {
        try {
            JmhLock.acquire().close();
            return Finding.ok("other benchmarks", "none active");
        } catch (final SuiteException e) {
            return Finding.blocker("other benchmarks", "another JMH run holds the lock", "wait for it");
        }
    }

    private Finding load() {
        final String load = machine.load();
        if (!load.matches("[0-9.]+ .*")) {
            return Finding.note("load", UNKNOWN, "");
        }
        return Double.parseDouble(load.split(" ")[0]) > BUSY_LOAD_PER_CPU * cpus
            ? Finding.warning("load", load, "stop what else is running, or wait") : Finding.ok("load", load);
    }

    private Finding pressure() {
        final Optional<Double> some = system.read("proc/pressure/cpu")
            .filter(text -> text.matches("(?s).*some avg10=[0-9.]+.*"))
            .map(text -> Double.valueOf(text.replaceAll("(?s).*some avg10=([0-9.]+).*", "$1")));
        return some.map(percent -> percent > BUSY_PSI_PERCENT
            ? Finding.warning("CPU pressure", percent + " % of 10 s", "stop what else is running, or wait")
            : Finding.ok("CPU pressure", percent + " % of 10 s"))
            .orElse(Finding.note("CPU pressure", UNKNOWN, ""));
    }

    private Finding steal() {
        final Optional<long[]> before = cpuTicks();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(STEAL_WINDOW_MS));
        final Optional<long[]> after = cpuTicks();
        if (before.isEmpty() || after.isEmpty()) {
            return Finding.note("steal", UNKNOWN, "");
        }
        final long all = Math.max(1, Arrays.stream(after.get()).sum() - Arrays.stream(before.get()).sum());
        final double percent = 100.0 * (after.get()[7] - before.get()[7]) / all;
        final String state = String.format(Locale.ROOT, "%.1f %%", percent);
        return percent > STEAL_PERCENT
            ? Finding.warning("steal", state, "the host is busy: use a dedicated one") : Finding.ok("steal", state);
    }

    private Optional<long[]> cpuTicks() {
        return system.read("proc/stat").flatMap(text -> text.lines().findFirst())
            .filter(line -> line.matches("cpu( +\\d+){8,}"))
            .map(line -> Arrays.stream(line.split(" +")).skip(1).limit(8).mapToLong(Long::parseLong).toArray());
    }

    private Finding affinity() {
        final Optional<String> allowed = system.field("proc/self/status", "Cpus_allowed_list");
        final Optional<String> online = system.read(CPU + "online");
        if (allowed.isEmpty() || online.isEmpty()) {
            return Finding.note("affinity", UNKNOWN, "");
        }
        return allowed.equals(online) ? Finding.ok("affinity", "all CPUs (" + allowed.get() + ")")
            : Finding.note("affinity", "CPUs " + allowed.get() + " of " + online.get(),
                "'max' means the allowed ones; keep others off them");
    }

    private Finding cgroup() {
        final String limit = system.read("sys/fs/cgroup/cpu.max").orElse("max");
        return limit.startsWith("max") ? Finding.ok("cgroup CPU limit", "none seen")
            : Finding.warning("cgroup CPU limit", limit, "a throttled worker stands still: lift cpu.max");
    }

    private Finding governor() {
        return system.read(CPU + "cpu0/cpufreq/scaling_governor").map(governor -> governor.equals("performance")
            ? Finding.ok("governor", governor)
            : Finding.warning("governor", governor, "cpupower frequency-set -g performance"))
            .orElse(Finding.note("governor", UNKNOWN, "the host decides the frequency"));
    }

    private Finding turbo() {
        final Optional<Boolean> on = system.number(CPU + "intel_pstate/no_turbo").map(off -> off == 0)
            .or(() -> system.number(CPU + "cpufreq/boost").map(boost -> boost == 1));
        return on.map(turbo -> turbo
            ? Finding.note("turbo", "on", "the frequency then depends on heat and load; switch it off to compare")
            : Finding.ok("turbo", "off")).orElse(Finding.note("turbo", UNKNOWN, ""));
    }

    private Finding smt() {
        return system.number(CPU + "smt/active").map(active -> active == 1
            ? Finding.note("SMT", "on", "two workers may share a core; see lscpu -e")
            : Finding.ok("SMT", "off")).orElse(Finding.note("SMT", UNKNOWN, ""));
    }

    private Finding hypervisor() {
        return machine.hypervisor()
            ? Finding.note("hypervisor", "this is a virtual machine", "compare only within one run or by A/B")
            : Finding.ok("hypervisor", "none seen");
    }

    private Finding counters() {
        final boolean hardware = !system.list("sys/bus/event_source/devices", "cpu*").isEmpty();
        final String paranoid = system.read("proc/sys/kernel/perf_event_paranoid").orElse("unknown");
        return hardware ? Finding.ok("hardware counters", "present, perf_event_paranoid " + paranoid)
            : Finding.note("hardware counters", "none, perf_event_paranoid " + paranoid,
                "profiles use the CPU clock instead");
    }

    private Finding thp() {
        return machine.chosen("sys/kernel/mm/transparent_hugepage/enabled").map(thp -> thp.equals("always")
            ? Finding.note("transparent huge pages", thp, "heap pages may be large or small from run to run")
            : Finding.ok("transparent huge pages", thp)).orElse(Finding.note("transparent huge pages", UNKNOWN, ""));
    }

    private Finding mitigations() {
        final List<String> on = new ArrayList<>();
        for (final String file : system.list(CPU + "vulnerabilities", "*")) {
            if (system.read(file).orElse("").startsWith("Mitigation")) {
                on.add(file.substring(file.lastIndexOf('/') + 1));
            }
        }
        return on.isEmpty() ? Finding.ok("mitigations", "none active")
            : Finding.note("mitigations", on.size() + " active", "system calls and faults cost more; keep them alike");
    }

    private Finding clocksource() {
        return system.read("sys/devices/system/clocksource/clocksource0/current_clocksource")
            .map(clock -> List.of("tsc", "kvm-clock", "arch_sys_counter").contains(clock)
                ? Finding.ok("clocksource", clock)
                : Finding.warning("clocksource", clock, "reading the time is slow and spoils latency numbers: use tsc"))
            .orElse(Finding.note("clocksource", UNKNOWN, ""));
    }

    private Finding memory() {
        return system.field("proc/meminfo", "MemAvailable")
            .map(text -> Long.parseLong(text.replaceAll("\\D", "")) >> 10)
            .map(mib -> mib < FREE_MEMORY_MIB
                ? Finding.warning("free memory", mib + " MiB", "free some: a fork that swaps measures the disk")
                : Finding.ok("free memory", mib + " MiB"))
            .orElse(Finding.note("free memory", UNKNOWN, ""));
    }

    private Finding shm() {
        if (!system.exists("dev/shm")) {
            return Finding.note("/dev/shm", "missing", "the device then lies in the temporary folder; or use --device");
        }
        if (!Files.isWritable(system.root().resolve("dev/shm"))) {
            return Finding.note("/dev/shm", "read-only",
                "the device then lies in the temporary folder; or use --device");
        }
        final long mib = system.root().resolve("dev/shm").toFile().getUsableSpace() >> 20;
        return mib < FREE_SHM_MIB
            ? Finding.warning("/dev/shm", mib + " MiB free", "delete what is left there, or use --device")
            : Finding.ok("/dev/shm", mib + " MiB free");
    }

    private Finding membarrier() {
        return Membarrier.isAvailable() ? Finding.ok("membarrier", "available")
            : Finding.note("membarrier", "missing", "readers use fences and look dearer than the kernel's");
    }

    private Finding battery() {
        final boolean discharging = system.list("sys/class/power_supply", "*").stream()
            .anyMatch(supply -> system.read(supply + "/status").orElse("").equals("Discharging"));
        return discharging ? Finding.warning("power", "on battery", "plug it in")
            : Finding.ok("power", "not on battery");
    }

    private Finding thermal() {
        final Optional<Long> hottest = system.list("sys/class/thermal", "thermal_zone*").stream()
            .flatMap(zone -> system.number(zone + "/temp").stream()).max(Long::compare);
        return hottest.map(temperature -> temperature > HOT_MILLIDEGREES
            ? Finding.warning("temperature", temperature / 1000 + " C", "let it cool: it may slow down")
            : Finding.ok("temperature", temperature / 1000 + " C"))
            .orElse(Finding.note("temperature", UNKNOWN, ""));
    }
}
