/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.uncontended;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.daxref.Machine;
import org.daxref.bench.BenchMachine;
import org.daxref.bench.GupWorker;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.pagemap.PfnRange;
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
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * What does the shape of pgmap_array cost, which depends on how a device is aligned? A device of 2<sup>18</sup> pages
 * (1 GiB) that begins at a multiple of its size is one entry of the root; one of a single page is found four nodes
 * down.
 *
 * <p><b>Not shown:</b> a tree that does not stay in the first-level cache; the kernel's orders between the powers of
 * 64. The design has no part in this. The device is a fresh one in shared memory in any case.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter PagemapLookupBenchmark}
 *
 * <p><b>Expected shape:</b> two dependent loads more for each node, which is a nanosecond or two; {@code getPut} above
 * {@code load} by two adds to a word of the own CPU and the read section.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
public class PagemapLookupBenchmark {

    /**
     * Looks the page up: {@code xa_load}.
     *
     * @param device the device under test
     * @return the dev_pagemap
     */
    @Benchmark
    public long load(final AlignedDevice device) {
        return device.pagemaps().lookUp(device.pfn);
    }

    /**
     * Gets and puts the dev_pagemap of the page.
     *
     * @param device the device under test
     * @param caller the calling thread
     * @return whether the device was alive
     */
    @Benchmark
    public boolean getPut(final AlignedDevice device, final Caller caller) {
        final DevPagemaps pagemaps = device.pagemaps();
        final CpuSlot cpu = caller.cpu;
        device.machine.machine().epochs().enter(cpu);
        final boolean alive = pagemaps.get(cpu, device.pfn);
        pagemaps.put(cpu);
        device.machine.machine().epochs().exit(cpu);
        return alive;
    }

    /** A device of 2 to the power of a multiple of 6 pages, as aligned as it is large. */
    @State(Scope.Benchmark)
    public static class AlignedDevice {
        private static final long ROOT_ENTRY_PAGES = 1L << 18;

        /** Size of the device in pages, and what it is aligned to. */
        @Param({"1", "64", "4096", "262144"})
        public long alignedPages;

        private BenchMachine machine;
        private long pfn;
        private long pgmap;

        /**
         * Makes the device.
         *
         * @throws IOException if the shared-memory file cannot be made
         */
        @Setup(Level.Trial)
        public void open() throws IOException {
            pfn = Math.ceilDiv(Machine.START_PFN, alignedPages) * alignedPages;
            final PfnRange range = new PfnRange(pfn, pfn + alignedPages - 1);
            machine = new BenchMachine(range.last() + 1 - Machine.START_PFN, "dev-pagemap", "cas");
            pgmap = machine.createPagemap(range);
            requireNodes();
        }

        DevPagemaps pagemaps() {
            return machine.machine().pagemaps();
        }

        private void requireNodes() {
            int nodes = 1;
            for (long pages = alignedPages; pages < ROOT_ENTRY_PAGES; pages <<= 6) {
                nodes++;
            }
            if (pagemaps().depth(pfn) != nodes) {
                throw new IllegalStateException("the tree has another shape: nodes=" + pagemaps().depth(pfn)
                    + ", expected=" + nodes);
            }
        }

        /** Checks that every reference taken was dropped: the device holds one, and one for each page. */
        @TearDown(Level.Iteration)
        public void checkBooks() {
            if (pagemaps().references(pgmap) != 1 + alignedPages) {
                throw new IllegalStateException("the count is off: references=" + pagemaps().references(pgmap)
                    + ", expected=" + (1 + alignedPages));
            }
        }

        /** Unmaps the device. */
        @TearDown(Level.Trial)
        public void close() {
            machine.close();
        }
    }

    /** A thread that looks up. */
    @State(Scope.Thread)
    public static class Caller {
        private CpuSlot cpu;

        /**
         * Attaches the thread.
         *
         * @param device  the device under test
         * @param threads which worker this is
         */
        @Setup(Level.Trial)
        public void attach(final AlignedDevice device, final ThreadParams threads) {
            final GupWorker worker = device.machine.worker(threads);
            cpu = worker.cpu();
        }
    }
}
