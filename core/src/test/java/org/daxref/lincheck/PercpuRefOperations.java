/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.daxref.sync.CpuSlotDescriptor.AREA_BYTES;
import static org.daxref.sync.CpuSlotDescriptor.PAGEMAP_COUNTERS_OFFSET;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.memory.Words;
import org.daxref.pagemap.PagemapAreaDescriptor;
import org.daxref.pagemap.PercpuRef;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;
import org.daxref.sync.FencedEpochs;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * A reference that is taken and put on every CPU while it is killed and switched to atomic mode. The grace period is
 * the fenced one: a model checker cannot follow {@code membarrier(2)}.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
public class PercpuRefOperations {
    private static final long REF = AREA_BYTES;

    private final Words words = Lincheck.words(REF + PagemapAreaDescriptor.PAGEMAP_BYTES);
    private final CpuSlots cpus = new CpuSlots(words, 0);
    private final Epochs epochs = new FencedEpochs(words, cpus);
    private final List<CpuSlot> slots = new ArrayList<>();
    private final AtomicInteger released = new AtomicInteger();
    private final PercpuRef refs = new PercpuRef(words, cpus, epochs, ref -> released.incrementAndGet());
    private final Held held = new Held();
    private final Held kills = new Held();
    private final Held switches = new Held();

    public PercpuRefOperations() {
        for (int i = 0; i < Lincheck.THREADS; i++) {
            slots.add(cpus.attach());
        }
        refs.initialise(REF, PAGEMAP_COUNTERS_OFFSET);
    }

    @Operation(params = "thread")
    public boolean tryGet(final int thread) {
        final CpuSlot cpu = slots.get(thread);
        epochs.enter(cpu);
        final boolean taken = refs.tryGetLive(cpu, REF);
        epochs.exit(cpu);
        held.take(thread, taken ? 1 : 0);
        return taken;
    }

    /** From a reference. */
    @Operation(params = "thread")
    public boolean get(final int thread) {
        if (!held.any(thread)) {
            return false;
        }
        final CpuSlot cpu = slots.get(thread);
        epochs.enter(cpu);
        refs.getMany(cpu, REF, 1);
        epochs.exit(cpu);
        held.take(thread, 1);
        return true;
    }

    @Operation(params = "thread")
    public boolean put(final int thread) {
        if (!held.any(thread)) {
            return false;
        }
        final CpuSlot cpu = slots.get(thread);
        epochs.enter(cpu);
        refs.put(cpu, REF);
        epochs.exit(cpu);
        held.drop(thread);
        return true;
    }

    @Operation(params = "thread")
    public boolean kill(final int thread) {
        try {
            refs.kill(REF);
        } catch (final IllegalStateException e) {
            return false;
        }
        kills.take(thread, 1);
        return true;
    }

    /** What the killer does next. */
    @Operation(params = "thread", blocking = true)
    public boolean completeSwitch(final int thread) {
        if (!kills.any(thread) || switches.any(thread)) {
            return false;
        }
        refs.completeSwitch(REF);
        switches.take(thread, 1);
        return true;
    }

    @Operation
    public int released() {
        return released.get();
    }

    /** Until the switch is complete it holds a reference of its own, and before the kill there is the initial one. */
    @Validate
    public void shouldCountWhatIsHeld() {
        final int count = held.sum() + 1 - switches.sum();
        if (refs.count(REF) != count || released.get() != (count == 0 ? 1 : 0)) {
            throw new IllegalStateException("count=" + refs.count(REF) + ", held=" + held.sum() + ", switched="
                + switches.sum() + ", released=" + released.get());
        }
    }
}
