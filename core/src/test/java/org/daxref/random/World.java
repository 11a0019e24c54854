/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.Invariants;
import org.daxref.Invariants.Invariant;
import org.daxref.Invariants.Violation;
import org.daxref.Machine;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.memory.WordsKind;
import org.daxref.mm.PageTable;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.CpuSlot;

/**
 * A small device with a few files, some processes and, one time in four, its removal. All that is random here comes
 * from one seed: the counter, the size of the device, the file system, what the processes do. What a process holds it
 * may hand over to whoever comes, so that pins are dropped by other CPUs than those that took them.
 *
 * <p>What a world leaves out, and why:
 * <ul>
 *   <li>Up to 5.17 a walk under locks over an entry whose dev_pagemap is dying tries again until it gets a signal
 *       (S35), with the pages that it has got before, which the removal waits for. Worlds of that era in which the
 *       device goes walk without locks only; and who waits for a page to come to 1 when its device goes needs a signal.
 *   <li>In the series of October 2022 each file that shares a block holds it by an entry of its own, and a truncate of
 *       one file waits until the others give theirs up (S43, S44). Its worlds share no blocks.
 *   <li>Where blocks are shared, I1 is not asked for: a read-only pin of a shared block stays when its file gets a copy
 *       by a write, and nobody knows of it when the other file gives the block up (see
 *       {@link CopyOnWriteTest}).
 *   <li>Layouts of 2 MiB entries are broken as a whole, as ext4 and xfs do: a break of a part would take a folio apart
 *       that other mappings still show (kernels would say so by a WARN in dax_folio_put).
 *   <li>Designs whose removal does not wait for pages lose their device only when nobody runs. So does the series of
 *       October 2022: its removal waits for entries of files (S30), and a layout break that meets one locked by a
 *       write-back passes it over (S21). The former is the era's, the latter for want of somebody here who unmounts:
 *       {@code org.daxref.soak} removes the devices of all of them under processes that do not stop.
 * </ul>
 */
final class World implements Environment, AutoCloseable {
    static final int ACTORS = 3;

    private static final int SMALL_DEVICE_PAGES = 64;
    private static final int SMALL_FILE_PAGES = 8;
    private static final int SMALL_FILES = 3;
    private static final int LARGE_DEVICE_PAGES = 1024 + SMALL_DEVICE_PAGES;
    private static final int LARGE_FILES = 1;
    private static final int[] CROWDS = {1, 2, 16};

    private final Setup setup;
    private final TestMachine machine;
    private final Tally tally;
    private final Set<Invariant> claims;
    private final boolean large;
    private final int crowd;
    private final boolean sharing;
    private final boolean removing;
    private final List<Operation> operations;
    private final List<Actor> actors = new ArrayList<>();
    private final Queue<Holding> handedOver = new ConcurrentLinkedQueue<>();
    private final Slot[] slots;
    private final AtomicInteger active = new AtomicInteger();
    private final AtomicBoolean removed = new AtomicBoolean();
    private final FileSystemType type;
    private DaxDevice device;
    private FileSystem fileSystem;
    private boolean broken;

    /**
     * A world of a design.
     *
     * @param design with the counters in turn, as the seed says
     */
    World(final String design, final long seed, final Tally tally) {
        this(new Setup(design, counter(seed), WordsKind.SEGMENT), seed, tally);
    }

    private static String counter(final long seed) {
        final List<String> counters = Machine.counterNames();
        return counters.get((int) Long.remainderUnsigned(seed, counters.size()));
    }

    /** A world of one design with one counter. */
    World(final Setup setup, final long seed, final Tally tally) {
        this.setup = setup;
        final SplittableRandom random = new SplittableRandom(seed);
        this.tally = tally;
        claims = Invariants.claims(setup.design());
        large = random.nextInt(4) == 0;
        sharing = random.nextBoolean() && !large && !entriesHold() && sharesBlocks();
        removing = random.nextInt(4) == 0;
        type = random.nextBoolean() ? FileSystemType.EXT4 : FileSystemType.XFS;
        operations = weigh();
        slots = new Slot[large ? LARGE_FILES : SMALL_FILES];
        crowd = CROWDS[random.nextInt(CROWDS.length)];
        machine = setup.openScheduled(large ? LARGE_DEVICE_PAGES : SMALL_DEVICE_PAGES, crowd);
        device = machine.pmem();
        machine.fileSystem().unmount(machine.cpu());
        mount();
        for (int i = 0; i < ACTORS; i++) {
            final Actor actor = new Actor(this, i, machine.machine().attach());
            actors.add(actor);
            actor.prepare(random.nextLong());
        }
    }

    private List<Operation> weigh() {
        final List<Operation> weighed = new ArrayList<>();
        for (final Operation operation : Operation.values()) {
            final boolean possible = switch (operation) {
                case FAULT_PMD -> large;
                case REFLINK -> sharing;
                case REMOVE -> removing && claims.contains(Invariant.I2) && !entriesHold();
                case TAKE, TAKE_SLOW -> !removing || !"pre-518".equals(setup.design());
                default -> true;
            };
            for (int i = 0; i < operation.weight() && possible; i++) {
                weighed.add(operation);
            }
        }
        return weighed;
    }

    private void mount() {
        fileSystem = machine.machine().mount(type, device);
        for (int i = 0; i < slots.length; i++) {
            slots[i] = new Slot(fileSystem, filePages(), sharing);
        }
    }

    @Override
    public TestMachine machine() {
        return machine;
    }

    @Override
    public FileSystem fileSystem() {
        return fileSystem;
    }

    @Override
    public Tally tally() {
        return tally;
    }

    @Override
    public Slot slot(final int index) {
        return slots[index];
    }

    @Override
    public int slots() {
        return slots.length;
    }

    private long filePages() {
        return large ? PageTableEntry.ENTRIES : SMALL_FILE_PAGES;
    }

    /** Where folios were, small files come, and folios again. */
    @Override
    public long nextFilePages(final Slot slot, final SplittableRandom random) {
        return large && random.nextBoolean() ? SMALL_FILE_PAGES : filePages();
    }

    @Override
    public Queue<Holding> handedOver() {
        return handedOver;
    }

    @Override
    public long usedPages() {
        return SMALL_FILE_PAGES;
    }

    @Override
    public int actors() {
        return ACTORS;
    }

    @Override
    public PageTable table(final int actor) {
        return machine.table(actor);
    }

    @Override
    public long start(final int actor, final int slot) {
        return slot * filePages();
    }

    private boolean sharesBlocks() {
        return !"pre-518".equals(setup.design()) && !Machine.LOST_WAKEUP.equals(setup.design());
    }

    @Override
    public boolean entriesHold() {
        return "pgmap-folio".equals(setup.design());
    }

    @Override
    public Operation draw(final SplittableRandom random) {
        return operations.get(random.nextInt(operations.size()));
    }

    /** Removal while the others run. */
    @Override
    public void remove(final Actor remover) {
        if (removed.compareAndSet(false, true)) {
            remover.letGo();
            machine.machine().unbind(remover.cpu(), device);
            Invariants.checkGone(machine, remover.cpu(), device.pgmap(), machine.machine().wholeDevice());
            if ("pre-518".equals(setup.design())) {
                actors.stream().filter(actor -> actor != remover).forEach(Actor::interrupt);
            }
        }
    }

    /** The processes, to be run at the same time; all but the last one to end leave nothing behind. */
    Race.Body[] processes(final int count) {
        active.set(ACTORS);
        return actors.stream().map(actor -> (Race.Body) () -> {
            actor.begin();
            for (int i = 0; i < count; i++) {
                actor.act();
            }
            if (active.decrementAndGet() > 0) {
                actor.letGo();
            }
        }).toArray(Race.Body[]::new);
    }

    /** A violation is a failure if the design claims the invariant. */
    @Override
    public void report(final Violation violation) {
        final boolean knownHole = sharing && violation.invariant() == Invariant.I1;
        if (claims.contains(violation.invariant()) && !knownHole) {
            throw violation;
        }
        tally.violated(violation.invariant());
    }

    /** At a quiescent point. */
    void check() {
        try {
            Invariants.check(machine, List.of(fileSystem));
        } catch (final Violation e) {
            report(e);
        }
        Invariants.checkCpus(actors.stream().map(Actor::cpu).toArray(CpuSlot[]::new));
    }

    boolean isRemoved() {
        return removed.get();
    }

    /** Everything is let go, the file system ends, the device goes and comes again. */
    void end() {
        check();
        if (removing && !claims.contains(Invariant.I2)
            && (!handedOver.isEmpty() || actors.stream().anyMatch(Actor::holdsAnything))) {
            removeUnderUsers();
            return;
        }
        actors.forEach(Actor::letGo);
        check();
        if (entriesHold()) {
            actors.getFirst().letGo();
        }
        fileSystem.unmount(machine.cpu());
        if (!removed.get()) {
            machine.machine().unbind(machine.cpu(), device);
        }
        Invariants.checkGone(machine, machine.cpu(), device.pgmap(), machine.machine().wholeDevice());
        device = machine.machine().createDaxDevice(machine.cpu(), machine.machine().wholeDevice());
        mount();
        check();
    }

    /** What is held is dropped after its device went: the era does not claim to survive that. */
    private void removeUnderUsers() {
        broken = true;
        machine.machine().unbind(machine.cpu(), device);
        try {
            actors.forEach(Actor::letGo);
            check();
        } catch (final IllegalStateException e) {
            if (!e.getMessage().startsWith("the page went with its device")) {
                throw e;
            }
            tally.violated(Invariant.I2);
        }
    }

    /** Does something. After a failure threads may stand anywhere, so that only the device is closed. */
    void abandonUnless(final Race.Body body) throws Exception {
        final boolean wasBroken = broken;
        broken = true;
        try {
            body.run();
        } catch (final AssertionError | IllegalStateException e) {
            e.addSuppressed(new IllegalStateException("in a world with " + this));
            throw e;
        }
        broken = wasBroken;
    }

    /** What the world is like and what the kernel says. */
    @Override
    public String toString() {
        return setup + ", crowd=" + crowd + ", large=" + large + ", sharing=" + sharing
            + ", removing=" + removing + ", removed=" + removed + ", "
            + type + ", log=" + machine.memmap().warnings().messages();
    }

    @Override
    public void close() {
        if (broken) {
            machine.device().close();
        } else {
            actors.forEach(actor -> machine.machine().detach(actor.cpu()));
            machine.close();
        }
    }
}
