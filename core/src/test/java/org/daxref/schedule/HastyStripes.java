/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import org.daxref.memory.Words;
import org.daxref.page.StripedPageCounter;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;

/**
 * Two ablations of a {@link StripedPageCounter}. One adds to its slot and does not look at the word again; the other
 * adds by a plain store, and nobody waits for it.
 */
public final class HastyStripes extends StripedPageCounter {
    private final boolean plain;

    private HastyStripes(final Words words, final CpuSlots cpus, final boolean plain) {
        super(words, cpus, 1);
        this.plain = plain;
    }

    public static HastyStripes withoutSecondLook(final Words words, final CpuSlots cpus) {
        return new HastyStripes(words, cpus, false);
    }

    public static HastyStripes withoutGracePeriod(final Words words, final CpuSlots cpus) {
        return new HastyStripes(words, cpus, true);
    }

    @Override
    protected boolean add(final CpuSlot cpu, final long head, final int delta) {
        final long slot = slot(cpu.areaOffset(), head);
        final long seen = words.getLongOpaque(slot);
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
