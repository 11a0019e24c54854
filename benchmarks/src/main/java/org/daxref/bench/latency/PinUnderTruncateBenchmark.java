/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.daxref.Machine;
import org.daxref.bench.DeviceState;
import org.daxref.bench.Worker;
import org.daxref.dax.FileSystemType;
import org.daxref.mm.Gup;
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
 * How late is a pin, at a fixed rate of pins, while another page of the same file is truncated and faulted in again?
 *
 * <p>Truncates unmap the whole file, as those of ext4 and xfs do. The pin after one finds no entry, takes locks and
 * faults, and the fault waits for the truncate. Open loop, as in {@code PinLatencyBenchmark}: all pins that became due
 * meanwhile are late and count.
 *
 * <p>A truncate that finds the pinned page busy sleeps. Where mappings or entries are counted, the fault behind it then
 * keeps it asleep for good (S26), so a truncate that has taken 100 ms gets a signal, and is given up
 * ({@code interrupted} of {@code truncates}).
 *
 * <p><b>Not shown:</b> truncates of the pinned page itself, whose next pin would find a hole; how the time grows with
 * the file, which has 16 pages here.
 *
 * <p><b>Score:</b> pins per second, which must be the asked rate. The answer is the histogram, from the moment at which
 * a pin should have begun until it is dropped, as {@link LatencyLog} writes it.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter PinUnderTruncateBenchmark}
 *
 * <p><b>Expected shape:</b> without truncates as {@code PinLatencyBenchmark}. With them, as large a share of the pins
 * is late as the truncates take of the time, by up to a wake-up.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@Threads(1)
@State(Scope.Benchmark)
public class PinUnderTruncateBenchmark {
    /** How often a page is truncated and faulted in again. */
    @Param({"0", "10", "1000"})
    public int truncatesPerSecond;

    /**
     * Waits for the next moment, pins and unpins the page, and records how late it is.
     *
     * @param file     the file
     * @param pinner   the pinning thread
     * @param schedule when to begin
     * @param counts   what became of the truncates
     * @param log      what is recorded
     */
    @Benchmark
    public void openLoop(final TruncatedFile file, final Pinner pinner, final OpenLoop schedule, final Counts counts,
                         final LatencyLog log) {
        final long intendedNs = schedule.awaitNext();
        pinner.pinAndUnpin(file);
        log.record(System.nanoTime() - intendedNs);
        counts.truncates = file.truncates - pinner.truncatesBefore;
        counts.interrupted = file.interrupted - pinner.interruptedBefore;
    }

    /** What became of the truncates. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Counts {
        /** Truncates that ended, one way or the other. */
        public long truncates;

        /** Those of them that were given up. */
        public long interrupted;
    }

    /** The thread that pins. */
    @State(Scope.Thread)
    public static class Pinner {
        private static final long PINNED_PAGE = 0;

        private final long[] pfns = new long[1];
        private CpuSlot cpu;
        private long truncatesBefore;
        private long interruptedBefore;

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
         * Notes how many truncates there were.
         *
         * @param file the file
         */
        @Setup(Level.Iteration)
        public void start(final TruncatedFile file) {
            truncatesBefore = file.truncates;
            interruptedBefore = file.interrupted;
        }

        private void pinAndUnpin(final TruncatedFile file) {
            final Gup gup = file.machine.gup();
            final int taken = gup.pin(cpu, file.namespace.process(), PINNED_PAGE, 1, true, pfns);
            if (taken != 1) {
                throw new IllegalStateException("the page was refused: result=" + taken);
            }
            gup.unpin(cpu, pfns, 1);
        }
    }

    /** A small file, and somebody who truncates a page of it all the time. */
    @State(Scope.Benchmark)
    public static class TruncatedFile {
        private static final int DEVICE_PAGES = 512;
        private static final int FILE_PAGES = 16;
        private static final int TRUNCATED_PAGE = 1;
        private static final long PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(100);
        private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(10);

        private final AtomicBoolean stopped = new AtomicBoolean();
        private Machine machine;
        private Namespace namespace;
        private Helper truncater;
        private Helper signals;
        private long periodNs;
        private volatile long truncates;
        private volatile long interrupted;
        private boolean pending;
        private long begunNs;

        /**
         * Makes the file and starts the threads.
         *
         * @param device    the device under test
         * @param benchmark holds the rate
         */
        @Setup(Level.Trial)
        public void start(final DeviceState device, final PinUnderTruncateBenchmark benchmark) {
            machine = device.machine();
            periodNs = benchmark.truncatesPerSecond == 0 ? 0
                : TimeUnit.SECONDS.toNanos(1) / benchmark.truncatesPerSecond;
            signals = new Helper("signals", 1, machine);
            truncater = new Helper("truncater", 1, machine);
            truncater.call(cpu -> {
                namespace = new Namespace(machine, cpu, DEVICE_PAGES);
                namespace.create(cpu, FileSystemType.EXT4, FILE_PAGES);
                namespace.faultIn(cpu, FILE_PAGES);
            });
        }

        /** Lets the truncates begin. */
        @Setup(Level.Iteration)
        public void begin() {
            stopped.set(false);
            if (periodNs > 0) {
                truncater.begin(this::truncateAtRate);
                signals.begin(cpu -> watch());
            }
        }

        private void truncateAtRate(final CpuSlot cpu) {
            long nextNs = System.nanoTime() + periodNs;
            while (sleepUntil(nextNs)) {
                truncate(cpu);
                namespace.file().fault(cpu, namespace.area(), TRUNCATED_PAGE, true);
                nextNs = Math.max(nextNs, System.nanoTime() - periodNs) + periodNs;
            }
        }

        /** Whether it was reached before the end. */
        private boolean sleepUntil(final long ns) {
            for (long left = ns - System.nanoTime(); left > 0 && !stopped.get(); left = ns - System.nanoTime()) {
                LockSupport.parkNanos(Math.min(left, LOOK_NS));
            }
            return !stopped.get();
        }

        private void truncate(final CpuSlot cpu) {
            setPending(true);
            try {
                namespace.file().punch(cpu, TRUNCATED_PAGE, 1);
            } catch (final InterruptedException e) {
                interrupted = interrupted + 1;
            }
            setPending(false);
            truncates = truncates + 1;
        }

        private synchronized void setPending(final boolean begins) {
            pending = begins;
            begunNs = System.nanoTime();
            if (!begins) {
                Thread.interrupted(); // a signal that came too late
            }
        }

        private void watch() {
            while (!(stopped.get() && truncater.isDone())) {
                LockSupport.parkNanos(LOOK_NS);
                signalIfOverdue();
            }
        }

        private synchronized void signalIfOverdue() {
            if (pending && System.nanoTime() - begunNs > PATIENCE_NS) {
                truncater.interrupt();
            }
        }

        long truncates() {
            return truncates;
        }

        long interrupted() {
            return interrupted;
        }

        /** Ends the truncates, and maps all pages again: what a truncate let go that was given up is taken again. */
        @TearDown(Level.Iteration)
        public void stop() {
            stopped.set(true);
            truncater.await();
            signals.await();
            truncater.call(cpu -> namespace.faultIn(cpu, FILE_PAGES));
        }

        /** Ends the threads. */
        @TearDown(Level.Trial)
        public void end() {
            signals.close();
            truncater.close();
        }
    }
}
