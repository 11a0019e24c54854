/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import java.util.function.UnaryOperator;
import org.daxref.dax.DaxFile;
import org.daxref.memory.Words;
import org.daxref.mm.Gup;
import org.daxref.mm.PageTable;
import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.pagemap.PagemapType;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;

/**
 * A machine on a real device file, with the test thread as a CPU, one FS_DAX dev_pagemap over the whole device and one
 * file in all its pages.
 */
public final class TestMachine implements AutoCloseable {
    private final TestDevice device;
    private final Machine machine;
    private final CpuSlot cpu;
    private final long pgmap;
    private final DaxFile file;

    private TestMachine(final TestDevice device, final Machine machine, final CpuSlot cpu, final boolean bare) {
        this.device = device;
        this.machine = machine;
        this.cpu = cpu;
        this.pgmap = bare ? 0 : machine.createPagemap(cpu, PagemapType.FS_DAX, machine.wholeDevice());
        this.file = machine.createFile(machine.wholeDevice());
    }

    static TestMachine open(final Setup setup, final long pages, final UnaryOperator<Words> wrap, final boolean bare) {
        final TestDevice device = TestDevice.open(setup.kind(), pages, wrap);
        final Machine machine = new Machine(device.geometry(), device.words(), setup.design(), setup.counter());
        return new TestMachine(device, machine, machine.attach(), bare);
    }

    public Machine machine() {
        return machine;
    }

    public Words words() {
        return device.words();
    }

    public CpuSlot cpu() {
        return cpu;
    }

    public long pgmap() {
        return pgmap;
    }

    public DaxFile file() {
        return file;
    }

    public PageTable table(final int index) {
        return machine.pageTable(index);
    }

    public Gup gup() {
        return machine.gup();
    }

    public Memmap memmap() {
        return machine.memmap();
    }

    public PageCounter counter() {
        return machine.counter();
    }

    /** The first page frame number. */
    public long startPfn() {
        return machine.wholeDevice().first();
    }

    /** The descriptor of a page, counted from the start of the device. */
    public long page(final long index) {
        return memmap().page(startPfn() + index);
    }

    /** The count of a page, counted from the start of the device. */
    public int count(final long index) {
        return counter().count(page(index));
    }

    /** The count that a page has when nobody but its mappings holds it. */
    public int resting(final int mappings) {
        return machine.design().restingCount(mappings);
    }

    public int idle() {
        return machine.design().idleCount();
    }

    /** Maps pages one by one, at the same place in an address space as in the file. */
    public void faultAll(final PageTable table, final long start, final int count) throws InterruptedException {
        for (long page = start; page < start + count; page++) {
            if (!file.fault(table, page, page, true)) {
                throw new AssertionError("not mapped: page=" + page);
            }
        }
    }

    public void checkBooks() {
        machine.checkBooks(machine.wholeDevice());
    }

    /** Maps 512 pages by one entry, at the same place in an address space as in the file. */
    public void faultPmd(final PageTable table, final long start) throws InterruptedException {
        if (!file.faultPmd(table, start, start, true)) {
            throw new AssertionError("not mapped: start=" + start);
        }
    }

    /** Clears the whole address space. */
    public void zapAll(final PageTable table) {
        machine.mapper().zap(cpu, table, 0, table.pages());
    }

    /** The bytes of a page, as an offset for words. */
    public long data(final long index) {
        return device.geometry().dataOffset(startPfn() + index);
    }

    public TestDevice device() {
        return device;
    }

    /** Some pages, counted from the start of the device. */
    public PfnRange range(final long first, final long pages) {
        return new PfnRange(startPfn() + first, startPfn() + first + pages - 1);
    }

    @Override
    public void close() {
        try {
            machine.detach(cpu);
            machine.close();
        } finally {
            device.close();
        }
    }
}
