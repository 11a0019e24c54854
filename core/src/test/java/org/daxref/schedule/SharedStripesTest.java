/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxFile;
import org.daxref.design.UngatheredDesign;
import org.daxref.memory.WordsKind;
import org.daxref.mm.Vma;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A block that two files share, pinned and unpinned through both by CPUs that keep pins with themselves, while a write
 * gives one of the files a copy, which unmaps the page there and brings its pins together.
 */
class SharedStripesTest {
    private static final int PAGES = 512;
    private static final int CROWD = 1;

    /** Two files with one block, each in an address space of its own. */
    private static final class Sharers {
        private final TestMachine machine;
        private final CpuSlot[] cpus = new CpuSlot[2];
        private final AtomicLong handedOver = new AtomicLong();
        private final AtomicInteger pinned = new AtomicInteger();

        Sharers(final Setup setup, final Setup.DesignFactory design) {
            machine = setup.openScheduled(PAGES, words -> words, design, setup.crowded(CROWD));
            for (int i = 0; i < cpus.length; i++) {
                cpus[i] = machine.machine().attach();
            }
        }

        private int pin(final int cpu, final long[] out) {
            final int taken = machine.gup().pinFast(cpus[cpu], machine.table(cpu), 0, 1, false, out);
            pinned.addAndGet(taken);
            return taken;
        }

        /** Two pins at a time, of which the second sees the first, and a third; one is left to whoever takes it. */
        private void use(final int cpu) {
            final long[] first = new long[1];
            final long[] second = new long[1];
            final int firstTaken = pin(cpu, first);
            final int secondTaken = pin(cpu, second);
            machine.gup().unpin(cpus[cpu], first, firstTaken);
            if (secondTaken > 0) {
                second[0] = handedOver.getAndSet(second[0]);
                machine.gup().unpin(cpus[cpu], second, second[0] == 0 ? 0 : 1);
            }
            machine.gup().unpin(cpus[cpu], first, pin(cpu, first));
            takeOver(cpu);
        }

        private void takeOver(final int cpu) {
            final long[] pfn = {handedOver.getAndSet(0)};
            machine.gup().unpin(cpus[cpu], pfn, pfn[0] == 0 ? 0 : 1);
        }

        void copyUnderPins(final Schedule schedule) throws InterruptedException {
            final DaxFile file = machine.fileSystem().create(1);
            final DaxFile copy = machine.fileSystem().reflink(file);
            final Vma area = file.mmap(machine.table(0), 0, 1, 0);
            final Vma areaOfCopy = copy.mmap(machine.table(1), 0, 1, 0);
            assertTrue(file.fault(machine.cpu(), area, 0, false));
            assertTrue(copy.fault(machine.cpu(), areaOfCopy, 0, false));

            schedule.run(() -> use(0), () -> use(1), () -> assertTrue(file.fault(machine.cpu(), area, 0, true)));

            takeOver(1);
            file.munmap(machine.cpu(), area);
            copy.munmap(machine.cpu(), areaOfCopy);
            check();
            machine.fileSystem().unlink(machine.cpu(), file);
            machine.fileSystem().unlink(machine.cpu(), copy);
        }

        private void check() {
            for (long page = 0; page < 2; page++) {
                final long head = machine.memmap().page(machine.startPfn() + page);
                assertEquals(0, machine.counter().count(head), "count");
                assertEquals(0, machine.counter().countInWord(head), "count in the word");
            }
            for (final CpuSlot cpu : cpus) {
                for (int i = 0; i < CpuSlotDescriptor.PIN_SLOTS; i++) {
                    assertEquals(0, machine.words().getLongVolatile(CpuSlotDescriptor.pinSlot(cpu.areaOffset(), i)),
                        "slot");
                }
            }
            assertEquals(1 + machine.pagesThatHoldThePagemap(),
                machine.machine().pagemaps().references(machine.pgmap()), "references to the dev_pagemap");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"striped", "striped-asym", "hazard"})
    void shouldCountPinsOfASharedBlockWhileItIsCopied(final String counter) throws Exception {
        final Sharers sharers = new Sharers(new Setup("fs-held-drain", counter, WordsKind.SEGMENT), null);
        try {
            final int schedules = Exploration.passUntil(Race.deadline(), sharers::copyUnderPins);

            assertTrue(sharers.pinned.get() > schedules, "hardly ever pinned: schedules=" + schedules);
        } finally {
            sharers.machine.device().close();
        }
    }

    /** The control: a copy that leaves the pins where they are. */
    @Test
    void shouldFindPinsThatACopyLeavesWithTheirCpus() {
        final Sharers sharers = new Sharers(new Setup("fs-held", "striped", WordsKind.SEGMENT),
            UngatheredDesign::create);
        try {
            final ScheduleFailure failure = Exploration.find(Exploration.MANY, sharers::copyUnderPins).failure();
            final String found = failure.getMessage() + ": " + failure.getCause();

            assertTrue(found.matches("(?s).*(deadlock|count|slot).*"), found);
        } finally {
            sharers.machine.device().close();
        }
    }
}
