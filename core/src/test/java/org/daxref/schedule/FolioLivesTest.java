/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import static org.daxref.page.PageDescriptor.FLAGS_OFFSET;
import static org.daxref.page.PageDescriptor.MAPCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.PAGE_DESCRIPTOR_BYTES;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.daxref.sync.CpuSlotDescriptor.AREA_BYTES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.memory.ForwardingWords;
import org.daxref.memory.HeapWords;
import org.daxref.memory.Words;
import org.daxref.page.AsymmetricStripedPageCounter;
import org.daxref.page.FencedStripedPageCounter;
import org.daxref.page.HazardPageCounter;
import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.page.XaddPageCounter;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;
import org.daxref.sync.FencedEpochs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Walks through an entry that is cleared and set again with the same value, without a grace period in between, while
 * the page under it is a page of its own in one life and the head of a folio in the next; pins are dropped on any CPU.
 */
class FolioLivesTest {
    private static final long HEAD = AREA_BYTES;
    private static final long ENTRY = HEAD + 2 * PAGE_DESCRIPTOR_BYTES;
    private static final int MOST_LIVES = 3;
    private static final int WALKS = 3;

    /** Counters. */
    enum Counter {
        XADD((words, cpus, epochs) -> XaddPageCounter.create(words)),
        STRIPED((words, cpus, epochs) -> FencedStripedPageCounter.create(words, cpus, 1)),
        STRIPED_ASYM((words, cpus, epochs) -> AsymmetricStripedPageCounter.create(words, cpus, epochs, 1)),
        HAZARD((words, cpus, epochs) -> HazardPageCounter.create(words, cpus));

        private final Setup.CounterFactory factory;

        Counter(final Setup.CounterFactory factory) {
            this.factory = factory;
        }
    }

    /** Two CPUs that walk, and the owner of the page. */
    private static final class Lives {
        private final Words memory = new HeapWords(ENTRY + PAGE_DESCRIPTOR_BYTES);
        private final Words words;
        private final CpuSlots slots;
        private final Epochs epochs;
        private final CpuSlot[] cpus = new CpuSlot[2];
        private final PageCounter counter;
        private final Memmap memmap;
        private final AtomicInteger handedOver = new AtomicInteger();
        private final AtomicInteger told = new AtomicInteger();
        private final AtomicInteger lives = new AtomicInteger();
        private final AtomicInteger pins = new AtomicInteger();

        Lives(final Setup.CounterFactory factory, final UnaryOperator<Words> wrap) {
            words = wrap.apply(new ScheduledWords(memory));
            slots = new CpuSlots(words, 0);
            epochs = new FencedEpochs(words, slots);
            counter = factory.create(words, slots, epochs);
            memmap = new Memmap(words, HEAD, 0, 2);
            for (int i = 0; i < cpus.length; i++) {
                cpus[i] = slots.attach();
            }
        }

        private void begin() {
            for (long offset = HEAD; offset < ENTRY + PAGE_DESCRIPTOR_BYTES; offset += Long.BYTES) {
                memory.putLongRelease(offset, 0);
            }
            memory.putIntRelease(HEAD + MAPCOUNT_OFFSET, 1);
            memory.putIntRelease(HEAD + REFCOUNT_OFFSET, counter.encode(1));
            memory.putLongRelease(ENTRY, 1);
            told.set(0);
            lives.set(1);
            handedOver.set(0);
        }

        private void walk(final CpuSlot cpu) {
            for (int i = 0; i < WALKS; i++) {
                if (isPinned(cpu)) {
                    pins.incrementAndGet();
                    handedOver.incrementAndGet();
                }
            }
        }

        private void walkAndUnpin(final CpuSlot cpu) {
            for (int i = 0; i < WALKS; i++) {
                takeOver(cpu);
                walk(cpu);
                takeOver(cpu);
            }
        }

        private boolean isPinned(final CpuSlot cpu) {
            epochs.enter(cpu);
            try {
                if (words.getLongAcquire(ENTRY) == 0 || !counter.tryPin(cpu, HEAD, 1)) {
                    return false;
                }
                if (words.getLongVolatile(ENTRY) != 0) {
                    return true;
                }
                unpin(cpu);
                return false;
            } finally {
                epochs.exit(cpu);
            }
        }

        private void takeOver(final CpuSlot cpu) {
            if (handedOver.getAndUpdate(held -> Math.max(0, held - 1)) > 0) {
                unpin(cpu);
            }
        }

        private void unpin(final CpuSlot cpu) {
            tell(counter.unpin(cpu, HEAD, 1) == 0);
        }

        private void tell(final boolean last) {
            told.addAndGet(last ? 1 : 0);
        }

        /** Ends a life of the page, and begins the next with another size as soon as nobody holds the page. */
        private void own(final int goal) {
            while (lives.get() < goal) {
                zap();
                for (int looks = 0; counter.countInWord(HEAD) != 0; looks++) {
                    if (looks == MOST_LIVES * WALKS) {
                        return;
                    }
                }
                if (memmap.isLarge(HEAD)) {
                    memmap.splitFolio(HEAD);
                } else {
                    memmap.makeFolio(HEAD, 1);
                }
                assertEquals(0, counter.increment(HEAD), "somebody has lifted an idle page");
                lives.incrementAndGet();
                words.getAndAddInt(HEAD + MAPCOUNT_OFFSET, 1);
                words.putLongRelease(ENTRY, 1);
            }
        }

        private void zap() {
            words.getAndSetLong(ENTRY, 0);
            words.getAndAddInt(HEAD + MAPCOUNT_OFFSET, -1);
            tell(counter.gather(HEAD));
            tell(counter.putProbablyLast(HEAD, 1) == 0);
        }

        /** Nobody holds the page: it is idle, and each of its lives has ended once. */
        void play(final Schedule schedule) throws InterruptedException {
            begin();
            final int goal = 2 + Math.floorMod(schedule.seed(), MOST_LIVES - 1);
            schedule.run(() -> walk(cpus[0]), () -> walkAndUnpin(cpus[1]), () -> own(goal));
            if (words.getLongVolatile(ENTRY) != 0) {
                zap();
            }
            while (handedOver.get() > 0) {
                takeOver(cpus[1]);
            }
            assertEquals(counter.encode(0), words.getIntVolatile(HEAD + REFCOUNT_OFFSET), "count");
            assertEquals(0, counter.pincount(HEAD), "exact count");
            assertEquals(lives.get(), told.get(), "lives ended");
            assertEquals(0, counter.negativeCounts(), "negative counts");
            for (final CpuSlot cpu : cpus) {
                for (int i = 0; i < CpuSlotDescriptor.PIN_SLOTS; i++) {
                    assertEquals(0, words.getLongVolatile(CpuSlotDescriptor.pinSlot(cpu.areaOffset(), i)), "slot");
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldBookPinsByTheSizeOfTheLifeThatTheyHold(final Counter counter) {
        final Lives lives = new Lives(counter.factory, UnaryOperator.identity());

        final int schedules = Exploration.passUntil(Race.deadline(), lives::play);

        assertTrue(lives.pins.get() > schedules, "hardly ever pinned: schedules=" + schedules);
    }

    private static void find(final UnaryOperator<Words> wrap) {
        final Lives lives = new Lives(Counter.HAZARD.factory, wrap);

        final ScheduleFailure failure = Exploration.find(Exploration.MANY, lives::play).failure();

        final String found = failure.getMessage() + ": " + failure.getCause();
        assertTrue(found.matches("(?s).*(count|slot|lives).*"), found);
    }

    @Test
    void shouldBeFoundWithoutTheLookAtTheSizeAfterPublishing() {
        find(BlindWalkers::new);
    }

    @Test
    void shouldBeFoundIfAGathererTakesEveryPageForSmall() {
        find(BlindGatherers::new);
    }

    /** Who has published a page is told that it is mapped and small. */
    private static final class BlindWalkers extends ForwardingWords {
        private final ThreadLocal<Boolean> published = ThreadLocal.withInitial(() -> false);

        BlindWalkers(final Words target) {
            super(target);
        }

        @Override
        public long getAndSetLong(final long offset, final long value) {
            published.set(offset < HEAD);
            return super.getAndSetLong(offset, value);
        }

        @Override
        public int getIntVolatile(final long offset) {
            return published.get() && offset == HEAD + MAPCOUNT_OFFSET ? 1 : super.getIntVolatile(offset);
        }

        @Override
        public int getIntOpaque(final long offset) {
            final boolean blind = published.get() && offset == HEAD + FLAGS_OFFSET;
            published.set(false);
            return blind ? 0 : super.getIntOpaque(offset);
        }
    }

    /** Who has looked at slots is told that the page is small. */
    private static final class BlindGatherers extends ForwardingWords {
        private final ThreadLocal<Boolean> looked = ThreadLocal.withInitial(() -> false);

        BlindGatherers(final Words target) {
            super(target);
        }

        @Override
        public long getLongVolatile(final long offset) {
            looked.set(offset < HEAD);
            return super.getLongVolatile(offset);
        }

        @Override
        public long getAndSetLong(final long offset, final long value) {
            looked.set(false);
            return super.getAndSetLong(offset, value);
        }

        @Override
        public long getLongAcquire(final long offset) {
            looked.set(false);
            return super.getLongAcquire(offset);
        }

        @Override
        public int getIntOpaque(final long offset) {
            return looked.get() && offset == HEAD + FLAGS_OFFSET ? 0 : super.getIntOpaque(offset);
        }
    }
}
