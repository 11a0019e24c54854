/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.daxref.Machine;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystemType;
import org.daxref.device.DeviceGeometry;
import org.daxref.device.PmemDevice;
import org.daxref.memory.AgronaWords;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.pagemap.PagemapType;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * The structure under test where a benchmark chooses the size of the device, its dev_pagemaps or a design that
 * {@link DeviceState} does not offer. The device is always a fresh one in shared memory, unlinked as soon as it is
 * mapped.
 */
public final class BenchMachine implements AutoCloseable {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    private final PmemDevice device;
    private final Machine machine;
    private final CpuSlot cpu;

    /**
     * A machine on a fresh device.
     *
     * @param pages   size of the device
     * @param design  who holds references
     * @param counter how the reference count is changed
     * @throws IOException if the shared-memory file cannot be made
     */
    public BenchMachine(final long pages, final String design, final String counter) throws IOException {
        device = freshDevice(pages);
        machine = new Machine(device.geometry(), new AgronaWords(device.region().segment()), design, counter);
        CompiledMachine.opened(machine);
        cpu = machine.attach();
    }

    /**
     * A device by itself.
     *
     * @param pages its size
     * @return a device that is gone once it is closed
     * @throws IOException           if the file cannot be made
     * @throws IllegalStateException if there is no room for its metadata
     */
    public static PmemDevice freshDevice(final long pages) throws IOException {
        final Path folder = Files.isWritable(SHARED_MEMORY) ? SHARED_MEMORY
            : Path.of(System.getProperty("java.io.tmpdir"));
        final DeviceGeometry geometry = Machine.geometry(pages);
        final long free = Files.getFileStore(folder).getUsableSpace();
        if (free < geometry.dataOffset()) {
            throw new IllegalStateException("no room for the metadata: folder=" + folder + ", pages=" + pages
                + ", neededBytes=" + geometry.dataOffset() + ", freeBytes=" + free);
        }
        final Path path = folder.resolve("daxref-" + ProcessHandle.current().pid() + ".pmem");
        PmemDevice.create(path, geometry);
        try {
            return PmemDevice.open(path);
        } finally {
            Files.delete(path);
        }
    }

    /**
     * Brings pages to life, with one file over all of them.
     *
     * @param pages which
     * @return the file
     */
    public DaxFile createFile(final PfnRange pages) {
        return machine.mount(FileSystemType.EXT4, machine.createDaxDevice(cpu, pages)).create(pages);
    }

    /**
     * Brings pages to life, without a file.
     *
     * @param pages which
     * @return handle of the dev_pagemap
     */
    public long createPagemap(final PfnRange pages) {
        return machine.createPagemap(cpu, PagemapType.FS_DAX, pages);
    }

    /**
     * Maps a part of a file into the process, each page by a writable PTE.
     *
     * @param file  the file
     * @param start number of the first page in the process
     * @param count how many pages
     * @param index index of the first page in the file
     */
    public void mapPages(final DaxFile file, final long start, final long count, final long index) {
        final Vma area = file.mmap(process(), start, count, index);
        for (long page = start; page < start + count; page++) {
            if (!file.fault(cpu, area, page, true)) {
                throw new IllegalStateException("not mapped: page=" + page);
            }
        }
    }

    /**
     * Makes the calling thread a worker, tied to a processor of its own.
     *
     * @param threads which worker this is
     * @return what it works with
     */
    public GupWorker worker(final ThreadParams threads) {
        Affinity.tieWorker(threads.getThreadIndex(), threads.getThreadCount());
        return new GupWorker(this, machine.attach());
    }

    /** Checks that every reference taken was dropped. Every page must have been brought to life. */
    public void checkBooks() {
        machine.checkBooks(machine.wholeDevice());
    }

    /**
     * The device's parts.
     *
     * @return the composition root
     */
    public Machine machine() {
        return CompiledMachine.of(machine);
    }

    /**
     * The process that pages are mapped into.
     *
     * @return its page tables
     */
    PageTable process() {
        return machine().pageTable(0);
    }

    /** Unmaps the device, and with it the CPUs of the workers, which must have ended. */
    @Override
    public void close() {
        device.close();
    }
}
