/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.pagemap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.daxref.Machine;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.device.SuperblockDescriptor;
import org.daxref.memory.ActingWords;
import org.daxref.memory.CountingWords;
import org.daxref.memory.FailingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.daxref.page.CasPageCounter;
import org.daxref.page.Memmap;
import org.daxref.page.PageDescriptor;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;
import org.daxref.sync.PercpuRwLock;
import org.daxref.sync.WaitTable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** kernel.md A.2 to A.4, scenarios S27, S28, S32 to S34, S36, S47. */
class DevPagemapsTest {
    private static final long FIRST = Machine.START_PFN;
    private static final long PAGES = 4096;
    /** How many accesses lie between two that fail: all fail with {@code -Pexhaustive}. */
    private static final int STEP = Boolean.getBoolean("daxref.test.everySetup") ? 1 : 7;
    /** 200 pages from here lie across the border of two nodes, and neither end on one of 64. */
    private static final long RAGGED = 4096 - FIRST % 4096 - 100;

    /** dev_pagemaps on a device, with the test as a CPU. */
    private static final class Fixture implements AutoCloseable {
        private final TestDevice device;
        private final CpuSlots cpus;
        private final Epochs epochs;
        private final CpuSlot cpu;
        private final Memmap memmap;
        private final DevPagemaps pagemaps;

        Fixture(final WordsKind kind) {
            this(kind, PAGES, UnaryOperator.identity());
        }

        Fixture(final WordsKind kind, final long pages, final UnaryOperator<Words> wrap) {
            device = TestDevice.open(kind, pages, wrap);
            cpus = new CpuSlots(device.words(), device.geometry().perCpuOffset());
            epochs = Epochs.cheapest(device.words(), cpus);
            cpu = cpus.attach();
            memmap = new Memmap(device.words(), device.geometry().memmapOffset(), FIRST, pages);
            pagemaps = new DevPagemaps(device.words(), device.geometry().pagemapOffset(), cpus, epochs,
                new WaitTable(device.words(), device.geometry().waitTableOffset()), memmap,
                CasPageCounter.create(device.words()));
        }

        long create(final PfnRange... ranges) {
            return pagemaps.create(cpu, PagemapType.FS_DAX, List.of(ranges), 1, true);
        }

        /** The steps of removal in the order of 6.14. */
        void remove(final CpuSlot remover, final long pgmap) {
            pagemaps.kill(pgmap);
            pagemaps.putMany(remover, pgmap, pagemaps.pages(pgmap));
            pagemaps.drain(pgmap);
            pagemaps.free(pgmap);
        }

        boolean get(final long pfn) {
            return get(cpu, pfn);
        }

        boolean get(final CpuSlot walker, final long pfn) {
            epochs.enter(walker);
            final boolean held = pagemaps.get(walker, pfn);
            epochs.exit(walker);
            return held;
        }

        void put() {
            put(cpu);
        }

        void put(final CpuSlot walker) {
            epochs.enter(walker);
            pagemaps.put(walker);
            epochs.exit(walker);
        }

        int count(final long pfn) {
            return device.words().getIntVolatile(memmap.page(pfn) + PageDescriptor.REFCOUNT_OFFSET);
        }

        /** Counts lookups: each starts at the root. */
        CountingWords countLookups() {
            final CountingWords words = (CountingWords) device.words();
            final long root = device.geometry().pagemapOffset() + PagemapAreaDescriptor.ROOT_OFFSET;
            words.reset(offset -> offset == root);
            return words;
        }

        /** Removes from a thread of its own; ends when the removal has ended. */
        Thread remove(final long pgmap, final AtomicReference<Throwable> failure) {
            return Thread.ofPlatform().daemon().start(() -> {
                final CpuSlot own = cpus.attach();
                try {
                    remove(own, pgmap);
                } catch (final Throwable e) {
                    failure.set(e);
                } finally {
                    cpus.detach(own);
                }
            });
        }

        @Override
        public void close() {
            device.close();
        }
    }

    private static PfnRange range(final long first, final long pages) {
        return new PfnRange(FIRST + first, FIRST + first + pages - 1);
    }

    private static <T extends Throwable> String refusal(final Class<T> type, final Runnable body) {
        return assertThrows(type, body::run).getMessage();
    }

    @ParameterizedTest
    @EnumSource
    void shouldBringPagesToLife(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long pgmap = fixture.create(range(16, 100));

            assertEquals(100, fixture.pagemaps.pages(pgmap));
            assertEquals(101, fixture.pagemaps.references(pgmap), "1, and one per page");
            assertTrue(fixture.pagemaps.isFsDax(DevPagemaps.place(pgmap)));
            for (long pfn = FIRST + 16; pfn < FIRST + 116; pfn++) {
                assertEquals(1, fixture.count(pfn));
                assertEquals(DevPagemaps.place(pgmap), fixture.memmap.pgmap(fixture.memmap.page(pfn)));
                assertEquals(DevPagemaps.place(pgmap), fixture.pagemaps.lookUp(pfn));
                assertEquals(pgmap, fixture.pagemaps.find(pfn));
            }
            assertEquals(0, fixture.pagemaps.find(FIRST + 15));
            assertEquals(0, fixture.pagemaps.find(FIRST + 116));
            assertEquals(0, fixture.count(FIRST + 15));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldKnowTheTypeOfEachDevPagemap(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long dax = fixture.pagemaps.create(fixture.cpu, PagemapType.FS_DAX, List.of(range(0, 8)), 0, true);
            final long generic = fixture.pagemaps.create(fixture.cpu, PagemapType.GENERIC, List.of(range(8, 8)), 1,
                true);

            assertTrue(fixture.pagemaps.isFsDax(DevPagemaps.place(dax)));
            assertFalse(fixture.pagemaps.isFsDax(DevPagemaps.place(generic)));
            assertEquals(0, fixture.count(FIRST));
            assertEquals(1, fixture.count(FIRST + 8));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCountEachApartOnTheCpu(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.create(range(0, 8));
            fixture.create(range(8, 5));
            final long counters = fixture.cpu.areaOffset() + CpuSlotDescriptor.PAGEMAP_COUNTERS_OFFSET;

            assertEquals(8, fixture.device.words().getLongVolatile(counters));
            assertEquals(5, fixture.device.words().getLongVolatile(counters + Long.BYTES));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldTellItsRanges(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final List<PfnRange> ranges = List.of(range(16, 100), range(0, 3));

            assertEquals(ranges, fixture.pagemaps.ranges(
                fixture.pagemaps.create(fixture.cpu, PagemapType.FS_DAX, ranges, 0, false)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldTellHowDeepALookupGoes(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.create(range(0, 64));
            fixture.create(range(64, 1));
            assertEquals(3, fixture.pagemaps.depth(FIRST), "an aligned stretch of 64 is one entry");
            assertEquals(4, fixture.pagemaps.depth(FIRST + 64), "a single page is a leaf");
        }
    }

    /** {@code kill_dax}: new faults are refused, and those that found the device open are waited for. */
    @ParameterizedTest
    @EnumSource
    void shouldCloseTheDeviceForFileSystems(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            final long pgmap = fixture.create(range(0, 8));
            final long other = fixture.create(range(8, 8));
            assertTrue(fixture.pagemaps.isAlive(pgmap));
            final PercpuRwLock lock = new PercpuRwLock(fixture.device.words(), fixture.epochs,
                new WaitTable(fixture.device.words(), fixture.device.geometry().waitTableOffset()),
                fixture.device.geometry().dataOffset());
            lock.lockShared(fixture.cpu);
            final Thread killer = Thread.ofPlatform().daemon().start(() -> fixture.pagemaps.clearAlive(pgmap));
            try {
                assertFalse(killer.join(Duration.ofMillis(20)), "a fault is under way");
            } finally {
                lock.unlockShared(fixture.cpu);
                Race.awaitEnd(killer);
            }

            assertFalse(fixture.pagemaps.isAlive(pgmap));
            assertTrue(fixture.pagemaps.isAlive(other));
            fixture.remove(fixture.cpu, pgmap);
            assertTrue(fixture.pagemaps.isAlive(fixture.create(range(0, 8))));
        }
    }

    /** The design takes and drops what its pages hold from wherever it is, and leaves the read section as it was. */
    @ParameterizedTest
    @EnumSource
    void shouldCountForTheDesignInsideAndOutsideAReadSection(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long pgmap = fixture.create(range(0, 8));
            final long epoch = fixture.cpu.areaOffset() + CpuSlotDescriptor.EPOCH_OFFSET;
            assertTrue(fixture.pagemaps.tryGetLive(fixture.cpu, pgmap));
            assertEquals(10, fixture.pagemaps.references(pgmap));
            fixture.pagemaps.putMany(fixture.cpu, pgmap, 1);
            assertEquals(9, fixture.pagemaps.references(pgmap));
            assertFalse(fixture.cpu.isInside());

            fixture.epochs.enter(fixture.cpu);
            final long inside = fixture.device.words().getLongVolatile(epoch);
            assertTrue(fixture.pagemaps.tryGetLive(fixture.cpu, pgmap));
            assertEquals(10, fixture.pagemaps.references(pgmap));
            fixture.pagemaps.putMany(fixture.cpu, pgmap, 2);
            assertEquals(8, fixture.pagemaps.references(pgmap));
            fixture.pagemaps.kill(pgmap);
            assertFalse(fixture.pagemaps.tryGetLive(fixture.cpu, pgmap), "dying");
            assertEquals(inside, fixture.device.words().getLongVolatile(epoch), "the same section all the time");
            fixture.epochs.exit(fixture.cpu);

            assertFalse(fixture.pagemaps.tryGetLive(fixture.cpu, pgmap), "dying");
            assertFalse(fixture.cpu.isInside());
        }
    }

    /** They enter a section of their own, so that the switch of a dying one waits for them. */
    @ParameterizedTest
    @EnumSource
    void shouldCountForTheDesignInAReadSectionAlways(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind, PAGES, ActingWords::new)) {
            final long pgmap = fixture.create(range(0, 8));
            final long counter = fixture.cpu.areaOffset() + CpuSlotDescriptor.PAGEMAP_COUNTERS_OFFSET;
            final List<Boolean> inside = new ArrayList<>();
            ((ActingWords) fixture.device.words()).afterEach((op, offset) -> {
                if (op == Op.WRITE && offset == counter) {
                    inside.add(fixture.cpu.isInside());
                }
            });

            assertTrue(fixture.pagemaps.tryGetLive(fixture.cpu, pgmap));
            fixture.pagemaps.putMany(fixture.cpu, pgmap, 1);

            assertEquals(List.of(true, true), inside);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldTakeAndDropAReference(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long pgmap = fixture.create(range(0, 8));

            final CpuSlot other = fixture.cpus.attach();

            assertTrue(fixture.get(FIRST));
            assertTrue(fixture.get(other, FIRST + 7));
            assertEquals(11, fixture.pagemaps.references(pgmap), "1 + pages + walkers");

            fixture.put();
            fixture.put(other);
            fixture.put();
            assertEquals(9, fixture.pagemaps.references(pgmap));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldReturnTheHeldOneForItsFirstRangeWithoutAnyLookup(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind, PAGES, CountingWords::new)) {
            final long pgmap = fixture.create(range(8, 100));
            assertTrue(fixture.get(FIRST + 8));
            final CountingWords words = fixture.countLookups();

            assertTrue(fixture.get(FIRST + 8));
            assertTrue(fixture.get(FIRST + 50));
            assertTrue(fixture.get(FIRST + 107));

            assertEquals(0, words.reads());
            assertEquals(102, fixture.pagemaps.references(pgmap), "still one walker");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldDropTheHeldOneWhenAPageHasNone(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long pgmap = fixture.create(range(8, 8));
            assertTrue(fixture.get(FIRST + 8));

            assertFalse(fixture.get(FIRST + 7));
            assertFalse(fixture.get(FIRST + 16));
            fixture.put();

            assertEquals(9, fixture.pagemaps.references(pgmap), "on failure no reference is held");
        }
    }

    /** S47: only the first range is compared, so a page of another range costs a put, a lookup and a get each time. */
    @ParameterizedTest
    @EnumSource
    void shouldLookEveryPageUpThatIsNotInTheFirstRange(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind, PAGES, CountingWords::new)) {
            final long pgmap = fixture.create(range(0, 100), range(200, 100));
            final CountingWords words = fixture.countLookups();
            for (long pfn = FIRST; pfn < FIRST + 100; pfn++) {
                assertTrue(fixture.get(pfn));
            }
            assertEquals(1, words.reads(), "the first range: one lookup");

            for (long pfn = FIRST + 200; pfn < FIRST + 300; pfn++) {
                assertTrue(fixture.get(pfn));
                assertEquals(202, fixture.pagemaps.references(pgmap));
            }
            words.reset(offset -> offset == fixture.device.geometry().pagemapOffset());
            for (long pfn = FIRST + 200; pfn < FIRST + 300; pfn++) {
                assertTrue(fixture.get(pfn));
            }
            assertEquals(100, words.reads(), "the second range: a lookup per page");
            fixture.put();
            assertEquals(201, fixture.pagemaps.references(pgmap));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldChangeOverBetweenTwoDevices(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long left = fixture.create(range(0, 64));
            final long right = fixture.create(range(64, 64));
            for (int i = 0; i < 10; i++) {
                assertTrue(fixture.get(FIRST + i));
                assertEquals(66, fixture.pagemaps.references(left));
                assertEquals(65, fixture.pagemaps.references(right));
                assertTrue(fixture.get(FIRST + 64 + i));
                assertEquals(65, fixture.pagemaps.references(left));
                assertEquals(66, fixture.pagemaps.references(right));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseTooFewAndTooManyRanges(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            assertEquals("a dev_pagemap has 1 to 4 ranges: ranges=0",
                refusal(IllegalArgumentException.class, fixture::create));
            assertEquals("a dev_pagemap has 1 to 4 ranges: ranges=5",
                refusal(IllegalArgumentException.class, () -> fixture.create(range(0, 1), range(2, 1), range(4, 1),
                    range(6, 1), range(8, 1))));
            assertEquals(4, fixture.pagemaps.pages(
                fixture.create(range(0, 1), range(2, 1), range(4, 1), range(6, 1))));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseARangeOffTheDevice(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            for (final PfnRange range : List.of(range(-1, 2), range(PAGES - 1, 2), range(PAGES, 1),
                range(0, PAGES + 1))) {
                assertEquals("the range is not on the device: " + range,
                    refusal(IllegalArgumentException.class, () -> fixture.create(range)));
            }
            assertEquals(PAGES, fixture.pagemaps.pages(fixture.create(range(0, PAGES))));
        }
    }

    /** Also a range around the taken one, whose ends are both free. */
    @ParameterizedTest
    @EnumSource
    void shouldRefuseARangeOfAnother(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long pgmap = fixture.create(range(1000, 10), range(100, 100));
            for (final PfnRange range : List.of(range(100, 100), range(150, 10), range(99, 2), range(199, 2),
                range(199, 1), range(100, 1), range(50, 500), range(0, PAGES), range(1009, 1))) {
                assertEquals("the range belongs to another dev_pagemap: " + range,
                    refusal(IllegalStateException.class, () -> fixture.create(range)));
                assertEquals("the range belongs to another dev_pagemap: " + range,
                    refusal(IllegalStateException.class, () -> fixture.create(range(0, 1), range)));
            }

            assertEquals(pgmap, fixture.pagemaps.find(FIRST + 150));
            assertEquals(111, fixture.pagemaps.references(pgmap));
            assertEquals(0, fixture.pagemaps.find(FIRST), "a refusal creates nothing");
            assertNotEquals(0, fixture.create(range(0, 100), range(200, 800)));
            assertEquals("the range belongs to another dev_pagemap: " + range(999, 1),
                refusal(IllegalStateException.class, () -> fixture.create(range(999, 1))), "of the second one");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseRangesThatOverlapEachOther(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            assertEquals("the ranges overlap: " + range(10, 10) + ", " + range(0, 100),
                refusal(IllegalArgumentException.class, () -> fixture.create(range(10, 10), range(0, 100))));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseMoreDevPagemapsThanThereAreCounters(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            final List<Long> pgmaps = new ArrayList<>();
            for (int i = 0; i < PagemapAreaDescriptor.PAGEMAPS; i++) {
                pgmaps.add(fixture.create(range(2L * i, 1)));
            }

            assertEquals("all dev_pagemaps are taken: pagemaps=64",
                refusal(IllegalStateException.class, () -> fixture.create(range(1000, 1))));

            assertEquals(64, pgmaps.stream().distinct().count());
            fixture.remove(fixture.cpu, pgmaps.get(5));
            final long again = fixture.create(range(1000, 1));
            assertEquals(DevPagemaps.place(pgmaps.get(5)), DevPagemaps.place(again));
            assertNotEquals(pgmaps.get(5), again);
            assertEquals(2, fixture.pagemaps.references(again));
            assertEquals(2, fixture.pagemaps.references(pgmaps.get(6)), "each has a counter of its own");
        }
    }

    /** Ragged ranges far apart use the array's nodes up; what does not fit must not be half there. */
    @ParameterizedTest
    @EnumSource
    void shouldCreateNothingWhenTheArrayIsFull(final WordsKind kind) throws InterruptedException {
        final long step = 1 << 18;
        try (Fixture fixture = new Fixture(kind, 4 * 64 * step, UnaryOperator.identity())) {
            final List<Long> pgmaps = new ArrayList<>();
            String refusal = null;
            int next = 0;
            while (refusal == null) {
                final long base = 4L * next * step;
                try {
                    pgmaps.add(fixture.create(range(base + 4000, 200), range(base + step + 4000, 200),
                        range(base + 2 * step + 4000, 200), range(base + 3 * step + 4000, 200)));
                    next++;
                } catch (final IllegalStateException e) {
                    refusal = e.getMessage();
                }
            }

            assertEquals("pgmap_array has no node left: nodes=1024", refusal);
            for (int i = 0; i < 4; i++) {
                final long pfn = FIRST + (4L * next + i) * step + 4000;
                assertEquals(0, fixture.pagemaps.find(pfn));
                assertEquals(0, fixture.pagemaps.find(pfn + 199));
                assertFalse(fixture.memmap.isPoisoned(fixture.memmap.page(pfn)), "no descriptor was touched");
            }
            for (final long pgmap : pgmaps) {
                assertEquals(801, fixture.pagemaps.references(pgmap));
            }
            fixture.remove(fixture.cpu, pgmaps.getFirst());
            final long again = fixture.create(range(4L * next * step, 100));
            assertEquals(101, fixture.pagemaps.references(again), "no descriptor was lost");
            assertEquals(DevPagemaps.place(pgmaps.getFirst()), DevPagemaps.place(again));
            assertEquals(pgmaps.getLast() + PagemapAreaDescriptor.PAGEMAP_BYTES,
                fixture.create(range(4L * next * step + 100, 1)), "nor the one of what failed");
        }
    }

    /** A walker found the first range before the second could be stored: it is waited for, and nobody else gets in. */
    @ParameterizedTest
    @EnumSource
    void shouldUndoAFailedCreationAsARemoval(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind, PAGES, ActingWords::new)) {
            final PfnRange first = range(RAGGED, 1);
            final CpuSlot walker = fixture.cpus.attach();
            final CpuSlot late = fixture.cpus.attach();
            final CountDownLatch held = new CountDownLatch(1);
            final AtomicReference<Throwable> failure = new AtomicReference<>();
            final ActingWords words = (ActingWords) fixture.device.words();
            words.afterEach((op, offset) -> {
                if (fixture.get(walker, first.first())) {
                    words.reset();
                    held.countDown();
                    throw new InternalError("the file was cut short");
                }
            });
            final Thread creator = Thread.ofPlatform().daemon().start(() -> {
                try {
                    fixture.create(first, range(RAGGED + 10, 200));
                } catch (final InternalError e) {
                    failure.set(e);
                }
            });
            try {
                Race.awaitTrue(() -> held.getCount() == 0);
                Race.awaitParked(creator);
                assertFalse(fixture.get(late, first.first()), "dying");
                assertFalse(creator.join(Duration.ofMillis(20)), "the walker holds it");
                assertFalse(fixture.memmap.isPoisoned(fixture.memmap.page(first.first())));
            } finally {
                fixture.put(late);
                fixture.put(walker);
                Race.awaitEnd(creator);
            }
            assertEquals("the file was cut short", failure.get().getMessage());
            assertEquals(0, failure.get().getSuppressed().length);
            assertTrue(fixture.memmap.isPoisoned(fixture.memmap.page(first.first())));
            assertEquals(0, fixture.pagemaps.find(first.first()));
            assertNotEquals(0, fixture.create(first, range(RAGGED + 10, 200)));
        }
    }

    /** An access of a creation or a removal fails once: it is undone or goes on, and the ranges are free afterwards. */
    @ParameterizedTest
    @EnumSource
    void shouldLeaveNothingHalfDoneWhateverAccessFails(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind, PAGES, FailingWords::new)) {
            final FailingWords words = (FailingWords) fixture.device.words();
            final PfnRange first = range(RAGGED, 1);
            final PfnRange second = range(RAGGED + 2, 2);
            final long other = fixture.create(range(0, 8));
            boolean failed = true;
            for (long access = 1; failed; access += STEP) {
                long pgmap = 0;
                words.failInsteadOf(access);
                try {
                    pgmap = fixture.create(first, second);
                    fixture.remove(fixture.cpu, pgmap);
                } catch (final InternalError e) {
                    assertEquals(FailingWords.MESSAGE, e.getMessage());
                    assertEquals(0, e.getSuppressed().length);
                }
                failed = words.hasFailed();
                words.reset();
                closeSection(fixture);
                if (pgmap != 0) {
                    removeTheRest(fixture, pgmap);
                }
                assertEquals(0, fixture.pagemaps.find(first.last()), "access=" + access);
                assertEquals(0, fixture.pagemaps.find(second.last()), "access=" + access);
                assertEquals(9, fixture.pagemaps.references(other));
                final long again = fixture.create(first, second);
                assertEquals(4, fixture.pagemaps.references(again), "access=" + access);
                assertEquals(1, fixture.count(second.last()));
                fixture.remove(fixture.cpu, again);
            }
        }
    }

    /** The section of a CPU that failed to leave it: its owner is the test. */
    private static void closeSection(final Fixture fixture) {
        if (fixture.cpu.isInside()) {
            fixture.epochs.exit(fixture.cpu);
        }
    }

    /** A removal that failed goes on at the step that failed; those before it are refused. */
    private static void removeTheRest(final Fixture fixture, final long pgmap) {
        final long held = fixture.pagemaps.references(pgmap) - 1;
        final List<Runnable> steps = List.of(() -> fixture.pagemaps.kill(pgmap),
            () -> fixture.pagemaps.putMany(fixture.cpu, pgmap, Math.max(0, held)),
            () -> fixture.pagemaps.drain(pgmap), () -> fixture.pagemaps.free(pgmap));
        for (final Runnable step : steps) {
            try {
                step.run();
            } catch (final IllegalStateException e) {
                assertTrue(e.getMessage().startsWith("the dev_pagemap is being removed already")
                    || e.getMessage().startsWith("the dev_pagemap is gone"), e.getMessage());
            }
        }
    }

    /** A page whose device has gone names the superblock: nothing there is taken for a dev_pagemap. */
    @ParameterizedTest
    @EnumSource
    void shouldTakeNothingForADevPagemapThatIsNone(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.remove(fixture.cpu, fixture.create(range(0, 8)));
            final long none = fixture.memmap.pgmap(fixture.memmap.page(FIRST));
            assertEquals(fixture.device.words().origin(), none);
            assertNotEquals(PagemapType.FS_DAX.ordinal(), SuperblockDescriptor.VERSION, "what isFsDax finds there");

            assertFalse(fixture.pagemaps.isFsDax(none));
            assertFalse(fixture.pagemaps.tryGetLive(fixture.cpu, none));
            fixture.pagemaps.putMany(fixture.cpu, none, 1);

            assertFalse(fixture.cpu.isInside());
            assertEquals(List.of("oops: put_devmap_managed_folio_refs: the dev_pagemap of the page is gone",
                "oops: percpu_ref_tryget_live: the dev_pagemap of the page is gone",
                "oops: percpu_ref_put_many: the dev_pagemap of the page is gone"),
                fixture.memmap.warnings().messages());
        }
    }

    /** A handle is told from that of every other life of its descriptor, until the generations begin anew. */
    @ParameterizedTest
    @EnumSource
    void shouldTellTheLivesOfADescriptorApart(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long first = fixture.create(range(0, 1));
            final long state = DevPagemaps.place(first) + PagemapAreaDescriptor.STATE_OFFSET;
            fixture.remove(fixture.cpu, first);
            for (int life = 2; life <= PagemapAreaDescriptor.GENERATIONS; life += 1000) {
                fixture.device.words().putIntRelease(state, life - 1 << PagemapAreaDescriptor.STATE_BITS);
                final long handle = fixture.create(range(0, 1));
                assertEquals((long) life << PagemapAreaDescriptor.GENERATION_SHIFT,
                    handle - DevPagemaps.place(handle));
                fixture.remove(fixture.cpu, handle);
            }
            fixture.device.words().putIntRelease(state,
                PagemapAreaDescriptor.GENERATIONS << PagemapAreaDescriptor.STATE_BITS);
            assertEquals(first, fixture.create(range(0, 1)), "anew");
        }
    }

    /** S27. */
    @ParameterizedTest
    @EnumSource
    void shouldRemoveAnIdleDevice(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            final long pgmap = fixture.create(range(8, 8), range(32, 8));
            final long other = fixture.create(range(16, 8));

            fixture.remove(fixture.cpu, pgmap);

            for (final long pfn : new long[] {8, 15, 32, 39}) {
                assertFalse(fixture.get(FIRST + pfn));
                assertEquals(0, fixture.pagemaps.find(FIRST + pfn));
                assertTrue(fixture.memmap.isPoisoned(fixture.memmap.page(FIRST + pfn)));
                assertEquals(0, fixture.count(FIRST + pfn));
            }
            assertEquals(other, fixture.pagemaps.find(FIRST + 16));
            assertFalse(fixture.memmap.isPoisoned(fixture.memmap.page(FIRST + 16)));
        }
    }

    /** S32 needs pages that can come to life again. */
    @ParameterizedTest
    @EnumSource
    void shouldCreateAgainWhatWasRemoved(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            for (int i = 0; i < 200; i++) {
                final long pgmap = fixture.create(range(i % 7, 600 + i), range(2000, i + 1));
                assertEquals(602 + 2 * i, fixture.pagemaps.references(pgmap));
                assertFalse(fixture.pagemaps.isDone(pgmap), "the completion of the one before");
                assertTrue(fixture.get(FIRST + 100));
                fixture.put();
                fixture.remove(fixture.cpu, pgmap);
            }
            fixture.create(range(0, 1));
            assertEquals(1, fixture.count(FIRST));
            assertFalse(fixture.memmap.isPoisoned(fixture.memmap.page(FIRST)));
        }
    }

    /** S28: removal waits for a walker's reference and ends with its put. */
    @ParameterizedTest
    @EnumSource
    void shouldWaitForAHeldReference(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            final long pgmap = fixture.create(range(0, 8));
            final CpuSlot second = fixture.cpus.attach();
            final CpuSlot late = fixture.cpus.attach();
            assertTrue(fixture.get(FIRST));
            assertTrue(fixture.get(second, FIRST));
            final AtomicReference<Throwable> failure = new AtomicReference<>();
            final Thread remover = fixture.remove(pgmap, failure);
            Race.awaitParked(remover);

            assertEquals(2, fixture.pagemaps.references(pgmap), "exact, once it is dying");
            assertFalse(fixture.get(late, FIRST), "no new reference");
            assertTrue(fixture.get(FIRST), "who holds one keeps it");
            assertFalse(fixture.memmap.isPoisoned(fixture.memmap.page(FIRST)));
            fixture.put();
            assertFalse(remover.join(Duration.ofMillis(20)));
            fixture.put(second);

            assertTrue(remover.join(Duration.ofSeconds(120)));
            assertEquals(null, failure.get());
            assertTrue(fixture.memmap.isPoisoned(fixture.memmap.page(FIRST)));
        }
    }

    /** S28: the walk itself is a read section, and holds removal up before any reference is looked at. */
    @ParameterizedTest
    @EnumSource
    void shouldWaitForAReadSection(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            final long pgmap = fixture.create(range(0, 8));
            fixture.epochs.enter(fixture.cpu);
            final AtomicReference<Throwable> failure = new AtomicReference<>();
            final Thread remover = fixture.remove(pgmap, failure);
            Race.awaitParked(remover);

            assertFalse(fixture.memmap.isPoisoned(fixture.memmap.page(FIRST)));
            fixture.epochs.exit(fixture.cpu);

            assertTrue(remover.join(Duration.ofSeconds(120)));
            assertEquals(null, failure.get());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldGoOnWaitingWhenRemovalIsInterrupted(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            final long pgmap = fixture.create(range(0, 8));
            assertTrue(fixture.get(FIRST));
            final CpuSlot late = fixture.cpus.attach();
            final AtomicReference<Throwable> failure = new AtomicReference<>();
            final Thread remover = fixture.remove(pgmap, failure);
            Race.awaitParked(remover);

            remover.interrupt();
            assertFalse(remover.join(Duration.ofMillis(50)));

            assertFalse(fixture.get(late, FIRST));
            assertEquals(pgmap, fixture.pagemaps.find(FIRST));
            assertFalse(fixture.memmap.isPoisoned(fixture.memmap.page(FIRST)));
            fixture.put();
            assertTrue(remover.join(Duration.ofSeconds(120)));
            assertEquals(null, failure.get());
            assertEquals(0, fixture.pagemaps.find(FIRST));
        }
    }

    /** S34: a put too many is reported, not waited for. */
    @ParameterizedTest
    @EnumSource
    void shouldReportAPutTooMany(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long pgmap = fixture.create(range(0, 8));
            fixture.cpu.holdPagemap(DevPagemaps.place(pgmap));
            fixture.put();

            assertEquals("percpu ref <= 0 after switching to atomic: ref=" + DevPagemaps.place(pgmap) + ", count=0",
                assertThrows(IllegalStateException.class, () -> fixture.remove(fixture.cpu, pgmap))
                    .getMessage());
        }
    }

    /** Its count is never right, and each attempt to go on is refused alike. */
    @ParameterizedTest
    @EnumSource
    void shouldKeepWhatWasPutTooOftenAsItIs(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long pgmap = fixture.create(range(0, 8));
            fixture.cpu.holdPagemap(DevPagemaps.place(pgmap));
            fixture.put();
            assertThrows(IllegalStateException.class, () -> fixture.remove(fixture.cpu, pgmap));

            for (int i = 0; i < 2; i++) {
                assertEquals("percpu ref <= 0 after switching to atomic: ref=" + DevPagemaps.place(pgmap)
                    + ", count=0", refusal(IllegalStateException.class, () -> fixture.pagemaps.drain(pgmap)));
            }

            assertEquals("the dev_pagemap is being removed already: pgmap=" + pgmap,
                refusal(IllegalStateException.class, () -> fixture.pagemaps.free(pgmap)));
            assertEquals("the range belongs to another dev_pagemap: " + range(0, 1),
                refusal(IllegalStateException.class, () -> fixture.create(range(0, 1))));
            assertFalse(fixture.pagemaps.isDone(pgmap));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCreateNothingForACpuThatCannotWait(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.epochs.enter(fixture.cpu);
            assertEquals("the CPU was given back or is inside a read section: cpu=0, isDetached=false",
                refusal(IllegalStateException.class, () -> fixture.create(range(0, 8))));
            fixture.epochs.exit(fixture.cpu);
            fixture.cpus.detach(fixture.cpu);
            assertEquals("the CPU was given back or is inside a read section: cpu=0, isDetached=true",
                refusal(IllegalStateException.class, () -> fixture.create(range(0, 8))));
            assertEquals(0, fixture.pagemaps.find(FIRST));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldSayWhetherARemovalMayBegin(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long pgmap = fixture.create(range(0, 8));
            fixture.pagemaps.requireLive(pgmap);

            fixture.pagemaps.kill(pgmap);
            assertEquals("the dev_pagemap is being removed already: pgmap=" + pgmap,
                refusal(IllegalStateException.class, () -> fixture.pagemaps.requireLive(pgmap)));
            assertEquals("the dev_pagemap is being removed already: pgmap=" + pgmap,
                refusal(IllegalStateException.class, () -> fixture.pagemaps.free(pgmap)));
            fixture.pagemaps.putMany(fixture.cpu, pgmap, 8);
            fixture.pagemaps.drain(pgmap);
            fixture.pagemaps.free(pgmap);

            assertEquals("the dev_pagemap is gone: pgmap=" + pgmap,
                refusal(IllegalStateException.class, () -> fixture.pagemaps.requireLive(pgmap)));
            assertFalse(fixture.pagemaps.isAlive(pgmap));
            assertEquals(0, fixture.pagemaps.references(pgmap));
        }
    }

    /** S36. */
    @ParameterizedTest
    @EnumSource
    void shouldRefuseToRemoveTwice(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long pgmap = fixture.create(range(0, 8));
            fixture.remove(fixture.cpu, pgmap);

            assertEquals("the dev_pagemap is gone: pgmap=" + pgmap,
                assertThrows(IllegalStateException.class, () -> fixture.remove(fixture.cpu, pgmap))
                    .getMessage());
        }
    }

    /** S28, I6: walkers take and drop references while the device is removed and created again. */
    @ParameterizedTest
    @EnumSource
    void shouldNeverHandOutADevPagemapAfterItsRemoval(final WordsKind kind) throws Exception {
        try (Fixture fixture = new Fixture(kind)) {
            final AtomicBoolean done = new AtomicBoolean();
            final long deadline = Race.deadline();
            final Race.Body walker = () -> {
                final CpuSlot cpu = fixture.cpus.attach();
                while (!done.get()) {
                    fixture.epochs.enter(cpu);
                    if (fixture.pagemaps.get(cpu, FIRST + 5)) {
                        assertFalse(fixture.memmap.isPoisoned(fixture.memmap.page(FIRST + 5)),
                            "a reference keeps the descriptors alive");
                        fixture.pagemaps.put(cpu);
                    }
                    fixture.epochs.exit(cpu);
                }
                fixture.cpus.detach(cpu);
            };
            Race.run(walker, () -> {
                while (!Race.isOver(deadline)) {
                    final long pgmap = fixture.create(range(0, 100));
                    Thread.yield();
                    fixture.remove(fixture.cpu, pgmap);
                }
                done.set(true);
            }, walker);
        }
    }
}
