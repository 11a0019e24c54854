/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.fault;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.daxref.Invariants;
import org.daxref.Machine;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.DaxFile;
import org.daxref.dax.DaxFileDescriptor;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.device.DeviceGeometry;
import org.daxref.memory.Words;
import org.daxref.mm.Gup;
import org.daxref.mm.PageTableDescriptor;
import org.daxref.mm.Vma;
import org.daxref.page.PageCounter;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.pagemap.PagemapType;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;

/**
 * A small machine that an operation is tried on: prepared, asked afterwards whether anything stayed taken, cleaned up,
 * and led through a whole life, after which it is as new. One thread owns it.
 */
public final class Ground implements AutoCloseable {
    /** The page of the file that others pin. */
    public static final int PAGE = 3;

    /** Size of a small file. */
    public static final int FILE_PAGES = 8;

    private static final int SPARE_PAGES = 16;
    private static final int SMALL_PAGES = 48;
    private static final int MAPPED_IN_SECOND = 5;
    private static final int PINS_THAT_FILL = 20;
    private static final int OTHERS = 2;
    private static final int LOCK_SEQUENCE_BITS = 20;
    private static final long HELPER_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long POLL_NS = 20_000;

    private final Setup setup;
    private final int crowd;
    private final TestMachine machine;
    private final CpuSlots cpus;
    private final CpuSlot[] others = new CpuSlot[OTHERS];
    private final List<Hold> held = new CopyOnWriteArrayList<>();
    private final Map<Long, Integer> counts = new HashMap<>();
    private DaxDevice device;
    private FileSystem fileSystem;
    private DaxFile file;
    private DaxFile copy;
    private long filePages;
    private boolean unmounted;
    private DaxDevice spareDevice;
    private FileSystem spareFileSystem;
    private long generic;
    private CpuSlot extra;
    private Thread helper;
    private volatile Throwable helperFailure;
    private volatile boolean helperMayGo;
    private boolean helperDrops;
    private boolean spent;
    private boolean failedToRemove;

    /** Pages that somebody holds. */
    public record Hold(long[] pfns, boolean pin) {
    }

    /** A machine of a design with a counter, which makes a page striped, if it stripes, after some sightings. */
    public Ground(final Setup setup, final boolean large, final int crowd, final UnaryOperator<Words> wrap,
                  final Setup.CounterFactory counters, final BiFunction<Words, CpuSlots, Epochs> sections) {
        this.setup = setup;
        this.crowd = crowd;
        machine = setup.openBare((large ? PageTableEntry.ENTRIES : 0) + SMALL_PAGES + SPARE_PAGES, wrap, counters,
            sections);
        cpus = new CpuSlots(words(), geometry().perCpuOffset());
        for (int i = 0; i < OTHERS; i++) {
            others[i] = machine.machine().attach();
        }
        mount();
    }

    private void mount() {
        device = machine.machine().createDaxDevice(cpu(), machine.range(0, blocks()));
        fileSystem = machine.machine().mount(FileSystemType.XFS, device);
        unmounted = false;
    }

    private long blocks() {
        return machine.machine().wholeDevice().pages() - SPARE_PAGES;
    }

    public TestMachine machine() {
        return machine;
    }

    public Words words() {
        return machine.words();
    }

    private DeviceGeometry geometry() {
        return machine.device().geometry();
    }

    /** The CPU of the thread that owns this ground. */
    public CpuSlot cpu() {
        return machine.cpu();
    }

    /** Another CPU of the same thread. */
    public CpuSlot other(final int index) {
        return others[index];
    }

    public Gup gup() {
        return machine.gup();
    }

    public DaxFile file() {
        return file;
    }

    public DaxFile copy() {
        return copy;
    }

    public FileSystem fileSystem() {
        return fileSystem;
    }

    public DaxDevice device() {
        return device;
    }

    public long generic() {
        return generic;
    }

    /** The area that an address space shows a file in. */
    public Vma area(final int table) {
        return machine.table(table).area(0);
    }

    /** Whether the design and the counter know such a state at all. */
    public static boolean knows(final Setup setup, final State state) {
        return !state.isShared() || !"pre-518".equals(setup.design()) && !"pgmap-folio".equals(setup.design());
    }

    /** Makes a state of a ground that is as new. */
    public void prepare(final State state) {
        final int pages = state.isLarge() ? PageTableEntry.ENTRIES : FILE_PAGES;
        filePages = pages;
        file = fileSystem.create(pages);
        file.mmap(machine.table(0), 0, pages, 0);
        switch (state) {
            case LARGE -> {
                file.mmap(machine.table(1), 0, pages, 0);
                file.faultPmd(cpu(), area(0), 0, true);
                file.faultPmd(cpu(), area(1), 0, true);
            }
            case FRESH, LARGE_FRESH -> file.mmap(machine.table(1), 0, pages, 0);
            case SHARED, SHARED_KEPT -> {
                copy = fileSystem.reflink(file);
                copy.mmap(machine.table(1), 0, pages, 0);
                fault(0, FILE_PAGES, false);
                fault(1, FILE_PAGES, false);
            }
            default -> {
                file.mmap(machine.table(1), 0, pages, 0);
                fault(0, FILE_PAGES, true);
                fault(1, MAPPED_IN_SECOND, true);
            }
        }
        if (state == State.HOLED) {
            punch();
        }
        if (state == State.KEPT || state == State.FULL || state == State.SHARED_KEPT || state == State.MIGRATED) {
            crowd();
        }
        if (state == State.FULL) {
            for (int i = 0; i < PINS_THAT_FILL; i++) {
                take(cpu(), PAGE, 1, true);
            }
        }
        if (state == State.MIGRATED) {
            for (int i = 0; !held.isEmpty(); i++) {
                drop(others[i % OTHERS], held.getLast());
            }
        }
    }

    private void punch() {
        try {
            file.punch(cpu(), PAGE, 2);
        } catch (final InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void fault(final int table, final int pages, final boolean write) {
        for (int page = 0; page < pages; page++) {
            ((DaxFile) area(table).ops()).fault(cpu(), area(table), page, write);
        }
    }

    private void crowd() {
        for (int round = 0; round < 2; round++) {
            take(others[0], PAGE, 1, true);
            for (int i = 0; i < crowd; i++) {
                take(others[1], PAGE, 1, true);
                drop(others[1], held.getLast());
            }
            take(others[1], PAGE, 1, true);
        }
    }

    /** Takes pages of the first address space without locks, and notes them as held. */
    public void take(final CpuSlot cpu, final long start, final int pages, final boolean pin) {
        final long[] out = new long[pages];
        final int taken = pin ? gup().pinFast(cpu, machine.table(0), start, pages, false, out)
            : gup().getFast(cpu, machine.table(0), start, pages, false, out);
        took(out, taken, pin);
        if (taken != pages) {
            throw new AssertionError("taken=" + taken);
        }
    }

    /** Notes pages as held. */
    public void took(final long[] pfns, final int taken, final boolean pin) {
        if (taken > 0) {
            held.add(new Hold(Arrays.copyOf(pfns, taken), pin));
        }
    }

    /** What is held now. */
    public List<Hold> held() {
        return List.copyOf(held);
    }

    public Hold lastHeld() {
        return held.getLast();
    }

    /** Drops what is held. */
    public void drop(final CpuSlot cpu, final Hold hold) {
        if (hold.pin) {
            gup().unpin(cpu, hold.pfns, hold.pfns.length);
        } else {
            gup().put(cpu, hold.pfns, hold.pfns.length);
        }
        held.remove(hold);
    }

    /** Remembers the counts of what is held. */
    public void remember() {
        counts.clear();
        held.forEach(hold -> {
            for (final long pfn : hold.pfns) {
                counts.put(head(pfn), machine.counter().count(head(pfn)));
            }
        });
    }

    private long head(final long pfn) {
        return machine.memmap().head(machine.memmap().page(pfn));
    }

    /** After a drop of the last hold that has failed: each folio was dropped or not, as its count says. */
    public void settle() {
        final Hold hold = held.removeLast();
        final Map<Long, List<Long>> folios = new HashMap<>();
        for (final long pfn : hold.pfns) {
            folios.computeIfAbsent(head(pfn), head -> new ArrayList<>()).add(pfn);
        }
        folios.forEach((head, pfns) -> {
            final int before = counts.getOrDefault(head, Integer.MIN_VALUE); // of a folio that is no more
            final int delta = pfns.size()
                * (hold.pin && !machine.memmap().isLarge(head) ? PageCounter.GUP_PIN_COUNTING_BIAS : 1);
            final int now = machine.counter().count(head);
            if (now == before) {
                took(pfns.stream().mapToLong(Long::longValue).toArray(), pfns.size(), hold.pin);
            } else if (helper == null && now != before - delta) {
                throw new AssertionError("dropped in part: pfns=" + pfns + ", before=" + before + ", now=" + now
                    + ", held=" + delta);
            }
        });
    }

    /** A thread of its own does something, with a CPU of its own, until it sleeps. */
    public void start(final Deed.Act act) throws InterruptedException {
        helperFailure = null;
        helperDrops = false;
        helper = Thread.ofPlatform().daemon().start(() -> {
            try {
                final CpuSlot cpu = machine.machine().attach();
                try {
                    act.run(this, cpu);
                } finally {
                    machine.machine().detach(cpu);
                }
            } catch (final Throwable e) {
                helperFailure = e;
            }
        });
        awaitAsleep(helper);
    }

    /** A thread of its own drops what is held last as soon as another thread sleeps. */
    public void dropWhenAsleep(final Thread sleeper) {
        helperMayGo = false;
        helperDrops = true;
        helperFailure = null;
        final Hold hold = held.getLast();
        helper = Thread.ofPlatform().daemon().start(() -> {
            try {
                while (!helperMayGo && !isAsleep(sleeper)) {
                    LockSupport.parkNanos(POLL_NS);
                }
                final CpuSlot cpu = machine.machine().attach();
                try {
                    drop(cpu, hold);
                } finally {
                    machine.machine().detach(cpu);
                }
            } catch (final Throwable e) {
                helperFailure = e;
            }
        });
    }

    /** Whether a thread waits, for whatever. */
    public static boolean isAsleep(final Thread thread) {
        return thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TIMED_WAITING;
    }

    private static void awaitAsleep(final Thread thread) {
        while (thread.isAlive() && !isAsleep(thread)) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private void joinHelper() {
        if (helper != null) {
            helperMayGo = true;
            try {
                if (!helper.join(Duration.ofNanos(HELPER_NS))) {
                    throw new AssertionError("the other thread hangs: " + List.of(helper.getStackTrace()));
                }
            } catch (final InterruptedException e) {
                throw new AssertionError(e);
            }
            helper = null;
            if (helperFailure != null) {
                throw new AssertionError("the other thread failed", helperFailure);
            }
        }
    }

    /** Whether any CPU is inside a read section, its number; -1 if none is. */
    public int inside() {
        for (int i = 0; i < cpus.limit(); i++) {
            final long sequence = words().getLongVolatile(cpus.areaOffset(i) + CpuSlotDescriptor.EPOCH_OFFSET);
            if ((sequence & 1) != 0) {
                return i;
            }
        }
        return -1;
    }

    /** Nobody is inside a section or shares a lock. */
    public void requireOutside() {
        require("the read section of a CPU is open: cpu=" + inside(), inside() < 0 || helper != null);
        for (int i = 0; i < cpus.limit() && helper == null; i++) {
            final long shared = words().getLongVolatile(cpus.areaOffset(i) + CpuSlotDescriptor.SHARED_LOCK_OFFSET);
            require("the CPU shares a lock for others: cpu=" + i, shared << LOCK_SEQUENCE_BITS == 0);
        }
        requireFree(cpu());
        requireFree(others[0]);
        requireFree(others[1]);
    }

    /** Nobody is inside a section and no lock is taken. */
    public void requireNothingTaken() {
        requireOutside();
        if (helper != null) {
            return;
        }
        final long pages = geometry().pages();
        for (int i = 0; i < Machine.ADDRESS_SPACES; i++) {
            final long locks = geometry().pageTablesOffset() + i * PageTableDescriptor.bytes(pages)
                + PageTableDescriptor.locksOffset(pages);
            for (int j = 0; j < PageTableDescriptor.pmds(pages); j++) {
                requireFree("lock of a page table: table=" + i, locks + (long) j * Integer.BYTES);
            }
        }
        fileSystem.files().forEach(this::requireUnlocked);
    }

    private void requireFree(final CpuSlot cpu) {
        require("the CPU believes to be inside a section: cpu=" + cpu.index(), !cpu.isInside());
        require("the CPU shares a lock: cpu=" + cpu.index(), !cpu.isSharing());
        require("the CPU holds a dev_pagemap: cpu=" + cpu.index(), cpu.heldPagemap() == 0);
    }

    private void requireUnlocked(final DaxFile any) {
        requireFree("lock of the entries", any.identity() + DaxFileDescriptor.LOCK_OFFSET);
        requireFree("invalidate_lock", any.identity() + DaxFileDescriptor.INVALIDATE_LOCK_OFFSET);
        requireFree("i_rwsem", any.identity() + DaxFileDescriptor.INODE_LOCK_OFFSET);
        requireFree("i_data_sem", any.identity() + DaxFileDescriptor.DATA_LOCK_OFFSET);
        for (long index = 0; index < any.pages(); index++) {
            require("an entry is locked: index=" + index, (words().getLongVolatile(any.identity()
                + DaxFileDescriptor.ENTRIES_OFFSET + index * Long.BYTES) & DaxFileDescriptor.LOCKED) == 0);
        }
    }

    private void requireFree(final String lock, final long offset) {
        require("taken: " + lock, words().getIntVolatile(offset) == 0);
    }

    private static void require(final String failure, final boolean condition) {
        if (!condition) {
            throw new AssertionError(failure);
        }
    }

    /** Brings other pages to life, for somebody else than file systems. */
    public void createGeneric(final CpuSlot cpu) {
        generic = machine.machine().createPagemap(cpu, PagemapType.GENERIC, spare());
    }

    public void removeGeneric(final CpuSlot cpu) {
        remove(() -> machine.machine().removePagemap(cpu, generic), generic);
        generic = 0;
    }

    public void unbind(final CpuSlot cpu) {
        remove(() -> machine.machine().unbind(cpu, device), device.pgmap());
        device = null;
    }

    /** A removal that has failed after it began is refused, and its last steps are taken one by one. */
    private void remove(final Runnable removal, final long pgmap) {
        try {
            removal.run();
        } catch (final IllegalStateException e) {
            if (!failedToRemove) {
                throw e;
            }
            final DevPagemaps pagemaps = machine.machine().pagemaps();
            try {
                pagemaps.drain(pgmap);
            } catch (final IllegalStateException drained) {
                require("not drained: " + drained.getMessage(), pagemaps.isDone(pgmap));
            }
            pagemaps.free(pgmap);
        }
        failedToRemove = false;
    }

    /** The memory has failed in the middle of a removal. */
    public void failedToRemove() {
        failedToRemove = true;
    }

    /** Another device with another file system. */
    public void mountSpare(final CpuSlot cpu) {
        if (spareDevice == null) {
            spareDevice = machine.machine().createDaxDevice(cpu, spare());
        }
        if (spareFileSystem == null) {
            spareFileSystem = machine.machine().mount(FileSystemType.EXT4, spareDevice);
        }
        spareFileSystem.create(1);
    }

    /** Ends the file system. */
    public void unmount(final CpuSlot cpu) {
        if (!unmounted) {
            fileSystem.unmount(cpu);
            unmounted = true;
        }
    }

    private PfnRange spare() {
        return machine.range(blocks(), SPARE_PAGES);
    }

    public void attachExtra() {
        extra = machine.machine().attach();
    }

    public void detachExtra() {
        machine.machine().detach(extra);
        extra = null;
    }

    /** Makes the file one that nobody maps. */
    public void unmapAll(final CpuSlot cpu) {
        for (int i = 0; i < Machine.ADDRESS_SPACES; i++) {
            final Vma vma = area(i);
            if (vma != null) {
                ((DaxFile) vma.ops()).munmap(cpu, vma);
            }
        }
    }

    /** Everything is let go and looked at; then the ground is as new. */
    public void cleanUp() throws Exception {
        if (helperDrops) {
            joinHelper();
        }
        for (int i = 0; !held.isEmpty(); i++) {
            drop(others[i % OTHERS], held.getLast());
        }
        joinHelper();
        if (extra != null) {
            detachExtra();
        }
        require("attached=" + cpus.attached(), cpus.attached() == 1 + OTHERS);
        requireNothingTaken();
        Invariants.check(machine, List.of(fileSystem));
        machine.machine().epochs().synchronize();
        if (device != null && device.isAlive() && fileSystem.files().contains(file)) {
            live(file);
        }
        end();
        mount();
        live(fileSystem.create(FILE_PAGES));
        end();
        mount();
        cpu().forgetSightings();
        for (final CpuSlot other : others) {
            other.forgetSightings();
        }
    }

    /** The life of a page. */
    private void live(final DaxFile any) throws Exception {
        unmapAll(cpu());
        final long pages = any == file ? filePages : FILE_PAGES;
        any.truncate(cpu(), pages);
        any.mmap(machine.table(2), 0, pages, 0);
        final Vma vma = machine.table(2).area(0);
        require("a fault", any.fault(cpu(), vma, PAGE, true));
        final long[] out = new long[1];
        require("a pin", gup().pinFast(cpu(), machine.table(2), PAGE, 1, true, out) == 1);
        gup().unpin(others[0], out, 1);
        require("a reference", gup().getFast(cpu(), machine.table(2), PAGE, 1, true, out) == 1);
        gup().put(others[1], out, 1);
        any.write(cpu(), PAGE, PAGE);
        require("a read", any.read(PAGE) == PAGE);
        any.fsync();
        any.truncate(cpu(), 0);
        Invariants.check(machine, List.of(fileSystem));
    }

    private void end() {
        unmapAll(cpu());
        if (!unmounted && device != null && device.isAlive()) {
            fileSystem.files().forEach(any -> fileSystem.unlink(cpu(), any));
            for (long block = 0; block < blocks(); block++) {
                require("the block was leaked: block=" + block, fileSystem.isFree(machine.startPfn() + block));
            }
        }
        unmount(cpu());
        if (device != null) {
            unbind(cpu());
        }
        if (spareFileSystem != null) {
            spareFileSystem.unmount(cpu());
            spareFileSystem = null;
        }
        if (spareDevice != null) {
            machine.machine().unbind(cpu(), spareDevice);
            spareDevice = null;
        }
        if (generic != 0) {
            removeGeneric(cpu());
        }
        final long acquired = cpus.sum(CpuSlotDescriptor.PINS_ACQUIRED_OFFSET);
        final long released = cpus.sum(CpuSlotDescriptor.PINS_RELEASED_OFFSET);
        require("pins are not balanced: acquired=" + acquired + ", released=" + released, acquired == released);
        file = null;
        copy = null;
    }

    /** Nobody knows what it is like: it is not to be used again. */
    public void spend() {
        spent = true;
    }

    boolean isSpent() {
        return spent;
    }

    /** Threads may stand anywhere after a failure, so the device is closed alone. */
    public void abandon() {
        machine.device().close();
    }

    @Override
    public void close() {
        unmount(cpu());
        machine.machine().detach(others[0]);
        machine.machine().detach(others[1]);
        machine.close();
    }

    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder("counts=");
        for (int page = 0; page < FILE_PAGES; page++) {
            text.append(machine.count(page)).append(' ');
        }
        return text.append("held=").append(held.size()).toString();
    }
}
