/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import org.daxref.Machine;
import org.daxref.device.DeviceGeometry;
import org.daxref.memory.Words;

/**
 * Takes the second look from a walk: a volatile read of an entry answers what the same thread last read there with
 * acquire order, which is the first look. Everybody else reads entries under locks, with opaque order.
 *
 * <p>The walk also dawdles after each first look, which every walk may do, as when the hypervisor takes its processor
 * away. That alone breaks nothing; without the second look it makes the window wide enough to be hit.
 */
final class BlindWords extends ForwardingWords {
    private static final int DAWDLE_SPINS = 8;

    private final ThreadLocal<Looks> looks = ThreadLocal.withInitial(Looks::new);
    private final DeviceGeometry geometry;

    BlindWords(final Words target) {
        super(target);
        geometry = Machine.geometry(StressDevice.PAGES).from(target.origin());
    }

    /** The last two first looks of a thread: at a PMD and at a PTE. */
    private static final class Looks {
        private long pmdOffset = -1;
        private long pmd;
        private long pteOffset = -1;
        private long pte;
    }

    @Override
    public long getLongAcquire(final long offset) {
        if (offset < geometry.pageTablesOffset() || offset >= geometry.entriesOffset()) {
            return super.getLongAcquire(offset);
        }
        final Looks last = looks.get();
        last.pmdOffset = last.pteOffset;
        last.pmd = last.pte;
        last.pteOffset = offset;
        last.pte = super.getLongAcquire(offset);
        Spin.times(DAWDLE_SPINS);
        return last.pte;
    }

    @Override
    public long getLongVolatile(final long offset) {
        final Looks last = looks.get();
        if (offset == last.pteOffset) {
            return last.pte;
        }
        return offset == last.pmdOffset ? last.pmd : super.getLongVolatile(offset);
    }
}
