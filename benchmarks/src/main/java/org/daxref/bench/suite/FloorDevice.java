/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.Machine;
import org.daxref.bench.result.SuiteException;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystemType;
import org.daxref.device.DeviceException;
import org.daxref.device.DeviceGeometry;
import org.daxref.device.PmemDevice;
import org.daxref.memory.SegmentWords;
import org.daxref.memory.Words;
import org.daxref.mm.PageTableDescriptor;
import org.daxref.page.PageDescriptor;
import org.daxref.pagemap.PagemapAreaDescriptor;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.WaitTable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The device while the C program works on it: opened and laid out, and its first page mapped, by the code that a fork
 * runs as well, with a CPU for every thread of the program. Its words count offsets from the start of the file, as the
 * program does.
 */
final class FloorDevice implements AutoCloseable {
    private static final long PAGE = 0;

    private final PmemDevice device;
    private final Machine machine;
    private final List<String> arguments;
    private final long references;

    private FloorDevice(final Path path, final PmemDevice device, final Cell cell) {
        final String design = cell.params().get(Axes.DESIGN);
        final String counter = cell.params().get(Axes.COUNTER);
        final Words words = new SegmentWords(device.region().segment());
        this.device = device;
        this.machine = new Machine(device.geometry(), words, design, counter);
        final long count = map() + PageDescriptor.REFCOUNT_OFFSET;
        this.arguments = new ArrayList<>(List.of(path.toAbsolutePath().toString(), design + "/" + counter,
            "page=" + PAGE, "expected=" + words.getIntVolatile(count), "queue=" + WaitTable.queue(count)));
        arguments.addAll(offsets(device.geometry()));
        for (int i = 0; i < cell.threads(); i++) {
            arguments.add("area=" + machine.attach().areaOffset());
        }
        this.references = references();
    }

    /** What is held of the page's dev_pagemap. */
    private long references() {
        return machine.pagemaps().references(machine.pagemaps().find(machine.wholeDevice().first()));
    }

    /**
     * Opens the device for the C form of a cell.
     *
     * @param file where it lies
     * @param cell the cell of the Java form
     * @return the device, which nobody else may open until it is closed
     * @throws SuiteException when it cannot be opened
     */
    static FloorDevice open(final DeviceFile file, final Cell cell) {
        try {
            return new FloorDevice(file.path(), PmemDevice.open(file.path()), cell);
        } catch (final DeviceException e) {
            throw DeviceFile.refusal(e);
        }
    }

    /** The descriptor of the page that is mapped. */
    private long map() {
        final CpuSlot cpu = machine.attach();
        final DaxFile file = machine.mount(FileSystemType.EXT4, machine.createDaxDevice(cpu, machine.wholeDevice()))
            .create(machine.wholeDevice());
        if (!file.fault(cpu, file.mmap(machine.pageTable(0), 0, file.pages(), 0), PAGE, true)) {
            throw new IllegalStateException("not mapped: page=" + PAGE);
        }
        machine.detach(cpu);
        return machine.memmap().page(file.pfn(PAGE));
    }

    private List<String> offsets(final DeviceGeometry geometry) {
        final long table = geometry.pageTablesOffset();
        return List.of("bytes=" + geometry.fileBytes(), "table=" + table,
            "ptes=" + (table + PageTableDescriptor.tablesOffset(geometry.pages())), "pages=" + geometry.pages(),
            "memmap=" + machine.memmap().page(0), "waits=" + geometry.waitTableOffset(),
            "pagemaps=" + (geometry.pagemapOffset() + PagemapAreaDescriptor.ROOT_OFFSET));
    }

    /**
     * What the C program is told of the device.
     *
     * @return the arguments, less how long it is to run
     */
    List<String> arguments() {
        return List.copyOf(arguments);
    }

    /**
     * Checks that the C program has dropped every pin that it took, and every reference to the dev_pagemap.
     *
     * @throws SuiteException when it has not
     */
    void checkBooks() {
        try {
            machine.checkBooks(machine.wholeDevice());
            if (references() != references) {
                throw new IllegalStateException("the references to the dev_pagemap are off: expected=" + references
                    + ", found=" + references());
            }
        } catch (final IllegalStateException e) {
            throw new SuiteException("The C program left the books unbalanced: " + e.getMessage() + ".", e);
        }
    }

    @Override
    public void close() {
        device.close();
    }
}
