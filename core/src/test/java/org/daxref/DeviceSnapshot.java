/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import static org.junit.jupiter.api.Assertions.fail;

import org.daxref.device.DeviceGeometry;
import org.daxref.memory.Words;
import org.daxref.sync.CpuSlotDescriptor;

/**
 * All of a device's metadata, bit by bit: superblock, CPU areas with their pin slots, dev_pagemaps, wait table, page
 * descriptors, page tables and entries. What a call moves although it is refused is left out: of the CPU areas the
 * sequence of read sections and the word of the lock that is shared.
 */
final class DeviceSnapshot {
    private final Words words;
    private final DeviceGeometry geometry;
    private final long[] seen;

    private DeviceSnapshot(final Words words, final DeviceGeometry geometry) {
        this.words = words;
        this.geometry = geometry;
        this.seen = new long[(int) (geometry.dataOffset() - words.origin() >> 3)];
        for (int i = 0; i < seen.length; i++) {
            seen[i] = words.getLongVolatile(offset(i));
        }
    }

    static DeviceSnapshot of(final TestMachine machine) {
        return new DeviceSnapshot(machine.words(), machine.device().geometry());
    }

    private long offset(final int index) {
        return words.origin() + ((long) index << 3);
    }

    private boolean mayMove(final long offset) {
        final long area = offset - geometry.perCpuOffset();
        final long inArea = area % CpuSlotDescriptor.SLOT_BYTES;
        return area >= 0 && area < CpuSlotDescriptor.AREA_BYTES && (inArea == CpuSlotDescriptor.EPOCH_OFFSET
            || inArea == CpuSlotDescriptor.SHARED_LOCK_OFFSET);
    }

    /** Nothing has changed since, or it is said where. */
    void requireSame(final String call) {
        for (int i = 0; i < seen.length; i++) {
            final long now = words.getLongVolatile(offset(i));
            if (now != seen[i] && !mayMove(offset(i))) {
                fail(call + " changed " + region(offset(i)) + ": was=" + Long.toHexString(seen[i]) + ", is="
                    + Long.toHexString(now));
            }
        }
    }

    private String region(final long offset) {
        final String[] names = {"the superblock", "a CPU area", "a dev_pagemap or pgmap_array", "the wait table",
            "a page descriptor", "a page table", "an entry"};
        final long[] ends = {geometry.perCpuOffset(), geometry.pagemapOffset(), geometry.waitTableOffset(),
            geometry.memmapOffset(), geometry.pageTablesOffset(), geometry.entriesOffset(), Long.MAX_VALUE};
        int i = 0;
        while (offset >= ends[i]) {
            i++;
        }
        return names[i] + " at " + (offset - (i == 0 ? words.origin() : ends[i - 1]));
    }
}
