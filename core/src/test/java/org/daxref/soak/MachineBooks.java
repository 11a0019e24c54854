/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.soak;

import static org.daxref.soak.Leak.requireEqual;

import org.daxref.Invariants;
import org.daxref.Machine;
import org.daxref.TestMachine;
import org.daxref.device.DeviceGeometry;
import org.daxref.memory.Words;
import org.daxref.mm.PageTable;
import org.daxref.page.Memmap;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.CpuSlotDescriptor;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.WaitTableDescriptor;

/**
 * What a machine has given out and not got back, read from its words where it keeps them. Each method is for a moment
 * at which the answer must be "nothing"; other threads may do things that take nothing.
 */
final class MachineBooks {
    private final TestMachine machine;
    private final Machine books;
    private final Words words;
    private final DeviceGeometry geometry;

    MachineBooks(final TestMachine machine) {
        this.machine = machine;
        books = machine.machine();
        words = machine.words();
        geometry = machine.device().geometry();
    }

    /** Nobody holds a page or has one mapped, and no file has one: every count is idle, all pins are undone. */
    void requireIdle(final long pgmap) {
        requireNothingMapped();
        requirePinsUndone();
        requireNoWaiter();
        final Memmap memmap = machine.memmap();
        for (long page = 0; page < geometry.pages(); page++) {
            final long descriptor = machine.page(page);
            final String at = "page=" + page;
            requireEqual(Leak.Kind.COUNT, "refcount: " + at, machine.idle(), machine.count(page));
            requireEqual(Leak.Kind.COUNT, "pincount: " + at, 0, machine.counter().pincount(descriptor));
            requireEqual(Leak.Kind.COUNT, "mapcount: " + at, 0, memmap.mapcount(descriptor));
            requireEqual(Leak.Kind.COUNT, "order: " + at, 0, memmap.order(memmap.head(descriptor)));
            requireEqual(Leak.Kind.COUNT, "share: " + at, 0, memmap.share(descriptor));
            requireEqual(Leak.Kind.COUNT, "mapping: " + at, 0, memmap.mapping(descriptor));
        }
        final long held = books.design().pagesHoldPagemap() ? geometry.pages() : 0;
        requireEqual(Leak.Kind.PAGEMAP, "references to the dev_pagemap", 1 + held,
            books.pagemaps().references(pgmap));
    }

    /** The device was removed and nobody has a file of it any more. */
    void requireGone(final long pgmap) {
        requireNothingMapped();
        requirePinsUndone();
        requireNoWaiter();
        final DevPagemaps pagemaps = books.pagemaps();
        requireEqual(Leak.Kind.PAGEMAP, "references to a removed dev_pagemap", 0, pagemaps.references(pgmap));
        for (long page = 0; page < geometry.pages(); page++) {
            requireEqual(Leak.Kind.PAGEMAP, "entry of pgmap_array: page=" + page, 0,
                pagemaps.find(machine.startPfn() + page));
        }
        Invariants.checkGone(machine, machine.cpu(), pgmap, books.wholeDevice());
        Invariants.check(machine);
    }

    /** The workers have ended: only the test is a CPU, and nobody is inside a read section. */
    void requireNoWorker() {
        requireNoWaiter();
        for (int cpu = 0; cpu < CpuSlotDescriptor.SLOTS; cpu++) {
            final long sequence = words.getLongVolatile(geometry.perCpuOffset()
                + (long) cpu * CpuSlotDescriptor.SLOT_BYTES + CpuSlotDescriptor.EPOCH_OFFSET);
            requireEqual(Leak.Kind.READ_SECTION, "read section: cpu=" + cpu, 0, sequence & 1);
        }
        requireEqual(Leak.Kind.CPU, "attached CPUs", 1,
            new CpuSlots(words, geometry.perCpuOffset()).attached());
        Invariants.checkCpus(machine.cpu());
    }

    /** No entry in any address space, and nobody asleep in a queue. */
    private void requireNothingMapped() {
        for (int space = 0; space < Machine.ADDRESS_SPACES; space++) {
            final PageTable table = machine.table(space);
            for (long page = 0; page < table.pages(); page++) {
                requireEqual(Leak.Kind.PAGE_TABLE_ENTRY, "entry of a page table: space=" + space + ", page=" + page,
                    PageTableEntry.NONE, table.entry(page));
            }
        }
    }

    private void requirePinsUndone() {
        final CpuSlots cpus = new CpuSlots(words, geometry.perCpuOffset());
        requireEqual(Leak.Kind.PINS, "nr_foll_pin_released",
            cpus.sum(CpuSlotDescriptor.PINS_ACQUIRED_OFFSET), cpus.sum(CpuSlotDescriptor.PINS_RELEASED_OFFSET));
    }

    private void requireNoWaiter() {
        for (int queue = 0; queue < WaitTableDescriptor.QUEUES; queue++) {
            requireEqual(Leak.Kind.WAITER, "waiters: queue=" + queue, 0, words.getIntVolatile(
                geometry.waitTableOffset() + (long) queue * WaitTableDescriptor.QUEUE_BYTES));
        }
        requireEqual(Leak.Kind.WAITER, "overdue waiters", 0, books.waits().overdueWaiters());
    }
}
