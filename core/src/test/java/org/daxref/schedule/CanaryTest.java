/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import org.daxref.Race;
import org.daxref.memory.CountingWords;
import org.daxref.memory.SegmentWords;
import org.daxref.memory.Words;
import org.daxref.sync.WaitTable;
import org.daxref.sync.WaitTableDescriptor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Known races must be found in few schedules: if they are not, what the explorer does not find means nothing. */
class CanaryTest {
    private static final int SCHEDULES = 1000;
    private static final int SCHEDULES_WITHOUT_A_FAILURE = 2000;
    private static final long COUNT = WaitTableDescriptor.TABLE_BYTES;
    private static final long BYTES = COUNT + 4096;

    private final Words memory = new SegmentWords(Arena.ofAuto().allocate(BYTES, 128));
    private final Words words = new ScheduledWords(memory);
    private final WaitTable waits = new ScheduledWaitTable(words, 0);
    private long waitersOffset;

    /** Where a waker looks first. */
    @BeforeEach
    void findTheQueue() {
        final CountingWords spy = new CountingWords(memory);
        spy.reset(offset -> {
            waitersOffset = offset;
            return true;
        });
        new WaitTable(spy, 0).wakeUpVar(COUNT);
        assertEquals(1, spy.reads());
    }

    @Test
    void shouldFindACountThatIsNotRaisedAtomically() {
        final Race.Body increment = () -> words.putIntRelease(COUNT, words.getIntAcquire(COUNT) + 1);

        final Exploration.Found found = Exploration.find(SCHEDULES, schedule -> {
            words.putIntRelease(COUNT, 0);
            schedule.run(increment, increment);
            assertEquals(2, words.getIntVolatile(COUNT));
        });

        assertTrue(found.failure().getMessage().startsWith("the check after the schedule failed: seed="));
    }

    /** Both must be preempted at one place each, somewhere in the middle of a long run. */
    @Test
    void shouldFindTheOneWindowInALongRun() {
        final Race.Body body = () -> {
            for (int i = 1; i < 50; i++) {
                words.getAndAddInt(COUNT, 1);
            }
            words.putIntRelease(COUNT, words.getIntAcquire(COUNT) + 1);
            for (int i = 1; i < 50; i++) {
                words.getAndAddInt(COUNT, 1);
            }
        };

        Exploration.find(SCHEDULES, schedule -> {
            words.putIntRelease(COUNT, 0);
            schedule.run(body, body);
            assertEquals(198, words.getIntVolatile(COUNT));
        });
    }

    private void attempt(final Schedule schedule, final Race.Body waker) throws InterruptedException {
        words.putIntRelease(COUNT, 1);
        words.putIntRelease(waitersOffset, 0);
        schedule.run(() -> waits.waitVar(COUNT, () -> words.getIntVolatile(COUNT) == 0, WaitTable.FOREVER), waker);
    }

    /** S12: the waker looks whether anybody waits before it makes the condition true. */
    @Test
    void shouldFindAWakeUpThatIsLost() {
        final Exploration.Found found = Exploration.find(SCHEDULES, schedule -> attempt(schedule, () -> {
            final boolean anybodyWaits = words.getIntVolatile(waitersOffset) != 0;
            words.getAndAddInt(COUNT, -1);
            if (anybodyWaits) {
                waits.wakeUpVar(COUNT);
            }
        }));

        assertTrue(found.failure().getMessage().startsWith("deadlock, nobody can run: seed="));
        assertTrue(found.failure().getMessage().contains(": ASLEEP, waits for 0x" + Long.toHexString(COUNT)));
    }

    @Test
    void shouldNotFindALostWakeUpInTheRightOrder() {
        Exploration.pass(SCHEDULES_WITHOUT_A_FAILURE, schedule -> attempt(schedule, () -> {
            words.getAndAddInt(COUNT, -1);
            waits.wakeUpVar(COUNT);
        }));
    }
}
