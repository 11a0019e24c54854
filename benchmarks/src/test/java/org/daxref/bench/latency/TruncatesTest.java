/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the two benchmarks of truncates do, for every design. */
class TruncatesTest {
    @ParameterizedTest
    @MethodSource("org.daxref.bench.latency.SmallDevice#designs")
    void shouldTimeTruncatesThatWaited(final String design) throws IOException {
        try (SmallDevice device = new SmallDevice(design)) {
            final TruncateLatencyBenchmark benchmark = new TruncateLatencyBenchmark();
            benchmark.collidingSleepers = 2;
            final TruncateLatencyBenchmark.Truncation truncation = new TruncateLatencyBenchmark.Truncation();
            truncation.start(device, benchmark);
            final TruncateLatencyBenchmark.LastPin pin = new TruncateLatencyBenchmark.LastPin();
            pin.prepare(device.machine().attach());
            final LatencyLog log = new LatencyLog();
            log.prepare(1);
            log.start();

            for (int i = 0; i < 10; i++) {
                pin.pin(truncation);
                assertTrue(benchmark.unpinToReturn(truncation, pin, log) > 0);
            }
            truncation.check();
            device.checkBooks();
            truncation.end();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.bench.latency.SmallDevice#designs")
    void shouldSendSignalToTruncateThatDoesNotEnd(final String design) throws IOException {
        try (SmallDevice device = new SmallDevice(design)) {
            final PinUnderTruncateBenchmark benchmark = new PinUnderTruncateBenchmark();
            benchmark.truncatesPerSecond = 1_000;
            final PinUnderTruncateBenchmark.TruncatedFile file = new PinUnderTruncateBenchmark.TruncatedFile();
            file.start(device, benchmark);
            final CpuSlot cpu = device.machine().attach();
            final long[] pfns = new long[1];
            assertEquals(1, device.gup().pin(cpu, device.machine().pageTable(1), 0, 1, true, pfns));

            file.begin();
            Patience.await("a truncate that was given up", () -> file.interrupted() > 0);
            device.gup().unpin(cpu, pfns, 1);
            final long ended = file.truncates() - file.interrupted();
            Patience.await("a truncate that ends by itself", () -> file.truncates() - file.interrupted() > ended);
            file.stop();

            device.checkBooks();
            file.end();
        }
    }
}
