/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.Floor;
import org.daxref.bench.result.SuiteException;
import org.daxref.mm.PageTableDescriptor;
import org.daxref.page.PageCounter;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PageTableEntry;
import org.daxref.page.StripedPageCounter;
import org.daxref.sync.CpuSlotDescriptor;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The C program on a real device. It compiles without a warning, once for all tests. */
class FloorProgramTest {
    private static final int WINDOWS = 2;
    private static final Timing BRIEF = new Timing(0, 1, WINDOWS, 5);
    /** Long enough that two threads see each other often, also on a machine with other things to do. */
    private static final Timing TOGETHER = new Timing(0, 1, WINDOWS, 100);
    private static final long PAGES = 1024;

    private static final Map<Boolean, FloorProgram> PROGRAMS = new HashMap<>();

    @TempDir
    private static Path programs;
    @TempDir
    private Path folder;
    private DeviceFile file;

    @BeforeEach
    void haveADevice() {
        file = DeviceFile.prepare(folder.resolve("device.pmem"), PAGES);
    }

    private static FloorProgram compileAnew(final boolean fenced) {
        final Path its = programs.resolve("fenced=" + fenced);
        assertTrue(its.toFile().mkdir());
        return FloorProgram.compile(its, fenced);
    }

    private static FloorProgram compile(final boolean fenced) {
        try {
            return PROGRAMS.computeIfAbsent(fenced, FloorProgramTest::compileAnew);
        } catch (final SuiteException e) {
            Assumptions.assumeFalse(e.getMessage().contains("neither gcc nor cc"), "there is a C compiler");
            throw e;
        }
    }

    private static List<Cell> paths() {
        return FloorPaths.select(null, Runtime.getRuntime().availableProcessors());
    }

    private static List<Cell> paths(final String filter) {
        return FloorPaths.select(Pattern.compile(filter), Runtime.getRuntime().availableProcessors());
    }

    private Floor.Process measure(final FloorProgram program, final Cell cell) {
        try (FloorDevice device = FloorDevice.open(file, cell)) {
            final Floor.Process process = program.measure(device.arguments(), BRIEF);
            device.checkBooks();
            return process;
        }
    }

    /** A thread that had to wait for its CPU may have missed a window, but no more of it than it waited. */
    private static boolean filledItsWindow(final Floor.Work work) {
        final long waitNs = Math.max(0, work.waitNs());
        return work.operations() > (waitNs > 0 ? 0 : 1) && work.ns() > 0 && work.ns() + waitNs >= 4_000_000;
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
                assertTrue(threads.stream().allMatch(FloorProgramTest::filledItsWindow), () -> name + ": " + threads);
            }
            assertTrue(process.windows().stream().flatMap(List::stream)
                .anyMatch(work -> work.operations() > 1 && work.ns() >= 4_000_000), () -> name + ": " + process);
        }
    }

    @Test
    void shouldRunWithFencedReaders() {
        assertEquals(WINDOWS, measure(compile(true), paths().getFirst()).windows().size());
    }

    private static List<String> arguments(final FloorDevice device, final String name, final String value) {
        return device.arguments().stream()
            .map(argument -> argument.startsWith(name + "=") ? name + "=" + value : argument).toList();
    }

    private String refusal(final Cell cell, final String name, final String value) {
        final FloorProgram program = compile(false);
        try (FloorDevice device = FloorDevice.open(file, cell)) {
            return refusal(program, arguments(device, name, value));
        }
    }

    private static String refusal(final FloorProgram program, final List<String> arguments) {
        return assertThrows(SuiteException.class, () -> program.measure(arguments, TOGETHER)).getMessage();
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
            return refusal(program, more);
        }
    }

    private static LongStream offsets(final FloorDevice device, final String name) {
        return device.arguments().stream().filter(argument -> argument.startsWith(name + "="))
            .mapToLong(argument -> Long.parseLong(argument.substring(name.length() + 1)));
    }

    private static long offset(final FloorDevice device, final String name) {
        return offsets(device, name).findFirst().orElseThrow();
    }

    private String complaint(final int counter) throws IOException {
        try (FloorDevice device = FloorDevice.open(file, paths().getFirst());
             RandomAccessFile words = new RandomAccessFile(file.path().toFile(), "rw")) {
            device.checkBooks();
            words.seek(offset(device, "area") + counter);
            words.write(1);
            return complaint(device);
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
                refusal(program, device.arguments()));
        }
    }

    private ByteBuffer words(final FloorDevice device) throws IOException {
        try (FileChannel channel =
                 FileChannel.open(file.path(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, offset(device, "bytes"))
                .order(ByteOrder.nativeOrder());
        }
    }

    /** The descriptor of the page that is mapped. */
    private static int head(final FloorDevice device, final ByteBuffer words) {
        final long pfn = PageTableEntry.pfn(words.getLong((int) offset(device, "ptes")));
        return (int) (offset(device, "memmap") + (pfn << PageDescriptor.PAGE_DESCRIPTOR_SHIFT));
    }

    @Test
    void shouldStripeAHotPageAndNoOther() throws IOException {
        final FloorProgram program = compile(false);
        for (final Cell cell : paths("fs-held/striped")) {
            try (FloorDevice device = FloorDevice.open(file, cell)) {
                final ByteBuffer words = words(device);
                program.measure(device.arguments(), TOGETHER);
                final int word = words.getInt(head(device, words) + PageDescriptor.REFCOUNT_OFFSET);
                assertEquals(cell.threads() > 1, StripedPageCounter.isStriped(word),
                    () -> FloorPaths.name(cell) + ": " + word);
                device.checkBooks();
            }
        }
    }

    private String refusalWithoutSlots(final String path) throws IOException {
        final FloorProgram program = compile(false);
        try (FloorDevice device = FloorDevice.open(file, paths(path).getFirst())) {
            final ByteBuffer words = words(device);
            offsets(device, "area").forEach(area -> {
                for (int i = 0; i < CpuSlotDescriptor.PIN_SLOTS; i++) {
                    words.putLong((int) CpuSlotDescriptor.pinSlot(area, i), 1);
                }
            });
            return refusal(program, device.arguments());
        }
    }

    /** What went to the word of the page in place of a slot would not fail. */
    @Test
    void shouldFailWhereTheSlotsAreTaken() throws IOException {
        assertEquals("The C program failed on fs-held/hazard: no slot of the CPU is free.",
            refusalWithoutSlots("fs-held/hazard own"));
        Assumptions.assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "there are two CPUs");
        for (final String counter : List.of("striped", "striped-asym")) {
            assertEquals("The C program failed on fs-held/" + counter + ": the slot of the page is another's.",
                refusalWithoutSlots("fs-held/" + counter + " hot"));
        }
    }

    @Test
    void shouldCountWhatCpusKeep() throws IOException {
        final FloorProgram program = compile(false);
        try (FloorDevice device = FloorDevice.open(file, paths("fs-held/hazard own").getFirst())) {
            final ByteBuffer words = words(device);
            words.putLong((int) CpuSlotDescriptor.pinSlot(offset(device, "area"), 2), head(device, words));
            assertEquals("The C program failed on fs-held/hazard: the count of the page is off before: expected=1,"
                + " found=1025.", refusal(program, device.arguments()));
            assertTrue(complaint(device).endsWith(", refcount=1025, expected=1, pincount=0."));
        }
        try (FloorDevice device = FloorDevice.open(file, paths("fs-held/striped own").getFirst())) {
            dropTooOften(device, words(device));
            assertEquals("The C program failed on fs-held/striped: the count of the page is off before: expected=1,"
                + " found=-1023.", refusal(program, device.arguments()));
            assertTrue(complaint(device).endsWith(", refcount=-1023, expected=1, pincount=0."));
        }
    }

    private static String complaint(final FloorDevice device) {
        return assertThrows(SuiteException.class, device::checkBooks).getMessage();
    }

    /** A striped page, with a pin taken away that nobody has. */
    private static void dropTooOften(final FloorDevice device, final ByteBuffer words) {
        final int head = head(device, words);
        final long tag = head >>> PageDescriptor.PAGE_DESCRIPTOR_SHIFT;
        words.putInt(head + PageDescriptor.REFCOUNT_OFFSET, StripedPageCounter.STRIPED + 1);
        words.putLong((int) CpuSlotDescriptor.pinSlot(offset(device, "area"), tag % CpuSlotDescriptor.PIN_SLOTS),
            tag << Integer.SIZE | StripedPageCounter.NO_PART - PageCounter.GUP_PIN_COUNTING_BIAS);
    }

    @Test
    void shouldFailOnAPageThatIsGathered() throws IOException {
        final FloorProgram program = compile(false);
        try (FloorDevice device = FloorDevice.open(file, paths("fs-held/striped own").getFirst())) {
            final ByteBuffer words = words(device);
            final int gathering = StripedPageCounter.STRIPED + StripedPageCounter.ZONE + 1;
            words.putInt(head(device, words) + PageDescriptor.REFCOUNT_OFFSET, gathering);
            assertEquals("The C program failed on fs-held/striped: the count refuses a reference.",
                refusal(program, arguments(device, "expected", Integer.toString(gathering))));
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
        assertEquals(13, FloorPaths.select(null, 1).size());
        assertEquals(24, FloorPaths.select(null, 2).size());
        assertEquals(List.of("fs-held/xadd own", "fs-held/xadd hot"),
            FloorPaths.select(Pattern.compile("xadd"), 2).stream().map(FloorPaths::name).toList());
    }
}
