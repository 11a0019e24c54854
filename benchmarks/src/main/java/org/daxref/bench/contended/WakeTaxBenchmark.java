/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.contended;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.daxref.Machine;
import org.daxref.bench.BenchMachine;
import org.daxref.bench.Foll;
import org.daxref.bench.GupWorker;
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
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * What does the put path pay for the wake-up at idle when nobody waits? {@code ON} is {@code dev-pagemap}: whoever
 * drops a reference looks whether the page belongs to a file system and whether its count is 1, and if so whether
 * somebody waits. {@code OFF} is the kernel that forgot it for what GUP drops, the same design otherwise.
 *
 * <p><b>Not shown:</b> a waiter. The kernel of {@code OFF} kept the comparison in {@code put_page}: GET is the control,
 * and must be equal. So the price of the comparison in every {@code put_page} of ordinary memory, which the kernel
 * hides behind a static key, cannot be seen here. The device is a fresh one in shared memory in any case.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter WakeTaxBenchmark --threads 1,max}
 *
 * <p><b>Expected shape:</b> PIN a few nanoseconds dearer {@code ON} than {@code OFF}: two loads before the count, two
 * comparisons that are predicted, and the look at an empty queue. Contended, most of it goes down in the wait for the
 * line of the count; and who leaves another count than 1 does not look at the queue.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
public class WakeTaxBenchmark {

    /** Whether an unpin that leaves a page idle wakes who waits for it. */
    public enum Wake {
        /** As 5.19 to 6.14 do. */
        ON("dev-pagemap"),
        /** As 5.18 did, by mistake. */
        OFF(Machine.LOST_WAKEUP);

        private final String design;

        Wake(final String design) {
            this.design = design;
        }
    }

    /**
     * Takes and drops the page of all.
     *
     * @param device the device under test
     * @param caller the calling thread
     * @return the page
     */
    @Benchmark
    public long takeAndDrop(final WakingDevice device, final Caller caller) {
        return caller.worker.takeAndDrop(device.foll, 0, 1);
    }

    /** A device with one page mapped. */
    @State(Scope.Benchmark)
    public static class WakingDevice {
        private static final long PAGES = 4096;

        /** Reference or pin. */
        @Param
        public Foll foll;

        /** Whether the wake-up is there. */
        @Param
        public Wake wake;

        /** How the reference count is changed. */
        @Param({"cas", "cas-fused"})
        public String counter;

        private BenchMachine machine;

        /**
         * Makes the device.
         *
         * @throws IOException if the shared-memory file cannot be made
         */
        @Setup(Level.Trial)
        public void open() throws IOException {
            machine = new BenchMachine(PAGES, wake.design, counter);
            machine.mapPages(machine.createFile(machine.machine().wholeDevice()), 0, 1, 0);
        }

        /** Checks that every reference taken was dropped. */
        @TearDown(Level.Iteration)
        public void checkBooks() {
            machine.checkBooks();
        }

        /** Unmaps the device. */
        @TearDown(Level.Trial)
        public void close() {
            machine.close();
        }
    }

    /** A thread that takes pages. */
    @State(Scope.Thread)
    public static class Caller {
        private GupWorker worker;

        /**
         * Attaches the thread.
         *
         * @param device  the device under test
         * @param threads which worker this is
         */
        @Setup(Level.Trial)
        public void attach(final WakingDevice device, final ThreadParams threads) {
            worker = device.machine.worker(threads);
        }
    }
}
