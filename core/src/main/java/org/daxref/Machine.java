/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import java.util.List;
import org.daxref.dax.DaxFile;
import org.daxref.dax.DaxFileDescriptor;
import org.daxref.design.DevPagemapDesign;
import org.daxref.design.FsHeldDesign;
import org.daxref.design.RefcountDesign;
import org.daxref.device.DeviceGeometry;
import org.daxref.memory.Words;
import org.daxref.mm.Gup;
import org.daxref.mm.PageMapper;
import org.daxref.mm.PageTable;
import org.daxref.mm.PageTableDescriptor;
import org.daxref.page.CasFusedPageCounter;
import org.daxref.page.CasPageCounter;
import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.pagemap.PagemapAreaDescriptor;
import org.daxref.pagemap.PagemapType;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;
import org.daxref.sync.WaitTable;
import org.daxref.sync.WaitTableDescriptor;

/**
 * A device with everything on it: the one place where a design, a counter and the parts under them are chosen and put
 * together, and where a user of this library begins.
 *
 * <pre>{@code
 * PmemDevice.create(path, Machine.geometry(65536));
 * try (PmemDevice device = PmemDevice.open(path);
 *      Machine machine = new Machine(device.geometry(), new SegmentWords(device.region().segment()),
 *          "fs-held", "cas")) {
 *     CpuSlot cpu = machine.attach();
 *     machine.createPagemap(cpu, PagemapType.FS_DAX, machine.wholeDevice());
 *     DaxFile file = machine.createFile(machine.wholeDevice());
 *     PageTable process = machine.pageTable(0);
 *     file.fault(process, 0, 0, true);
 *     long[] pinned = new long[1];
 *     machine.gup().pinFast(cpu, process, 0, 1, true, pinned);
 *     machine.gup().unpin(cpu, pinned, 1);
 *     machine.detach(cpu);
 * }
 * }</pre>
 *
 * <p>Thread contract: construction and close from one thread, everything else from all. A thread attaches to get the
 * CPU that it stands for.
 */
public final class Machine implements AutoCloseable {
    /** Number of address spaces that a device has room for. */
    public static final int ADDRESS_SPACES = 4;

    /**
     * Page frame number of the first page: 5 GiB and 2 MiB. Firmware likes to put persistent memory at such addresses,
     * and an fsdax namespace gives its first 2 MiB to an information block, so the range is aligned to 2 MiB and not
     * to more.
     */
    public static final long START_PFN = (5L << 30 | 2L << 20) / DeviceGeometry.PAGE_BYTES;

    private static final List<String> DESIGNS = List.of("dev-pagemap", "fs-held");
    private static final List<String> COUNTERS = List.of("cas", "cas-fused");

    /** Entries for every page twice, so that two files may share all of them. */
    private static final int ENTRIES_PER_PAGE = 2;

    private final DeviceGeometry geometry;
    private final Words words;
    private final CpuSlots cpus;
    private final Epochs epochs;
    private final WaitTable waits;
    private final Memmap memmap;
    private final PageCounter counter;
    private final DevPagemaps pagemaps;
    private final RefcountDesign design;
    private final PageMapper mapper;
    private final Gup gup;
    private long nextEntriesOffset;

    /**
     * Puts a device together.
     *
     * @param geometry where everything lies
     * @param words    access to the device, whose metadata is zero
     * @param design   one of {@link #designNames()}
     * @param counter  one of {@link #counterNames()}
     * @throws IllegalArgumentException if a name is unknown or the device is smaller than its geometry
     */
    public Machine(final DeviceGeometry geometry, final Words words, final String design, final String counter) {
        if (words.capacityBytes() < geometry.dataOffset()) {
            throw new IllegalArgumentException("the memory does not hold the metadata: bytes=" + words.capacityBytes()
                + ", needed=" + geometry.dataOffset());
        }
        if (!geometry.equals(geometry(geometry.pages(), geometry.startPfn()))) {
            throw new IllegalArgumentException("laid out by another version of daxref; create the device again: "
                + geometry);
        }
        this.geometry = geometry;
        this.words = words;
        cpus = new CpuSlots(words, geometry.perCpuOffset());
        epochs = Epochs.cheapest(words, cpus);
        waits = new WaitTable(words, geometry.waitTableOffset());
        memmap = new Memmap(words, geometry.memmapOffset(), geometry.startPfn(), geometry.pages());
        pagemaps = new DevPagemaps(words, geometry.pagemapOffset(), cpus, epochs, waits, memmap);
        this.counter = newCounter(counter);
        this.design = newDesign(design);
        mapper = new PageMapper(words, memmap, this.design);
        gup = new Gup(words, memmap, epochs, this.design);
        nextEntriesOffset = geometry.entriesOffset();
    }

    /*
     * Made by methods that return the abstract type: to verify an expression "new X" the JVM would load every X, and
     * with two of them loaded the compiler could not tell any more which one a call goes to.
     */
    private PageCounter newCounter(final String name) {
        return switch (name) {
            case "cas" -> CasPageCounter.create(words);
            case "cas-fused" -> CasFusedPageCounter.create(words);
            default -> throw new IllegalArgumentException("unknown counter: counter=" + name + ", known=" + COUNTERS);
        };
    }

    private RefcountDesign newDesign(final String name) {
        return switch (name) {
            case "dev-pagemap" -> DevPagemapDesign.create(counter, memmap, pagemaps, waits);
            case "fs-held" -> FsHeldDesign.create(counter, memmap, pagemaps, waits);
            default -> throw new IllegalArgumentException("unknown design: design=" + name + ", known=" + DESIGNS);
        };
    }

    /**
     * The designs that can be chosen.
     *
     * @return their names, oldest kernel first
     */
    public static List<String> designNames() {
        return DESIGNS;
    }

    /**
     * The counters that can be chosen.
     *
     * @return their names, the kernel's first
     */
    public static List<String> counterNames() {
        return COUNTERS;
    }

    /**
     * The layout of a device.
     *
     * @param pages number of 4 KiB pages
     * @return where everything lies
     */
    public static DeviceGeometry geometry(final long pages) {
        return geometry(pages, START_PFN);
    }

    private static DeviceGeometry geometry(final long pages, final long startPfn) {
        return DeviceGeometry.layout(pages, startPfn, CpuSlotDescriptor.AREA_BYTES, PagemapAreaDescriptor.AREA_BYTES,
            WaitTableDescriptor.TABLE_BYTES, Memmap.bytes(pages), ADDRESS_SPACES * PageTableDescriptor.bytes(pages),
            DaxFileDescriptor.bytes(ENTRIES_PER_PAGE * pages));
    }

    /**
     * Makes the calling thread a CPU.
     *
     * @return its area, to be given back by {@link #detach}
     * @throws IllegalStateException if all areas are taken
     */
    public CpuSlot attach() {
        return cpus.attach();
    }

    /**
     * Gives a CPU back.
     *
     * @param cpu an attached CPU
     */
    public void detach(final CpuSlot cpu) {
        cpus.detach(cpu);
    }

    /**
     * All pages of the device.
     *
     * @return their page frame numbers
     */
    public PfnRange wholeDevice() {
        return new PfnRange(geometry.startPfn(), geometry.startPfn() + geometry.pages() - 1);
    }

    /**
     * Brings pages to life, at the count that the design starts at.
     *
     * @param cpu    the calling thread's CPU
     * @param type   what they are for
     * @param ranges which pages
     * @return handle of the dev_pagemap
     */
    public long createPagemap(final CpuSlot cpu, final PagemapType type, final PfnRange... ranges) {
        final int initialCount = type == PagemapType.FS_DAX ? design.idleCount() : 1;
        return pagemaps.create(cpu, type, List.of(ranges), initialCount);
    }

    /**
     * Makes a file.
     *
     * @param blocks the pages that it lies in
     * @return the file
     * @throws IllegalArgumentException if the pages are not on the device
     * @throws IllegalStateException    if there is no room for its entries
     */
    public synchronized DaxFile createFile(final PfnRange blocks) {
        if (!memmap.contains(blocks.first(), blocks.pages())) {
            throw new IllegalArgumentException("the file is not on the device: " + blocks);
        }
        final long entriesOffset = nextEntriesOffset;
        final long end = entriesOffset + DaxFileDescriptor.bytes(blocks.pages());
        if (end > geometry.dataOffset()) {
            throw new IllegalStateException("no room for the entries of another file: pages=" + blocks.pages());
        }
        nextEntriesOffset = end;
        return new DaxFile(words, memmap, design, mapper, waits, entriesOffset, blocks.first(), blocks.pages());
    }

    /**
     * The page tables of an address space, as large as the device.
     *
     * @param index 0 to {@link #ADDRESS_SPACES} - 1
     * @return the page tables
     */
    public PageTable pageTable(final int index) {
        if (index < 0 || index >= ADDRESS_SPACES) {
            throw new IllegalArgumentException("no such address space: index=" + index);
        }
        return new PageTable(words, geometry.pageTablesOffset() + index * PageTableDescriptor.bytes(geometry.pages()),
            geometry.pages());
    }

    /**
     * Walks page tables and counts pages.
     *
     * @return the walks
     */
    public Gup gup() {
        return gup;
    }

    /**
     * Fills and clears page tables.
     *
     * @return the mapper
     */
    public PageMapper mapper() {
        return mapper;
    }

    /**
     * The devices that the pages belong to.
     *
     * @return the dev_pagemaps
     */
    public DevPagemaps pagemaps() {
        return pagemaps;
    }

    /**
     * The pages.
     *
     * @return the descriptors
     */
    public Memmap memmap() {
        return memmap;
    }

    /**
     * How references are counted.
     *
     * @return the counter
     */
    public PageCounter counter() {
        return counter;
    }

    /**
     * Who holds references.
     *
     * @return the design
     */
    public RefcountDesign design() {
        return design;
    }

    /**
     * Where waiters sleep, at the design's {@link RefcountDesign#idleAddress}.
     *
     * @return the wait queues
     */
    public WaitTable waits() {
        return waits;
    }

    /**
     * Read sections and grace periods.
     *
     * @return the epochs
     */
    public Epochs epochs() {
        return epochs;
    }

    /**
     * Checks, while nobody holds a page, that as many pages were unpinned as pinned and that every count of a range is
     * where its mappings put it.
     *
     * @param pages the pages to look at, which belong to a living FS_DAX dev_pagemap
     * @throws IllegalStateException if the books do not balance, naming the first page that is wrong
     */
    public void checkBooks(final PfnRange pages) {
        final long acquired = cpus.sum(CpuSlotDescriptor.PINS_ACQUIRED_OFFSET);
        final long released = cpus.sum(CpuSlotDescriptor.PINS_RELEASED_OFFSET);
        if (acquired != released) {
            throw new IllegalStateException("pins are not balanced: nr_foll_pin_acquired=" + acquired
                + ", nr_foll_pin_released=" + released);
        }
        for (long pfn = pages.first(); pfn <= pages.last(); pfn++) {
            final long head = memmap.head(memmap.page(pfn));
            final int expected = design.restingCount(memmap.mapcount(head));
            if (counter.count(head) != expected || counter.pincount(head) != 0) {
                throw new IllegalStateException("the count is off: pfn=" + pfn + ", refcount=" + counter.count(head)
                    + ", expected=" + expected + ", pincount=" + counter.pincount(head));
            }
        }
    }

    /**
     * Ends the use of the device, which may then be closed.
     *
     * @throws IllegalStateException if a CPU is still attached
     */
    @Override
    public void close() {
        if (cpus.attached() != 0) {
            throw new IllegalStateException("CPUs are still attached: attached=" + cpus.attached());
        }
    }
}
