/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.dax.DaxFile;
import org.daxref.mm.Vma;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.WaitTable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every count of {@link SoakTest} sees a leak of its kind, and sees none before it is there. */
@Tag("soak")
class LeakTest {
    private static final long PAGES = 64;
    private static final long SHORT_PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final int MOST_SLACKS = 8;

    static Stream<Setup> designs() {
        return SoakTest.designs();
    }

    private static void assertLeaks(final Leak.Kind kind, final Executable check) {
        assertEquals(kind, assertThrows(Leak.class, check).kind());
    }

    /** A process that maps a page of a file, pins it and unmaps it. */
    private static long[] pinUnmapped(final TestMachine machine, final DaxFile file) {
        final Vma area = file.mmap(machine.table(0), 0, 1, 0);
        file.fault(machine.cpu(), area, 0, true);
        final long[] out = new long[1];
        assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), 0, 1, true, out));
        file.munmap(machine.cpu(), area);
        return out;
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldSeeAPinThatNobodyDrops(final Setup setup) {
        try (TestMachine machine = setup.openEmpty(PAGES)) {
            final MachineBooks books = new MachineBooks(machine);
            final DaxFile file = machine.fileSystem().create(1);
            final long[] pinned = pinUnmapped(machine, file);

            assertLeaks(Leak.Kind.PINS, () -> books.requireIdle(machine.pgmap()));
            machine.gup().unpin(machine.cpu(), pinned, 1);
            machine.fileSystem().unlink(machine.cpu(), file);
            books.requireIdle(machine.pgmap());
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldSeeACountThatIsNotIdle(final Setup setup) {
        try (TestMachine machine = setup.openEmpty(PAGES)) {
            final MachineBooks books = new MachineBooks(machine);
            books.requireIdle(machine.pgmap());

            machine.counter().increment(machine.page(PAGES - 1));

            assertLeaks(Leak.Kind.COUNT, () -> books.requireIdle(machine.pgmap()));
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldSeeAPageThatIsLeftMapped(final Setup setup) {
        try (TestMachine machine = setup.openEmpty(PAGES)) {
            final MachineBooks books = new MachineBooks(machine);
            final DaxFile file = machine.fileSystem().create(1);
            final Vma area = file.mmap(machine.table(0), 0, 1, 0);
            books.requireIdle(machine.pgmap());

            file.fault(machine.cpu(), area, 0, false);

            assertLeaks(Leak.Kind.PAGE_TABLE_ENTRY, () -> books.requireIdle(machine.pgmap()));
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldSeeAReferenceToTheDeviceThatNobodyDrops(final Setup setup) {
        try (TestMachine machine = setup.openEmpty(PAGES)) {
            final MachineBooks books = new MachineBooks(machine);
            books.requireIdle(machine.pgmap());

            assertTrue(machine.machine().pagemaps().tryGetLive(machine.cpu(), machine.pgmap()));

            assertLeaks(Leak.Kind.PAGEMAP, () -> books.requireIdle(machine.pgmap()));
        }
    }

    /** All steps of a removal but the last, which takes the device out of pgmap_array. */
    @ParameterizedTest
    @MethodSource("designs")
    void shouldSeeADeviceThatIsLeftInPagemapArray(final Setup setup) {
        try (TestMachine machine = setup.openEmpty(PAGES)) {
            final MachineBooks books = new MachineBooks(machine);
            final DevPagemaps pagemaps = machine.machine().pagemaps();
            final long pgmap = machine.pgmap();
            pagemaps.kill(pgmap);
            machine.machine().design().dropPageReferences(machine.cpu(), pgmap);
            pagemaps.drain(pgmap);

            final Leak leak = assertThrows(Leak.class, () -> books.requireGone(pgmap));
            assertTrue(leak.getMessage().startsWith("PAGEMAP: entry of pgmap_array"), leak::getMessage);
            pagemaps.free(pgmap);
            books.requireGone(pgmap);
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldSeeAWaiterThatNobodyWakes(final Setup setup) throws InterruptedException {
        try (TestMachine machine = setup.openEmpty(PAGES)) {
            final MachineBooks books = new MachineBooks(machine);
            final WaitTable waits = machine.machine().waits();
            final AtomicBoolean condition = new AtomicBoolean();
            books.requireNoWorker();
            final Thread waiter = Thread.ofPlatform().daemon().start(
                () -> waits.waitVarUninterruptible(machine.page(0), condition::get));
            try {
                Race.awaitParked(waiter);

                assertLeaks(Leak.Kind.WAITER, books::requireNoWorker);
                assertLeaks(Leak.Kind.WAITER, () -> books.requireIdle(machine.pgmap()));
            } finally {
                condition.set(true);
                waits.wakeUpVar(machine.page(0));
                Race.awaitEnd(waiter);
            }
            books.requireNoWorker();
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldSeeAReadSectionThatNobodyLeaves(final Setup setup) {
        try (TestMachine machine = setup.openEmpty(PAGES)) {
            final MachineBooks books = new MachineBooks(machine);
            machine.machine().epochs().enter(machine.cpu());

            assertLeaks(Leak.Kind.READ_SECTION, books::requireNoWorker);
            machine.machine().epochs().exit(machine.cpu());
            books.requireNoWorker();
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void shouldSeeACpuThatNobodyGivesBack(final Setup setup) {
        try (TestMachine machine = setup.openEmpty(PAGES)) {
            final MachineBooks books = new MachineBooks(machine);
            final CpuSlot cpu = machine.machine().attach();

            assertLeaks(Leak.Kind.CPU, books::requireNoWorker);
            machine.machine().detach(cpu);
            books.requireNoWorker();
        }
    }

    /** The soak itself ends with a complaint, and does not wait for ever. */
    @ParameterizedTest
    @MethodSource("designs")
    void shouldEndTheSoakWhenSomebodyKeepsAPin(final Setup setup) {
        try (SoakWorld world = new SoakWorld(setup, 1)) {
            final TestMachine machine = world.machine();
            final long[] kept = pinSomething(world);
            assertNotNull(kept, "the workers have mapped nothing");
            try {
                world.start();

                final AssertionError complaint = assertThrows(AssertionError.class,
                    () -> new Operator(world, SHORT_PATIENCE_NS).replaceDevice());
                assertTrue(complaint.getMessage().startsWith("does not come: ")
                    || complaint instanceof final Leak leak && leak.kind() == Leak.Kind.PINS, complaint::getMessage);
            } finally {
                machine.gup().unpin(machine.cpu(), kept, 1);
            }
        }
    }

    private static long[] pinSomething(final SoakWorld world) {
        final TestMachine machine = world.machine();
        final long[] out = new long[1];
        for (int actor = 0; actor < world.actors(); actor++) {
            for (long page = world.start(actor, 0); page < world.start(actor, world.slots()); page++) {
                if (machine.gup().pinFast(machine.cpu(), world.table(actor), page, 1, false, out) == 1) {
                    return out;
                }
            }
        }
        return null;
    }

    @Test
    void shouldSeeAFileThatIsLeftOpen(@TempDir final Path directory) throws IOException {
        final Footprint before = Footprint.take();
        try (FileChannel open = FileChannel.open(directory.resolve("file"), StandardOpenOption.CREATE,
            StandardOpenOption.WRITE)) {
            assertTrue(open.isOpen());
            assertLeaks(Leak.Kind.FILE_DESCRIPTOR, () -> Footprint.take().requireNoMoreThan(before));
        }
        Footprint.take().requireNoMoreThan(before);
    }

    @Test
    void shouldSeeAMappingOfTheDeviceThatIsLeft() throws IOException {
        final Path directory = Files.createTempDirectory("daxref-test");
        final Path file = directory.resolve("device");
        final Footprint before = Footprint.take();
        try (Arena arena = Arena.ofConfined()) {
            map(file, arena, 1);

            assertLeaks(Leak.Kind.DEVICE_MAPPING, () -> Footprint.take().requireNoMoreThan(before));
        }
        Footprint.take().requireNoMoreThan(before);
        Files.delete(file);
        Files.delete(directory);
    }

    @Test
    void shouldSeeMappingsThatPileUp(@TempDir final Path directory) throws IOException {
        final Footprint before = Footprint.take();
        try (Arena arena = Arena.ofConfined()) {
            map(directory.resolve("file"), arena, 2 * Footprint.MAPPINGS_SLACK);

            assertLeaks(Leak.Kind.MAPPING_COUNT, () -> Footprint.take().requireNoMoreThan(before));
        }
        Footprint.take().requireNoMoreThan(before);
    }

    private static void map(final Path file, final Arena arena, final long times) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
            for (long i = 0; i < times; i++) {
                channel.map(FileChannel.MapMode.READ_WRITE, 0, 1, arena);
            }
        }
    }

    @Test
    void shouldSeeAThreadThatDoesNotEnd() {
        final CountDownLatch end = new CountDownLatch(1);
        final Footprint before = Footprint.take();
        final Thread thread = Thread.ofPlatform().daemon().start(() -> {
            try {
                end.await();
            } catch (final InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            assertLeaks(Leak.Kind.THREAD, () -> Footprint.take().requireNoMoreThan(before));
        } finally {
            end.countDown();
            Race.awaitEnd(thread);
        }
        Footprint.take().requireNoMoreThan(before);
    }

    @Test
    void shouldSeeHeapThatIsKept() {
        final Footprint before = Footprint.takeWithMemory();
        final byte[] kept = new byte[(int) (2 * Footprint.HEAP_SLACK_BYTES)];

        assertLeaks(Leak.Kind.HEAP, () -> Footprint.takeWithMemory().requireNoMoreThan(before));
        assertEquals(2 * Footprint.HEAP_SLACK_BYTES, kept.length);
    }

    /** A leak grows until it is seen: meanwhile a compiler may give back more than one slack of what it had before. */
    @Test
    void shouldSeeNativeMemoryThatIsKept() {
        final Footprint before = Footprint.takeWithMemory();
        try (Arena arena = Arena.ofConfined()) {
            assertLeaks(Leak.Kind.NATIVE, () -> {
                for (int slacks = 0; slacks < MOST_SLACKS; slacks++) {
                    arena.allocate(Footprint.NATIVE_SLACK_BYTES).fill((byte) 1);
                    Footprint.takeWithMemory().requireNoMoreThan(before);
                }
            });
        }
    }
}
