/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.ablation;

import java.util.List;
import java.util.function.UnaryOperator;
import org.daxref.Invariants;
import org.daxref.Invariants.Invariant;
import org.daxref.Invariants.Violation;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.dax.LayoutBreaks;
import org.daxref.design.RefcountDesign;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.page.PageTableEntry;
import org.daxref.schedule.Schedule;
import org.daxref.sync.CpuSlot;

/** One page of one file, mapped by one process, and what may be done to it. Made ready again for each schedule. */
final class Ground implements AutoCloseable {
    static final long PAGES = 64;

    private static final long FILE_PAGES = 8;
    private static final long PAGE = 3;
    private static final int LOOKS = 3;

    private final TestMachine machine;
    private final PoisonWords[] poison = new PoisonWords[1];
    private final CpuSlot walker;
    private final PageTable table;
    private final long[] out = new long[1];
    private DaxDevice device;
    private FileSystem fileSystem;
    private DaxFile file;
    private Vma area;
    private DaxFile other;
    private Vma otherArea;
    private volatile boolean reused;

    private Ground(final String design, final UnaryOperator<Words> wrap, final Setup.DesignFactory factory) {
        machine = new Setup(design, "cas", WordsKind.SEGMENT).openScheduled(PAGES, words -> {
            poison[0] = new PoisonWords(wrap.apply(words), PAGES);
            return poison[0];
        }, factory);
        walker = machine.machine().attach();
        table = machine.table(0);
        device = machine.pmem();
        machine.fileSystem().unmount(machine.cpu());
        mount();
    }

    /** What is done in one schedule, between two checks. */
    @FunctionalInterface
    interface Trial {
        void run(Ground ground, Schedule schedule) throws Exception;
    }

    static Ground of(final String design) {
        return new Ground(design, UnaryOperator.identity(), null);
    }

    /** With a design that has a rule less. */
    static Ground of(final String design, final Setup.DesignFactory factory) {
        return new Ground(design, UnaryOperator.identity(), factory);
    }

    /** With words that do not keep an order. */
    static Ground of(final String design, final UnaryOperator<Words> wrap) {
        return new Ground(design, wrap, null);
    }

    private void mount() {
        fileSystem = machine.machine().mount(FileSystemType.EXT4, device);
        file = fileSystem.create(FILE_PAGES);
        area = file.mmap(table, 0, FILE_PAGES, 0);
    }

    private RefcountDesign design() {
        return machine.machine().design();
    }

    /** The page is mapped by somebody who may write to it. */
    void fault() {
        file.fault(machine.cpu(), area, PAGE, true);
    }

    /** Holds the page until {@link #unpin}. */
    void pin() {
        if (machine.gup().pin(machine.cpu(), table, PAGE, 1, true, out) != 1) {
            throw new AssertionError("not pinned");
        }
    }

    void unpin() {
        machine.gup().unpin(walker, out, 1);
    }

    /** Pins the page if that can be done without locks, and looks whether its block stays (I1). */
    void walk() {
        final long[] taken = new long[1];
        final int pages = machine.gup().pinFast(walker, table, PAGE, 1, true, taken);
        for (int look = 0; look < LOOKS && pages > 0; look++) {
            machine.words().getLongVolatile(machine.data(0));
            Invariants.checkHeld(fileSystem, taken[0]);
            if (reused) {
                throw new Violation(Invariant.I1, "the block was given to somebody else and its page is held: pfn="
                    + taken[0]);
            }
        }
        machine.gup().unpin(walker, taken, pages);
    }

    /** A walk that counts the page and backs out, all inside one read section, as GUP-fast with interrupts off. */
    void walkAndBackOut() {
        machine.machine().epochs().enter(walker);
        try {
            countAndDrop(table.entry(PAGE));
        } finally {
            machine.machine().epochs().exit(walker);
        }
    }

    private void countAndDrop(final long entry) {
        if (PageTableEntry.permits(entry, false)) {
            final long pfn = PageTableEntry.pfn(entry);
            if (design().guard(walker, entry, pfn)) {
                final long head = design().tryGrabFast(walker, machine.memmap().page(pfn), 1, false);
                if (head != RefcountDesign.NOT_COUNTED) {
                    design().drop(walker, head, 1, false);
                }
            }
            design().unguard(walker);
        }
    }

    /** Waits until the file is not busy; cuts nothing off. */
    void truncate() throws InterruptedException {
        file.truncate(machine.cpu(), FILE_PAGES);
    }

    /** The block of the page is freed, if it is idle, and goes to another file, which is mapped elsewhere. */
    void freeAndReuse() {
        reused = LayoutBreaks.unmapFirst(machine.cpu(), fileSystem, file, design(), PAGE);
        if (reused) {
            other = fileSystem.create(1);
            otherArea = other.mmap(machine.table(1), 0, 1, 0);
            other.fault(machine.cpu(), otherArea, 0, true);
        }
    }

    /** The other file goes, and its block goes back. */
    void unlinkOther() {
        if (reused) {
            other.munmap(machine.cpu(), otherArea);
            fileSystem.unlink(machine.cpu(), other);
            LayoutBreaks.takeBack(fileSystem);
            reused = false;
        }
    }

    /** Looks, unmaps and frees. */
    void scanFirst() {
        LayoutBreaks.scanFirst(machine.cpu(), fileSystem, file, design(), PAGE);
    }

    /** Unmaps, looks and frees. */
    void unmapFirst() {
        LayoutBreaks.unmapFirst(machine.cpu(), fileSystem, file, design(), PAGE);
    }

    void zap() {
        machine.machine().mapper().zap(machine.cpu(), table, PAGE, 1);
    }

    void remove() {
        machine.machine().unbind(machine.cpu(), device);
    }

    /** What holds after every schedule. */
    void check() {
        Invariants.check(machine, List.of(fileSystem));
    }

    void attempt(final Trial trial, final Schedule schedule) throws Exception {
        poison[0].arm(true);
        trial.run(this, schedule);
        poison[0].arm(false);
    }

    /** After a removal: what is left of the file goes, and another device comes in the place of the old one. */
    void renew() {
        poison[0].arm(false);
        file.munmap(machine.cpu(), area);
        fileSystem.unmount(machine.cpu());
        device = machine.machine().createDaxDevice(machine.cpu(), machine.machine().wholeDevice());
        mount();
    }

    /** After a block was freed under the file. */
    void takeBack() {
        if (fileSystem.isFree(file.pfn(PAGE))) {
            LayoutBreaks.takeBack(fileSystem);
        }
    }

    /** Threads may have been ended anywhere, so only the device is closed. */
    @Override
    public void close() {
        machine.device().close();
    }
}
