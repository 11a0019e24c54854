/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.contended;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import org.daxref.bench.DeviceState;
import org.daxref.bench.PageSequence;
import org.daxref.bench.Worker;
import org.daxref.device.DeviceGeometry;
import org.daxref.memory.Words;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * When does the price of a pin matter at all? A page is pinned, some of its data is read out of the mapped file, and it
 * is unpinned.
 *
 * <p><b>Not shown:</b> writes to the page; what a device would do with it. The data was read once before, so no page of
 * it is missing.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter PayloadBenchmark --threads 1,max}
 *
 * <p><b>Expected shape:</b> on one page, whose data stays in the cache, a copy of 4 KiB costs no more than a pin or
 * two, so the designs stay apart; over the whole file the data comes from memory, and the difference of the designs is
 * lost in that. Threads that share a page fight for its count the less, the longer the payload.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Benchmark)
public class PayloadBenchmark {
    /** What is done while the page is pinned. */
    @Param
    public Payload payload;

    /** Which pages: all threads the same one, or any of the file. */
    @Param({"SAME_PAGE", "UNIFORM"})
    public Spread workingSet;

    /** What is done while a page is pinned. */
    public enum Payload {
        /** Nothing. */
        NONE,
        /** Its first 64 bytes are read. */
        TOUCH_64,
        /** All of it is copied out. */
        COPY_4K
    }

    /**
     * Maps every page by a PTE, and reads the data once.
     *
     * @param device the device under test
     */
    @Setup
    public void map(final DeviceState device) {
        device.mapPages();
        if (payload != Payload.NONE) {
            touchData(device);
        }
    }

    private static void touchData(final DeviceState device) {
        final DeviceGeometry geometry = device.geometry();
        for (int page = 0; page < Spread.pages(device); page++) {
            device.words().getLongVolatile(geometry.dataOffset(device.firstPfn() + page));
        }
    }

    /**
     * Pins the next page, reads, and unpins it.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @param reader where to go, and where the data goes
     * @return what was read
     */
    @Benchmark
    public long pinReadUnpin(final DeviceState device, final Worker worker, final Reader reader) {
        final long[] pfns = reader.pfns;
        if (device.gup().pinFast(worker.cpu(), device.process(), reader.pages.next(), 1, true, pfns) != 1) {
            throw new IllegalStateException("the page was refused");
        }
        final long read = reader.read(payload, reader.geometry.dataOffset(pfns[0]));
        device.gup().unpin(worker.cpu(), pfns, 1);
        return read;
    }

    /** A thread's way through the pages. */
    @State(Scope.Thread)
    public static class Reader {
        private static final int TOUCHED_WORDS = 8;

        private final long[] pfns = new long[1];
        private final byte[] copy = new byte[DeviceGeometry.PAGE_BYTES];
        private PageSequence pages;
        private DeviceGeometry geometry;
        private Words words;
        private MemorySegment segment;

        /**
         * Draws the pages.
         *
         * @param benchmark holds the working set
         * @param device    the device under test
         * @param threads   which worker this is
         */
        @Setup
        public void draw(final PayloadBenchmark benchmark, final DeviceState device, final ThreadParams threads) {
            pages = benchmark.workingSet.draw(device, threads.getThreadIndex());
            geometry = device.geometry();
            words = device.words();
            segment = device.device().region().segment();
        }

        long read(final Payload payload, final long offset) {
            return switch (payload) {
                case NONE -> offset;
                case TOUCH_64 -> touch(offset);
                case COPY_4K -> copy(offset);
            };
        }

        private long touch(final long offset) {
            final Words local = words;
            long sum = 0;
            for (int i = 0; i < TOUCHED_WORDS; i++) {
                sum += local.getLongOpaque(offset + (long) i * Long.BYTES);
            }
            return sum;
        }

        private long copy(final long offset) {
            MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset - words.origin(), copy, 0, copy.length);
            return copy[0];
        }
    }
}
