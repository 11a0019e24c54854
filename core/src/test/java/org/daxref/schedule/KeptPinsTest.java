/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxFile;
import org.daxref.design.UngatheredDesign;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.page.AsymmetricStripedPageCounter;
import org.daxref.page.FencedStripedPageCounter;
import org.daxref.page.HazardPageCounter;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Counters that keep pins with their CPUs: pins, unpins on other CPUs, pages that become striped, zaps and truncates,
 * each access a place to switch threads. A page is striped as soon as one CPU has seen another pin.
 */
class KeptPinsTest {
    private static final int PAGES = 512;
    private static final int FILE_PAGES = 8;
    private static final long PAGE = 3;

    /** Ways to keep pins. */
    enum Counter {
        STRIPED((words, cpus, epochs) -> FencedStripedPageCounter.create(words, cpus, 1)),
        STRIPED_ASYM((words, cpus, epochs) -> AsymmetricStripedPageCounter.create(words, cpus, epochs, 1)),
        HAZARD((words, cpus, epochs) -> HazardPageCounter.create(words, cpus));

        private final Setup.CounterFactory factory;

        Counter(final Setup.CounterFactory factory) {
            this.factory = factory;
        }
    }

    /** A page that two address spaces map, and three CPUs that use it. */
    private static final class Rivals {
        private final TestMachine machine;
        private final DaxFile file;
        private final Vma[] areas = new Vma[2];
        private final CpuSlot[] cpus = new CpuSlot[3];
        private final AtomicLong handedOver = new AtomicLong();
        private final AtomicInteger pinned = new AtomicInteger();
        private volatile boolean free;

        Rivals(final TestMachine machine) throws InterruptedException {
            this.machine = machine;
            file = machine.fileSystem().create(FILE_PAGES);
            for (int i = 0; i < areas.length; i++) {
                areas[i] = file.mmap(machine.table(i), 0, FILE_PAGES, 0);
            }
            for (int i = 0; i < cpus.length; i++) {
                cpus[i] = machine.machine().attach();
            }
            map();
            truncate();
            free = false;
        }

        private void map() {
            for (final Vma area : areas) {
                assertTrue(file.fault(machine.cpu(), area, PAGE, true));
            }
        }

        /** Two pins at a time, of which the second sees the first; one is left to whoever takes it. */
        private void use(final int cpu) {
            final long[] first = new long[1];
            final long[] second = new long[1];
            final int firstTaken = pin(cpu, first);
            final int secondTaken = pin(cpu, second);
            unpin(cpu, first, firstTaken);
            if (secondTaken > 0) {
                second[0] = handedOver.getAndSet(second[0]);
                unpin(cpu, second, second[0] == 0 ? 0 : 1);
            }
            final int third = pin(cpu, first);
            unpin(cpu, first, third);
            takeOver(cpu);
        }

        private int pin(final int cpu, final long[] out) {
            final PageTable table = machine.table(cpu % areas.length);
            final int taken = machine.gup().pinFast(cpus[cpu], table, PAGE, 1, true, out);
            pinned.addAndGet(taken);
            return taken;
        }

        private void unpin(final int cpu, final long[] pfns, final int taken) {
            assertFalse(taken > 0 && free, "freed under a pin");
            machine.gup().unpin(cpus[cpu], pfns, taken);
        }

        private void takeOver(final int cpu) {
            final long[] pfn = {handedOver.getAndSet(0)};
            unpin(cpu, pfn, pfn[0] == 0 ? 0 : 1);
        }

        /** Nobody faults, so from then on the page is nobody's. */
        private void truncate() throws InterruptedException {
            file.truncate(machine.cpu(), 0);
            free = true;
            file.truncate(machine.cpu(), FILE_PAGES);
        }

        private void zap(final int table) {
            machine.machine().mapper().zap(table == 0 ? machine.cpu() : cpus[2], machine.table(table), PAGE, 1);
        }

        void truncateUnderPins(final Schedule schedule) throws InterruptedException {
            map();
            schedule.run(() -> use(0), () -> use(1), this::truncate);
            check();
        }

        void unmapUnderPins(final Schedule schedule) throws InterruptedException {
            map();
            schedule.run(() -> use(0), () -> use(1), () -> zap(0), () -> zap(1));
            check();
        }

        /** Nobody holds the page: neither its word nor a slot says so, and its device can go. */
        private void check() {
            takeOver(0);
            free = false;
            final long page = machine.memmap().page(machine.startPfn());
            for (long pfn = 0; pfn < FILE_PAGES; pfn++) {
                final long head = page + pfn * 64;
                assertEquals(0, machine.counter().count(head), "count");
                assertEquals(0, machine.counter().countInWord(head), "count in the word");
            }
            assertEquals(0, machine.counter().negativeCounts(), "negative counts");
            assertEquals(1 + machine.pagesThatHoldThePagemap(),
                machine.machine().pagemaps().references(machine.pgmap()), "references to the dev_pagemap");
            for (final CpuSlot cpu : cpus) {
                for (int i = 0; i < CpuSlotDescriptor.PIN_SLOTS; i++) {
                    final long slot = cpu.areaOffset() + CpuSlotDescriptor.PIN_SLOTS_OFFSET + (long) i * Long.BYTES;
                    assertEquals(0, machine.words().getLongVolatile(slot), "slot");
                }
            }
        }
    }

    private static Rivals open(final String design, final UnaryOperator<Words> wrap, final Setup.DesignFactory parts,
                               final Setup.CounterFactory counter) throws InterruptedException {
        return new Rivals(new Setup(design, "xadd", WordsKind.SEGMENT).openScheduled(PAGES, wrap, parts, counter));
    }

    private static void pass(final String design, final Counter counter, final boolean truncate) throws Exception {
        final Rivals rivals = open(design, UnaryOperator.identity(), null, counter.factory);
        try {
            final int schedules = Exploration.passUntil(Race.deadline(),
                truncate ? rivals::truncateUnderPins : rivals::unmapUnderPins);

            assertTrue(rivals.pinned.get() > schedules, "hardly ever pinned: schedules=" + schedules);
        } finally {
            rivals.machine.device().close();
        }
    }

    private static void find(final String expected, final UnaryOperator<Words> wrap, final Setup.DesignFactory parts,
                             final Setup.CounterFactory counter) throws Exception {
        final Rivals rivals = open("fs-held", wrap, parts, counter);
        try {
            final ScheduleFailure failure =
                Exploration.find(Exploration.MANY, rivals::truncateUnderPins).failure();
            final String found = failure.getMessage() + ": " + failure.getCause();

            assertTrue(found.matches("(?s).*(" + expected + ").*"), found);
        } finally {
            rivals.machine.device().close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldWaitForKeptPinsWhenTruncated(final Counter counter) throws Exception {
        pass("fs-held", counter, true);
    }

    @ParameterizedTest
    @EnumSource
    void shouldWaitForKeptPinsWhenTruncatedBeforeRemoval(final Counter counter) throws Exception {
        pass("fs-held-drain", counter, true);
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindTheLastPinWhenUnmapped(final Counter counter) throws Exception {
        pass("fs-held", counter, false);
    }

    @ParameterizedTest
    @EnumSource
    void shouldDropTheDevPagemapOnceWhenUnmapped(final Counter counter) throws Exception {
        pass("fs-held-drain", counter, false);
    }

    @ParameterizedTest
    @EnumSource
    void shouldBeFoundWithoutGathering(final Counter counter) throws Exception {
        find("freed under a pin|deadlock|count|slot", UnaryOperator.identity(), UngatheredDesign::create,
            counter.factory);
    }

    static Stream<Setup.CounterFactory> hasty() {
        return Stream.of((words, cpus, epochs) -> HastyStripes.withoutSecondLook(words, cpus),
            (words, cpus, epochs) -> HastyStripes.withoutGracePeriod(words, cpus));
    }

    @ParameterizedTest
    @MethodSource("hasty")
    void shouldBeFoundIfNobodyWaitsForAdditions(final Setup.CounterFactory counter) throws Exception {
        find("freed under a pin|deadlock|count|slot", UnaryOperator.identity(), null, counter);
    }
}
