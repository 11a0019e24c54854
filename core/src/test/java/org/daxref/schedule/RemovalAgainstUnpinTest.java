/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.design.HastyFreeDesign;
import org.daxref.design.RefcountDesign;
import org.daxref.memory.WordsKind;
import org.daxref.pagemap.PagemapType;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The last unpin of a page against the removal of its device, where removal does not wait for pages ({@code fs-held}).
 * Whoever is first, the count of the page that went loses what the unpin held and nothing else: who came to its idle
 * count before it went does not touch it afterwards.
 */
class RemovalAgainstUnpinTest {
    private static final int PAGES = 64;
    private static final int PIN = 1024;

    /** A page that one CPU has pinned and nobody maps. */
    private static final class Rivals {
        private final TestMachine machine;
        private final CpuSlot cpu;
        private int before;

        Rivals(final String counter, final Setup.DesignFactory design) {
            final Setup setup = new Setup("fs-held", counter, WordsKind.SEGMENT);
            machine = setup.openScheduled(PAGES, words -> words, design, setup.crowded(1));
            machine.fileSystem().unmount(machine.cpu());
            machine.machine().unbind(machine.cpu(), machine.pmem());
            cpu = machine.machine().attach();
        }

        void unpinWhileItGoes(final Schedule schedule) throws InterruptedException {
            final RefcountDesign design = machine.machine().design();
            final long pgmap = machine.machine().createPagemap(machine.cpu(), PagemapType.FS_DAX, machine.range(0, 1));
            final long page = machine.page(0);
            assertTrue(design.beginInsert(machine.cpu(), page));
            assertTrue(machine.counter().pin(page, 1));
            design.endInsert(machine.cpu(), page);

            schedule.run(() -> design.unpinAll(cpu, new long[]{machine.startPfn()}, 1),
                () -> machine.machine().removePagemap(machine.cpu(), pgmap));

            final int count = machine.counter().count(page);
            assertTrue(count == 0 || count == -PIN, () -> "count=" + count);
            before += count == 0 ? 1 : 0;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cas", "xadd", "striped", "striped-asym", "hazard"})
    void shouldLeaveAPageAloneThatWentAfterItsLastUnpin(final String counter) throws Exception {
        final Rivals rivals = new Rivals(counter, null);
        try {
            final int schedules = Exploration.passUntil(Race.deadline(), rivals::unpinWhileItGoes);

            assertTrue(rivals.before > 0 && rivals.before < schedules,
                "always the same comes first: schedules=" + schedules + ", unpin=" + rivals.before);
        } finally {
            rivals.machine.device().close();
        }
    }

    /** The control. */
    @Test
    void shouldFindACountThatIsChangedAfterThePageWent() {
        final Rivals rivals = new Rivals("cas", HastyFreeDesign::create);
        try {
            final ScheduleFailure failure =
                Exploration.find(Exploration.MANY, rivals::unpinWhileItGoes).failure();

            assertTrue(String.valueOf(failure.getCause()).contains("count=1"), failure::toString);
        } finally {
            rivals.machine.device().close();
        }
    }
}
