/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.uncontended;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.daxref.bench.BenchMachine;
import org.daxref.bench.Foll;
import org.daxref.bench.GupWorker;
import org.daxref.bench.Xorshift;
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
 * How does a pin of any page of the device scale with the size of the device? 2<sup>10</sup> pages are 4 MiB,
 * 2<sup>26</sup> are 256 GiB. What the memory itself costs at that size is {@code PointerChaseBenchmark}'s.
 *
 * <p><b>Not shown:</b> the data, which is not touched, and its address translation; huge pages under the descriptors,
 * which a kernel has and this file in shared memory has only where the system is set to it. The random number (about
 * a nanosecond) is part of the score. The device is a fresh one in shared memory in any case; the largest takes 5 GiB
 * of it, of 8 GiB that must be free, and some 20 s to set up.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter 'DeviceSize|PointerChase'}
 *
 * <p><b>Expected shape:</b> as {@code PinPageBenchmark} while the descriptors fit into the caches, then steps where
 * they outgrow the second and third level and the translations, as the pointer chase has them: the count itself costs
 * the same at any size, and so do the designs.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
public class DeviceSizeBenchmark {

    /**
     * Pins and unpins a page.
     *
     * @param device the device under test
     * @param caller the calling thread
     * @return the page
     */
    @Benchmark
    public long pinUnpin(final SizedDevice device, final Caller caller) {
        return caller.worker.takeAndDrop(Foll.PIN, caller.random.below(device.devicePages), 1);
    }

    /** A device of a certain size, every page of it mapped by a PTE. */
    @State(Scope.Benchmark)
    public static class SizedDevice {
        /** Who holds references. */
        @Param({"dev-pagemap", "fs-held"})
        public String design;

        /** How the reference count is changed. */
        @Param("cas")
        public String counter;

        /** Size of the device in pages. */
        @Param({"1024", "16384", "262144", "4194304", "67108864"})
        public long devicePages;

        private BenchMachine machine;

        /**
         * Makes the device.
         *
         * @throws IOException if the shared-memory file cannot be made
         */
        @Setup(Level.Trial)
        public void open() throws IOException {
            machine = new BenchMachine(devicePages, design, counter);
            machine.mapPages(machine.createFile(machine.machine().wholeDevice()), 0, devicePages, 0);
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

    /** A thread and its way through the pages. */
    @State(Scope.Thread)
    public static class Caller {
        private static final long SEED = 1234;

        private GupWorker worker;
        private Xorshift random;

        /**
         * Attaches the thread.
         *
         * @param device  the device under test
         * @param threads which worker this is
         */
        @Setup(Level.Trial)
        public void attach(final SizedDevice device, final ThreadParams threads) {
            worker = device.machine.worker(threads);
            random = new Xorshift(SEED + threads.getThreadIndex());
        }
    }
}
