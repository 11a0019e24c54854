/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.daxref.Machine;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystemType;
import org.daxref.device.DeviceGeometry;
import org.daxref.device.PmemDevice;
import org.daxref.memory.AgronaWords;
import org.daxref.memory.Words;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.page.PageCounter;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;

/**
 * The mapped device file of a stress JVM, with one file on it that is mapped as a whole at its own place. It is
 * unlinked as soon as it is mapped, so that nothing is left behind however the JVM ends.
 *
 * <p>jcstress makes a new state object for every sample. Such a state gets a page of its own by {@link #claim()}; pages
 * come round again long after the states that had them, of which the gate lets a few live at a time.
 *
 * <p>A thread stands for a CPU: whoever asks first gets one attached, an actor or the thread that makes the states.
 */
final class StressDevice {
    /** Number of pages of the device, a power of two. */
    static final int PAGES = 1 << 12;

    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    private final DeviceGeometry geometry;
    private final Words words;
    private final Machine machine;
    private final PageTable process;
    private final DaxFile file;
    private final Vma area;
    private final ThreadLocal<CpuSlot> cpu = ThreadLocal.withInitial(this::attach);
    private final Map<Thread, CpuSlot> cpus = new HashMap<>();
    private final AtomicInteger claimed = new AtomicInteger();

    private StressDevice(final DeviceGeometry geometry, final Words words, final Machine machine) {
        this.geometry = geometry;
        this.words = words;
        this.machine = machine;
        file = machine.mount(FileSystemType.EXT4, machine.createDaxDevice(cpu(), machine.wholeDevice()))
            .create(machine.wholeDevice());
        process = machine.pageTable(0);
        area = file.mmap(process, 0, file.pages(), 0);
    }

    /** A fresh device with a design and a counter. */
    static StressDevice open(final String design, final String counter) {
        return open(design, counter, UnaryOperator.identity());
    }

    /** A fresh device, behind words that break a rule. */
    static StressDevice open(final String design, final String counter, final UnaryOperator<Words> ablation) {
        final Path folder = Files.isDirectory(SHARED_MEMORY) ? SHARED_MEMORY
            : Path.of(System.getProperty("java.io.tmpdir"));
        final Path path = folder.resolve("daxref-stress-" + ProcessHandle.current().pid() + ".pmem");
        PmemDevice.create(path, Machine.geometry(PAGES));
        final PmemDevice device = PmemDevice.open(path);
        try {
            Files.delete(path);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        final Words words = ablation.apply(new AgronaWords(device.region().segment()));
        return new StressDevice(device.geometry().from(words.origin()), words, new Machine(device.geometry(), words,
            design, counter));
    }

    DeviceGeometry geometry() {
        return geometry;
    }

    Words words() {
        return words;
    }

    Machine machine() {
        return machine;
    }

    PageTable process() {
        return process;
    }

    DaxFile file() {
        return file;
    }

    /** The calling thread's CPU. */
    CpuSlot cpu() {
        return cpu.get();
    }

    /** All CPUs, for a counter beside the machine's. */
    CpuSlots cpus() {
        return new CpuSlots(words, geometry.perCpuOffset());
    }

    /** A CPU of a thread that has ended, or a new one. */
    private synchronized CpuSlot attach() {
        for (final Thread thread : cpus.keySet()) {
            if (!thread.isAlive()) {
                final CpuSlot left = cpus.remove(thread);
                machine.adopt(left);
                cpus.put(Thread.currentThread(), left);
                return left;
            }
        }
        final CpuSlot fresh = machine.attach();
        cpus.put(Thread.currentThread(), fresh);
        return fresh;
    }

    /** The number of a page for a new state, on the device as well as in the file and in the address space. */
    int claim() {
        return claimed.getAndIncrement() & PAGES - 1;
    }

    /** The offset of a page's descriptor. */
    long descriptor(final long page) {
        return machine.memmap().page(pfn(page));
    }

    long pfn(final long page) {
        return machine.wholeDevice().first() + page;
    }

    /** The reference count of a page. */
    int count(final long page) {
        return machine.counter().count(descriptor(page));
    }

    /**
     * Pins a mapped page twice at a time and unpins it, after which a counter that stripes a page at the first sighting
     * of others has done so. The machine's own counter finds it striped, too.
     */
    void crowd(final PageCounter counter, final long page) {
        final long head = descriptor(page);
        machine.epochs().enter(cpu());
        counter.tryPin(cpu(), head, 1);
        counter.tryPin(cpu(), head, 1);
        machine.epochs().exit(cpu());
        counter.unpin(cpu(), head, 1);
        counter.unpin(cpu(), head, 1);
    }

    boolean isMapped(final long page) {
        return process.entry(page) != PageTableEntry.NONE;
    }

    /** Maps a page, if it is not mapped. */
    void fault(final long page) {
        file.fault(cpu(), area, page, true);
    }
}
