/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.random;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.daxref.Invariants;
import org.daxref.Invariants.Invariant;
import org.daxref.Invariants.Violation;
import org.daxref.dax.DaxFile;
import org.daxref.mm.BusErrorException;
import org.daxref.mm.Gup;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.CpuSlot;

/**
 * A process of one thread: a CPU, an address space in which each file has its place, and pages that it holds.
 *
 * <p>Three rules keep processes from waiting for each other for ever, as well-behaved ones would have to on a real
 * kernel. Before an operation that may wait for pins (truncate, punch, eviction, removal, and whatever takes the inode
 * lock that these keep) a process gives up all pages that it holds, and whatever was handed over. It also unmaps what
 * it has mapped, since a mapping made while a truncate waits keeps that asleep (S26) and a mapping of a shared block
 * does the same to another file's truncate (S44). And who ends while others are active does both. In the series of
 * October 2022 entries of files, not of page tables, hold references, so there unmapping is not enough and the layouts
 * are broken as well.
 */
public final class Actor {
    private static final int MAX_RUN = 4;

    private final Environment world;
    private final int index;
    private final CpuSlot cpu;
    private final PageTable table;
    private final Vma[] areas;
    private final Slot[] mapped;
    private final List<Holding> holdings = new ArrayList<>();
    private SplittableRandom random;
    private volatile Thread thread;

    public Actor(final Environment world, final int index, final CpuSlot cpu) {
        this.world = world;
        this.index = index;
        this.cpu = cpu;
        this.table = world.table(index);
        this.areas = new Vma[world.slots()];
        this.mapped = new Slot[world.slots()];
    }

    public CpuSlot cpu() {
        return cpu;
    }

    /** Whether it holds pages, by references or pins. */
    public boolean holdsPages() {
        return !holdings.isEmpty();
    }

    boolean holdsAnything() {
        return holdsPages() || Arrays.stream(areas).anyMatch(area -> area != null);
    }

    /** Something to begin with: files mapped, some pages faulted. */
    public void prepare(final long seed) {
        random = new SplittableRandom(seed + index);
        for (int slot = 0; slot < areas.length; slot++) {
            if (random.nextInt(4) > 0) {
                mmap(slot);
                act(Operation.FAULT);
            }
        }
    }

    /** The calling thread is the process from now on. */
    public void begin() {
        thread = Thread.currentThread();
    }

    /** A random operation. Returns false if it ended in SIGBUS, EIO or a signal. */
    public boolean act() {
        return act(world.draw(random));
    }

    /** A signal, if the process has begun. */
    public void interrupt() {
        final Thread started = thread;
        if (started != null) {
            started.interrupt();
        }
    }

    private boolean act(final Operation operation) {
        Thread.interrupted();
        boolean wentWell = false;
        world.tally().did(operation);
        try {
            perform(operation);
            wentWell = true;
        } catch (final BusErrorException | InterruptedException e) {
            world.tally().signalled();
        } catch (final IllegalStateException e) {
            if (!e.getMessage().startsWith("EIO")) {
                throw e;
            }
            world.tally().signalled();
        }
        checkHoldings();
        return wentWell;
    }

    private void perform(final Operation operation) throws InterruptedException {
        final int slot = random.nextInt(areas.length);
        switch (operation) {
            case MMAP -> mmapAll();
            case MUNMAP -> munmap(slot);
            case FAULT -> fault();
            case FAULT_PMD -> faultPmd();
            case ZAP -> zap(slot);
            case TAKE_FAST, TAKE, TAKE_SLOW, LONGTERM -> take(operation);
            case DROP -> drop(random.nextInt(holdings.size() + 1));
            case HAND_OVER -> handOver(random.nextInt(holdings.size() + 1));
            case TAKE_OVER -> dropHandedOver();
            case REPLACE -> replace(slot);
            case REFLINK -> reflink(slot);
            case REMOVE -> world.remove(this);
            default -> useFile(operation, world.slot(slot));
        }
    }

    private void mmapAll() {
        for (int slot = 0; slot < areas.length; slot++) {
            mmap(slot);
        }
    }

    private void mmap(final int slot) {
        final Slot name = world.slot(slot);
        if (areas[slot] == null && name.open()) {
            mapped[slot] = name;
            areas[slot] = name.file().mmap(table, world.start(index, slot), name.pages(), 0);
        }
    }

    private void munmap(final int slot) {
        if (areas[slot] != null) {
            ((DaxFile) areas[slot].ops()).munmap(cpu, areas[slot]);
            areas[slot] = null;
            mapped[slot].close();
        }
    }

    private Vma someArea() {
        final List<Vma> some = Arrays.stream(areas).filter(area -> area != null).toList();
        return some.isEmpty() ? null : some.get(random.nextInt(some.size()));
    }

    private void fault() {
        final Vma area = someArea();
        if (area != null) {
            area.ops().fault(cpu, area, area.start() + random.nextLong(world.usedPages()), random.nextBoolean());
        }
    }

    private void faultPmd() {
        final Vma area = someArea();
        if (area != null && area.pages() >= PageTableEntry.ENTRIES) {
            ((DaxFile) area.ops()).faultPmd(cpu, area, area.start(), random.nextBoolean());
        }
    }

    /** Of this address space, or of another as a second thread of that process would. */
    private void zap(final int slot) {
        final int any = random.nextInt(world.actors());
        final long first = random.nextLong(world.usedPages());
        world.machine().machine().mapper().zap(cpu, world.table(any), world.start(any, slot) + first,
            1 + random.nextLong(world.usedPages() - first));
    }

    private void take(final Operation operation) {
        final Gup gup = world.machine().gup();
        final boolean pin = random.nextBoolean();
        final boolean write = random.nextBoolean();
        final int whose = operation == Operation.TAKE_FAST ? random.nextInt(world.actors()) : index;
        final PageTable target = world.table(whose);
        final int slot = random.nextInt(areas.length);
        final long first = random.nextLong(world.usedPages());
        final int count = (int) Math.min(1 + random.nextInt(MAX_RUN), world.usedPages() - first);
        final long start = world.start(whose, slot) + first;
        final long[] out = new long[count];
        final int taken = switch (operation) {
            case TAKE_FAST -> pin ? gup.pinFast(cpu, target, start, count, write, out)
                : gup.getFast(cpu, target, start, count, write, out);
            case TAKE -> gup.pin(cpu, target, start, count, write, out);
            case TAKE_SLOW -> pin ? gup.pinSlow(cpu, target, start, count, write, out)
                : gup.getSlow(cpu, target, start, count, write, out);
            default -> gup.pinLongterm(cpu, target, start, count, write, out);
        };
        if (taken > 0) {
            if (operation == Operation.LONGTERM) {
                throw new AssertionError("FOLL_LONGTERM of a file on DAX: pages=" + taken);
            }
            final DaxFile file = whose == index && areas[slot] != null ? (DaxFile) areas[slot].ops() : null;
            holdings.add(new Holding(Arrays.copyOf(out, taken), pin || operation == Operation.TAKE, file, first));
            world.tally().took(taken);
        }
    }

    /** I1, at any time: whoever holds a page finds its block where it was. */
    private void checkHoldings() {
        for (final Holding holding : holdings) {
            for (int i = 0; i < holding.pfns().length; i++) {
                checkBlock(holding, i);
            }
        }
    }

    private void checkBlock(final Holding holding, final int at) {
        try {
            final long pfn = holding.pfns()[at];
            Invariants.checkHeld(world.fileSystem(), pfn);
            if (holding.file() != null && holding.file().pfn(holding.index() + at) != pfn) {
                throw new Violation(Invariant.I1, "the block was given to somebody else and its page is held: pfn="
                    + pfn + ", index=" + (holding.index() + at));
            }
        } catch (final Violation e) {
            world.report(e);
        }
    }

    private void drop(final int which) {
        if (which < holdings.size()) {
            drop(holdings.remove(which));
        }
    }

    private void drop(final Holding holding) {
        if (holding.pin()) {
            world.machine().gup().unpin(cpu, holding.pfns(), holding.pfns().length);
        } else {
            world.machine().gup().put(cpu, holding.pfns(), holding.pfns().length);
        }
    }

    /** From now on anybody may drop it. */
    private void handOver(final int which) {
        if (which < holdings.size()) {
            world.handedOver().add(holdings.remove(which));
        }
    }

    private boolean dropHandedOver() {
        final Holding holding = world.handedOver().poll();
        if (holding != null) {
            drop(holding);
        }
        return holding != null;
    }

    /** Drops what it holds and what was handed over, and unmaps what it has mapped. */
    public void letGo() {
        while (dropHandedOver()) {
            Thread.onSpinWait();
        }
        while (!holdings.isEmpty()) {
            drop(0);
        }
        for (int slot = 0; slot < areas.length; slot++) {
            munmap(slot);
        }
        if (world.entriesHold()) {
            for (int slot = 0; slot < areas.length; slot++) {
                breakLayout(world.slot(slot));
            }
        }
    }

    private void breakLayout(final Slot slot) {
        if (slot.open()) {
            slot.file().tryBreakLayout(cpu, 0, slot.pages());
            slot.close();
        }
    }

    /** Operations on an open file. */
    private void useFile(final Operation operation, final Slot slot) throws InterruptedException {
        final boolean mayWait = operation != Operation.FSYNC && operation != Operation.BREAK_LAYOUT;
        if (mayWait) {
            letGo();
        }
        if (slot.open()) {
            try {
                use(operation, slot);
            } finally {
                slot.close();
            }
        }
    }

    private void use(final Operation operation, final Slot slot) throws InterruptedException {
        final DaxFile file = slot.file();
        final long first = random.nextLong(world.usedPages());
        final long count = 1 + random.nextLong(world.usedPages() - first);
        switch (operation) {
            case FSYNC -> file.fsync();
            case BREAK_LAYOUT -> tryBreakLayout(slot, first, count);
            case TRUNCATE -> truncate(slot, first);
            case PUNCH -> file.punch(cpu, first, count);
            default -> readOrWrite(operation, file, first);
        }
    }

    private void tryBreakLayout(final Slot slot, final long first, final long count) {
        if (slot.pages() >= PageTableEntry.ENTRIES) {
            slot.file().tryBreakLayout(cpu, 0, slot.pages());
        } else {
            slot.file().tryBreakLayout(cpu, first, count);
        }
    }

    private void truncate(final Slot slot, final long newPages) throws InterruptedException {
        slot.file().truncate(cpu, newPages);
        slot.file().truncate(cpu, slot.pages());
    }

    private void readOrWrite(final Operation operation, final DaxFile file, final long page) {
        try {
            if (operation == Operation.READ) {
                file.read(page);
            } else {
                file.write(cpu, page, random.nextLong());
            }
        } catch (final IllegalArgumentException e) {
            if (!e.getMessage().startsWith("beyond the end of the file")) {
                throw e;
            }
        }
    }

    /** Unlink, last close, and another file under that name. */
    private void replace(final int at) {
        final Slot slot = world.slot(at);
        letGo();
        if (slot.beginEviction()) {
            final long pages = world.nextFilePages(slot, random);
            endEviction(slot, () -> slot.fileSystem().create(pages));
        }
    }

    private void reflink(final int at) {
        final Slot source = world.slot((at + 1) % areas.length);
        final Slot slot = world.slot(at);
        letGo();
        if (slot.mayShareBlocksOf(source) && source.open()) {
            try {
                if (slot.beginEviction()) {
                    endEviction(slot, () -> slot.fileSystem().reflink(source.file()));
                }
            } finally {
                source.close();
            }
        }
    }

    /** On a device that has gone there is no other file, and the name is gone as well. */
    private void endEviction(final Slot slot, final Supplier<DaxFile> next) {
        DaxFile file = null;
        try {
            slot.fileSystem().unlink(cpu, slot.file());
            file = next.get();
        } finally {
            slot.endEviction(file);
        }
    }
}
