/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import java.util.concurrent.TimeUnit;
import org.daxref.bench.Affinity;
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
 * What do well-known Java reference counts cost to take and drop, beside the words of this project's counters?
 * {@code hot}: one object for all threads. {@code own}: the same code, an object for each thread.
 *
 * <p><b>Not shown:</b> zero. Whoever made the object holds it all the time, so no drop is the last, and what a peer
 * does then, or leaves out, costs nothing here: {@code long-adder} never knows, {@code atomic-add} may come back from
 * it. An object that is retired: {@code arena} puts most of its cost there, and is closed between iterations only.
 * Lucene's and Elasticsearch's counts are the loop of {@code atomic-cas}, and would bring a search engine along;
 * Chronicle's is made to find leaks.
 *
 * <p>The counts of others lie on the heap, the project's on the mapped device, whose counters also look whether the
 * page is part of a large folio.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter PeerBenchmark --threads 1,max}
 *
 * <p><b>Expected shape:</b> {@code own} the price of two locked operations at any number of threads, three for
 * {@code cas}. {@code hot} many times that from two threads on, with unconditional additions before loops that
 * exchange, and {@code long-adder} as cheap as {@code own}. {@code cas-backoff} comes next: who fails stays away, and
 * the other has the line to itself meanwhile.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 5, jvmArgsAppend = ArenaPeer.EXPORT)
@State(Scope.Benchmark)
public class PeerBenchmark {
    /** Whose reference count. */
    @Param({"atomic-add", "atomic-cas", "long-adder", "stamped-lock", "netty", "arena",
        "cas", "cas-fused", "cas-backoff", "xadd", "rcuref", "sticky"})
    public String peer;

    /**
     * Takes and drops the object of all.
     *
     * @param shared the object
     * @param worker the calling thread
     * @return what it was dropped with
     */
    @Benchmark
    public long hot(final Shared shared, final Tied worker) {
        return shared.object.takeAndDrop();
    }

    /**
     * Takes and drops the own object.
     *
     * @param own    the object
     * @param worker the calling thread
     * @return what it was dropped with
     */
    @Benchmark
    public long own(final Own own, final Tied worker) {
        return own.object.takeAndDrop();
    }

    /** An object that is counted. */
    public abstract static class Counted {
        /** Its reference count. */
        Peer object;

        /**
         * Makes it.
         *
         * @param benchmark says whose
         */
        @Setup(Level.Trial)
        public void open(final PeerBenchmark benchmark) {
            object = Peer.create(benchmark.peer);
        }

        /** Checks that every reference taken was dropped. */
        @TearDown(Level.Iteration)
        public void checkBooks() {
            object.checkBooks();
        }

        /** Gives back what is not on the heap. */
        @TearDown(Level.Trial)
        public void close() {
            object.close();
        }
    }

    /** The object of all threads. */
    @State(Scope.Benchmark)
    public static class Shared extends Counted {
    }

    /** The object of a thread, made by it, far from those of others. */
    @State(Scope.Thread)
    public static class Own extends Counted {
    }

    /** A thread on a processor of its own. */
    @State(Scope.Thread)
    public static class Tied {

        /**
         * Ties it.
         *
         * @param threads which worker this is
         */
        @Setup(Level.Trial)
        public void tie(final ThreadParams threads) {
            Affinity.tieWorker(threads.getThreadIndex(), threads.getThreadCount());
        }
    }
}
