/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.WordsKind;
import org.daxref.page.PageDescriptor;
import org.daxref.page.StripedPageCounter;
import org.daxref.sync.CpuSlotDescriptor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A striped page whose word has no room left: the walk that is refused gathers it after its section and goes on. */
class FullPageTest {
    private static final int PAGES = 1024;

    static Stream<Setup> setups() {
        return Stream.of("fs-held", "fs-held-drain").flatMap(design -> Stream.of("striped", "striped-asym")
            .map(counter -> new Setup(design, counter, WordsKind.SEGMENT)));
    }

    /** What takes pages: of what it is told, the first is full. */
    private interface Walk {
        int take(TestMachine machine, long start, int pages, long[] out);
    }

    /** Another page has the slot of the CPU, so that pins go to the word. */
    private static long takeSlot(final TestMachine machine, final long page) {
        final long slot = CpuSlotDescriptor.pinSlot(machine.cpu().areaOffset(),
            machine.page(page) >>> PageDescriptor.PAGE_DESCRIPTOR_SHIFT & CpuSlotDescriptor.PIN_SLOTS - 1);
        final long tag = machine.page(PAGES - 1) - machine.words().origin() >>> PageDescriptor.PAGE_DESCRIPTOR_SHIFT;
        machine.words().putLongRelease(slot, tag << Integer.SIZE
            | Integer.toUnsignedLong(StripedPageCounter.NO_PART + 1024));
        return slot;
    }

    private static void assertGoesOn(final Setup setup, final Walk walk, final boolean pin) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 5);
            for (final long full : new long[] {0, 2, 4}) {
                final long word = machine.page(full) + PageDescriptor.REFCOUNT_OFFSET;
                final int before = machine.words().getIntVolatile(word);
                final int much = StripedPageCounter.MOST_APART + 1;
                machine.words().putIntRelease(word, StripedPageCounter.STRIPED + much);
                final long slot = takeSlot(machine, full);
                assertTrue(machine.counter().isFull(machine.page(full)));
                final long[] out = new long[5];

                assertEquals(5, walk.take(machine, 0, 5, out));

                assertFalse(machine.counter().isFull(machine.page(full)));
                assertEquals(much + (pin ? 1024 : 1), machine.count(full));
                assertEquals(machine.resting(1) + (pin ? 1024 : 1), machine.count(1));
                if (pin) {
                    machine.gup().unpin(machine.cpu(), out, 5);
                } else {
                    machine.gup().put(machine.cpu(), out, 5);
                }
                assertEquals(much, machine.count(full));
                machine.words().putLongRelease(slot, StripedPageCounter.FREE);
                machine.words().putIntRelease(word, before);
                machine.checkBooks();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldMakeRoomAndGoOn(final Setup setup) {
        assertGoesOn(setup, (machine, start, pages, out) -> machine.gup().pinFast(machine.cpu(), machine.table(0),
            start, pages, true, out), true);
        assertGoesOn(setup, (machine, start, pages, out) -> machine.gup().getFast(machine.cpu(), machine.table(0),
            start, pages, true, out), false);
        assertGoesOn(setup, (machine, start, pages, out) -> machine.gup().pinSlow(machine.cpu(), machine.table(0),
            start, pages, true, out), true);
        assertGoesOn(setup, (machine, start, pages, out) -> machine.gup().getSlow(machine.cpu(), machine.table(0),
            start, pages, true, out), false);
    }
}
