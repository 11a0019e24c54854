/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import org.daxref.memory.Words;
import org.daxref.page.StripedPageCounter;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;

/**
 * A {@link StripedPageCounter} with a rule less: who adds to a slot does not look at the word again, and nobody waits
 * for additions. It dawdles before it adds, which breaks nothing by itself.
 */
final class HastyStripes extends StripedPageCounter {
    private static final int DAWDLE_SPINS = 4;

    private final boolean plain;

    private HastyStripes(final Words words, final CpuSlots cpus, final boolean plain) {
        super(words, cpus, 1);
        this.plain = plain;
    }

    /** {@code striped} without the second look. */
    static HastyStripes withoutSecondLook(final StressDevice device) {
        return new HastyStripes(device.words(), device.cpus(), false);
    }

    /** {@code striped-asym} without the grace period. */
    static HastyStripes withoutGracePeriod(final StressDevice device) {
        return new HastyStripes(device.words(), device.cpus(), true);
    }

    @Override
    protected boolean add(final CpuSlot cpu, final long head, final int delta) {
        final long slot = slot(cpu.areaOffset(), head);
        final long seen = words.getLongOpaque(slot);
        Spin.times(DAWDLE_SPINS);
        if (!isOf(seen, head)) {
            return mayTake(seen, delta) && words.compareAndSetLong(slot, seen, of(head, delta));
        }
        if (plain) {
            words.putLongOpaque(slot, seen + delta);
            return true;
        }
        return words.compareAndSetLong(slot, seen, seen + delta);
    }

    @Override
    protected boolean takeAway(final CpuSlot cpu, final long head, final int delta) {
        return add(cpu, head, -delta);
    }

    @Override
    protected void awaitAdditions() {
        // left out
    }
}
