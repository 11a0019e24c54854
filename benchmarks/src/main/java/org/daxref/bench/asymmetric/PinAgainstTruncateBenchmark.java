/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.asymmetric;

import org.daxref.bench.DeviceState;
import org.daxref.bench.Worker;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import java.util.concurrent.TimeUnit;

/**
 * What do truncates of a page cost those who pin it? One thread pins and unpins a page by GUP-fast, another one punches
 * the page out of the file and faults it in again, so many times a second.
 *
 * <p><b>Not shown:</b> how long the truncate takes ({@code TruncateLatencyBenchmark}); the slow path that a refused
 * walk would take.
 *
 * <p><b>Score:</b> walks per microsecond, of the role {@code pin}; {@code pins} and {@code refused} tell what became of
 * them, {@code done} how many truncates there were.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter PinAgainstTruncate}
 *
 * <p><b>Expected shape:</b> no difference up to a thousand a second in any design: a truncate takes microseconds, and
 * nobody waits for it.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Benchmark)
public class PinAgainstTruncateBenchmark {
    /** How often the page is punched out of the file. */
    @Param({"1000", "10", "0"})
    public int truncatesPerSecond;

    /**
     * Maps a file of one page.
     *
     * @param device the device under test
     */
    @Setup
    public void map(final DeviceState device) {
        device.useFileOf(1);
        device.mapPages();
    }

    /**
     * Pins and unpins the page, if it is there.
     *
     * @param device   the device under test
     * @param worker   the calling worker
     * @param outcomes counts
     * @return how often it came out like this
     */
    @Benchmark
    @Group("truncated")
    @GroupThreads(1)
    public long pin(final DeviceState device, final Worker worker, final PinOutcomes outcomes) {
        return outcomes.count(worker.tryPinAndUnpin(device, 0));
    }

    /**
     * Punches the page out of the file and faults it in again, if that is due.
     *
     * @param device   the device under test
     * @param worker   the calling worker
     * @param schedule says when
     * @return whether it was due
     * @throws InterruptedException if interrupted
     */
    @Benchmark
    @Group("truncated")
    @GroupThreads(1)
    public boolean truncate(final DeviceState device, final Worker worker, final Schedule schedule)
        throws InterruptedException {
        final boolean due = schedule.isDue(truncatesPerSecond);
        if (due) {
            device.file().punch(worker.cpu(), 0, 1);
            device.mapPage(worker.cpu(), 0);
        }
        return due;
    }
}
