/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.uncontended;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.daxref.bench.BenchMachine;
import org.daxref.bench.Foll;
import org.daxref.bench.GupWorker;
import org.daxref.dax.DaxFile;
import org.daxref.pagemap.PfnRange;
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
import org.openjdk.jmh.infra.ThreadParams;

/**
 * What does it buy that a walk keeps the dev_pagemap of its last page, and what if the next page belongs to another?
 * With one range each walk looks up once; with several, consecutive pages alternate between the devices, and each page
 * is a put, a lookup and a get.
 *
 * <p><b>Not shown:</b> a dev_pagemap of several ranges, whose later ranges miss at every page in the same way. The
 * same pages are mapped at the same places whatever the number of ranges; only whose they are differs. The device is
 * a fresh one in shared memory in any case.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter GupRangesBenchmark}
 *
 * <p><b>Expected shape:</b> {@code fs-held} the same for any number of ranges. {@code dev-pagemap} a little above it
 * with one range, and several nanoseconds per page above that with two; eight cost as much as two, and the length of
 * the walk does not help any more.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@Threads(1)
public class GupRangesBenchmark {

    /**
     * Pins and unpins the pages.
     *
     * @param devices the devices under test
     * @param caller  the calling thread
     * @return the last page
     */
    @Benchmark
    public long pinUnpin(final Devices devices, final Caller caller) {
        return caller.worker.takeAndDrop(Foll.PIN, 0, devices.walkPages);
    }

    /** Devices on parts of the pages, with a file on each, and a process that maps the files page by page in turn. */
    @State(Scope.Benchmark)
    public static class Devices {
        /** Parts of the pages, each of 512 so that every lookup is equally deep. */
        private static final int PARTS = 8;
        private static final int PART_PAGES = 512;
        private static final int MAPPED_PAGES = 512;

        /** Parts of consecutive pages: the number of the page with its bits reversed, so that two devices alternate. */
        private static final int[] PART_OF_PAGE = {0, 4, 2, 6, 1, 5, 3, 7};

        /** Who holds references. */
        @Param({"dev-pagemap", "fs-held"})
        public String design;

        /** How the reference count is changed. */
        @Param("cas")
        public String counter;

        /** Pages per walk. */
        @Param({"8", "64", "512"})
        public int walkPages;

        /** Devices, each a dev_pagemap with one range. */
        @Param({"1", "2", "8"})
        public int ranges;

        private BenchMachine machine;

        /**
         * Makes the devices and maps the files.
         *
         * @throws IOException if the shared-memory file cannot be made
         */
        @Setup(Level.Trial)
        public void open() throws IOException {
            machine = new BenchMachine(PARTS * PART_PAGES, design, counter);
            final DaxFile[] files = new DaxFile[ranges];
            final int filePages = PARTS * PART_PAGES / ranges;
            final long first = machine.machine().wholeDevice().first();
            for (int i = 0; i < ranges; i++) {
                files[i] = machine.createFile(
                    new PfnRange(first + (long) i * filePages, first + (i + 1L) * filePages - 1));
            }
            for (int page = 0; page < MAPPED_PAGES; page++) {
                final int block = block(page);
                machine.mapPages(files[block / filePages], page, 1, block % filePages);
            }
        }

        /** The parts begin at different sets of a cache, so that a short walk does not crowd one. */
        private static int block(final int page) {
            final int part = PART_OF_PAGE[page % PARTS];
            return part * PART_PAGES + part * PARTS + page / PARTS;
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

    /** The thread that walks. */
    @State(Scope.Thread)
    public static class Caller {
        private GupWorker worker;

        /**
         * Attaches the thread.
         *
         * @param devices the devices under test
         * @param threads which worker this is
         */
        @Setup(Level.Trial)
        public void attach(final Devices devices, final ThreadParams threads) {
            worker = devices.machine.worker(threads);
        }
    }
}
