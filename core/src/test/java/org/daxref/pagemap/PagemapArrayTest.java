/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.pagemap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.daxref.Machine;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.FailingWords;
import org.daxref.memory.WordsKind;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PagemapArrayTest {
    private static final int SEED = 20_261_122;
    private static final int ROUNDS = Integer.getInteger("daxref.test.rounds", 300);

    /** An array on a device, with the test as a reader. */
    private static final class Fixture implements AutoCloseable {
        private final TestDevice device;
        private final CpuSlots cpus;
        private final Epochs epochs;
        private final CpuSlot cpu;
        private final PagemapArray array;

        Fixture(final WordsKind kind) {
            device = TestDevice.open(kind, 1);
            cpus = new CpuSlots(device.words(), device.geometry().perCpuOffset());
            epochs = Epochs.cheapest(device.words(), cpus);
            cpu = cpus.attach();
            array = new PagemapArray(device.words(), device.geometry().pagemapOffset(), epochs);
        }

        long handle(final int index) {
            return device.geometry().pagemapOffset() + PagemapAreaDescriptor.PAGEMAPS_OFFSET
                + (long) index * PagemapAreaDescriptor.PAGEMAP_BYTES;
        }

        long load(final long pfn) {
            epochs.enter(cpu);
            final long handle = array.load(pfn);
            epochs.exit(cpu);
            return handle;
        }

        void assertCovers(final long first, final long last, final long handle) {
            final SplittableRandom random = new SplittableRandom(first ^ last);
            assertEquals(handle, load(first), "first=" + first);
            assertEquals(handle, load(last), "last=" + last);
            for (int i = 0; i < 100; i++) {
                final long pfn = first + random.nextLong(last - first + 1);
                assertEquals(handle, load(pfn), "pfn=" + pfn);
            }
            if (first > 0) {
                assertEquals(0, load(first - 1), "before=" + (first - 1));
            }
            assertEquals(0, load(last + 1), "after=" + (last + 1));
        }

        @Override
        public void close() {
            device.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindNothingInAnEmptyArray(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            assertEquals(0, fixture.load(0));
            assertEquals(0, fixture.load(Machine.START_PFN));
            assertEquals(0, fixture.load(Long.MAX_VALUE));
            assertEquals(0, fixture.array.depth(Machine.START_PFN));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindEveryPageOfARangeAndNoOther(final WordsKind kind) {
        final long[][] ranges = {
            {Machine.START_PFN, Machine.START_PFN}, {Machine.START_PFN, Machine.START_PFN + 65_535},
            {Machine.START_PFN + 3, Machine.START_PFN + 70_000}, {64, 127}, {63, 64}, {1, 1L << 32}, {4096, 8191},
            {1L << 40, (1L << 40) + 5}, {262_144, 524_287}, {5, 5}, {1, 63},
        };
        for (final long[] range : ranges) {
            try (Fixture fixture = new Fixture(kind)) {
                fixture.array.store(range[0], range[1], fixture.handle(7));

                fixture.assertCovers(range[0], range[1], fixture.handle(7));

                fixture.array.erase(range[0], range[1]);
                assertEquals(0, fixture.load(range[0]));
                assertEquals(0, fixture.load(range[1]));
                assertEquals(0, fixture.array.depth(range[0]), "every node was given back");
            }
        }
    }

    /** An aligned stretch at 0 fills the whole root, which then needs a node above it. */
    @ParameterizedTest
    @EnumSource
    void shouldFindEveryPageOfARangeThatBeginsAtZero(final WordsKind kind) {
        for (final long pages : new long[] {1, 63, 64, 65, 4095, 4096, 4097, 262_144, 1L << 28, 1L << 30, 1L << 32}) {
            try (Fixture fixture = new Fixture(kind)) {
                fixture.array.store(0, pages - 1, fixture.handle(3));

                fixture.assertCovers(0, pages - 1, fixture.handle(3));

                fixture.array.erase(0, pages - 1);
                assertEquals(0, fixture.load(0));
            }
        }
    }

    /** A key that the root does not span must not come out at a slot of the root again. */
    @ParameterizedTest
    @EnumSource
    void shouldFindNothingBeyondTheRoot(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.array.store(0, 0, fixture.handle(0));
            fixture.array.store(7, 7, fixture.handle(1));

            for (long pfn = 64; pfn <= 1L << 60; pfn <<= 1) {
                assertEquals(0, fixture.load(pfn), "pfn=" + pfn);
                assertEquals(0, fixture.load(pfn + 7), "pfn=" + (pfn + 7));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepTheLargestStretchInOneEntry(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long last = (1L << 60) - 1;
            fixture.array.store(0, last, fixture.handle(2));

            assertEquals(1, fixture.array.depth(5));
            fixture.assertCovers(0, last, fixture.handle(2));

            fixture.array.erase(0, last);
            assertEquals(0, fixture.load(5));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldForgetWhatANodeHeldBefore(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long nodes = fixture.device.geometry().pagemapOffset() + PagemapAreaDescriptor.NODES_OFFSET;
            final long end = fixture.device.geometry().pagemapOffset() + PagemapAreaDescriptor.AREA_BYTES;
            for (long offset = nodes; offset < end; offset += Long.BYTES) {
                fixture.device.words().putLongRelease(offset, fixture.handle(9) | 1);
            }

            fixture.array.store(70, 70, fixture.handle(0));

            fixture.assertCovers(70, 70, fixture.handle(0));
        }
    }

    /** Pages 64 apart: each has a leaf, 64 leaves share a node, and these share the root. */
    @ParameterizedTest
    @EnumSource
    void shouldUseEveryNode(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            int leaves = 0;
            while (fits(fixture, 64L * leaves + 1, 1)) {
                leaves++;
            }

            assertEquals(PagemapAreaDescriptor.NODES, leaves + (leaves + 63) / 64 + 1);
        }
    }

    /** A reader may be in a node that was just unlinked. */
    @ParameterizedTest
    @EnumSource
    void shouldWaitForReadersBeforeANodeIsUsedAgain(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.array.store(70, 70, fixture.handle(0));
            fixture.epochs.enter(fixture.cpu);
            final Thread updater = Thread.ofPlatform().daemon().start(() -> fixture.array.erase(70, 70));
            try {
                assertFalse(updater.join(Duration.ofMillis(20)), "the node is free");
            } finally {
                fixture.epochs.exit(fixture.cpu);
                Race.awaitEnd(updater);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldEndALookupAsHighAsTheAlignmentAllows(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long base = 1L << 24;
            fixture.array.store(base, base + (1 << 18) - 1, fixture.handle(0));
            assertEquals(2, fixture.array.depth(base), "262144 aligned pages are one entry of the second node");
            assertEquals(2, fixture.array.depth(base + (1 << 18) - 1));

            final long ragged = base + (1 << 18);
            fixture.array.store(ragged, ragged + 4096 + 64, fixture.handle(1));
            assertEquals(3, fixture.array.depth(ragged), "4096 aligned pages");
            assertEquals(4, fixture.array.depth(ragged + 4096), "64 aligned pages");
            assertEquals(5, fixture.array.depth(ragged + 4096 + 64), "a single page goes down to the leaves");
            assertEquals(fixture.handle(1), fixture.load(ragged + 4096 + 64));
            assertEquals(0, fixture.load(ragged + 4096 + 65));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldGrowAboveTheRootAndKeepWhatWasThere(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.array.store(3, 5, fixture.handle(0));
            fixture.array.store(100, 200, fixture.handle(1));
            fixture.array.store(1L << 33, 1L << 34, fixture.handle(2));

            fixture.assertCovers(3, 5, fixture.handle(0));
            fixture.assertCovers(100, 200, fixture.handle(1));
            fixture.assertCovers(1L << 33, 1L << 34, fixture.handle(2));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldAgreeWithAnOracleOnRandomRanges(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final SplittableRandom random = new SplittableRandom(SEED);
            final TreeMap<Long, long[]> oracle = new TreeMap<>();
            for (int round = 0; round < ROUNDS; round++) {
                if (oracle.size() == 24 || !oracle.isEmpty() && random.nextInt(3) == 0) {
                    final Long key = oracle.ceilingKey(random.nextLong(oracle.lastKey() + 1));
                    final long[] erased = oracle.remove(key);
                    fixture.array.erase(key, erased[0]);
                } else {
                    storeRandom(fixture, random, oracle, round);
                }
                probe(fixture, random, oracle);
            }
            for (final Map.Entry<Long, long[]> left : oracle.entrySet()) {
                fixture.array.erase(left.getKey(), left.getValue()[0]);
            }
            assertEquals(0, fixture.array.depth(0), "every node was given back");
        }
    }

    private static void storeRandom(final Fixture fixture, final SplittableRandom random,
                                    final TreeMap<Long, long[]> oracle, final int round) {
        final int alignment = random.nextInt(20);
        final long first = random.nextLong(1L << 30) >>> random.nextInt(30) >>> alignment << alignment;
        final long length = 1 + (random.nextLong(1L << 22) >>> random.nextInt(22));
        final long last = first + (random.nextBoolean() ? (length + 63) / 64 * 64 : length) - 1;
        final Map.Entry<Long, long[]> below = oracle.floorEntry(last);
        if (below == null || below.getValue()[0] < first) {
            final long handle = fixture.handle(round % PagemapAreaDescriptor.PAGEMAPS);
            fixture.array.store(first, last, handle);
            oracle.put(first, new long[] {last, handle});
        }
    }

    private static void probe(final Fixture fixture, final SplittableRandom random,
                              final TreeMap<Long, long[]> oracle) {
        for (final Map.Entry<Long, long[]> entry : oracle.entrySet()) {
            assertLooksUp(fixture, oracle, entry.getKey());
            assertLooksUp(fixture, oracle, entry.getKey() - 1);
            assertLooksUp(fixture, oracle, entry.getValue()[0]);
            assertLooksUp(fixture, oracle, entry.getValue()[0] + 1);
            assertLooksUp(fixture, oracle, entry.getKey() + random.nextLong(1 << 12));
        }
        assertLooksUp(fixture, oracle, random.nextLong(1L << 31));
    }

    private static void assertLooksUp(final Fixture fixture, final TreeMap<Long, long[]> oracle, final long pfn) {
        if (pfn >= 0) {
            final Map.Entry<Long, long[]> below = oracle.floorEntry(pfn);
            final long expected = below != null && below.getValue()[0] >= pfn ? below.getValue()[1] : 0;
            assertEquals(expected, fixture.load(pfn), () -> "pfn=" + pfn + ", seed=" + SEED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldUseItsNodesAgain(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long first = Machine.START_PFN + 13;
            for (int i = 0; i < 3000; i++) {
                final long shifted = first + i % 50;
                fixture.array.store(shifted, shifted + 5000, fixture.handle(i % 64));
                assertEquals(fixture.handle(i % 64), fixture.load(shifted + 5000));
                fixture.array.erase(shifted, shifted + 5000);
            }
            assertEquals(0, fixture.array.depth(first));
        }
    }

    /** A range that does not fit is not there at all afterwards, and the others are. */
    @ParameterizedTest
    @EnumSource
    void shouldLeaveNothingOfARangeThatFindsNoNode(final WordsKind kind) {
        for (int padding = 0; padding < 6; padding++) {
            try (Fixture fixture = new Fixture(kind)) {
                final long step = 1L << 24;
                for (int i = 0; i < padding; i++) {
                    fixture.array.store((1L << 23) + i * 128, (1L << 23) + i * 128, fixture.handle(0));
                }
                int stored = 0;
                while (fits(fixture, stored * step + 7, 9994)) {
                    stored++;
                }

                assertTrue(stored > 100, "stored=" + stored);
                for (final long pfn : new long[] {7, 8, 64, 4096, 9999, 10_000}) {
                    assertEquals(0, fixture.load(stored * step + pfn), "pfn=" + pfn);
                }
                for (int i = 0; i < stored; i++) {
                    fixture.assertCovers(i * step + 7, i * step + 10_000, fixture.handle(1));
                }
                for (int i = 0; i < stored; i++) {
                    fixture.array.erase(i * step + 7, i * step + 10_000);
                }
                for (int i = 0; i < stored; i++) {
                    assertTrue(fits(fixture, i * step + 7, 9994), "a node was lost: i=" + i);
                }
            }
        }
    }

    /** Page 2^30 above a root of shift 12: three nodes above the root and five on the way down. */
    @ParameterizedTest
    @EnumSource
    void shouldKnowBeforehandHowManyNodesAreNeeded(final WordsKind kind) {
        final long far = 1L << 30;
        final Map<List<PfnRange>, Integer> needs = Map.of(List.of(new PfnRange(far, far)), 8,
            List.of(new PfnRange(far, far + 63)), 7, List.of(new PfnRange(far, far), new PfnRange(far + 1, far + 1)), 8,
            List.of(new PfnRange(far, far), new PfnRange(far + 64, far + 64)), 9,
            List.of(new PfnRange(1L << 18, 1L << 18), new PfnRange(far, far)), 3 + 3 + 5);
        needs.forEach((ranges, needed) -> {
            for (int free = 0; free <= 12; free++) {
                try (Fixture fixture = new Fixture(kind)) {
                    leaveFree(fixture, free);
                    if (free < needed) {
                        assertEquals("pgmap_array has no node left: nodes=1024",
                            assertThrows(IllegalStateException.class, () -> fixture.array.requireRoom(ranges))
                                .getMessage(), ranges + ", free=" + free);
                        assertEquals(3, fixture.array.depth(1), "nothing has grown");
                    } else {
                        fixture.array.requireRoom(ranges);
                        ranges.forEach(range -> fixture.array.store(range.first(), range.last(), fixture.handle(5)));
                        ranges.forEach(range -> assertEquals(fixture.handle(5), fixture.load(range.last())));
                        assertEquals(fixture.handle(1), fixture.load(1));
                    }
                }
            }
        });
    }

    /** A root of shift 12 with as many leaves as leave so many nodes. */
    private static void leaveFree(final Fixture fixture, final int free) {
        int leaves = 0;
        while (leaves + (leaves + 63) / 64 + 1 < PagemapAreaDescriptor.NODES - free) {
            assertTrue(fits(fixture, 64L * leaves + 1, 1));
            leaves++;
        }
        assertEquals(PagemapAreaDescriptor.NODES - free, leaves + (leaves + 63) / 64 + 1, "free=" + free);
    }

    /** An access of a store or an erase fails once: the range is out again, the others are there, no node is lost. */
    @ParameterizedTest
    @EnumSource
    void shouldLoseNoNodeWhateverAccessFails(final WordsKind kind) {
        boolean failed = true;
        for (long access = 1; failed; access += 53) {
            try (TestDevice device = TestDevice.open(kind, 1, FailingWords::new)) {
                final CpuSlots cpus = new CpuSlots(device.words(), device.geometry().perCpuOffset());
                final PagemapArray array = new PagemapArray(device.words(), device.geometry().pagemapOffset(),
                    Epochs.cheapest(device.words(), cpus));
                final FailingWords words = (FailingWords) device.words();
                final long handle = device.geometry().pagemapOffset() + PagemapAreaDescriptor.PAGEMAPS_OFFSET;
                array.store(7, 7, handle);
                words.failInsteadOf(access);
                try {
                    array.store(4000, 5000, handle);
                    array.erase(4000, 5000);
                } catch (final InternalError e) {
                    assertEquals(0, e.getSuppressed().length);
                }
                failed = words.hasFailed();
                words.reset();

                array.erase(4000, 5000);
                assertEquals(handle, array.load(7));
                assertEquals(0, array.load(4000));
                assertEquals(0, array.load(5000));
                assertNodes(array, handle);
            }
        }
    }

    /** Every node but the one root and its way to page 7 can be put to use. */
    private static void assertNodes(final PagemapArray array, final long handle) {
        array.erase(7, 7);
        int leaves = 0;
        try {
            while (true) {
                array.store(64L * leaves + 1, 64L * leaves + 1, handle);
                leaves++;
            }
        } catch (final IllegalStateException e) {
            assertEquals(PagemapAreaDescriptor.NODES, leaves + (leaves + 63) / 64 + 1, e.getMessage());
        }
    }

    private static boolean fits(final Fixture fixture, final long first, final long pages) {
        try {
            fixture.array.store(first, first + pages - 1, fixture.handle(1));
            return true;
        } catch (final IllegalStateException e) {
            assertEquals("pgmap_array has no node left: nodes=1024", e.getMessage());
            return false;
        }
    }

    /** Nodes move between ranges while readers pass; no reader may be led to a wrong dev_pagemap. */
    @ParameterizedTest
    @EnumSource
    void shouldNeverShowAWrongHandleToAReader(final WordsKind kind) throws Exception {
        try (Fixture fixture = new Fixture(kind)) {
            final long stable = Machine.START_PFN + 1;
            final long moving = Machine.START_PFN + (1 << 14) + 5;
            final AtomicBoolean done = new AtomicBoolean();
            fixture.array.store(stable, stable + 9000, fixture.handle(9));
            final long deadline = Race.deadline();
            Race.run(() -> {
                for (int i = 0; !Race.isOver(deadline); i++) {
                    final int range = i % 5;
                    final long first = moving + range * (1L << 14);
                    fixture.array.store(first, first + 9000, fixture.handle(10 + range));
                    fixture.array.erase(first, first + 9000);
                }
                done.set(true);
            }, () -> read(fixture, done, stable, moving, 1), () -> read(fixture, done, stable, moving, 2));
        }
    }

    private static void read(final Fixture fixture, final AtomicBoolean done, final long stable, final long moving,
                             final int seed) {
        final CpuSlot cpu = fixture.cpus.attach();
        final SplittableRandom random = new SplittableRandom(seed);
        while (!done.get()) {
            final int range = random.nextInt(5);
            final long offset = random.nextLong(9001);
            fixture.epochs.enter(cpu);
            final long kept = fixture.array.load(stable + offset);
            final long seen = fixture.array.load(moving + range * (1L << 14) + offset);
            fixture.epochs.exit(cpu);
            assertEquals(fixture.handle(9), kept);
            assertTrue(seen == 0 || seen == fixture.handle(10 + range), "range=" + range + ", handle=" + seen);
        }
    }
}
