/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.daxref.Machine;
import org.daxref.bench.DeviceState;
import org.daxref.bench.Worker;
import org.daxref.dax.FileSystemType;
import org.daxref.mm.BusErrorException;
import org.daxref.sync.CpuSlot;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long does it take to unbind a device that is mounted and mapped, with and without a word to the file system, and
 * what is left of the mappings?
 *
 * <p>xfs is told in the eras that tell it, and unmaps; ext4 is not. Where the mappings or the file system's entries
 * hold the device nevertheless ({@code fs-held-drain}, {@code pgmap-folio}), the removal hangs until the process lets
 * go by itself: it writes to its memory about a millisecond after the removal has begun, and every millisecond from
 * then on, gets SIGBUS and ends; where that is not enough, the administrator unmounts. In the other designs removal
 * does not wait for the process, whose entries may be stale then ({@code stale} of {@code removals}).
 *
 * <p><b>Not shown:</b> pins and walks, which are in {@code RemovalLatencyBenchmark}. The millisecond is an assumption:
 * without notification removal takes as long as the process likes. The device has 4096 pages whatever is mapped of it,
 * and so has the file, whose write-back and whose struct pages are part of every removal.
 *
 * <p><b>Score:</b> mean time of an unbind. The answer is the histogram of the same, as {@link LatencyLog} writes it.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter SurpriseRemovalBenchmark}
 *
 * <p><b>Expected shape:</b> with {@code XFS} a constant, and some nanoseconds for each mapped page; with {@code EXT4}
 * less than that where removal does not wait, and all of it stale; a millisecond and more where it waits.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@Threads(1)
@State(Scope.Benchmark)
public class SurpriseRemovalBenchmark {
    /** How many pages the process has faulted in. */
    @Param({"0", "64", "4096"})
    public int mappedPages;

    /** Which file system is mounted. */
    @Param
    public FileSystemType fileSystem;

    /**
     * Removes the device.
     *
     * @param mounted  the device and the process
     * @param driver   the thread that removes it
     * @param mappings what came of it
     * @param log      what is recorded
     * @return nanoseconds that it took
     */
    @Benchmark
    public long unbind(final Mounted mounted, final Driver driver, final Mappings mappings, final LatencyLog log) {
        final long begunNs = System.nanoTime();
        mounted.machine.unbind(driver.cpu, mounted.namespace.device());
        final long ns = System.nanoTime() - begunNs;
        mappings.removals++;
        mappings.stale += mounted.namespace.mappedPages(1);
        log.record(ns);
        return ns;
    }

    /** What is left after removals. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Mappings {
        /** Removals. */
        public long removals;

        /** Removals after which the process still had entries for pages of the device. */
        public long stale;
    }

    /** The device, its file system, and the process that maps a file. */
    @State(Scope.Benchmark)
    public static class Mounted {
        private static final int PAGES = 4096;
        private static final long PERIOD_NS = TimeUnit.MILLISECONDS.toNanos(1);

        private Machine machine;
        private Namespace namespace;
        private SurpriseRemovalBenchmark benchmark;
        private Helper process;

        /**
         * Makes the device and starts the process.
         *
         * @param device     the device under test
         * @param parameters what is mounted and mapped
         */
        @Setup(Level.Trial)
        public void start(final DeviceState device, final SurpriseRemovalBenchmark parameters) {
            machine = device.machine();
            benchmark = parameters;
            process = new Helper("process", 1, machine);
            process.call(cpu -> {
                namespace = new Namespace(machine, cpu, PAGES);
                create(cpu);
            });
        }

        private void create(final CpuSlot cpu) {
            namespace.create(cpu, benchmark.fileSystem, PAGES);
            namespace.faultIn(cpu, benchmark.mappedPages);
        }

        /** Where removal does not wait for mappings, it would be over before the process has noticed. */
        private boolean isWaitedFor() {
            return !machine.design().pagesHoldPagemap() && benchmark.mappedPages > 0;
        }

        private void live(final CpuSlot cpu, final Thread driver) {
            do {
                LockSupport.parkNanos(PERIOD_NS);
            } while (write(cpu));
            namespace.munmap(cpu);
            unmountIfNeeded(cpu, driver);
        }

        /** Whether the process may write to its first page; if not, it gets SIGBUS. */
        private boolean write(final CpuSlot cpu) {
            try {
                return namespace.file().fault(cpu, namespace.area(), 0, true);
            } catch (final BusErrorException e) {
                return false;
            }
        }

        private void unmountIfNeeded(final CpuSlot cpu, final Thread driver) {
            final long pgmap = namespace.device().pgmap();
            Patience.await("the removal, or its sleep",
                () -> machine.pagemaps().isDone(pgmap) || Helper.isAsleep(driver, machine.waits()));
            if (!machine.pagemaps().isDone(pgmap)) {
                namespace.unmount(cpu);
            }
        }

        /** Ends the process. */
        @TearDown(Level.Trial)
        public void end() {
            process.close();
        }
    }

    /** The thread that removes the device. */
    @State(Scope.Thread)
    public static class Driver {
        private CpuSlot cpu;

        /**
         * Takes the CPU.
         *
         * @param worker the calling worker
         */
        @Setup(Level.Trial)
        public void prepare(final Worker worker) {
            prepare(worker.cpu());
        }

        void prepare(final CpuSlot workerCpu) {
            cpu = workerCpu;
        }

        /**
         * Lets the process live.
         *
         * @param mounted the device and the process
         */
        @Setup(Level.Invocation)
        public void begin(final Mounted mounted) {
            if (mounted.isWaitedFor()) {
                final Thread thread = Thread.currentThread();
                mounted.process.begin(processCpu -> mounted.live(processCpu, thread));
            }
        }

        /**
         * Waits until the process has ended, clears what it has left, and makes the device anew.
         *
         * @param mounted the device and the process
         */
        @TearDown(Level.Invocation)
        public void replace(final Mounted mounted) {
            mounted.process.await();
            mounted.namespace.munmap(cpu);
            mounted.namespace.unmount(cpu);
            mounted.create(cpu);
        }
    }
}
