/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.UnaryOperator;
import org.daxref.Machine;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;
import org.daxref.memory.WordsKind;
import org.daxref.mm.Gup;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.page.Memmap;
import org.daxref.sync.CpuSlot;

/** A machine that runs a kernel, with a mounted device. On checked words: a thread left behind by a failure is safe. */
final class Host implements AutoCloseable {
    static final int PAGES = 2048;

    private final Kernel kernel;
    private final TestMachine machine;
    private final DaxDevice device;
    private final FileSystem fileSystem;

    Host(final Kernel kernel) {
        this.kernel = kernel;
        machine = new Setup(kernel.era().design(), "cas", WordsKind.SEGMENT).openBare(PAGES, UnaryOperator.identity());
        device = machine().createDaxDevice(cpu(), machine().wholeDevice());
        fileSystem = machine().mount(kernel.type(), device);
    }

    /** What a driver or a syscall holds. */
    @FunctionalInterface
    interface Hold {
        void release();
    }

    Kernel kernel() {
        return kernel;
    }

    Machine machine() {
        return machine.machine();
    }

    CpuSlot cpu() {
        return machine.cpu();
    }

    DaxDevice device() {
        return device;
    }

    FileSystem fileSystem() {
        return fileSystem;
    }

    PageTable table(final int index) {
        return machine.table(index);
    }

    Gup gup() {
        return machine.gup();
    }

    Memmap memmap() {
        return machine.memmap();
    }

    /** The descriptor that counts a page: that of its folio's head. */
    long head(final long pfn) {
        return memmap().head(memmap().page(pfn));
    }

    /** {@code _refcount}/{@code mapcount}, as the observations print them. */
    String counts(final long pfn) {
        return machine.counter().count(head(pfn)) + "/" + memmap().mapcount(head(pfn));
    }

    boolean hasMapping(final long pfn) {
        return memmap().mapping(head(pfn)) != 0;
    }

    long pagemapReferences() {
        return machine().pagemaps().references(device.pgmap());
    }

    /** The kernel log. */
    List<String> log() {
        return memmap().warnings().messages();
    }

    /** What a page of the device holds, whoever owns the block. */
    long data(final long pfn) {
        return machine.words().getLongVolatile(machine.device().geometry().dataOffset(pfn));
    }

    /** An access of a process through its own mapping. */
    void touch(final DaxFile file, final Vma vma, final long page, final boolean write) {
        assertTrue(file.fault(cpu(), vma, page, write), "not mapped");
    }

    /** FOLL_GET of one page: what vmsplice and {@code get_user_pages_fast} take. */
    Hold get(final PageTable table, final long page) {
        final long[] pfns = new long[1];
        assertEquals(1, gup().getFast(cpu(), table, page, 1, true, pfns));
        return () -> gup().put(cpu(), pfns, 1);
    }

    /** FOLL_PIN of pages; those not mapped are faulted in. */
    Hold pin(final PageTable table, final long page, final int pages) {
        final long[] pfns = new long[pages];
        assertEquals(pages, gup().pin(cpu(), table, page, pages, true, pfns));
        return () -> gup().unpin(cpu(), pfns, pages);
    }

    /** {@code get_dev_pagemap} by a driver, on a CPU of its own. */
    Hold getDevPagemap(final long pfn) {
        final CpuSlot driver = machine().attach();
        assertTrue(tryGetDevPagemap(driver, pfn));
        return () -> {
            machine().epochs().enter(driver);
            machine().pagemaps().put(driver);
            machine().epochs().exit(driver);
            machine().detach(driver);
        };
    }

    boolean tryGetDevPagemap(final CpuSlot driver, final long pfn) {
        machine().epochs().enter(driver);
        final boolean found = machine().pagemaps().get(driver, pfn);
        machine().epochs().exit(driver);
        return found;
    }

    @Override
    public void close() {
        machine.close();
    }
}
