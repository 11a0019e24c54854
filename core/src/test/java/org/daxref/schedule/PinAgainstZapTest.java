/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.Words;
import org.daxref.mm.PageTable;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * S18, I1: a truncate clears the entry of a page, finds the page idle and gives it to somebody else, who writes to it
 * and maps it. No walk over the old entry may keep a pin on it.
 */
class PinAgainstZapTest {
    private static final int PAGES = 512;
    private static final long PAGE = 3;
    private static final long OTHERS = 0x0DEA_DB10_C5L;

    /** A machine with one walk and one truncate, to be run again and again from the same state. */
    private static final class Rivals implements AutoCloseable {
        private final TestMachine machine;
        private final Words words;
        private final PageTable ours;
        private final PageTable theirs;
        private final CpuSlot walker;
        private final long data;
        private final AtomicInteger pinned = new AtomicInteger();
        private final AtomicInteger freed = new AtomicInteger();

        Rivals(final TestMachine machine) throws InterruptedException {
            this.machine = machine;
            words = machine.words();
            ours = machine.table(0);
            theirs = machine.table(1);
            walker = machine.machine().attach();
            data = machine.data(PAGE);
            makeAllSchedulesAlike();
        }

        /** What is written the first time only: tables in use, pages referenced. */
        private void makeAllSchedulesAlike() throws InterruptedException {
            reset();
            walk();
            truncate();
        }

        /** The page is ours, mapped and idle. */
        private void reset() throws InterruptedException {
            machine.zapAll(ours);
            machine.zapAll(theirs);
            words.getAndSetLong(data, 0);
            machine.faultAll(ours, PAGE, 1);
        }

        private void walk() {
            final long[] out = new long[1];
            final int taken = machine.gup().pinFast(walker, ours, PAGE, 1, true, out);
            for (int look = 0; look < 3 && taken > 0; look++) {
                assertEquals(0, words.getLongVolatile(data), "freed under a pin");
            }
            machine.gup().unpin(walker, out, taken);
            pinned.addAndGet(taken);
        }

        private void truncate() throws InterruptedException {
            if (machine.file().tryBreakLayout(machine.cpu(), PAGE, 1)) {
                words.getAndSetLong(data, OTHERS);
                machine.faultAll(theirs, PAGE, 1);
                freed.incrementAndGet();
            }
        }

        void attempt(final Schedule schedule) throws InterruptedException {
            reset();
            schedule.run(this::walk, this::truncate);
            machine.faultAll(ours, PAGE, 1); // takes back what a layout break that gave up has let go
            machine.checkBooks();
        }

        Trace trace(final long seed) throws InterruptedException {
            final Schedule schedule = new Schedule(seed);
            attempt(schedule);
            return schedule.trace();
        }

        @Override
        public void close() {
            machine.machine().detach(walker);
        }
    }

    /** A seed that failed as the last of many fails as the first as well. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldTakeTheSameStepsWhicheverSchedulesWereBefore(final Setup setup) throws InterruptedException {
        final Map<Integer, Trace> traces = new HashMap<>();
        try (TestMachine machine = setup.open(PAGES, ScheduledWords::new); Rivals rivals = new Rivals(machine)) {
            for (int seed = 0; seed < 100; seed++) {
                traces.put(seed, rivals.trace(seed));
            }
        }
        try (TestMachine machine = setup.open(PAGES, ScheduledWords::new); Rivals rivals = new Rivals(machine)) {
            for (int seed = 99; seed >= 0; seed--) {
                assertEquals(traces.get(seed), rivals.trace(seed), "seed=" + seed);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldNeverFreeAPageUnderAPin(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.open(PAGES, ScheduledWords::new); Rivals rivals = new Rivals(machine)) {
            final int schedules = Exploration.passUntil(Race.deadline(), rivals::attempt);

            assertTrue(rivals.pinned.get() > schedules / 10, "hardly ever pinned: schedules=" + schedules);
            assertTrue(rivals.freed.get() > schedules / 10, "hardly ever freed: schedules=" + schedules);
        }
    }

    private static Words withoutSecondLook(final Words target) {
        return new ScheduledWords(new NoRecheckWords(target, PAGES));
    }

    /** A4. The threads are ended where they stand, so the machine is beyond repair and only its device is closed. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldFindAPageFreedUnderAPinWithoutTheSecondLook(final Setup setup) throws InterruptedException {
        final TestMachine machine = setup.open(PAGES, PinAgainstZapTest::withoutSecondLook);
        try {
            final Rivals rivals = new Rivals(machine);

            final Exploration.Found found = Exploration.find(Exploration.MANY, rivals::attempt);

            assertEquals("freed under a pin ==> expected: <0> but was: <" + OTHERS + ">",
                found.failure().getCause().getMessage());
        } finally {
            machine.device().close();
        }
    }
}
