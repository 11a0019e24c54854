/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.daxref.mm.PageTable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is measured must not allocate: a collection in the middle would be charged to the kernel's design. */
class AllocationTest {
    private static final int PAGES = 1024;
    private static final int CALLS = Integer.getInteger("daxref.test.allocationCalls", 100_000);

    /** One call of what is measured. */
    @FunctionalInterface
    private interface Call {
        void run();
    }

    private static void assertAllocatesNothing(final int calls, final Call call) {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long self = Thread.currentThread().threadId();
        long allocated = Long.MAX_VALUE;
        for (int attempt = 0; attempt < 3 && allocated != 0; attempt++) {
            for (int i = 0; i < calls / 10; i++) {
                call.run();
            }
            final long before = threads.getThreadAllocatedBytes(self);
            for (int i = 0; i < calls; i++) {
                call.run();
            }
            allocated = threads.getThreadAllocatedBytes(self) - before;
        }
        assertEquals(0, allocated, "bytes for " + calls + " calls");
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#measured")
    void shouldAllocateNothingForAPinAndUnpin(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final long page = machine.page(3);
            machine.counter().increment(page);

            assertAllocatesNothing(CALLS, () -> {
                machine.counter().tryPin(page, 1);
                machine.machine().design().unpin(machine.cpu(), page, 1);
                machine.counter().tryGet(page, 1);
                machine.machine().design().put(machine.cpu(), page, 1);
            });
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#measured")
    void shouldAllocateNothingForAWalk(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 512);
            machine.faultPmd(machine.table(0), 512);
            final PageTable table = machine.table(0);
            final long[] out = new long[PAGES];

            assertAllocatesNothing(CALLS, () -> {
                final int taken = machine.gup().pinFast(machine.cpu(), table, 5, 4, true, out);
                machine.gup().unpin(machine.cpu(), out, taken);
                final int got = machine.gup().getFast(machine.cpu(), table, 5, 1, true, out);
                machine.gup().put(machine.cpu(), out, got);
            });
            assertAllocatesNothing(CALLS / 100, () -> {
                final int taken = machine.gup().pinFast(machine.cpu(), table, 0, PAGES, true, out);
                machine.gup().unpin(machine.cpu(), out, taken);
            });
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#measured")
    void shouldAllocateNothingForAFaultAndZap(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final PageTable table = machine.table(0);

            assertAllocatesNothing(CALLS, () -> {
                machine.fault(table, 7, 7, true);
                machine.machine().mapper().zap(machine.cpu(), table, 7, 1);
            });
            assertAllocatesNothing(CALLS / 10, () -> {
                machine.faultPmd(table, 512, 512, true);
                machine.machine().mapper().zap(machine.cpu(), table, 512, 512);
            });
            machine.checkBooks();
        }
    }
}
