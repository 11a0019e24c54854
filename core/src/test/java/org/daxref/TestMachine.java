/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import java.util.function.UnaryOperator;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.memory.Words;
import org.daxref.mm.Gup;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;

/**
 * A machine on a real device file, with the test thread as a CPU and, unless asked otherwise, a file system with one
 * file in all its pages.
 */
public final class TestMachine implements AutoCloseable {
    private final Setup setup;
    private final TestDevice device;
    private final Machine machine;
    private final CpuSlot cpu;
    private final DaxDevice pmem;
    private final FileSystem fileSystem;
    private final DaxFile file;

    private TestMachine(final Setup setup, final TestDevice device, final Machine machine, final Content content) {
        this.setup = setup;
        this.device = device;
        this.machine = machine;
        this.cpu = machine.attach();
        this.pmem = content == Content.NOTHING ? null : machine.createDaxDevice(cpu, machine.wholeDevice());
        this.fileSystem = pmem == null ? null : machine.mount(FileSystemType.EXT4, pmem);
        this.file = content == Content.ONE_FILE ? fileSystem.create(machine.wholeDevice()) : null;
    }

    /** What is on the device at first. */
    enum Content {
        /** No dev_pagemap. */
        NOTHING,
        /** A dev_pagemap over the whole device with a file system on it. */
        FILE_SYSTEM,
        /** The same, and one file in all its blocks. */
        ONE_FILE
    }

    static TestMachine open(final Setup setup, final long pages, final UnaryOperator<Words> wrap,
                            final Content content, final Machine.Parts parts) {
        final TestDevice device = TestDevice.open(setup.kind(), pages, wrap);
        return new TestMachine(setup, device, new Machine(device.layout(), device.words(), parts), content);
    }

    static TestMachine openDebug(final Setup setup, final long pages) {
        final TestDevice device = TestDevice.open(setup.kind(), pages);
        return new TestMachine(setup, device,
            Machine.debug(device.layout(), device.words(), setup.design(), setup.counter()), Content.ONE_FILE);
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
        return pmem.pgmap();
    }

    public DaxDevice pmem() {
        return pmem;
    }

    public FileSystem fileSystem() {
        return fileSystem;
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

    /** The count that a page of the file has when nobody holds it but its file and so many mappings. */
    public int resting(final int mappings) {
        return switch (design()) {
            case "pgmap-folio" -> 1;
            case "fs-held", "fs-held-drain" -> mappings;
            default -> 1;
        };
    }

    /** Whether a file has an entry for a page, counted from the start of the device. */
    public boolean isCached(final long index) {
        return memmap().mapping(memmap().head(page(index))) != 0;
    }

    /** I5: how many references to the dev_pagemap the design holds for its pages: all, or the folios in use. */
    public long pagesThatHoldThePagemap() {
        if (machine.design().pagesHoldPagemap()) {
            return machine.wholeDevice().pages();
        }
        long folios = 0;
        for (long page = 0; page < machine.wholeDevice().pages(); page++) {
            folios += memmap().head(page(page)) == page(page) && count(page) != 0 ? 1 : 0;
        }
        return folios;
    }

    /** The name of the design. */
    public String design() {
        return setup.design();
    }

    /** Whether the design counts mappings as references. */
    public boolean countsMappings() {
        return resting(2) == 2;
    }

    public int idle() {
        return machine.design().idleCount();
    }

    /** Maps pages of the file one by one, at the same place in an address space as in the file. */
    public void faultAll(final PageTable table, final long start, final int count) {
        for (long page = start; page < start + count; page++) {
            if (!fault(table, page, page, true)) {
                throw new AssertionError("not mapped: page=" + page);
            }
        }
    }

    /** Maps 512 pages of the file by one entry, at the same place in an address space as in the file. */
    public void faultPmd(final PageTable table, final long start) {
        if (!faultPmd(table, start, start, true)) {
            throw new AssertionError("not mapped: start=" + start);
        }
    }

    /** A fault of the test thread in the file. */
    public boolean fault(final PageTable table, final long page, final long index, final boolean write) {
        return fault(cpu, table, page, index, write);
    }

    public boolean fault(final CpuSlot other, final PageTable table, final long page, final long index,
                         final boolean write) {
        return file.fault(other, area(file, table, page, index), page, write);
    }

    public boolean faultPmd(final PageTable table, final long page, final long index, final boolean write) {
        return faultPmd(cpu, table, page, index, write);
    }

    public boolean faultPmd(final CpuSlot other, final PageTable table, final long page, final long index,
                            final boolean write) {
        return file.faultPmd(other, area(file, table, page, index), page, write);
    }

    /**
     * The area that shows a page of a file: one that is mapped, or else, in an address space without any, all of the
     * file at its own place, or else one that nobody knows of.
     */
    public Vma area(final DaxFile of, final PageTable table, final long page, final long index) {
        synchronized (table) {
            final Vma there = table.area(page);
            if (there != null && there.ops() == of && there.indexOf(page) == index) {
                return there;
            }
            if (there == null && page == index && table.area(0) == null && of.pages() == table.pages()) {
                return of.mmap(table, 0, of.pages(), 0);
            }
            return new Vma(table, page - index, Math.max(of.pages(), index + 1), 0, of);
        }
    }

    public void checkBooks() {
        machine.checkBooks(machine.wholeDevice());
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
