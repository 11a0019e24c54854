/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.daxref.sync.CpuSlotDescriptor.AREA_BYTES;
import static org.daxref.sync.CpuSlotDescriptor.PAGEMAP_COUNTERS_OFFSET;
import static org.daxref.sync.CpuSlotDescriptor.SLOTS;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * Threads become CPUs, count in their area and give it back.
 *
 * <p>Which area a thread gets is not compared: under a race the first free one is the first that it found free, and
 * that is not the lowest of any one moment. What is compared is that nobody else has it.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
public class CpuSlotsOperations {
    private final CpuSlots cpus = new CpuSlots(Lincheck.words(AREA_BYTES), 0);
    private final AtomicReferenceArray<CpuSlot> slots = new AtomicReferenceArray<>(Lincheck.THREADS);
    private final AtomicIntegerArray owners = new AtomicIntegerArray(SLOTS);
    private final Held attached = new Held();
    private final Held additions = new Held();

    @Operation(params = "thread")
    public boolean attach(final int thread) {
        if (attached.any(thread)) {
            return false;
        }
        final CpuSlot cpu = cpus.attach();
        slots.set(thread, cpu);
        attached.take(thread, 1);
        return owners.incrementAndGet(cpu.index()) == 1;
    }

    @Operation(params = "thread")
    public boolean detach(final int thread) {
        if (!attached.any(thread)) {
            return false;
        }
        final CpuSlot cpu = slots.get(thread);
        owners.decrementAndGet(cpu.index());
        cpus.detach(cpu);
        attached.drop(thread);
        return true;
    }

    @Operation(params = "thread")
    public boolean add(final int thread) {
        if (!attached.any(thread)) {
            return false;
        }
        slots.get(thread).add(PAGEMAP_COUNTERS_OFFSET, 1);
        additions.take(thread, 1);
        return true;
    }

    @Validate
    public void shouldLoseNoAddition() {
        if (cpus.attached() != attached.sum() || cpus.sum(PAGEMAP_COUNTERS_OFFSET) != additions.sum()) {
            throw new IllegalStateException("attached=" + cpus.attached() + ", threads=" + attached.sum() + ", sum="
                + cpus.sum(PAGEMAP_COUNTERS_OFFSET) + ", additions=" + additions.sum());
        }
    }
}
