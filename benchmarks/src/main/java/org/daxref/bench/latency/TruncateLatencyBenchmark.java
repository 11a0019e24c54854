/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import java.util.concurrent.TimeUnit;
import org.daxref.Machine;
import org.daxref.bench.DeviceState;
import org.daxref.bench.Worker;
import org.daxref.dax.FileSystemType;
import org.daxref.sync.CpuSlot;
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
 * How long does it take from the last unpin of a page to the return of the truncate that waited for it? And what do
 * waiters for other pages cost it, whose addresses hash to the same of the 256 queues?
 *
 * <p>A hole punch of one page sleeps on another CPU because the page is pinned; what is timed is the unpin, which finds
 * the waiter among the others, its wake-up, and the rest of the punch: another look at all of the file, entry and block
 * given up.
 *
 * <p><b>Not shown:</b> truncates that need not wait; how the time grows with the file, which has 16 pages here; a
 * waiter that must be kept from sleeping on (a page that is faulted in again meanwhile). A processor that is left
 * sleeps: most of the time is what it takes to wake it, so the designs differ by less than the machine does.
 *
 * <p><b>Score:</b> mean time of such a wait, as the unpinning thread sees it. The answer is the histogram, from just
 * before the unpin to just after the punch, as {@link LatencyLog} writes it.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter TruncateLatencyBenchmark}
 *
 * <p><b>Expected shape:</b> the designs alike: each wakes once, at its own idle count. Sleepers add the length of their
 * list twice, to the waker's search and to the waiter's leaving the queue: some nanoseconds for each of them.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@Threads(1)
@State(Scope.Benchmark)
public class TruncateLatencyBenchmark {
    /** How many wait for other pages in the same queue. */
    @Param({"0", "16", "256"})
    public int collidingSleepers;

    /**
     * Drops the last pin, and waits until the punch has returned.
     *
     * @param truncation what waits
     * @param pin        the last pin
     * @param log        what is recorded
     * @return nanoseconds from the unpin to the return
     */
    @Benchmark
    public long unpinToReturn(final Truncation truncation, final LastPin pin, final LatencyLog log) {
        final long begunNs = System.nanoTime();
        truncation.machine.gup().unpin(pin.cpu, pin.pfns, 1);
        truncation.truncater.await();
        final long ns = truncation.returnedNs - begunNs;
        log.record(ns);
        return ns;
    }

    /** A small file, somebody who punches holes into it, and sleepers in the same queue. */
    @State(Scope.Benchmark)
    public static class Truncation {
        private static final int DEVICE_PAGES = 512;
        private static final int FILE_PAGES = 16;

        private Machine machine;
        private Namespace namespace;
        private Helper truncater;
        private Sleepers sleepers;
        private long returnedNs;

        /**
         * Makes the file and starts the threads.
         *
         * @param device    the device under test
         * @param benchmark holds the number of sleepers
         */
        @Setup(Level.Trial)
        public void start(final DeviceState device, final TruncateLatencyBenchmark benchmark) {
            machine = device.machine();
            truncater = new Helper("truncater", 1, machine);
            truncater.call(cpu -> {
                namespace = new Namespace(machine, cpu, DEVICE_PAGES);
                namespace.create(cpu, FileSystemType.EXT4, FILE_PAGES);
            });
            sleepers = new Sleepers(machine, namespace.file().pfn(0), benchmark.collidingSleepers);
        }

        private void punch(final CpuSlot cpu) throws InterruptedException {
            namespace.file().punch(cpu, 0, 1);
            returnedNs = System.nanoTime();
        }

        /** Checks that the sleepers slept through it all. */
        @TearDown(Level.Iteration)
        public void check() {
            sleepers.requireAsleep();
        }

        /** Ends the threads. */
        @TearDown(Level.Trial)
        public void end() {
            sleepers.close();
            truncater.close();
        }
    }

    /** The pin that the punch waits for. */
    @State(Scope.Thread)
    public static class LastPin {
        /** For a processor to fall asleep, and for the sleeper to be really asleep. */
        private static final long SETTLE_NS = TimeUnit.MICROSECONDS.toNanos(50);

        private final long[] pfns = new long[1];
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
         * Faults the page in, pins it, and waits until the punch waits for it.
         *
         * @param truncation what waits
         */
        @Setup(Level.Invocation)
        public void pin(final Truncation truncation) {
            final Namespace namespace = truncation.namespace;
            namespace.faultIn(cpu, 1);
            if (truncation.machine.gup().pinFast(cpu, namespace.process(), 0, 1, true, pfns) != 1) {
                throw new IllegalStateException("the page was refused: page=0");
            }
            truncation.truncater.begin(truncation::punch);
            truncation.truncater.awaitAsleep(truncation.machine.waits());
            Patience.spin(SETTLE_NS);
        }
    }
}
