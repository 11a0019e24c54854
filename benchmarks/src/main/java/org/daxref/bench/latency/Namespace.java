/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import org.daxref.Machine;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.PagemapType;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;

/**
 * The first pages of the device under test as a device of their own, which can be removed and made again, with a file
 * system, one file and a process that maps it. In place of the dev_pagemap that covered the whole device; the pages
 * that are left over get another one, so that every page has one when the books are checked.
 *
 * <p>Thread-safe as far as its parts are; one thread at a time makes it and removes it.
 */
final class Namespace {
    private final Machine machine;
    private final PfnRange range;
    private final PageTable process;
    private DaxDevice device;
    private FileSystem fileSystem;
    private DaxFile file;
    private Vma area;
    private volatile boolean mapped;
    private volatile boolean mounted;

    /**
     * Takes the pages from the dev_pagemap that has them, none of which is in use.
     *
     * @throws IllegalStateException if there are not so many pages
     */
    Namespace(final Machine machine, final CpuSlot cpu, final long pages) {
        final PfnRange whole = machine.wholeDevice();
        if (whole.pages() < pages) {
            throw new IllegalStateException("the device is too small: pages=" + whole.pages() + ", needed=" + pages);
        }
        this.machine = machine;
        this.range = new PfnRange(whole.first(), whole.first() + pages - 1);
        this.process = machine.pageTable(1);
        machine.removePagemap(cpu, machine.pagemaps().find(whole.first()));
        if (whole.pages() > pages) {
            machine.createPagemap(cpu, PagemapType.FS_DAX, new PfnRange(range.last() + 1, whole.last()));
        }
    }

    /** Makes the device, mounts a file system and maps a file of so many pages, none of them faulted in. */
    void create(final CpuSlot cpu, final FileSystemType type, final long filePages) {
        device = machine.createDaxDevice(cpu, range);
        fileSystem = machine.mount(type, device);
        mounted = true;
        file = fileSystem.create(filePages);
        area = file.mmap(process, 0, filePages, 0);
        mapped = true;
    }

    /** Faults the first pages of the file in, writable. */
    void faultIn(final CpuSlot cpu, final long pages) {
        for (long page = 0; page < pages; page++) {
            if (!file.fault(cpu, area, page, true)) {
                throw new IllegalStateException("not mapped: page=" + page);
            }
        }
    }

    /** The process gives its mapping up, if it has it still. */
    void munmap(final CpuSlot cpu) {
        if (mapped) {
            mapped = false;
            file.munmap(cpu, area);
        }
    }

    /** The file system is unmounted, if it is not yet. */
    void unmount(final CpuSlot cpu) {
        if (mounted) {
            mounted = false;
            fileSystem.unmount(cpu);
        }
    }

    /** How many of the first pages the process has an entry for. */
    long mappedPages(final long pages) {
        long present = 0;
        for (long page = 0; page < pages; page++) {
            present += process.entry(page) == PageTableEntry.NONE ? 0 : 1;
        }
        return present;
    }

    DaxDevice device() {
        return device;
    }

    DaxFile file() {
        return file;
    }

    Vma area() {
        return area;
    }

    PageTable process() {
        return process;
    }
}
