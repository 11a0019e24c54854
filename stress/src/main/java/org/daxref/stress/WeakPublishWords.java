/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.daxref.sync.CpuSlotDescriptor.AREA_BYTES;

/** Takes the barrier from the pin of {@code hazard}: its slot is stored to, and not exchanged. */
final class WeakPublishWords extends ForwardingWords {
    private final long firstSlot;

    WeakPublishWords(final StressDevice device) {
        super(device.words());
        firstSlot = device.geometry().perCpuOffset();
    }

    @Override
    public long getAndSetLong(final long offset, final long value) {
        if (offset < firstSlot || offset >= firstSlot + AREA_BYTES) {
            return super.getAndSetLong(offset, value);
        }
        final long seen = super.getLongOpaque(offset);
        super.putLongOpaque(offset, value);
        return seen;
    }
}
