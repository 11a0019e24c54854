/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import org.junit.jupiter.api.Test;

import java.io.IOException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

/** Whichever machine of this JVM is the constant, each is taken for itself. */
class CompiledMachineTest {
    private static final long PAGES = 64;

    @Test
    void shouldTakeEachOfSeveralMachinesForItself() throws IOException {
        try (BenchMachine one = new BenchMachine(PAGES, "fs-held", "cas");
             BenchMachine other = new BenchMachine(2 * PAGES, "dev-pagemap", "cas")) {
            assertNotSame(one.machine(), other.machine());
            assertSame(one.machine(), CompiledMachine.of(one.machine()));
            assertSame(other.machine(), CompiledMachine.of(other.machine()));
            assertEquals(PAGES, one.process().pages());
            assertEquals(2 * PAGES, other.process().pages());
        }
    }
}
