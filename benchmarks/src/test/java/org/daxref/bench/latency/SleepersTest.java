/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.util.Arrays;
import org.daxref.Machine;
import org.daxref.sync.WaitTable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SleepersTest {
    @ParameterizedTest
    @MethodSource("org.daxref.bench.latency.SmallDevice#designs")
    void shouldSleepForOtherPagesInTheSameQueue(final String design) throws IOException {
        try (SmallDevice device = new SmallDevice(design)) {
            final long own = address(device, device.firstPfn());

            final long[] others = Sleepers.collidingAddresses(device.machine(), device.firstPfn(), 300);

            assertEquals(300, others.length);
            for (final long other : others) {
                assertNotEquals(own, other);
                assertEquals(WaitTable.queue(own), WaitTable.queue(other));
            }
            assertEquals(Math.min(300, device.file().pages() / 256), Arrays.stream(others).distinct().count(), 10);
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.bench.latency.SmallDevice#designs")
    void shouldNotBeWokenForThePage(final String design) throws IOException {
        try (SmallDevice device = new SmallDevice(design);
             Sleepers sleepers = new Sleepers(device.machine(), device.firstPfn(), 3)) {
            device.machine().waits().wakeUpVar(address(device, device.firstPfn()));

            sleepers.requireAsleep();
        }
    }

    private static long address(final SmallDevice device, final long pfn) {
        final Machine machine = device.machine();
        return machine.design().idleAddress(machine.memmap().page(pfn));
    }
}
