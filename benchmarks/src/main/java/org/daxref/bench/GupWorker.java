/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import org.daxref.mm.Gup;
import org.daxref.mm.PageTable;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.CpuSlot;

/** What {@link Worker} is on a {@link DeviceState}, on a {@link BenchMachine}: where a thread takes pages. */
public final class GupWorker {
    private final long[] pfns = new long[PageTableEntry.ENTRIES];
    private final BenchMachine machine;
    private final CpuSlot cpu;

    GupWorker(final BenchMachine machine, final CpuSlot cpu) {
        this.machine = machine;
        this.cpu = cpu;
    }

    /**
     * The CPU that the thread stands for.
     *
     * @return its area
     */
    public CpuSlot cpu() {
        return cpu;
    }

    /**
     * Takes a run of pages and drops them.
     *
     * @param foll  reference or pin
     * @param start number of the first page in the process
     * @param pages how many
     * @return the last page frame number
     * @throws IllegalStateException if not all pages could be taken
     */
    public long takeAndDrop(final Foll foll, final long start, final int pages) {
        final Gup gup = machine.machine().gup();
        final PageTable process = machine.process();
        if (foll == Foll.PIN) {
            final int taken = gup.pinFast(cpu, process, start, pages, true, pfns);
            gup.unpin(cpu, pfns, taken);
            requireAll(taken, pages);
        } else {
            final int taken = gup.getFast(cpu, process, start, pages, true, pfns);
            gup.put(cpu, pfns, taken);
            requireAll(taken, pages);
        }
        return pfns[pages - 1];
    }

    private static void requireAll(final int taken, final int pages) {
        if (taken != pages) {
            throw new IllegalStateException("pages were refused: taken=" + taken + ", pages=" + pages);
        }
    }
}
