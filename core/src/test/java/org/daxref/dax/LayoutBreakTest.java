/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.ActingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.memory.WordsKind;
import org.daxref.mm.Vma;
import org.daxref.page.AsymmetricStripedPageCounter;
import org.daxref.page.PageDescriptor;
import org.daxref.page.StripedPageCounter;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The scan for pages in use. */
class LayoutBreakTest {
    private static final long PAGES = 64;

    /** A page that another file maps as well, and that becomes striped again once this file is unmapped. */
    @ParameterizedTest
    @ValueSource(strings = {"striped", "striped-asym"})
    void shouldDropTheLockOfTheEntriesWhileItGathers(final String counter) {
        final ActingWords[] acting = new ActingWords[1];
        try (TestMachine machine = new Setup("fs-held", counter, WordsKind.SEGMENT).openEmpty(PAGES, words -> {
            acting[0] = new ActingWords(words);
            return acting[0];
        })) {
            final DaxFile file = machine.fileSystem().create(1);
            final Vma area = file.mmap(machine.table(0), 0, 1, 0);
            file.fault(machine.cpu(), area, 0, false);
            final DaxFile copy = machine.fileSystem().reflink(file);
            final Vma other = copy.mmap(machine.table(1), 0, 1, 0);
            copy.fault(machine.cpu(), other, 0, false);
            final long lock = file.identity() + DaxFileDescriptor.LOCK_OFFSET;
            final long word = machine.page(0) + PageDescriptor.REFCOUNT_OFFSET;
            final List<String> seen = new ArrayList<>();
            acting[0].afterNext(Op.RMW, lock, () -> {
                crowd(machine);
                assertTrue(isStriped(machine, word));
                acting[0].afterEach((op, offset) -> {
                    if (offset == word && !isStriped(machine, word)) {
                        acting[0].reset();
                        seen.add("gathers, lock=" + machine.words().getIntVolatile(lock));
                    }
                });
            });

            assertTrue(file.tryBreakLayout(machine.cpu(), 0, 1), "nobody but the other file's mapping holds it");

            assertEquals(List.of("gathers, lock=0"), seen);
            assertEquals(1, machine.count(0));
        }
    }

    private static boolean isStriped(final TestMachine machine, final long word) {
        return StripedPageCounter.isStriped(machine.words().getIntVolatile(word));
    }

    private static void crowd(final TestMachine machine) {
        final CpuSlot holder = machine.machine().attach();
        final CpuSlot crowd = machine.machine().attach();
        final long[] held = new long[1];
        assertEquals(1, machine.gup().pinFast(holder, machine.table(1), 0, 1, false, held));
        for (int i = 0; i < 2 * AsymmetricStripedPageCounter.CROWD; i++) {
            final long[] pinned = new long[1];
            assertEquals(1, machine.gup().pinFast(crowd, machine.table(1), 0, 1, false, pinned));
            machine.gup().unpin(crowd, pinned, 1);
        }
        machine.gup().unpin(holder, held, 1);
        machine.machine().detach(crowd);
        machine.machine().detach(holder);
    }
}
