/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystemType;
import org.daxref.memory.WordsKind;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * As many threads as a device has CPUs, far more than the machine has: they fault, pin, hand their pins to each other
 * and unpin, while a truncate or a removal waits and CPUs come and go.
 */
class CrowdTest {
    private static final int PAGES = 1024;
    private static final int FILE_PAGES = 16;
    /** Beside them the test, the truncate or the removal with its helper, and those that come and go have a CPU. */
    private static final int WORKERS = CpuSlotDescriptor.SLOTS - 8;
    private static final int COMERS = 4;

    private static Stream<Setup> setups() {
        return Stream.of(new Setup("dev-pagemap", "cas", WordsKind.AGRONA),
            new Setup("fs-held", "cas", WordsKind.SEGMENT), new Setup("fs-held", "striped", WordsKind.AGRONA),
            new Setup("fs-held", "hazard", WordsKind.AGRONA),
            new Setup("fs-held-drain", "striped-asym", WordsKind.SEGMENT),
            new Setup("pgmap-folio", "xadd", WordsKind.AGRONA), new Setup("pre-518", "cas", WordsKind.AGRONA));
    }

    /** A file that everybody maps. */
    private static final class World {
        private final Machine machine;
        private final CpuSlot cpu;
        private final DaxDevice device;
        private final DaxFile file;
        private final PageTable table;
        private final Vma vma;
        private final Queue<Long> pins = new ConcurrentLinkedQueue<>();
        private final AtomicLong pinned = new AtomicLong();
        private volatile boolean over;

        World(final TestMachine test) {
            machine = test.machine();
            cpu = test.cpu();
            device = machine.createDaxDevice(cpu, machine.wholeDevice());
            file = machine.mount(FileSystemType.EXT4, device).create(FILE_PAGES);
            table = machine.pageTable(0);
            vma = file.mmap(table, 0, FILE_PAGES, 0);
        }

        /** Pins, and unpins what somebody else has pinned or, unless pins may outlive their walk, its own. */
        void work(final CpuSlot own, final SplittableRandom random, final boolean handsOver) {
            final long[] out = new long[1];
            if (machine.gup().pin(own, table, random.nextInt(FILE_PAGES), 1, true, out) == 1) {
                pinned.incrementAndGet();
                if (handsOver) {
                    pins.add(out[0]);
                    out[0] = pins.remove();
                }
                machine.gup().unpin(own, out, 1);
            }
        }

        Race.Body worker(final int seed, final boolean handsOver) {
            return () -> {
                final SplittableRandom random = new SplittableRandom(seed);
                final CpuSlot own = machine.attach();
                while (!over) {
                    work(own, random, handsOver);
                }
                machine.detach(own);
            };
        }

        /** One thread after the other that has a CPU for a moment; every second dies with it. */
        Race.Body comer(final int seed, final boolean handsOver) {
            return () -> {
                final SplittableRandom random = new SplittableRandom(seed);
                final AtomicReference<Throwable> failure = new AtomicReference<>();
                while (!over) {
                    final Thread thread = Thread.ofPlatform().daemon().start(() -> {
                        try {
                            final CpuSlot own = machine.attach();
                            work(own, random, handsOver);
                            if (random.nextBoolean()) {
                                machine.detach(own);
                            }
                        } catch (final Throwable e) {
                            failure.set(e);
                        }
                    });
                    Race.awaitEnd(thread);
                    assertNull(failure.get());
                }
            };
        }

        void unmapUntil(final CpuSlot own, final BooleanSupplier ended) {
            while (!ended.getAsBoolean()) {
                machine.mapper().zap(own, table, 0, FILE_PAGES);
                file.tryBreakLayout(own, 0, FILE_PAGES);
                Thread.yield();
            }
        }

        void run(final boolean handsOver, final Race.Body other) throws Exception {
            final List<Race.Body> bodies = new ArrayList<>();
            bodies.add(other);
            for (int i = 0; i < WORKERS; i++) {
                bodies.add(worker(i, handsOver));
            }
            for (int i = 0; i < COMERS; i++) {
                bodies.add(comer(-1 - i, handsOver));
            }
            Race.run(bodies.toArray(Race.Body[]::new));
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldBalanceTheBooksOfACrowdUnderTruncates(final Setup setup) throws Exception {
        try (TestMachine test = setup.openBare(PAGES, words -> words)) {
            final World world = new World(test);

            world.run(true, () -> {
                final CpuSlot own = world.machine.attach();
                Race.awaitTrue(() -> world.pinned.get() > WORKERS);
                final AtomicBoolean ended = new AtomicBoolean();
                final Thread clock = endsTheCrowd(world, ended);
                while (!world.over) {
                    world.file.truncate(own, 0);
                    world.file.truncate(own, FILE_PAGES);
                }
                ended.set(true);
                Race.awaitEnd(clock);
                world.machine.detach(own);
            });

            assertTrue(world.pinned.get() > 0, "nobody pinned anything");
            assertEquals(0, world.pins.size());
            world.file.truncate(world.cpu, 0);
            world.machine.checkBooks(world.machine.wholeDevice());
            assertEquals(0, world.machine.counter().negativeCounts());
            world.machine.unbind(world.cpu, world.device);
        }
    }

    /** A page that was faulted again keeps a truncate asleep after the last pin has gone, until somebody takes it. */
    private static Thread endsTheCrowd(final World world, final AtomicBoolean ended) {
        return Thread.ofPlatform().daemon().start(() -> {
            final CpuSlot own = world.machine.attach();
            final long deadline = Race.deadline();
            Race.awaitTrue(() -> Race.isOver(deadline));
            world.over = true;
            world.unmapUntil(own, ended::get);
            world.machine.detach(own);
        });
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldEndARemovalUnderACrowd(final Setup setup) throws Exception {
        try (TestMachine test = setup.openBare(PAGES, words -> words)) {
            final World world = new World(test);

            world.run(false, () -> {
                final CpuSlot own = world.machine.attach();
                Race.awaitTrue(() -> world.pinned.get() > WORKERS);
                final Thread unmapper = unmapsWhileItWaits(world);
                world.machine.unbind(own, world.device);
                world.over = true;
                Race.awaitEnd(unmapper);
                world.machine.detach(own);
            });

            assertTrue(world.machine.pagemaps().isDone(world.device.pgmap()));
            world.file.munmap(world.cpu, world.vma);
            final PfnRange whole = world.machine.wholeDevice();
            final long again = world.machine.createDaxDevice(world.cpu, whole).pgmap();
            world.machine.checkBooks(whole);
            world.machine.removePagemap(world.cpu, again);
        }
    }

    /** Where mappings or entries hold the device, its removal waits until the file is cut off by its user. */
    private static Thread unmapsWhileItWaits(final World world) {
        return Thread.ofPlatform().daemon().start(() -> {
            final CpuSlot own = world.machine.attach();
            world.unmapUntil(own, () -> world.machine.pagemaps().isDone(world.device.pgmap()));
            world.machine.detach(own);
        });
    }
}
