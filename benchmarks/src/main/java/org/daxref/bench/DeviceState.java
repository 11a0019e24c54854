/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import java.io.IOException;
import java.nio.file.Path;
import org.daxref.Machine;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.device.DeviceGeometry;
import org.daxref.device.PmemDevice;
import org.daxref.memory.AgronaWords;
import org.daxref.memory.Words;
import org.daxref.mm.Gup;
import org.daxref.mm.PageMapper;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.CpuSlot;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The structure under test: one device with one file over all of it and one process, nothing mapped yet. At the end of
 * every iteration the books are checked: a benchmark that leaks a reference or drops one too many fails.
 *
 * <p>The device is the file named by the system property {@code daxref.device}, or a fresh one of {@code daxref.pages}
 * pages in shared memory, which is unlinked as soon as it is mapped, so that nothing is left behind however the process
 * ends.
 */
@State(Scope.Benchmark)
public class DeviceState {
    private static final String DEVICE_PROPERTY = "daxref.device";
    private static final String PAGES_PROPERTY = "daxref.pages";
    private static final long DEFAULT_PAGES = 65_536;

    /** Who holds references. */
    @Param({"pre-518", "dev-pagemap", "pgmap-folio", "fs-held", "fs-held-drain"})
    public String design;

    /** How the reference count is changed. */
    @Param({"cas", "cas-fused"})
    public String counter;

    private PmemDevice device;
    private Words words;
    private Machine machine;
    private DaxDevice dax;
    private FileSystem fileSystem;
    private DaxFile file;
    private Vma area;
    private long firstPfn;

    /**
     * Makes the device.
     *
     * @throws IOException if the shared-memory file cannot be removed
     */
    @Setup(Level.Trial)
    public final void open() throws IOException {
        device = openDevice();
        words = new AgronaWords(device.region().segment());
        machine = new Machine(device.geometry(), words, design, counter);
        CompiledMachine.opened(machine);
        firstPfn = machine.wholeDevice().first();
        final CpuSlot cpu = machine.attach();
        mount(cpu);
        machine.detach(cpu);
    }

    private void mount(final CpuSlot cpu) {
        dax = machine.createDaxDevice(cpu, machine.wholeDevice());
        fileSystem = machine.mount(FileSystemType.EXT4, dax);
        use(fileSystem.create(machine.wholeDevice()));
    }

    private void use(final DaxFile other) {
        file = other;
        area = file.mmap(process(), 0, file.pages(), 0);
    }

    /**
     * Puts a smaller file in the place of the one over the whole device. A truncate, and a punch, unmaps the whole file
     * and looks at all its pages.
     *
     * @param pages its size
     */
    public final void useFileOf(final long pages) {
        final CpuSlot cpu = machine.attach();
        file.munmap(cpu, area);
        fileSystem.unlink(cpu, file);
        use(fileSystem.create(pages));
        machine.detach(cpu);
    }

    /**
     * Unmounts and removes the device, and puts another one with a file over all of it in its place. No page is mapped
     * afterwards. Others may walk meanwhile, but not fault. Their pins are waited for before the removal begins, since
     * not every design does that itself: after the grace period no walk that saw an entry is under way.
     *
     * @param cpu the calling thread's CPU
     */
    public final void replace(final CpuSlot cpu) {
        file.munmap(cpu, area);
        machine.epochs().synchronize();
        for (long index = 0; index < file.pages(); index++) {
            final long page = machine.memmap().page(file.pfn(index));
            while (machine.counter().count(page) != machine.design().restingCount(page)) {
                Thread.onSpinWait();
            }
        }
        fileSystem.unmount(cpu);
        machine.unbind(cpu, dax);
        mount(cpu);
    }

    private static PmemDevice openDevice() throws IOException {
        final String named = System.getProperty(DEVICE_PROPERTY);
        if (named != null) {
            return PmemDevice.open(Path.of(named));
        }
        return BenchMachine.freshDevice(Long.getLong(PAGES_PROPERTY, DEFAULT_PAGES));
    }

    /**
     * Faults every page in, writable, by PTEs.
     */
    public final void mapPages() {
        final CpuSlot cpu = machine.attach();
        for (long page = 0; page < file.pages(); page++) {
            mapPage(cpu, page);
        }
        machine.detach(cpu);
    }

    /**
     * Faults one page in, writable, by a PTE.
     *
     * @param cpu  the calling thread's CPU
     * @param page number of the page in the process
     */
    public final void mapPage(final CpuSlot cpu, final long page) {
        requireMapped(file.fault(cpu, area, page, true), page);
    }

    /**
     * Faults every whole 2 MiB in, writable, by PMD leaves of 512 pages.
     */
    public final void mapPmds() {
        final CpuSlot cpu = machine.attach();
        for (long page = 0; page + PageTableEntry.ENTRIES <= file.pages(); page += PageTableEntry.ENTRIES) {
            requireMapped(file.faultPmd(cpu, area, page, true), page);
        }
        machine.detach(cpu);
    }

    private static void requireMapped(final boolean mapped, final long page) {
        if (!mapped) {
            throw new IllegalStateException("not mapped: page=" + page);
        }
    }

    /** Checks that every reference taken was dropped. */
    @TearDown(Level.Iteration)
    public final void checkBooks() {
        machine.checkBooks(machine.wholeDevice());
    }

    /** Unmaps the device, and with it the CPUs of the workers, which have all ended their last iteration. */
    @TearDown(Level.Trial)
    public final void close() {
        device.close();
    }

    /**
     * The device's parts.
     *
     * @return the composition root
     */
    public final Machine machine() {
        return CompiledMachine.of(machine);
    }

    /**
     * Access to the device.
     *
     * @return the seam
     */
    public final Words words() {
        return words;
    }

    /**
     * The layout of the device.
     *
     * @return the device file
     */
    public final PmemDevice device() {
        return device;
    }

    /**
     * The file over the whole device.
     *
     * @return the file
     */
    public final DaxFile file() {
        return file;
    }

    /**
     * The process that maps it.
     *
     * @return its page tables
     */
    public final PageTable process() {
        return machine().pageTable(0);
    }

    /**
     * The file in that process, every page at its own place.
     *
     * @return the area
     */
    public final Vma area() {
        return area;
    }

    /**
     * The first page of the device, and of the file.
     *
     * @return its page frame number
     */
    public final long firstPfn() {
        return firstPfn;
    }

    /**
     * Where everything lies.
     *
     * @return the layout, as {@link #words()} counts offsets
     */
    public final DeviceGeometry geometry() {
        return device.geometry().from(words.origin());
    }

    /**
     * The walks under test.
     *
     * @return GUP
     */
    public final Gup gup() {
        return machine().gup();
    }

    /**
     * The zap under test.
     *
     * @return the mapper
     */
    public final PageMapper mapper() {
        return machine().mapper();
    }
}
