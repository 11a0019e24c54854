/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.daxref.mm.PageTable;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random walks, faults and zaps by real threads over small and large mappings. {@code -Ddaxref.test.stressMs=} makes it
 * longer, {@code -Ddaxref.test.seed=} repeats a seed.
 */
class StressTest {
    private static final int PAGES = 2048;
    private static final long SEED = Long.getLong("daxref.test.seed", System.nanoTime());
    private static final long FREED = 0x0DEA_DB10_C5L;

    /** I4: whatever was pinned, mapped and unmapped, in the end every count is where it belongs. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldBalanceTheBooksAfterRandomUse(final Setup setup) throws Exception {
        try (TestMachine machine = setup.open(PAGES)) {
            final AtomicBoolean done = new AtomicBoolean();
            final AtomicLong taken = new AtomicLong();
            final long deadline = Race.deadline();
            Race.run(() -> walk(machine, done, taken, 1), () -> walk(machine, done, taken, 2), () -> {
                mapAndUnmap(machine, deadline, taken);
                done.set(true);
            });

            assertTrue(taken.get() > 0, "the walkers took nothing");
            machine.checkBooks();
            for (int i = 0; i < Machine.ADDRESS_SPACES; i++) {
                machine.zapAll(machine.table(i));
            }
            machine.checkBooks();
            for (long page = 0; page < PAGES; page++) {
                final long head = machine.memmap().head(machine.page(page));
                assertEquals(machine.isCached(page) ? machine.resting(0) : machine.idle(),
                    machine.counter().count(head), "page=" + page + ", seed=" + SEED);
                assertEquals(0, machine.memmap().mapcount(head));
            }
            assertEquals(1 + machine.pagesThatHoldThePagemap(),
                machine.machine().pagemaps().references(machine.pgmap()), "I5");
            assertEquals(0, machine.counter().negativeCounts());
        }
    }

    private static void walk(final TestMachine machine, final AtomicBoolean done, final AtomicLong taken,
                             final int salt) {
        final SplittableRandom random = new SplittableRandom(SEED + salt);
        final CpuSlot cpu = machine.machine().attach();
        final long[] out = new long[1100];
        while (!done.get()) {
            final PageTable table = machine.table(random.nextInt(2));
            final int pages = 1 + random.nextInt(random.nextInt(10) == 0 ? 1100 : 20);
            final long start = random.nextLong(PAGES - pages + 1);
            final boolean write = random.nextBoolean();
            if (random.nextBoolean()) {
                final int pinned = machine.gup().pinFast(cpu, table, start, pages, write, out);
                for (int i = 0; i < pinned; i++) {
                    assertTrue(machine.counter().maybeDmaPinned(machine.memmap()
                        .head(machine.memmap().page(out[i]))), "seed=" + SEED);
                }
                machine.gup().unpin(cpu, out, pinned);
                taken.addAndGet(pinned);
            } else {
                final int got = machine.gup().getFast(cpu, table, start, pages, write, out);
                machine.gup().put(cpu, out, got);
                taken.addAndGet(got);
            }
        }
        machine.machine().detach(cpu);
    }

    private static void mapAndUnmap(final TestMachine machine, final long deadline, final AtomicLong taken) {
        final SplittableRandom random = new SplittableRandom(SEED);
        while (!Race.isOver(deadline) || isUntried(deadline, taken, taken)) {
            final PageTable table = machine.table(random.nextInt(2));
            switch (random.nextInt(5)) {
                case 0 -> machine.machine().mapper().zap(machine.cpu(), table, 0, PAGES);
                case 1 -> machine.machine().mapper().zap(machine.cpu(), table, random.nextLong(0, 400), 100);
                case 2 -> machine.faultPmd(table, 1024, 1024, random.nextBoolean());
                case 3 -> machine.faultPmd(table, 1536, 1536, random.nextBoolean());
                default -> {
                    final long start = random.nextLong(0, 900);
                    for (long page = start; page < start + 100; page++) {
                        machine.fault(table, page, page, random.nextBoolean());
                    }
                }
            }
        }
    }

    /**
     * S18, I1: a layout break zaps a page, finds it idle and gives its block to somebody else, who writes to it. No
     * walker may find that under a pin.
     */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldNeverFreeABlockUnderAPin(final Setup setup) throws Exception {
        try (TestMachine machine = setup.open(PAGES)) {
            freeUnderPins(machine, 3, 1, false);
        }
    }

    /** S18 for a leaf. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldNeverFreeALeafUnderAPin(final Setup setup) throws Exception {
        try (TestMachine machine = setup.open(PAGES)) {
            freeUnderPins(machine, 512, 512, true);
        }
    }

    private static void freeUnderPins(final TestMachine machine, final long first, final int pages,
                                      final boolean leaf) throws Exception {
        final PageTable table = machine.table(0);
        final AtomicBoolean done = new AtomicBoolean();
        final AtomicLong pinned = new AtomicLong();
        final AtomicLong freed = new AtomicLong();
        final long deadline = Race.deadline();
        final Race.Body walker = () -> {
            final CpuSlot cpu = machine.machine().attach();
            final long[] out = new long[pages];
            while (!done.get()) {
                final int taken = machine.gup().pinFast(cpu, table, first, pages, true, out);
                for (int look = 0; look < 20 && taken > 0; look++) {
                    assertEquals(0, machine.words().getLongVolatile(machine.data(first)), "freed under a pin");
                }
                machine.gup().unpin(cpu, out, taken);
                pinned.addAndGet(taken);
            }
            machine.machine().detach(cpu);
        };
        Race.run(walker, () -> {
            for (int round = 0; !Race.isOver(deadline) || isUntried(deadline, pinned, freed); round++) {
                map(machine, table, first, pages, leaf);
                final long window = pinned.get();
                for (int pause = round % 64 * 32; pause > 0 && pinned.get() == window; pause--) {
                    Thread.onSpinWait();
                }
                if (machine.file().tryBreakLayout(machine.cpu(), first, pages)) {
                    machine.words().getAndSetLong(machine.data(first), FREED);
                    machine.words().getAndSetLong(machine.data(first), 0);
                    freed.incrementAndGet();
                }
            }
            map(machine, table, first, pages, leaf);
            done.set(true);
        });
        assertTrue(freed.get() > 0, "nothing was ever freed");
        assertTrue(pinned.get() > 0, "nothing was ever pinned");
        machine.checkBooks();
    }

    /** On a busy machine neither side may have had its turn when the time is over. */
    private static boolean isUntried(final long deadline, final AtomicLong one, final AtomicLong other) {
        return (one.get() == 0 || other.get() == 0) && !Race.isOver(deadline + 50 * Race.stressNs());
    }

    private static void map(final TestMachine machine, final PageTable table, final long first, final int pages,
                            final boolean leaf) {
        if (leaf) {
            machine.faultPmd(table, first);
        } else {
            machine.faultAll(table, first, pages);
        }
    }
}
