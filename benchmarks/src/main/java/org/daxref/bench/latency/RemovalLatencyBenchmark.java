/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.daxref.Machine;
import org.daxref.bench.DeviceState;
import org.daxref.bench.Worker;
import org.daxref.dax.FileSystemType;
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
 * What does removal wait for in each era, and how long does it take from {@code kill_dax} until the dev_pagemap is
 * drained, while others walk over the device's pages and hold pins on them?
 *
 * <p>The device has 512 pages and a mounted xfs, which is told where the era has a notification, and then unmaps a file
 * of 128 pages, all mapped. The walkers pin and unpin one of them each, by GUP-fast and without a pause. The long pins
 * belong to somebody who is woken first thing at the kill, needs a millisecond to stop his device, and then drops them
 * all. Here eras differ: {@code dev-pagemap} and {@code fs-held} do not wait for pins. The struct pages, which their
 * kernels would free under the owner then, are freed here only after all users have let go.
 *
 * <p><b>Not shown:</b> ext4, under which mappings outlive the drain in some designs, so that walkers would use pages
 * that are gone ({@code fs-held}), and in others hold it up for ever; that is {@code SurpriseRemovalBenchmark}. The
 * time that struct pages take to be freed. The millisecond is an assumption: it stands for whatever an owner needs.
 * With two processors and a walker the owner runs on that of the removal, which sleeps then if it waits for him.
 *
 * <p><b>Score:</b> mean time from the kill to the drain. The answer is the histogram of the same, as {@link LatencyLog}
 * writes it; and {@code undropped} of {@code removals}: how often the drain did not wait for the long pins.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter RemovalLatencyBenchmark}
 *
 * <p><b>Expected shape:</b> without pins a few grace periods, the same for all but {@code pre-518}, which drops every
 * page by itself. Walkers make a grace period as long as a walk. Pins, however many, make it the owner's millisecond
 * and two wake-ups in {@code pre-518}, {@code pgmap-folio} and {@code fs-held-drain}; in {@code dev-pagemap} and
 * {@code fs-held} they add the owner's first wake-up, and {@code undropped} shows the use after free that is left.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@Threads(1)
@State(Scope.Benchmark)
public class RemovalLatencyBenchmark {
    /** How many threads walk. */
    @Param({"0", "1"})
    public int walkers;

    /** How many pages are pinned until their owner learns of the kill. */
    @Param({"0", "1", "64"})
    public int longPins;

    /**
     * Removes the device as far as the drain.
     *
     * @param users  the device and who uses it
     * @param driver the thread that removes it
     * @param drains what came of it
     * @param log    what is recorded
     * @return nanoseconds from the kill to the drain
     */
    @Benchmark
    public long killToDrained(final Users users, final Driver driver, final Drains drains, final LatencyLog log) {
        final long begunNs = System.nanoTime();
        users.tellOwner();
        driver.drain(users);
        final long ns = System.nanoTime() - begunNs;
        drains.removals++;
        drains.undropped += users.isLastPagePinned() ? 1 : 0;
        log.record(ns);
        return ns;
    }

    /** What removals waited for. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Drains {
        /** Removals. */
        public long removals;

        /** Removals that were drained before the owner of the long pins had dropped them. */
        public long undropped;
    }

    /** The device, those who walk over its pages, and the owner of the long pins. */
    @State(Scope.Benchmark)
    public static class Users {
        private static final int DEVICE_PAGES = 512;
        private static final int FILE_PAGES = 128;
        private static final long OWNER_NS = TimeUnit.MILLISECONDS.toNanos(1);

        private final Helper.Task drop = this::drop;
        private Machine machine;
        private Namespace namespace;
        private int longPins;
        private long[] pfns;
        private List<Walker> walkers;
        private Helper owner;

        /**
         * Makes the device and starts the threads.
         *
         * @param device    the device under test
         * @param benchmark holds the numbers of walkers and pins
         */
        @Setup(Level.Trial)
        public void start(final DeviceState device, final RemovalLatencyBenchmark benchmark) {
            machine = device.machine();
            longPins = benchmark.longPins;
            pfns = new long[longPins];
            owner = new Helper("owner", 1 + benchmark.walkers, machine);
            owner.call(cpu -> {
                namespace = new Namespace(machine, cpu, DEVICE_PAGES);
                walkers = IntStream.range(0, benchmark.walkers).mapToObj(
                    i -> new Walker(machine, namespace.process(), i, 1 + i)).toList();
                create(cpu);
            });
        }

        private void create(final CpuSlot cpu) {
            namespace.create(cpu, FileSystemType.XFS, FILE_PAGES);
            namespace.faultIn(cpu, FILE_PAGES);
        }

        /** Lets the walkers go. */
        @Setup(Level.Iteration)
        public void walk() {
            walkers.forEach(Walker::start);
        }

        /** Stops them. */
        @TearDown(Level.Iteration)
        public void rest() {
            walkers.forEach(Walker::stop);
        }

        /** Ends the threads. */
        @TearDown(Level.Trial)
        public void end() {
            walkers.forEach(Walker::close);
            owner.close();
        }

        private void pin(final CpuSlot cpu) {
            final int taken = machine.gup().pinFast(cpu, namespace.process(), walkers.size(), longPins, true, pfns);
            if (taken != longPins) {
                throw new IllegalStateException("pages were refused: taken=" + taken + ", pages=" + longPins);
            }
        }

        private void tellOwner() {
            if (longPins > 0) {
                owner.begin(drop);
            }
        }

        private void drop(final CpuSlot cpu) {
            final long begunNs = System.nanoTime();
            for (long left = OWNER_NS; left > 0; left = OWNER_NS - (System.nanoTime() - begunNs)) {
                LockSupport.parkNanos(left);
            }
            machine.gup().unpin(cpu, pfns, longPins);
        }

        /** Asks the count and not the owner, who may not have returned yet from the unpin that ended the wait. */
        private boolean isLastPagePinned() {
            return longPins > 0
                && machine.counter().maybeDmaPinned(machine.memmap().page(pfns[longPins - 1]));
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
         * Has the pages pinned, and waits until every walker finds its own.
         *
         * @param users the device and who uses it
         */
        @Setup(Level.Invocation)
        public void begin(final Users users) {
            if (users.longPins > 0) {
                users.owner.call(users::pin);
            }
            users.walkers.forEach(Walker::awaitPin);
        }

        /** {@code Machine.unbind} but for its last step, which frees the struct pages. */
        private void drain(final Users users) {
            final Machine machine = users.machine;
            final long pgmap = users.namespace.device().pgmap();
            users.namespace.device().kill(cpu);
            machine.pagemaps().kill(pgmap);
            machine.design().dropPageReferences(cpu, pgmap);
            machine.pagemaps().drain(pgmap);
        }

        /**
         * Waits until nobody uses a page any more, and makes the device anew.
         *
         * @param users the device and who used it
         */
        @TearDown(Level.Invocation)
        public void replace(final Users users) {
            users.owner.await();
            users.namespace.munmap(cpu);
            users.walkers.forEach(Walker::awaitRest);
            users.namespace.unmount(cpu);
            users.machine.pagemaps().free(users.namespace.device().pgmap());
            users.create(cpu);
        }
    }
}
