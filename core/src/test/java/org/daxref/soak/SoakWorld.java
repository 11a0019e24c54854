/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
import org.daxref.mm.PageTable;
import org.daxref.page.PageTableEntry;
import org.daxref.random.Actor;
import org.daxref.random.Environment;
import org.daxref.random.Holding;
import org.daxref.random.Operation;
import org.daxref.random.Slot;
import org.daxref.random.Tally;
import org.daxref.sync.CpuSlotDescriptor;

/**
 * A machine that stays, with two workers per CPU that never stop, while its device comes and goes. Workers share the
 * address spaces that a machine has; each has a place of its own there.
 *
 * <p>The files of a device are some small ones or one with 2 MiB entries, on ext4 or xfs, and where the era lets files
 * share blocks, they do so on every second device. As in the random worlds I1 is not asked for there.
 */
final class SoakWorld implements Environment, AutoCloseable {
    private static final int SMALL_FILES = 3;
    private static final int SMALL_FILE_PAGES = 8;
    private static final int BLOCKS_FOR_REPLACED_FILES = 64;

    /** The operator, the removal and the unmount. */
    private static final int CPUS_OF_TEST = 3;

    private final TestMachine machine;
    private final MachineBooks books;
    private final String design;
    private final int actors;
    private final SplittableRandom random;
    private final Tally tally = new Tally();
    private final List<Operation> operations;
    private final List<Worker> workers = new ArrayList<>();
    private final Queue<Holding> handedOver = new ConcurrentLinkedQueue<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile Mount mount;
    private volatile boolean over;

    SoakWorld(final Setup setup, final long seed) {
        design = setup.design();
        random = new SplittableRandom(seed);
        actors = Math.min(2 * Runtime.getRuntime().availableProcessors(), CpuSlotDescriptor.SLOTS - CPUS_OF_TEST);
        operations = weigh();
        final long places = Math.ceilDiv(actors, Machine.ADDRESS_SPACES);
        machine = setup.openEmpty((1 + places) * PageTableEntry.ENTRIES + BLOCKS_FOR_REPLACED_FILES);
        books = new MachineBooks(machine);
        books.requireIdle(machine.pmem().pgmap());
        mount = fill(machine.pmem(), machine.fileSystem());
        for (int i = 0; i < actors; i++) {
            final Actor actor = new Actor(this, i, machine.machine().attach());
            actor.prepare(random.nextLong());
            workers.add(new Worker(this, actor, i, e -> failure.compareAndSet(null, e)));
        }
    }

    /**
     * Workers remove nothing and hand nothing over. Up to 5.17 they walk with locks as well: what that stalls, a signal
     * gets going.
     */
    private List<Operation> weigh() {
        return Stream.of(Operation.values()).filter(operation -> operation != Operation.REMOVE
                && operation != Operation.HAND_OVER && operation != Operation.TAKE_OVER)
            .flatMap(operation -> IntStream.range(0, operation.weight()).mapToObj(i -> operation)).toList();
    }

    private Mount fill(final DaxDevice device, final FileSystem fileSystem) {
        final boolean large = random.nextInt(4) == 0;
        final boolean sharing = random.nextBoolean() && !large && !entriesHold()
            && machine.machine().design().sharesBlocks();
        final List<Slot> names = new ArrayList<>();
        names.add(new Slot(fileSystem, large ? PageTableEntry.ENTRIES : SMALL_FILE_PAGES, sharing));
        while (names.size() < SMALL_FILES) {
            names.add(large ? Slot.gone() : new Slot(fileSystem, SMALL_FILE_PAGES, sharing));
        }
        return new Mount(device, fileSystem, sharing, names);
    }

    /** A new device in the place of one that has gone: {@code mkfs}, {@code mount}, new files. */
    void mountNew() {
        final DaxDevice device = machine.machine().createDaxDevice(machine.cpu(), machine.machine().wholeDevice());
        books.requireIdle(device.pgmap());
        final FileSystem fileSystem = machine.machine().mount(
            random.nextBoolean() ? FileSystemType.EXT4 : FileSystemType.XFS, device);
        mount = fill(device, fileSystem);
    }

    Mount mount() {
        return mount;
    }

    /** From now on nobody finds a file, though who has one keeps it. */
    void detachNames() {
        mount = mount.detached();
    }

    MachineBooks books() {
        return books;
    }

    List<Worker> workers() {
        return workers;
    }

    void start() {
        workers.forEach(Worker::start);
    }

    void requireNoFailure() {
        if (failure.get() != null) {
            throw new AssertionError("a worker failed under " + this, failure.get());
        }
    }

    boolean isOver() {
        return over;
    }

    /** The workers end. Up to 5.17 and in October 2022 one of them may be asleep until a signal comes. */
    void end() {
        over = true;
        for (final Worker worker : workers) {
            Operator.await(this, "the end of " + worker.thread().getName(), () -> !worker.thread().isAlive());
        }
        requireNoFailure();
        books.requireNoWorker();
    }

    /** Whether the removal of a device waits for whoever holds its pages. */
    boolean removalWaits() {
        return Invariants.claims(design).contains(Invariant.I2);
    }

    /** Whether there is sleep in this era from which only a signal wakes. */
    boolean needsSignals() {
        return "pre-518".equals(design) || entriesHold();
    }

    @Override
    public boolean entriesHold() {
        return "pgmap-folio".equals(design);
    }

    @Override
    public TestMachine machine() {
        return machine;
    }

    @Override
    public FileSystem fileSystem() {
        return mount.fileSystem();
    }

    @Override
    public Tally tally() {
        return tally;
    }

    @Override
    public int slots() {
        return SMALL_FILES;
    }

    @Override
    public Slot slot(final int index) {
        return mount.names().get(index);
    }

    @Override
    public int actors() {
        return actors;
    }

    @Override
    public PageTable table(final int actor) {
        return machine.table(actor % Machine.ADDRESS_SPACES);
    }

    @Override
    public long start(final int actor, final int slot) {
        return (long) (actor / Machine.ADDRESS_SPACES) * PageTableEntry.ENTRIES + (long) slot * SMALL_FILE_PAGES;
    }

    @Override
    public long usedPages() {
        return SMALL_FILE_PAGES;
    }

    @Override
    public Queue<Holding> handedOver() {
        return handedOver;
    }

    @Override
    public long nextFilePages(final Slot slot, final SplittableRandom of) {
        return slot.pages();
    }

    @Override
    public Operation draw(final SplittableRandom of) {
        return operations.get(of.nextInt(operations.size()));
    }

    @Override
    public void remove(final Actor remover) {
        throw new IllegalStateException("the device is removed by the operator");
    }

    @Override
    public void report(final Violation violation) {
        final boolean knownHole = mount.sharing() && violation.invariant() == Invariant.I1;
        if (Invariants.claims(design).contains(violation.invariant()) && !knownHole) {
            throw violation;
        }
        tally.violated(violation.invariant());
    }

    @Override
    public String toString() {
        return design + ": workers=" + actors + ", log=" + machine.memmap().warnings().messages();
    }

    /** After a failure workers may stand anywhere, so that they get signals until they have ended. */
    @Override
    public void close() {
        over = true;
        Race.awaitTrue(() -> {
            workers.forEach(Worker::interrupt);
            Thread.yield();
            return workers.stream().noneMatch(worker -> worker.thread().isAlive());
        });
        machine.device().close();
    }
}
