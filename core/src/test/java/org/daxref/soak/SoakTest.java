/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.soak;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.daxref.Machine;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.memory.WordsKind;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A machine in long use leaks nothing. Two workers per CPU do random operations without a stop while the device is
 * removed and made again every second (every 50 ms in the short form); they see what a process would see. At every
 * removal all counts, mappings, pins, dev_pagemap references, entries of pgmap_array, waiters, file
 * descriptors, mappings of the device file and threads are counted, and must be where they were; heap and native memory
 * are compared between the first quarter and the end; read sections and CPUs are counted when the workers have ended.
 * Where removal waits for pages, their counts are not looked at before: a count that leaked keeps the removal waiting.
 * Operations of workers who find no file are cheap and count as well, so the pages taken say more than their number.
 *
 * <p>{@code -Ddaxref.test.soakMs=} says how long for each design. {@link LeakTest} shows that each count can complain.
 * How each era is removed, and what that leaves out, stands in {@link Operator}.
 */
@Tag("soak")
class SoakTest {
    private static final long SEED = Long.getLong("daxref.test.seed", System.nanoTime());
    private static final int SHORT_MS = 500;
    private static final long DURATION_MS = Long.getLong("daxref.test.soakMs", SHORT_MS);
    private static final long PERIOD_MS = DURATION_MS > SHORT_MS ? 1000 : 50;
    private static final int QUARTERS = 4;
    private static final long SHORT_PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final int MOST_DEVICES = 500;

    static Stream<Setup> designs() {
        return Machine.designNames().stream().map(design -> new Setup(design, "cas", WordsKind.SEGMENT));
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldLeakNothingWhileTheDeviceComesAndGoes(final Setup setup) {
        try (SoakWorld world = new SoakWorld(setup, SEED)) {
            final Footprint empty = Footprint.take();
            final Operator operator = new Operator(world);
            world.start();
            operator.replaceDevice();
            final Footprint begin = Footprint.take();
            run(world, operator, begin, TimeUnit.MILLISECONDS.toNanos(DURATION_MS / QUARTERS));
            final Footprint afterFirstQuarter = Footprint.takeWithMemory();
            run(world, operator, begin, TimeUnit.MILLISECONDS.toNanos(DURATION_MS - DURATION_MS / QUARTERS));
            operator.remove();
            world.end();
            final Footprint end = Footprint.takeWithMemory();
            end.requireNoMoreThan(afterFirstQuarter);
            Footprint.take().requireNoMoreThan(empty);

            print(setup + ": " + operator + ", seed=" + SEED + ", " + world.tally() + ", first quarter: "
                + afterFirstQuarter + ", end: " + end);
            assertTrue(world.tally().taken() > 0, "never held a page: " + operator);
        }
    }

    /** The control: with the bug of 5.18 some truncate sleeps on, and its file is never closed. */
    @Test
    void shouldFindTheLostWakeUp() {
        try (SoakWorld world = new SoakWorld(new Setup(Machine.LOST_WAKEUP, "cas", WordsKind.SEGMENT), SEED)) {
            final Operator operator = new Operator(world, SHORT_PATIENCE_NS);
            world.start();

            final AssertionError complaint = assertThrows(AssertionError.class, () -> replaceDevices(world, operator));
            assertTrue(complaint.getMessage().matches("(?s)does not come: .*overdueWaiters=[1-9].*"),
                complaint::getMessage);
        }
    }

    private static void replaceDevices(final SoakWorld world, final Operator operator) {
        for (int device = 0; device < MOST_DEVICES; device++) {
            Operator.pause(world, TimeUnit.MILLISECONDS.toNanos(PERIOD_MS));
            operator.replaceDevice();
        }
    }

    private static void run(final SoakWorld world, final Operator operator, final Footprint begin,
                            final long durationNs) {
        final long deadline = System.nanoTime() + durationNs;
        while (!Race.isOver(deadline)) {
            Operator.pause(world, TimeUnit.MILLISECONDS.toNanos(PERIOD_MS));
            operator.replaceDevice();
            Footprint.take().requireNoMoreThan(begin);
        }
    }

    /** Whoever waits for long wants to know for what. */
    private static void print(final String text) {
        if (DURATION_MS > SHORT_MS) {
            System.out.println(text);
        }
    }
}
