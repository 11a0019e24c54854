/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.daxref.bench.Affinity;
import org.daxref.bench.BenchMachine;
import org.daxref.device.DeviceGeometry;
import org.daxref.device.PmemDevice;
import org.daxref.memory.AgronaWords;
import org.daxref.memory.Words;
import org.daxref.mm.PageTableDescriptor;
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
 * What does the memory cost that a pin of any page goes through: one load that depends on the one before, in the lines
 * where the descriptors lie, alone or with the word where the page-table entry lies before each?
 *
 * <p><b>Not shown:</b> writes: a pin also dirties its line, which has to be written back some day. PMD words and the
 * own CPU's area, which stay in the cache. A pin knows its next page early and may overlap some of its misses; this
 * chase cannot. The device is a fresh one in shared memory in any case, of the same layout as the one that is compared.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter 'DeviceSize|PointerChase'}
 *
 * <p><b>Expected shape:</b> the latency of each level of cache, then of memory with a miss of the translation;
 * {@code wordsAndLines} about twice {@code lines} where the page table outgrows the cache too.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
public class PointerChaseBenchmark {

    /**
     * One line further.
     *
     * @param memory what is walked through
     * @param walker where the thread is
     * @return the next line
     */
    @Benchmark
    public long lines(final Memory memory, final Walker walker) {
        final long at = memory.line(walker.at);
        walker.at = at;
        return at;
    }

    /**
     * One word and one line further.
     *
     * @param memory what is walked through
     * @param walker where the thread is
     * @return the next line
     */
    @Benchmark
    public long wordsAndLines(final Memory memory, final Walker walker) {
        final long at = memory.line(memory.word(walker.at));
        walker.at = at;
        return at;
    }

    /** A device without a machine: a cycle through its descriptors, and page tables in which every page is itself. */
    @State(Scope.Benchmark)
    public static class Memory {
        private static final long SEED = 1234;
        private static final int WORD_SHIFT = 3;

        /** Size of the device in pages. */
        @Param({"1024", "16384", "262144", "4194304", "67108864"})
        public long devicePages;

        private PmemDevice device;
        private Words words;
        private long linesOffset;
        private long wordsOffset;

        /**
         * Makes the cycle.
         *
         * @throws IOException if the shared-memory file cannot be made
         */
        @Setup(Level.Trial)
        public void open() throws IOException {
            device = BenchMachine.freshDevice(devicePages);
            words = new AgronaWords(device.region().segment());
            final DeviceGeometry geometry = device.geometry().from(words.origin());
            linesOffset = geometry.memmapOffset();
            wordsOffset = geometry.pageTablesOffset() + PageTableDescriptor.tablesOffset(devicePages);
            RandomCycle.write(words, linesOffset, devicePages, SEED);
            for (long page = 0; page < devicePages; page++) {
                words.putLongOpaque(wordsOffset + (page << WORD_SHIFT), page);
            }
        }

        long line(final long page) {
            return words.getLongOpaque(linesOffset + (page << RandomCycle.LINE_SHIFT));
        }

        long word(final long page) {
            return words.getLongOpaque(wordsOffset + (page << WORD_SHIFT));
        }

        /** Unmaps the device. */
        @TearDown(Level.Trial)
        public void close() {
            device.close();
        }
    }

    /** Where a thread is. */
    @State(Scope.Thread)
    public static class Walker {
        private long at;

        /**
         * Ties the thread to its processor and starts somewhere.
         *
         * @param memory  what is walked through
         * @param threads which worker this is
         */
        @Setup(Level.Trial)
        public void start(final Memory memory, final ThreadParams threads) {
            Affinity.tieWorker(threads.getThreadIndex(), threads.getThreadCount());
            at = threads.getThreadIndex() % memory.devicePages;
        }
    }
}
