/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import java.util.concurrent.TimeUnit;
import org.daxref.bench.DeviceState;
import org.daxref.device.DeviceGeometry;
import org.daxref.memory.Words;
import org.daxref.mm.PageTableDescriptor;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PageTableEntry;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to look a page up and count nothing: read the entry, read the descriptor, read the entry again?
 *
 * <p><b>Not shown:</b> the count, the guard, the read section. A pin costs this plus its locked operations plus what
 * its design adds.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter EmptyWalkBenchmark}
 *
 * <p><b>Expected shape:</b> a few loads that hit the first-level cache, so about a nanosecond.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Thread)
public class EmptyWalkBenchmark {

    private long pteOffset;
    private long[] pfn;

    /**
     * Maps the page and finds its entry.
     *
     * @param device the device under test
     * @throws InterruptedException if interrupted
     */
    @Setup
    public void find(final DeviceState device) throws InterruptedException {
        device.mapPages();
        final DeviceGeometry geometry = device.geometry();
        pteOffset = geometry.pageTablesOffset() + PageTableDescriptor.tablesOffset(geometry.pages());
        pfn = new long[1];
    }

    /**
     * Looks at one page.
     *
     * @param device the device under test
     * @return its reference count
     */
    @Benchmark
    public int walk(final DeviceState device) {
        final Words words = device.words();
        final long pte = words.getLongAcquire(pteOffset);
        pfn[0] = PageTableEntry.pfn(pte);
        final long page = device.machine().memmap().page(pfn[0]);
        final int count = words.getIntOpaque(page + PageDescriptor.REFCOUNT_OFFSET);
        if (words.getLongVolatile(pteOffset) != pte) {
            throw new IllegalStateException("nobody changes the entry: pte=" + pte);
        }
        return count;
    }
}
