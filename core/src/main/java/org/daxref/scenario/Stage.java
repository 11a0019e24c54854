/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.daxref.Machine;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.device.PmemDevice;
import org.daxref.memory.SegmentWords;
import org.daxref.memory.Words;
import org.daxref.mm.PageTable;
import org.daxref.page.Memmap;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;

/**
 * Where a scenario is played: a machine with a device of {@value #PAGES} pages and one design. Steps are done in turn;
 * after each, everybody who waits is given time to wake up or to sleep on, and then what can be seen is recorded.
 *
 * <p>Thread contract: one thread plays; actors have threads of their own.
 */
public final class Stage implements AutoCloseable {
    /** Size of the device. */
    public static final long PAGES = 1024;

    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    private final PmemDevice device;
    private final Words words;
    private final Machine machine;
    private final CpuSlot cpu;
    private final Map<String, Long> watched = new LinkedHashMap<>();
    private final List<Actor> actors = new ArrayList<>();
    private final List<Story.Step> steps = new ArrayList<>();
    private DaxDevice pmem;
    private long firstBlock;
    private FileSystem fileSystem;
    private String outcome = "";
    private int logged;

    private Stage(final PmemDevice device, final String design) {
        this.device = device;
        this.words = new SegmentWords(device.region().segment());
        this.machine = new Machine(device.geometry(), words, design, "cas");
        this.cpu = machine.attach();
        this.firstBlock = machine.wholeDevice().first();
    }

    static Stage open(final String design) throws IOException {
        final Path folder = Files.createTempDirectory(
            Files.isWritable(SHARED_MEMORY) ? SHARED_MEMORY : Path.of(System.getProperty("java.io.tmpdir")), "daxref-");
        final Path path = folder.resolve("stage");
        try {
            PmemDevice.create(path, Machine.geometry(PAGES));
            return new Stage(PmemDevice.open(path), design);
        } finally {
            Files.deleteIfExists(path);
            Files.delete(folder);
        }
    }

    /**
     * The machine that the scenario is played on.
     *
     * @return the machine
     */
    public Machine machine() {
        return machine;
    }

    /**
     * Brings the device to life and mounts a file system on it.
     *
     * @param type which one
     * @return the file system
     */
    public FileSystem mount(final FileSystemType type) {
        return mount(type, machine.wholeDevice());
    }

    /**
     * Brings a part of the device to life, as a device of its own, and mounts a file system on it. The references of
     * the last one are recorded.
     *
     * @param type   which one
     * @param blocks its pages
     * @return the file system
     */
    public FileSystem mount(final FileSystemType type, final PfnRange blocks) {
        pmem = machine.createDaxDevice(cpu, blocks);
        firstBlock = blocks.first();
        fileSystem = machine.mount(type, pmem);
        return fileSystem;
    }

    /**
     * The device under the file system.
     *
     * @return the device of the last mount
     */
    public DaxDevice pmem() {
        return pmem;
    }

    /**
     * The address space of a process.
     *
     * @param index which one, from 0
     * @return its page tables
     */
    public PageTable process(final int index) {
        return machine.pageTable(index);
    }

    /**
     * Some pages of the device.
     *
     * @param first counted from its start
     * @param pages how many
     * @return their page frame numbers
     */
    public PfnRange range(final long first, final long pages) {
        final long start = machine.wholeDevice().first() + first;
        return new PfnRange(start, start + pages - 1);
    }

    /**
     * What lies in a page, as a driver reads it that was once given its number: by DMA, past every file.
     *
     * @param pfn which page
     * @return its first word
     */
    public long dma(final long pfn) {
        return words.getLongVolatile(device.geometry().dataOffset(pfn));
    }

    /**
     * Records a page after every step.
     *
     * @param name what to call it
     * @param pfn  which page
     * @throws IllegalStateException after the first step
     */
    public void watch(final String name, final long pfn) {
        if (!steps.isEmpty()) {
            throw new IllegalStateException("watched from the first step on or never: page=" + name);
        }
        watched.put(name, pfn);
    }

    /**
     * A step that does not wait.
     *
     * @param actor  who does it
     * @param action what, in the third person: "pins the page"
     * @param body   does it
     * @return what came of it, in words
     * @throws InterruptedException if the player is interrupted
     */
    public String does(final String actor, final String action, final Actor.Action body) throws InterruptedException {
        final String result = Actor.attempt(body, cpu);
        record(actor, action, result);
        return result;
    }

    /**
     * A step that may have to wait, on a thread of its own.
     *
     * @param name   who does it
     * @param action what, in the third person
     * @param body   does it
     * @return who does it
     * @throws InterruptedException if the player is interrupted
     */
    public Actor starts(final String name, final String action, final Actor.Action body) throws InterruptedException {
        final Actor actor = new Actor(name, machine, body);
        actors.add(actor);
        actor.start();
        record(name, action, "");
        return actor;
    }

    /**
     * A signal for somebody who waits.
     *
     * @param actor  who is sent it
     * @param action what happens, in the third person
     * @throws InterruptedException if the player is interrupted
     */
    public void signals(final Actor actor, final String action) throws InterruptedException {
        actor.interrupt();
        record("signal", action, "");
    }

    /**
     * Says how it ended.
     *
     * @param sentence what follows from what was seen
     */
    public void ends(final String sentence) {
        outcome = sentence;
    }

    private void record(final String actor, final String action, final String result) throws InterruptedException {
        settle();
        final List<String> log = machine.memmap().warnings().messages();
        steps.add(new Story.Step(actor, action, result,
            watched.entrySet().stream().map(page -> state(page.getKey(), page.getValue())).toList(),
            actors.stream().filter(Actor::isAsleep).map(Actor::name).toList(), machine.waits().overdueWaiters(),
            actors.stream().map(Actor::report).filter(Objects::nonNull).toList(),
            List.copyOf(log.subList(logged, log.size())), pagemapReferences()));
        logged = log.size();
    }

    /** Who ends may have woken somebody who was looked at before. */
    private void settle() throws InterruptedException {
        long asleep;
        do {
            asleep = actors.stream().filter(Actor::isAsleep).count();
            for (final Actor actor : actors) {
                actor.settle();
            }
        } while (actors.stream().filter(Actor::isAsleep).count() < asleep);
    }

    private long pagemapReferences() {
        final long pgmap = machine.pagemaps().find(firstBlock);
        return pgmap == 0 ? -1 : machine.pagemaps().references(pgmap);
    }

    private Story.PageState state(final String name, final long pfn) {
        final Memmap memmap = machine.memmap();
        final long page = memmap.page(pfn);
        final long head = memmap.head(page);
        return new Story.PageState(name, machine.counter().count(head), memmap.mapcount(head),
            machine.counter().pincount(head), entries(pfn), words(page, head, pfn));
    }

    private String words(final long page, final long head, final long pfn) {
        final Memmap memmap = machine.memmap();
        if (memmap.isPoisoned(page)) {
            return memmap.isUsedAfterFree(page) ? "struct page gone, and used" : "struct page gone";
        }
        if (memmap.share(head) > 0) {
            return "shared by " + memmap.share(head);
        }
        final String block = fileSystem != null && fileSystem.isFree(pfn) ? "block free" : "";
        return memmap.mapping(head) != 0 ? "tied to a file" : block;
    }

    private int entries(final long pfn) {
        int entries = 0;
        for (int i = 0; i < Machine.ADDRESS_SPACES; i++) {
            final PageTable table = machine.pageTable(i);
            for (long page = 0; page < table.pages(); page++) {
                entries += maps(table.entry(page), page, pfn) ? 1 : 0;
            }
        }
        return entries;
    }

    private static boolean maps(final long entry, final long page, final long pfn) {
        if ((entry & PageTableEntry.PRESENT) == 0 || (entry & PageTableEntry.SPECIAL) != 0) {
            return false;
        }
        final long offset = (entry & PageTableEntry.LEAF) != 0 ? PageTableEntry.index(page) : 0;
        return PageTableEntry.pfn(entry) + offset == pfn;
    }

    List<Story.Step> steps() {
        return List.copyOf(steps);
    }

    String outcome() {
        return outcome;
    }

    /** Ends whoever can be ended. Who waits uninterruptibly for what will never come is left to the end of the JVM. */
    @Override
    public void close() {
        try {
            for (final Actor actor : actors) {
                actor.interrupt();
                actor.settle();
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            device.close();
        }
    }
}
