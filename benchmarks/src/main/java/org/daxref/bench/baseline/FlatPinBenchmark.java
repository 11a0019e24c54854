/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import org.daxref.bench.DeviceState;
import org.daxref.bench.Worker;
import org.daxref.device.DeviceGeometry;
import org.daxref.memory.Words;
import org.daxref.mm.PageTableDescriptor;
import org.daxref.page.PageCounter;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.CpuSlotDescriptor;
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
 * What does a FOLL_PIN and its unpin under {@code fs-held} with {@code cas-fused} cost when it is written out in one
 * method: the same loads, stores and locked operations in the same order, and no classes, checks or loops around them?
 *
 * <p><b>Not shown:</b> anything that can be used. This is the floor under {@code PinPageBenchmark}: the difference is
 * what the structure of the code costs.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter 'FlatPin|PinPage'}
 *
 * <p><b>Expected shape:</b> two locked operations and a few nanoseconds.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
@State(Scope.Thread)
public class FlatPinBenchmark {
    private static final int PINNED = PageCounter.GUP_PIN_COUNTING_BIAS;

    private final long[] pfns = new long[1];
    private Words words;
    private long bias;
    private long sequenceOffset;
    private long pmdOffset;
    private long pteOffset;
    private long epochOffset;
    private long acquiredOffset;
    private long releasedOffset;
    private long epoch;

    /**
     * Maps the page and finds every word that the path touches.
     *
     * @param device the device under test
     * @param worker the calling worker
     * @throws InterruptedException if interrupted
     */
    @Setup
    public void find(final DeviceState device, final Worker worker) throws InterruptedException {
        device.mapPages();
        words = device.words();
        final DeviceGeometry geometry = device.device().geometry();
        bias = device.machine().memmap().page(0);
        sequenceOffset = geometry.pageTablesOffset() + PageTableDescriptor.WRITE_PROTECT_SEQ_OFFSET;
        pmdOffset = geometry.pageTablesOffset() + PageTableDescriptor.PMDS_OFFSET;
        pteOffset = geometry.pageTablesOffset() + PageTableDescriptor.tablesOffset(geometry.pages());
        epochOffset = worker.cpu().areaOffset() + CpuSlotDescriptor.EPOCH_OFFSET;
        acquiredOffset = worker.cpu().areaOffset() + CpuSlotDescriptor.PINS_ACQUIRED_OFFSET;
        releasedOffset = worker.cpu().areaOffset() + CpuSlotDescriptor.PINS_RELEASED_OFFSET;
    }

    /**
     * Pins and unpins the first page.
     *
     * @return the count that is left
     */
    @Benchmark
    public int pinUnpin() {
        final int sequence = words.getIntAcquire(sequenceOffset);
        words.putLongOpaque(epochOffset, ++epoch);
        VarHandle.storeStoreFence();
        final long pmd = words.getLongAcquire(pmdOffset);
        final long pte = words.getLongAcquire(pteOffset);
        final long page = bias + (PageTableEntry.pfn(pte) << PageDescriptor.PAGE_DESCRIPTOR_SHIFT);
        final boolean small = words.getLongOpaque(page + PageDescriptor.COMPOUND_HEAD_OFFSET) == 0
            && (words.getIntOpaque(page + PageDescriptor.FLAGS_OFFSET) & PageDescriptor.FLAG_HEAD) == 0;
        final int seen = words.getIntOpaque(page + PageDescriptor.REFCOUNT_OFFSET);
        final boolean counted = PageTableEntry.permits(pte, true) && small && seen > 0
            && words.compareAndExchangeInt(page + PageDescriptor.REFCOUNT_OFFSET, seen, seen + PINNED) == seen;
        final boolean stable = words.getLongOpaque(page + PageDescriptor.COMPOUND_HEAD_OFFSET) == 0
            && words.getLongVolatile(pmdOffset) == pmd && words.getLongVolatile(pteOffset) == pte;
        final boolean referenced =
            (words.getIntOpaque(page + PageDescriptor.FLAGS_OFFSET) & PageDescriptor.FLAG_REFERENCED) == 0;
        pfns[0] = PageTableEntry.pfn(pte);
        words.putLongRelease(epochOffset, ++epoch);
        words.putLongOpaque(acquiredOffset, words.getLongOpaque(acquiredOffset) + 1);
        if (!counted || !stable || !referenced || words.getIntAcquire(sequenceOffset) != sequence) {
            throw new IllegalStateException("nobody else is here: counted=" + counted + ", stable=" + stable);
        }
        final long head = bias + (pfns[0] << PageDescriptor.PAGE_DESCRIPTOR_SHIFT);
        if (words.getLongOpaque(head + PageDescriptor.COMPOUND_HEAD_OFFSET) != 0
            || (words.getIntOpaque(head + PageDescriptor.FLAGS_OFFSET) & PageDescriptor.FLAG_HEAD) != 0) {
            throw new IllegalStateException("the page is small: head=" + head);
        }
        final int left = words.getAndAddInt(head + PageDescriptor.REFCOUNT_OFFSET, -PINNED) - PINNED;
        words.putLongOpaque(releasedOffset, words.getLongOpaque(releasedOffset) + 1);
        return left;
    }
}
