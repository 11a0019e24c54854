/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import java.util.List;
import java.util.stream.IntStream;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.DaxFileDescriptor;
import org.daxref.dax.DaxParts;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.dax.FreeSpace;
import org.daxref.design.DevPagemapDesign;
import org.daxref.design.FsHeldDesign;
import org.daxref.design.FsHeldDrainDesign;
import org.daxref.design.LostWakeUpDesign;
import org.daxref.design.PgmapFolioDesign;
import org.daxref.design.Pre518Design;
import org.daxref.design.RefcountDesign;
import org.daxref.device.DeviceGeometry;
import org.daxref.memory.DeviceFailedException;
import org.daxref.memory.Words;
import org.daxref.mm.DebugGup;
import org.daxref.mm.Gup;
import org.daxref.mm.PageMapper;
import org.daxref.mm.PageTable;
import org.daxref.mm.PageTableDescriptor;
import org.daxref.page.AsymmetricStripedPageCounter;
import org.daxref.page.CasBackoffPageCounter;
import org.daxref.page.CasFusedPageCounter;
import org.daxref.page.CasPageCounter;
import org.daxref.page.FencedStripedPageCounter;
import org.daxref.page.HalfCountedException;
import org.daxref.page.HazardPageCounter;
import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.page.RcurefPageCounter;
import org.daxref.page.StickyPageCounter;
import org.daxref.page.XaddPageCounter;
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
 *     DaxDevice pmem = machine.createDaxDevice(cpu, machine.wholeDevice());
 *     DaxFile file = machine.mount(FileSystemType.EXT4, pmem).create(16);
 *     PageTable process = machine.pageTable(0);
 *     Vma vma = file.mmap(process, 0, 16, 0);
 *     file.fault(cpu, vma, 3, true);
 *     long[] pinned = new long[1];
 *     machine.gup().pinFast(cpu, process, 3, 1, true, pinned);
 *     machine.gup().unpin(cpu, pinned, 1);
 *     machine.detach(cpu);
 * }
 * }</pre>
 *
 * <p>An attach that races with {@link #close} is refused, or keeps it from closing:
 *
 * <pre>
 *   attach                                close
 *   area := taken        (RMW)            closed := true       (volatile)
 *   closed?  yes -> give it back          an area taken?  yes -> closed := false, refused
 * </pre>
 *
 * <p>Each side stores, then loads what the other stores, all of it volatile, so at least one sees the other ({@code
 * MachineTest.shouldNotHandOutACpuOfAMachineThatIsBeingClosed}).
 *
 * <p>Thread contract: construction from one thread, everything else from all. A thread attaches to get the CPU that it
 * stands for.
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

    /** The kernel with the bug that started it all. It can be run, but is not among the designs to be measured. */
    public static final String LOST_WAKEUP = "lost-wakeup";

    private static final List<String> DESIGNS = List.of("pre-518", "dev-pagemap", "pgmap-folio", "fs-held",
        "fs-held-drain");
    private static final List<String> COUNTERS = List.of("cas", "cas-fused", "cas-backoff", "xadd", "rcuref", "sticky",
        "striped", "striped-asym", "hazard");

    /** Room for the entries of two files over the whole device, so that they may share it, and of some small ones. */
    private static final int WHOLE_FILES = 2;
    private static final int SMALL_FILES = 64;
    private static final int SMALL_FILE_PAGES = 16;
    private static final int MOUNTS = 16;

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
    private final FreeSpace entrySpace;
    private final List<PageTable> pageTables;
    private volatile boolean closed;

    /**
     * Puts a device together.
     *
     * @param geometry where everything lies
     * @param words    access to the device, whose metadata is zero
     * @param design   one of {@link #designNames()}, or {@link #LOST_WAKEUP}
     * @param counter  one of {@link #counterNames()}
     * @throws IllegalArgumentException if a name is unknown or the device is smaller than its geometry
     */
    public Machine(final DeviceGeometry geometry, final Words words, final String design, final String counter) {
        this(geometry, words, new Parts(design, counter));
    }

    /**
     * Puts a device together whose {@link #gup()} is a {@link DebugGup}: misuse that no kernel notices is refused.
     *
     * @param geometry where everything lies
     * @param words    access to the device, whose metadata is zero
     * @param design   one of {@link #designNames()}, or {@link #LOST_WAKEUP}
     * @param counter  one of {@link #counterNames()}
     * @return the machine
     * @throws IllegalArgumentException if a name is unknown or the device is smaller than its geometry
     */
    public static Machine debug(final DeviceGeometry geometry, final Words words, final String design,
                                final String counter) {
        return new Machine(geometry, words, new DebugParts(design, counter));
    }

    Machine(final DeviceGeometry geometry, final Words words, final Parts parts) {
        if (words.capacityBytes() < geometry.dataOffset()) {
            throw new IllegalArgumentException("the memory does not hold the metadata: bytes=" + words.capacityBytes()
                + ", needed=" + geometry.dataOffset());
        }
        if (!geometry.equals(geometry(geometry.pages(), geometry.startPfn()))) {
            throw new IllegalArgumentException("laid out by another version of daxref; create the device again: "
                + geometry);
        }
        final DeviceGeometry at = geometry.from(words.origin());
        this.geometry = at;
        this.words = words;
        cpus = new CpuSlots(words, at.perCpuOffset());
        epochs = parts.epochs(words, cpus);
        waits = parts.waits(words, at.waitTableOffset());
        counter = parts.counter(words, cpus, epochs);
        memmap = new Memmap(words, at.memmapOffset(), at.startPfn(), at.pages(), counter.encode(0));
        pagemaps = new DevPagemaps(words, at.pagemapOffset(), cpus, epochs, waits, memmap,
            counter);
        design = parts.design(counter, memmap, pagemaps, waits);
        mapper = new PageMapper(words, memmap, design);
        gup = parts.gup(words, memmap, epochs, design);
        entrySpace = new FreeSpace(at.entriesOffset(), at.dataOffset() - at.entriesOffset());
        pageTables = IntStream.range(0, ADDRESS_SPACES).mapToObj(this::newPageTable).toList();
    }

    private PageTable newPageTable(final int index) {
        final long bytes = PageTableDescriptor.bytes(geometry.pages());
        return new PageTable(words, geometry.pageTablesOffset() + index * bytes, geometry.pages());
    }

    /**
     * Chooses the implementations.
     *
     * <p>Made by methods that return the abstract type: to verify an expression "new X" the JVM would load every X, and
     * with two of them loaded the compiler could not tell any more which one a call goes to.
     */
    static class Parts {
        private final String design;
        private final String counter;

        Parts(final String design, final String counter) {
            this.design = design;
            this.counter = counter;
        }

        PageCounter counter(final Words words, final CpuSlots cpus, final Epochs epochs) {
            return switch (counter) {
                case "cas" -> CasPageCounter.create(words);
                case "cas-fused" -> CasFusedPageCounter.create(words);
                case "cas-backoff" -> CasBackoffPageCounter.create(words);
                case "xadd" -> XaddPageCounter.create(words);
                case "rcuref" -> RcurefPageCounter.create(words);
                case "sticky" -> StickyPageCounter.create(words);
                case "striped" -> FencedStripedPageCounter.create(words, cpus);
                case "striped-asym" -> AsymmetricStripedPageCounter.create(words, cpus, epochs);
                case "hazard" -> HazardPageCounter.create(words, cpus);
                default -> throw new IllegalArgumentException("unknown counter: counter=" + counter + ", known="
                    + COUNTERS);
            };
        }

        RefcountDesign design(final PageCounter pageCounter, final Memmap memmap, final DevPagemaps pagemaps,
                              final WaitTable waits) {
            return switch (design) {
                case "pre-518" -> Pre518Design.create(pageCounter, memmap, pagemaps, waits);
                case LOST_WAKEUP -> LostWakeUpDesign.create(pageCounter, memmap, pagemaps, waits);
                case "dev-pagemap" -> DevPagemapDesign.create(pageCounter, memmap, pagemaps, waits);
                case "pgmap-folio" -> PgmapFolioDesign.create(pageCounter, memmap, pagemaps, waits);
                case "fs-held" -> FsHeldDesign.create(pageCounter, memmap, pagemaps, waits);
                case "fs-held-drain" -> FsHeldDrainDesign.create(pageCounter, memmap, pagemaps, waits);
                default -> throw new IllegalArgumentException("unknown design: design=" + design + ", known="
                    + DESIGNS);
            };
        }

        Epochs epochs(final Words words, final CpuSlots cpus) {
            return Epochs.cheapest(words, cpus);
        }

        WaitTable waits(final Words words, final long offset) {
            return new WaitTable(words, offset);
        }

        Gup gup(final Words words, final Memmap memmap, final Epochs epochs, final RefcountDesign refcounts) {
            return new Gup(words, memmap, epochs, refcounts);
        }
    }

    private static final class DebugParts extends Parts {
        DebugParts(final String design, final String counter) {
            super(design, counter);
        }

        @Override
        Gup gup(final Words words, final Memmap memmap, final Epochs epochs, final RefcountDesign refcounts) {
            return DebugGup.create(words, memmap, epochs, refcounts);
        }
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
            WHOLE_FILES * DaxFileDescriptor.bytes(pages)
                + SMALL_FILES * DaxFileDescriptor.bytes(SMALL_FILE_PAGES) + MOUNTS * FileSystem.LOCK_BYTES);
    }

    /**
     * Makes the calling thread a CPU.
     *
     * @return its area, to be given back by {@link #detach}
     * @throws IllegalStateException if all areas are taken, or the machine is closed or being closed
     * @throws DeviceFailedException if the memory of the device fails; the area is free then
     */
    public CpuSlot attach() {
        requireOpen();
        try {
            final CpuSlot cpu = cpus.attach();
            if (closed) {
                cpus.detach(cpu);
                requireOpen();
            }
            return cpu;
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
    }

    /**
     * Gives a CPU back.
     *
     * @param cpu an attached CPU
     * @throws DeviceFailedException if the memory of the device fails; the CPU stays attached then
     */
    public void detach(final CpuSlot cpu) {
        try {
            cpus.detach(cpu);
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
    }

    /**
     * Makes the calling thread the owner of a CPU that another thread attached and handed to it. Without this a CPU
     * ends with the thread that attached.
     *
     * @param cpu an attached CPU outside any read section, which its old owner uses no more
     * @throws IllegalStateException if the thread is virtual, or the CPU was given back or is in the middle of
     *                               something
     */
    public void adopt(final CpuSlot cpu) {
        cpus.adopt(cpu);
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
     * @throws IllegalArgumentException if a range is not on the device, two overlap or there are too many; nothing has
     *                                  changed then
     * @throws IllegalStateException    if a range belongs to another dev_pagemap, there is no room for one more, the
     *                                  CPU was given back or is inside a read section, or the machine is closed;
     *                                  nothing has changed then
     * @throws DeviceFailedException    if the memory of the device fails; the dev_pagemap is not there then, and the
     *                                  pages are as a removed device leaves them
     */
    public long createPagemap(final CpuSlot cpu, final PagemapType type, final PfnRange... ranges) {
        requireOpen();
        final boolean fsDax = type == PagemapType.FS_DAX;
        try {
            final long pgmap = pagemaps.create(cpu, type, List.of(ranges), fsDax ? design.idleCount() : 1,
                !fsDax || design.pagesHoldPagemap());
            for (final PfnRange range : ranges) {
                gup.renew(range);
            }
            return pgmap;
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
    }

    /**
     * Takes pages from life as the era does, and waits for what the era waits for: {@code memunmap_pages}. The wait
     * cannot be interrupted.
     *
     * <p>If it fails after it began, the dev_pagemap stays killed and this method refuses it. Where the reason has
     * gone, the steps that are left may be taken one by one: {@link DevPagemaps#drain}, {@link DevPagemaps#free}. Where
     * a reference was dropped too often, or what the pages hold could not be dropped, its count is never right and it
     * stays for ever.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param pgmap handle of a dev_pagemap
     * @throws IllegalStateException if it is being removed already or gone, or the machine is closed, and nothing has
     *                               changed then; or if a reference to it was dropped too often
     * @throws DeviceFailedException if the memory of the device fails
     */
    public void removePagemap(final CpuSlot cpu, final long pgmap) {
        requireOpen();
        try {
            pagemaps.kill(pgmap);
            design.dropPageReferences(cpu, pgmap);
            pagemaps.drain(pgmap);
            pagemaps.free(pgmap);
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
    }

    /**
     * Makes a device for a file system.
     *
     * @param cpu    the calling thread's CPU
     * @param blocks its pages
     * @return the device, on a dev_pagemap of its own
     * @throws IllegalArgumentException as {@link #createPagemap}
     * @throws IllegalStateException    as {@link #createPagemap}
     */
    public DaxDevice createDaxDevice(final CpuSlot cpu, final PfnRange blocks) {
        final long pgmap = createPagemap(cpu, PagemapType.FS_DAX, blocks);
        try {
            return new DaxDevice(pagemaps, design, pgmap);
        } catch (final InternalError e) {
            final DeviceFailedException failure = DeviceFailedException.insteadOf(e);
            try {
                removePagemap(cpu, pgmap);
            } catch (final DeviceFailedException next) {
                failure.addSuppressed(next);
            }
            throw failure;
        }
    }

    /**
     * Mounts an empty file system on a device.
     *
     * @param type   which one
     * @param device where
     * @return the file system
     * @throws IllegalStateException if the device is gone, there is no room for its lock, or the machine is closed
     */
    public FileSystem mount(final FileSystemType type, final DaxDevice device) {
        requireOpen();
        requireAlive(device);
        return new FileSystem(type, device, new DaxParts(words, geometry, epochs, waits, memmap, design, mapper,
            entrySpace));
    }

    private static void requireAlive(final DaxDevice device) {
        try {
            if (!device.isAlive()) {
                throw new IllegalStateException("the device is gone: pgmap=" + device.pgmap());
            }
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
    }

    /**
     * Removes a device as the driver does, mounted or not: {@code kill_dax} and {@code del_gendisk}, then
     * {@code memunmap_pages}.
     *
     * @param cpu    the calling thread's CPU, outside any read section
     * @param device a device
     * @throws IllegalStateException if it is being removed already or gone, or the machine is closed, and nothing has
     *                               changed then; or as {@link #removePagemap}
     * @throws DeviceFailedException if the memory of the device fails; if no step of the removal was taken yet, it may
     *                               be unbound again
     */
    public void unbind(final CpuSlot cpu, final DaxDevice device) {
        requireOpen();
        try {
            device.kill(cpu);
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
        try {
            removePagemap(cpu, device.pgmap());
        } catch (final Throwable e) {
            device.mayBeKilledAgain();
            throw e;
        }
    }

    /**
     * The page tables of an address space, as large as the device.
     *
     * @param index 0 to {@link #ADDRESS_SPACES} - 1
     * @return the page tables, the same at every call
     */
    public PageTable pageTable(final int index) {
        if (index < 0 || index >= ADDRESS_SPACES) {
            throw new IllegalArgumentException("no such address space: index=" + index);
        }
        return pageTables.get(index);
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
     * where its mappings put it, after the pins that CPUs keep with themselves were brought together. Not while a fault
     * has yet to take back what a layout break that gave up has let go ({@code pgmap-folio}): the count is then lower
     * than expected.
     *
     * @param pages the pages to look at, which belong to a living FS_DAX dev_pagemap
     * @throws IllegalStateException if the books do not balance, naming the first page that is wrong
     */
    public void checkBooks(final PfnRange pages) {
        requireOpen();
        try {
            checkSums(pages);
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        }
    }

    private void checkSums(final PfnRange pages) {
        final long acquired = cpus.sum(CpuSlotDescriptor.PINS_ACQUIRED_OFFSET);
        final long released = cpus.sum(CpuSlotDescriptor.PINS_RELEASED_OFFSET);
        if (acquired != released) {
            throw new IllegalStateException("pins are not balanced: nr_foll_pin_acquired=" + acquired
                + ", nr_foll_pin_released=" + released);
        }
        for (long pfn = pages.first(); pfn <= pages.last(); pfn++) {
            final long head = memmap.head(memmap.page(pfn));
            final int expected = design.restingCount(head);
            gather(head);
            final int count = counter.countInWord(head);
            if (count != expected || counter.pincount(head) != 0) {
                throw new IllegalStateException("the count is off: pfn=" + pfn + ", refcount=" + count
                    + ", expected=" + expected + ", pincount=" + counter.pincount(head));
            }
        }
    }

    /** Its pages are mapped or nobody's, so what a failure leaves is never the last reference. */
    private void gather(final long head) {
        try {
            counter.gather(head);
        } catch (final HalfCountedException e) {
            counter.put(head, e.references());
            throw e.getCause() instanceof final InternalError error ? DeviceFailedException.insteadOf(error) : e;
        }
    }

    /**
     * Ends the use of the device, which may then be closed. From then on every method that would touch the device is
     * refused: {@link #attach}, {@link #createPagemap}, {@link #removePagemap}, {@link #createDaxDevice}, {@link
     * #mount}, {@link #unbind}, {@link #checkBooks}, and {@link #adopt} and {@link #detach}, as no CPU is
     * attached. The others are harmless, but what they return is not to be used any more. A second close does nothing.
     * CPUs whose threads have died do not count.
     *
     * @throws IllegalStateException if a thread that lives is still attached; the machine is open then
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        final int attached = cpus.attached();
        if (attached != 0) {
            closed = false;
            throw new IllegalStateException("CPUs are still attached: attached=" + attached);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the machine is closed: pages=" + geometry.pages());
        }
    }
}
