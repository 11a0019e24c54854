/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.pagemap.PagemapAreaDescriptor;
import org.daxref.pagemap.PercpuRef;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;
import org.daxref.sync.FencedEpochs;

/**
 * References of the production class in the places of the dev_pagemaps of a device, counted by its CPUs. The first is
 * the device's own; the others come round again.
 */
final class StressRefs {
    private final StressDevice device;
    private final Epochs readers;
    private final PercpuRef refs;
    private final long pagemapsOffset;
    private final AtomicInteger claimed = new AtomicInteger();

    private StressRefs(final StressDevice device, final Epochs readers, final Epochs updaters) {
        this.device = device;
        this.readers = readers;
        this.pagemapsOffset = device.geometry().pagemapOffset() + PagemapAreaDescriptor.PAGEMAPS_OFFSET;
        refs = new PercpuRef(device.words(), cpus(device), updaters, this::release);
    }

    private static CpuSlots cpus(final StressDevice device) {
        return new CpuSlots(device.words(), device.geometry().perCpuOffset());
    }

    /** References whose grace periods are as they are measured. */
    static StressRefs actual(final StressDevice device) {
        final Epochs epochs = Epochs.cheapest(device.words(), cpus(device));
        return new StressRefs(device, epochs, epochs);
    }

    /** References whose grace periods look at no CPU. */
    static StressRefs withoutGracePeriod(final StressDevice device) {
        final CpuSlots nobody = new CpuSlots(device.words(), device.geometry().dataOffset());
        return new StressRefs(device, Epochs.cheapest(device.words(), cpus(device)),
            new FencedEpochs(device.words(), nobody));
    }

    private void release(final long ref) {
        device.words().getAndAddInt(ref + PagemapAreaDescriptor.DONE_OFFSET, 1);
    }

    /** A fresh reference; returns its offset. */
    long claim() {
        final int index = 1 + claimed.getAndIncrement() % (PagemapAreaDescriptor.PAGEMAPS - 1);
        final long ref = pagemapsOffset + (long) index * PagemapAreaDescriptor.PAGEMAP_BYTES;
        device.words().putIntRelease(ref + PagemapAreaDescriptor.DONE_OFFSET, 0);
        refs.initialise(ref, CpuSlotDescriptor.PAGEMAP_COUNTERS_OFFSET + (long) index * Long.BYTES);
        return ref;
    }

    boolean tryGetLive(final long ref) {
        final CpuSlot cpu = device.cpu();
        readers.enter(cpu);
        final boolean taken = refs.tryGetLive(cpu, ref);
        readers.exit(cpu);
        return taken;
    }

    void put(final long ref) {
        final CpuSlot cpu = device.cpu();
        readers.enter(cpu);
        refs.put(cpu, ref);
        readers.exit(cpu);
    }

    /** Kills a reference, waits for a grace period and makes the count exact. */
    void kill(final long ref) {
        refs.kill(ref);
        refs.completeSwitch(ref);
    }

    /** How often a reference was released. */
    int releases(final long ref) {
        return device.words().getIntVolatile(ref + PagemapAreaDescriptor.DONE_OFFSET);
    }
}
