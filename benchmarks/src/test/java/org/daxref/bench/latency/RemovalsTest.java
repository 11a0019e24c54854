/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.daxref.dax.FileSystemType;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every combination of what the two benchmarks of removal do, some events each. */
class RemovalsTest {
    private static final int EVENTS = 5;
    private static final List<String> DRAINING = List.of("pre-518", "pgmap-folio", "fs-held-drain");

    private static Stream<Arguments> users() {
        return SmallDevice.designs().stream().flatMap(design -> Stream.of(0, 1).flatMap(walkers ->
            Stream.of(0, 1, 64).map(pins -> Arguments.of(design, walkers, pins))));
    }

    @ParameterizedTest
    @MethodSource("users")
    void shouldDrainUnderUsers(final String design, final int walkers, final int pins) throws IOException {
        try (SmallDevice device = new SmallDevice(design)) {
            final RemovalLatencyBenchmark benchmark = new RemovalLatencyBenchmark();
            benchmark.walkers = walkers;
            benchmark.longPins = pins;
            final RemovalLatencyBenchmark.Users users = new RemovalLatencyBenchmark.Users();
            users.start(device, benchmark);
            final RemovalLatencyBenchmark.Driver driver = new RemovalLatencyBenchmark.Driver();
            driver.prepare(device.machine().attach());
            final RemovalLatencyBenchmark.Drains drains = new RemovalLatencyBenchmark.Drains();
            final LatencyLog log = log();

            users.walk();
            for (int i = 0; i < EVENTS; i++) {
                driver.begin(users);
                benchmark.killToDrained(users, driver, drains, log);
                driver.replace(users);
            }
            users.rest();
            device.checkBooks();
            users.end();

            assertEquals(EVENTS, drains.removals);
            assertTrue(drains.undropped == 0 || pins > 0 && !DRAINING.contains(design), "did not wait");
            assertEquals(0, device.machine().memmap().warnings().count());
        }
    }

    private static Stream<Arguments> mounts() {
        return SmallDevice.designs().stream().flatMap(design -> Stream.of(FileSystemType.values()).flatMap(type ->
            Stream.of(0, 64).map(pages -> Arguments.of(design, type, pages))));
    }

    @ParameterizedTest
    @MethodSource("mounts")
    void shouldUnbindUnderMount(final String design, final FileSystemType type, final int pages)
        throws IOException {
        try (SmallDevice device = new SmallDevice(design)) {
            final SurpriseRemovalBenchmark benchmark = new SurpriseRemovalBenchmark();
            benchmark.fileSystem = type;
            benchmark.mappedPages = pages;
            final SurpriseRemovalBenchmark.Mounted mounted = new SurpriseRemovalBenchmark.Mounted();
            mounted.start(device, benchmark);
            final SurpriseRemovalBenchmark.Driver driver = new SurpriseRemovalBenchmark.Driver();
            driver.prepare(device.machine().attach());
            final SurpriseRemovalBenchmark.Mappings mappings = new SurpriseRemovalBenchmark.Mappings();
            final LatencyLog log = log();

            for (int i = 0; i < EVENTS; i++) {
                driver.begin(mounted);
                benchmark.unbind(mounted, driver, mappings, log);
                driver.replace(mounted);
            }
            device.checkBooks();
            mounted.end();

            assertEquals(EVENTS, mappings.removals);
            assertEquals(leavesStaleEntries(design, type) && pages > 0 ? EVENTS : 0, mappings.stale);
        }
    }

    private static boolean leavesStaleEntries(final String design, final FileSystemType type) {
        return "pre-518".equals(design)
            || type == FileSystemType.EXT4 && List.of("dev-pagemap", "fs-held").contains(design);
    }

    private static LatencyLog log() {
        final LatencyLog log = new LatencyLog();
        log.prepare(1);
        log.start();
        return log;
    }

    @Test
    void shouldRefuseDeviceThatIsTooSmall() throws IOException {
        try (SmallDevice device = new SmallDevice("fs-held")) {
            final CpuSlot cpu = device.machine().attach();
            final long pages = device.file().pages();

            assertEquals("the device is too small: pages=" + pages + ", needed=" + (pages + 1),
                assertThrows(IllegalStateException.class,
                    () -> new Namespace(device.machine(), cpu, pages + 1)).getMessage());
        }
    }

    @Test
    void shouldTakeWholeDevice() throws IOException {
        try (SmallDevice device = new SmallDevice("fs-held")) {
            final CpuSlot cpu = device.machine().attach();

            new Namespace(device.machine(), cpu, device.file().pages()).create(cpu, FileSystemType.EXT4, 1);

            device.checkBooks();
        }
    }
}
