/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import org.daxref.mm.PageTable;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.CpuSlot;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * A worker thread: the CPU that it stands for, tied to a processor of its own, and where its pages go. Worker <i>i</i>
 * runs on the <i>i</i>-th allowed processor, unless the system property {@code daxref.pin} is {@code false}.
 */
@State(Scope.Thread)
public class Worker {
    private final long[] pfns = new long[PageTableEntry.ENTRIES];
    private CpuSlot cpu;
    private int index;

    /**
     * Attaches and ties the thread to its processor.
     *
     * @param device  the device under test
     * @param threads which worker this is
     */
    @Setup(Level.Trial)
    public void attach(final DeviceState device, final ThreadParams threads) {
        index = threads.getThreadIndex();
        cpu = device.machine().attach();
        Affinity.tieWorker(index, threads.getThreadCount());
    }

    /**
     * The CPU that this thread stands for.
     *
     * @return its area
     */
    public CpuSlot cpu() {
        return cpu;
    }

    /**
     * Which worker this is.
     *
     * @return 0 to the number of threads - 1
     */
    public int index() {
        return index;
    }

    /**
     * Takes a run of pages and drops them.
     *
     * @param device the device under test
     * @param foll   reference or pin
     * @param start  number of the first page in the process
     * @param pages  how many
     * @return the last page frame number
     * @throws IllegalStateException if not all pages could be taken: a refusal is never sold as throughput
     */
    public long takeAndDrop(final DeviceState device, final Foll foll, final long start, final int pages) {
        final PageTable process = device.process();
        if (foll == Foll.PIN) {
            final int taken = device.gup().pinFast(cpu, process, start, pages, true, pfns);
            device.gup().unpin(cpu, pfns, taken);
            requireAll(taken, pages);
        } else {
            final int taken = device.gup().getFast(cpu, process, start, pages, true, pfns);
            device.gup().put(cpu, pfns, taken);
            requireAll(taken, pages);
        }
        return pfns[pages - 1];
    }

    /**
     * Takes a run of pages by the slow path, under locks, and drops them.
     *
     * @param device the device under test
     * @param foll   reference or pin
     * @param start  number of the first page in the process
     * @param pages  how many
     * @return the last page frame number
     * @throws IllegalStateException if not all pages could be taken
     */
    public long takeSlowlyAndDrop(final DeviceState device, final Foll foll, final long start, final int pages) {
        final PageTable process = device.process();
        if (foll == Foll.PIN) {
            final int taken = device.gup().pinSlow(cpu, process, start, pages, true, pfns);
            device.gup().unpin(cpu, pfns, taken);
            requireAll(taken, pages);
        } else {
            final int taken = device.gup().getSlow(cpu, process, start, pages, true, pfns);
            device.gup().put(cpu, pfns, taken);
            requireAll(taken, pages);
        }
        return pfns[pages - 1];
    }

    /**
     * Takes a pin on one page and drops it, if the walk finds the page.
     *
     * @param device the device under test
     * @param page   number of the page in the process
     * @return whether it did
     */
    public boolean tryPinAndUnpin(final DeviceState device, final long page) {
        final int taken = device.gup().pinFast(cpu, device.process(), page, 1, true, pfns);
        device.gup().unpin(cpu, pfns, taken);
        return taken == 1;
    }

    private static void requireAll(final int taken, final int pages) {
        if (taken != pages) {
            throw new IllegalStateException("pages were refused: taken=" + taken + ", pages=" + pages);
        }
    }
}
