/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import org.daxref.design.RefcountDesign;
import org.daxref.memory.Words;
import org.daxref.page.Memmap;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.Epochs;

/**
 * The walks with a ledger of what they took, so that misuse which no kernel notices is refused before it does harm: a
 * double unpin, an unpin of a page that was never pinned, a pin dropped as a reference, a page dropped after its device
 * went, a CPU used after it was given back.
 *
 * <p>Thread-safe. A thread may wait for another in the ledger, outside any read section. Slower than {@link Gup}, and
 * not for measuring.
 */
public final class DebugGup extends Gup {
    private final PinLedger ledger;

    private DebugGup(final Words words, final Memmap memmap, final Epochs epochs, final RefcountDesign design) {
        super(words, memmap, epochs, design);
        this.ledger = new PinLedger(memmap);
    }

    /**
     * Checked walks over the page tables of a device.
     *
     * @param words  access to the device
     * @param memmap the pages
     * @param epochs the read sections that removal waits for
     * @param design who holds references
     * @return the walks
     */
    public static DebugGup create(final Words words, final Memmap memmap, final Epochs epochs,
                                  final RefcountDesign design) {
        return new DebugGup(words, memmap, epochs, design);
    }

    /**
     * What is held.
     *
     * @return the ledger
     */
    public PinLedger ledger() {
        return ledger;
    }

    @Override
    public void renew(final PfnRange range) {
        ledger.forget(range);
    }

    @Override
    public int getFast(final CpuSlot cpu, final PageTable table, final long start, final int pages,
                       final boolean write, final long[] out) {
        requireAttached(cpu);
        return taken(super.getFast(cpu, table, start, pages, write, out), out, 0, false);
    }

    @Override
    public int pinFast(final CpuSlot cpu, final PageTable table, final long start, final int pages,
                       final boolean write, final long[] out) {
        requireAttached(cpu);
        return taken(super.pinFast(cpu, table, start, pages, write, out), out, 0, true);
    }

    @Override
    int walkSlow(final CpuSlot cpu, final PageTable table, final long start, final int from, final boolean write,
                 final boolean pin, final boolean longterm, final long[] out, final int pages) {
        requireAttached(cpu);
        return taken(super.walkSlow(cpu, table, start, from, write, pin, longterm, out, pages), out, from, pin);
    }

    @Override
    void takeBack(final CpuSlot cpu, final long[] pfns, final int from, final int count) {
        for (int i = from; i < from + count; i++) {
            ledger.drop(pfns[i], true);
        }
        super.takeBack(cpu, pfns, from, count);
    }

    @Override
    public void put(final CpuSlot cpu, final long[] pfns, final int count) {
        requireAttached(cpu);
        requirePages(pfns, count);
        dropped(pfns, count, false);
        super.put(cpu, pfns, count);
    }

    @Override
    public void unpin(final CpuSlot cpu, final long[] pfns, final int count) {
        requireAttached(cpu);
        requirePages(pfns, count);
        dropped(pfns, count, true);
        super.unpin(cpu, pfns, count);
    }

    private int taken(final int result, final long[] out, final int from, final boolean pin) {
        for (int i = from; i < from + result; i++) {
            ledger.take(out[i], pin);
        }
        return result;
    }

    /** All or none: who is refused drops nothing, in the ledger as in the counts. */
    private void dropped(final long[] pfns, final int count, final boolean pin) {
        int dropped = 0;
        try {
            while (dropped < count) {
                ledger.drop(pfns[dropped], pin);
                dropped++;
            }
        } finally {
            for (int i = 0; i < dropped && dropped < count; i++) {
                ledger.take(pfns[i], pin);
            }
        }
    }

    private static void requireAttached(final CpuSlot cpu) {
        if (cpu.isDetached()) {
            throw new IllegalStateException("the CPU was given back: cpu=" + cpu.index());
        }
    }
}
