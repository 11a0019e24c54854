/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.Floor;
import org.daxref.bench.result.SuiteException;
import org.daxref.mm.PageTableDescriptor;
import org.daxref.sync.CpuSlotDescriptor;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The C program on a real device. That it compiles without a warning is a part of every test. */
class FloorProgramTest {
    private static final int WINDOWS = 2;
    private static final Timing BRIEF = new Timing(0, 1, WINDOWS, 5);
    private static final long PAGES = 1024;

    @TempDir
    private Path folder;
    private DeviceFile file;

    @BeforeEach
    void haveADevice() {
        file = DeviceFile.prepare(folder.resolve("device.pmem"), PAGES);
    }

    private FloorProgram compile(final boolean fenced) {
        try {
            return FloorProgram.compile(folder, fenced);
        } catch (final SuiteException e) {
            Assumptions.assumeFalse(e.getMessage().contains("neither gcc nor cc"), "there is a C compiler");
            throw e;
        }
    }

    private static List<Cell> paths() {
        return FloorPaths.select(null, Runtime.getRuntime().availableProcessors());
    }

    private Floor.Process measure(final FloorProgram program, final Cell cell) {
        try (FloorDevice device = FloorDevice.open(file, cell)) {
            final Floor.Process process = program.measure(device.arguments(), BRIEF);
            device.checkBooks();
            return process;
        }
    }

    @Test
    void shouldRunEveryPathAndDropWhatItTook() {
        final FloorProgram program = compile(false);
        for (final Cell cell : paths()) {
            final Floor.Process process = measure(program, cell);
            final String name = FloorPaths.name(cell);
            assertEquals(WINDOWS, process.windows().size(), name);
            for (final List<Floor.Work> threads : process.windows()) {
                assertEquals(cell.threads(), threads.size(), name);
                assertTrue(threads.stream().allMatch(work -> work.operations() > 1 && work.ns() >= 4_000_000),
                    () -> name + ": " + threads);
            }
        }
    }

    @Test
    void shouldRunWithFencedReaders() {
        assertEquals(WINDOWS, measure(compile(true), paths().getFirst()).windows().size());
    }

    private String refusal(final Cell cell, final String name, final String value) {
        final FloorProgram program = compile(false);
        try (FloorDevice device = FloorDevice.open(file, cell)) {
            final List<String> arguments = new ArrayList<>(device.arguments());
            arguments.replaceAll(argument -> argument.startsWith(name + "=") ? name + "=" + value : argument);
            return assertThrows(SuiteException.class, () -> program.measure(arguments, BRIEF)).getMessage();
        }
    }

    @Test
    void shouldFailWhereTheCountIsNotAsExpected() {
        final Cell cell = paths().getFirst();
        assertEquals("The C program failed on fs-held/cas: the count of the page is off before: expected=7, found=1.",
            refusal(cell, "expected", "7"));
        assertEquals("The C program failed on fs-held/cas: the page is not mapped.", refusal(cell, "page", "1"));
        assertTrue(refusal(cell, "queue", "-1").startsWith(
            "The C program failed on fs-held/cas: the wait queue is another: expected=-1, found="));
        assertEquals("The C program failed on fs-held/cas: not a number: ms=x.", refusalOf("ms=x"));
        assertEquals("The C program failed on fs-held/cas: not understood: what=1.", refusalOf("what=1"));
    }

    private String refusalOf(final String argument) {
        final FloorProgram program = compile(false);
        try (FloorDevice device = FloorDevice.open(file, paths().getFirst())) {
            final List<String> more = Stream.concat(device.arguments().stream(), Stream.of(argument)).toList();
            return assertThrows(SuiteException.class, () -> program.measure(more, BRIEF)).getMessage();
        }
    }

    private static long offset(final FloorDevice device, final String name) {
        return device.arguments().stream().filter(argument -> argument.startsWith(name + "="))
            .mapToLong(argument -> Long.parseLong(argument.substring(name.length() + 1))).findFirst().orElseThrow();
    }

    private String complaint(final int counter) throws IOException {
        try (FloorDevice device = FloorDevice.open(file, paths().getFirst());
             RandomAccessFile words = new RandomAccessFile(file.path().toFile(), "rw")) {
            device.checkBooks();
            words.seek(offset(device, "area") + counter);
            words.write(1);
            return assertThrows(SuiteException.class, device::checkBooks).getMessage();
        }
    }

    @Test
    void shouldNoticeWhatWasNotDropped() throws IOException {
        assertEquals("The C program left the books unbalanced: pins are not balanced: nr_foll_pin_acquired=1,"
            + " nr_foll_pin_released=0.", complaint(CpuSlotDescriptor.PINS_ACQUIRED_OFFSET));
        assertEquals("The C program left the books unbalanced: the references to the dev_pagemap are off: expected="
            + (PAGES + 1) + ", found=" + (PAGES + 2) + ".", complaint(CpuSlotDescriptor.PAGEMAP_COUNTERS_OFFSET));
    }

    /** What the walk under measurement leaves to others ends the program, and not only what is checked beforehand. */
    @Test
    void shouldFailWhereTheFastPathEnds() throws IOException {
        final FloorProgram program = compile(false);
        try (FloorDevice device = FloorDevice.open(file, paths().getFirst());
             RandomAccessFile words = new RandomAccessFile(file.path().toFile(), "rw")) {
            words.seek(offset(device, "table") + PageTableDescriptor.WRITE_PROTECT_SEQ_OFFSET);
            words.write(1);
            assertEquals("The C program failed on fs-held/cas: a fork is under way.",
                assertThrows(SuiteException.class, () -> program.measure(device.arguments(), BRIEF)).getMessage());
        }
    }

    private static Floor.Process waiting(final long... waitNs) {
        final List<List<Floor.Work>> windows = new ArrayList<>();
        for (final long ns : waitNs) {
            windows.add(List.of(new Floor.Work(10, 1_000, ns), new Floor.Work(10, 1_000, 0)));
        }
        return new Floor.Process(windows);
    }

    @Test
    void shouldNoticeThatThreadsHadToWait() {
        assertEquals(new GuardVerdict(3, 0, 2), FloorProgram.judge(waiting(200, 90, 110)));
        assertTrue(FloorProgram.judge(waiting(200, 90, 110)).mostlySpoilt());
        assertFalse(FloorProgram.judge(waiting(200, 90, 0)).mostlySpoilt());
        assertEquals(new GuardVerdict(0, 1, 0), FloorProgram.judge(waiting(-1)));
    }

    @Test
    void shouldKnowItsPathsByName() {
        assertEquals(8, FloorPaths.select(null, 1).size());
        assertEquals(16, FloorPaths.select(null, 2).size());
        assertEquals(List.of("fs-held/xadd own", "fs-held/xadd hot"),
            FloorPaths.select(java.util.regex.Pattern.compile("xadd"), 2).stream().map(FloorPaths::name).toList());
    }
}
