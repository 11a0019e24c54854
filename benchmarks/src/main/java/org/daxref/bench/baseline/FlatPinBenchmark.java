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
import org.daxref.pagemap.PagemapAreaDescriptor;
import org.daxref.pagemap.PagemapType;
import org.daxref.sync.CpuSlotDescriptor;
import org.daxref.sync.Membarrier;
import org.daxref.sync.WaitTable;
import org.daxref.sync.WaitTableDescriptor;
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
 * What does a FOLL_PIN and its unpin with {@code cas-fused} cost when it is written out in one method: the same loads,
 * stores and locked operations in the same order, and no classes around them? Under {@code dev-pagemap} with its
 * guard, under {@code fs-held} without.
 *
 * <p><b>Not shown:</b> anything that can be used. This is the floor under {@code PinPageBenchmark}: the difference is
 * what the structure of the code costs.
 *
 * <p><b>Command:</b> {@code ./run-bench.sh --filter 'FlatPin|PinPage' --counter cas-fused}
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
    private static final boolean FENCED = !Membarrier.isAvailable();
    private static final int PINNED = PageCounter.GUP_PIN_COUNTING_BIAS;
    private static final int IDLE_COUNT = 1;
    private static final long PAGEMAP_TAG = 1;
    private static final long DEAD_OR_ATOMIC = 3;

    private final long[] pfns = new long[1];
    private Words words;
    private long origin;
    private long bias;
    private long sequenceOffset;
    private long pmdOffset;
    private long pteOffset;
    private long rootOffset;
    private long queuesOffset;
    private long areaOffset;
    private long epoch;
    private long held;

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
        final DeviceGeometry geometry = device.geometry();
        bias = device.machine().memmap().page(0);
        origin = words.origin();
        sequenceOffset = geometry.pageTablesOffset() + PageTableDescriptor.WRITE_PROTECT_SEQ_OFFSET;
        pmdOffset = geometry.pageTablesOffset() + PageTableDescriptor.PMDS_OFFSET;
        pteOffset = geometry.pageTablesOffset() + PageTableDescriptor.tablesOffset(geometry.pages());
        rootOffset = geometry.pagemapOffset() + PagemapAreaDescriptor.ROOT_OFFSET;
        queuesOffset = geometry.waitTableOffset();
        areaOffset = worker.cpu().areaOffset();
        epoch = words.getLongAcquire(areaOffset + CpuSlotDescriptor.EPOCH_OFFSET);
    }

    /**
     * Pins and unpins the first page.
     *
     * @return the count that is left
     */
    @Benchmark
    public int pinUnpin() {
        final Words local = words;
        final long area = areaOffset;
        final int sequence = local.getIntAcquire(sequenceOffset);
        if ((sequence & 1) != 0) {
            throw left("a fork is under way");
        }
        local.putLongOpaque(area + CpuSlotDescriptor.EPOCH_OFFSET, ++epoch);
        if (FENCED) {
            VarHandle.fullFence();
        } else {
            VarHandle.storeStoreFence();
        }
        final long pmd = local.getLongAcquire(pmdOffset);
        if (pmd == PageTableEntry.NONE || (pmd & PageTableEntry.LEAF) != 0) {
            throw left("the page has no PTE table");
        }
        final long pte = local.getLongAcquire(pteOffset);
        if (!PageTableEntry.permits(pte, true)) {
            throw left("the page is not mapped for writing");
        }
        final long pfn = PageTableEntry.pfn(pte);
        final boolean guarded = (pte & PageTableEntry.DEVMAP) != 0;
        if (guarded) {
            long entry = local.getLongAcquire(rootOffset);
            if (isNode(entry) && pfn >>> shift(local, entry) >= PagemapAreaDescriptor.NODE_ENTRIES) {
                throw left("the page has no dev_pagemap");
            }
            while (isNode(entry)) {
                entry = local.getLongAcquire(slot(entry, pfn, shift(local, entry)));
            }
            final long pgmap = origin + (entry & ~PAGEMAP_TAG);
            final long mode = local.getLongAcquire(pgmap + PagemapAreaDescriptor.REF_MODE_OFFSET);
            if (held != 0 || entry == 0 || (mode & DEAD_OR_ATOMIC) != 0) {
                throw left("the dev_pagemap cannot be had");
            }
            add(local, area + mode, 1);
            held = pgmap;
        }
        final long page = bias + (pfn << PageDescriptor.PAGE_DESCRIPTOR_SHIFT);
        if (local.getLongOpaque(page + PageDescriptor.COMPOUND_HEAD_OFFSET) != 0 || isLarge(local, page)) {
            throw left("the folio is large");
        }
        final int seen = local.getIntOpaque(page + PageDescriptor.REFCOUNT_OFFSET);
        if (seen <= 0
            || local.compareAndExchangeInt(page + PageDescriptor.REFCOUNT_OFFSET, seen, seen + PINNED) != seen) {
            throw left("the count refuses a reference");
        }
        if (isLarge(local, page) || local.getLongOpaque(page + PageDescriptor.COMPOUND_HEAD_OFFSET) != 0
            || local.getLongVolatile(pmdOffset) != pmd || local.getLongVolatile(pteOffset) != pte) {
            throw left("the entry has changed");
        }
        if ((local.getIntOpaque(page + PageDescriptor.FLAGS_OFFSET) & PageDescriptor.FLAG_REFERENCED) == 0) {
            local.getAndBitwiseOrInt(page + PageDescriptor.FLAGS_OFFSET, PageDescriptor.FLAG_REFERENCED);
        }
        pfns[0] = pfn;
        if (guarded) {
            final long pgmap = held;
            held = 0;
            final long mode = local.getLongAcquire(pgmap + PagemapAreaDescriptor.REF_MODE_OFFSET);
            if ((mode & DEAD_OR_ATOMIC) != 0) {
                throw left("the dev_pagemap is dying");
            }
            add(local, area + mode, -1);
        }
        local.putLongRelease(area + CpuSlotDescriptor.EPOCH_OFFSET, ++epoch);
        add(local, area + CpuSlotDescriptor.PINS_ACQUIRED_OFFSET, 1);
        if (local.getIntAcquire(sequenceOffset) != sequence) {
            throw left("a fork came between");
        }
        final long head = bias + (pfns[0] << PageDescriptor.PAGE_DESCRIPTOR_SHIFT);
        if (local.getLongOpaque(head + PageDescriptor.COMPOUND_HEAD_OFFSET) != 0) {
            throw left("the folio is large");
        }
        final boolean managed = guarded && isFsDax(local, origin + local.getLongOpaque(head
            + PageDescriptor.PGMAP_OFFSET));
        if (isLarge(local, head)) {
            throw left("the folio is large");
        }
        final int left = local.getAndAddInt(head + PageDescriptor.REFCOUNT_OFFSET, -PINNED) - PINNED;
        if (left <= 0) {
            throw left("the last reference is gone");
        }
        if (managed && left == IDLE_COUNT
            && local.getIntVolatile(queueOf(head + PageDescriptor.REFCOUNT_OFFSET)) != 0) {
            throw left("somebody waits for the page");
        }
        add(local, area + CpuSlotDescriptor.PINS_RELEASED_OFFSET, 1);
        return left;
    }

    private static boolean isNode(final long entry) {
        return entry != 0 && (entry & PAGEMAP_TAG) == 0;
    }

    private int shift(final Words local, final long node) {
        return local.getIntOpaque(origin + node + PagemapAreaDescriptor.NODE_SHIFT_OFFSET);
    }

    private long slot(final long node, final long pfn, final int shift) {
        return origin + node + PagemapAreaDescriptor.NODE_ENTRIES_OFFSET
            + ((pfn >>> shift & PagemapAreaDescriptor.NODE_ENTRIES - 1) << 3);
    }

    private static boolean isFsDax(final Words local, final long pgmap) {
        return local.getIntOpaque(pgmap + PagemapAreaDescriptor.TYPE_OFFSET) == PagemapType.FS_DAX.ordinal();
    }

    private static boolean isLarge(final Words local, final long page) {
        return (local.getIntOpaque(page + PageDescriptor.FLAGS_OFFSET) & PageDescriptor.FLAG_HEAD) != 0;
    }

    private long queueOf(final long address) {
        return queuesOffset + (long) WaitTable.queue(address) * WaitTableDescriptor.QUEUE_BYTES;
    }

    private static void add(final Words local, final long offset, final int delta) {
        local.putLongOpaque(offset, local.getLongOpaque(offset) + delta);
    }

    private static IllegalStateException left(final String why) {
        return new IllegalStateException("nobody else is here: " + why);
    }
}
