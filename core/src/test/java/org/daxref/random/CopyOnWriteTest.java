/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.daxref.Machine;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxFile;
import org.daxref.memory.WordsKind;
import org.daxref.mm.Vma;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A hole in I1 that the random test found, and that every era has whose files share blocks (derived, not seen on a
 * kernel). A page is pinned for reading through file A, which shares its block with file B. A write fault gives A a
 * copy; from then on only B has the block, and B, which never touched it, has no entry for it. A layout break looks at
 * entries, so a truncate of B finds nothing busy and frees the block under the pin.
 */
class CopyOnWriteTest {
    static Stream<Setup> sharing() {
        return Machine.designNames().stream().filter(design -> !"pre-518".equals(design))
            .map(design -> new Setup(design, "cas", WordsKind.SEGMENT));
    }

    @ParameterizedTest
    @MethodSource("sharing")
    void shouldFreeABlockUnderAPinThatItsFileHasLeftByCopyOnWrite(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.openEmpty(64)) {
            final DaxFile a = machine.fileSystem().create(1);
            final DaxFile b = machine.fileSystem().reflink(a);
            final long shared = a.pfn(0);
            final Vma area = a.mmap(machine.table(0), 0, 1, 0);
            a.fault(machine.cpu(), area, 0, false);
            final long[] out = new long[1];
            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), 0, 1, false, out));

            a.fault(machine.cpu(), area, 0, true);
            assertFalse(machine.fileSystem().isFree(shared), "B has the block");
            b.truncate(machine.cpu(), 0);

            assertEquals(shared, out[0]);
            assertTrue(machine.fileSystem().isFree(shared), "nobody knew of the pin");
            machine.gup().unpin(machine.cpu(), out, 1);
            a.munmap(machine.cpu(), area);
            machine.checkBooks();
        }
    }
}
