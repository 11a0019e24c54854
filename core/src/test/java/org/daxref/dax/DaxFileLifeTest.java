/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.WordsKind;
import org.daxref.mm.BusErrorException;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** When a file and a file system end, and what may be done with them afterwards: nothing. */
class DaxFileLifeTest {
    private static final long PAGES = 1024;
    private static final Setup SETUP = new Setup("fs-held", "cas", WordsKind.SEGMENT);

    private static String refusal(final Executable call) {
        return assertThrows(IllegalStateException.class, call).getMessage();
    }

    private static String badArgument(final Executable call) {
        return assertThrows(IllegalArgumentException.class, call).getMessage();
    }

    /** All that is shared. */
    private static long[] snapshot(final TestMachine machine) {
        return LongStream.range(0, machine.words().capacityBytes() >>> 3)
            .map(i -> machine.words().getLongVolatile(machine.words().origin() + (i << 3))).toArray();
    }

    /** The map is stopped between its look whether the file is there and its entry in the list of areas. */
    @Test
    void shouldNotUnlinkAFileThatIsBeingMapped() throws InterruptedException {
        try (TestMachine machine = SETUP.openEmpty(PAGES)) {
            final DaxFile file = machine.fileSystem().create(8);
            final PageTable table = machine.table(0);
            final AtomicReference<Object> mapped = new AtomicReference<>();
            final Thread mapping =
                Thread.ofPlatform().daemon().unstarted(() -> mapped.set(file.mmap(table, 0, 8, 0)));
            synchronized (table) {
                mapping.start();
                Race.awaitTrue(() -> mapping.getState() == Thread.State.BLOCKED);
                assertEquals("the file " + file.identity() + " is in use: users=1",
                    refusal(() -> machine.fileSystem().unlink(machine.cpu(), file)));
            }
            Race.awaitEnd(mapping);

            assertTrue(file.fault(machine.cpu(), (Vma) mapped.get(), 3, true));
            assertTrue(refusal(() -> machine.fileSystem().unlink(machine.cpu(), file))
                .startsWith("the file is mapped"));
            assertEquals(8, file.pages());
            machine.checkBooks();
        }
    }

    @Test
    void shouldRefuseEverythingOnceAFileIsGone() {
        try (TestMachine machine = SETUP.openEmpty(PAGES)) {
            final FileSystem fileSystem = machine.fileSystem();
            final DaxFile gone = fileSystem.create(600);
            final CpuSlot cpu = machine.cpu();
            final Vma area = gone.mmap(machine.table(0), 0, 600, 0);
            gone.fault(cpu, area, 3, true);
            gone.munmap(cpu, area);
            fileSystem.unlink(cpu, gone);
            final DaxFile successor = fileSystem.create(600);
            assertEquals(gone.identity(), successor.identity());
            assertEquals(0, gone.pages());
            assertEquals(Extents.HOLE, gone.pfn(3));
            successor.fault(cpu, successor.mmap(machine.table(1), 0, 600, 0), 3, true);
            final long[] before = snapshot(machine);

            final Map<String, Executable> calls = new LinkedHashMap<>();
            calls.put("mmap", () -> gone.mmap(machine.table(0), 0, 600, 0));
            calls.put("munmap", () -> gone.munmap(cpu, area));
            calls.put("read", () -> gone.read(3));
            calls.put("write", () -> gone.write(cpu, 3, 1));
            calls.put("truncate", () -> gone.truncate(cpu, 0));
            calls.put("punch", () -> gone.punch(cpu, 3, 1));
            calls.put("tryBreakLayout", () -> gone.tryBreakLayout(cpu, 0, 600));
            calls.put("fsync", gone::fsync);
            calls.put("reflink", () -> fileSystem.reflink(gone));
            calls.put("unlink", () -> fileSystem.unlink(cpu, gone));
            calls.forEach((name, call) ->
                assertEquals("the file " + gone.identity() + " is gone", refusal(call), name));
            calls.clear();
            calls.put("fault", () -> gone.fault(cpu, area, 3, true));
            calls.put("faultPmd", () -> gone.faultPmd(cpu, area, 0, true));
            calls.forEach((name, call) -> assertEquals("SIGBUS: the file is gone: file=" + gone.identity(),
                assertThrows(BusErrorException.class, call).getMessage(), name));
            gone.diskGoes();
            gone.killProcesses(cpu);

            final long[] after = snapshot(machine);
            final long share = cpu.areaOffset() + CpuSlotDescriptor.SHARED_LOCK_OFFSET;
            final int word = (int) (share - machine.words().origin() >>> 3);
            after[word] = before[word]; // faults have come and gone
            assertArrayEquals(before, after);
            assertEquals(List.of(successor), fileSystem.files());
            machine.checkBooks();
        }
    }

    @Test
    void shouldNotUnlinkAFileThatIsBeingCut() throws InterruptedException {
        try (TestMachine machine = SETUP.openEmpty(PAGES)) {
            final DaxFile file = machine.fileSystem().create(8);
            final Vma area = file.mmap(machine.table(0), 0, 8, 0);
            file.fault(machine.cpu(), area, 0, true);
            final long[] pinned = new long[1];
            machine.gup().pinFast(machine.cpu(), machine.table(0), 0, 1, true, pinned);
            file.munmap(machine.cpu(), area);
            final AtomicReference<Throwable> end = new AtomicReference<>();
            final Thread truncate = Thread.ofPlatform().daemon().start(() -> {
                final CpuSlot cpu = machine.machine().attach();
                try {
                    file.truncate(cpu, 0);
                } catch (final InterruptedException e) {
                    end.set(e);
                }
                machine.machine().detach(cpu);
            });
            Race.awaitParked(truncate);

            assertEquals("the file " + file.identity() + " is in use: users=1",
                refusal(() -> machine.fileSystem().unlink(machine.cpu(), file)));
            assertEquals("the file " + file.identity() + " is in use: users=1",
                refusal(() -> machine.fileSystem().unmount(machine.cpu())));

            truncate.interrupt();
            Race.awaitEnd(truncate);
            assertInstanceOf(InterruptedException.class, end.get());
            assertEquals(8, file.pages());
            machine.gup().unpin(machine.cpu(), pinned, 1);
            machine.fileSystem().unlink(machine.cpu(), file);
            machine.checkBooks();
        }
    }

    /** Unlink waits for a pin; the file is on its way out meanwhile. */
    @Test
    void shouldLetNobodyInWhileAFileIsBeingUnlinked() throws InterruptedException {
        try (TestMachine machine = SETUP.openEmpty(PAGES)) {
            final DaxFile file = machine.fileSystem().create(8);
            final Vma area = file.mmap(machine.table(0), 0, 8, 0);
            file.fault(machine.cpu(), area, 0, true);
            final long[] pinned = new long[1];
            machine.gup().pinFast(machine.cpu(), machine.table(0), 0, 1, true, pinned);
            file.munmap(machine.cpu(), area);
            final Thread unlink = Thread.ofPlatform().daemon().start(() -> {
                final CpuSlot cpu = machine.machine().attach();
                machine.fileSystem().unlink(cpu, file);
                machine.machine().detach(cpu);
            });
            Race.awaitParked(unlink);

            assertEquals("the file " + file.identity() + " is gone", refusal(() -> file.read(0)));
            assertEquals("the file " + file.identity() + " is gone",
                refusal(() -> machine.fileSystem().unlink(machine.cpu(), file)));
            assertEquals("SIGBUS: the file is gone: file=" + file.identity(), assertThrows(BusErrorException.class,
                () -> file.fault(machine.cpu(), area, 0, true)).getMessage());
            assertEquals("the file system is in use: users=1",
                refusal(() -> machine.fileSystem().unmount(machine.cpu())));
            file.diskGoes();

            machine.gup().unpin(machine.cpu(), pinned, 1);
            Race.awaitEnd(unlink);
            assertEquals(List.of(), machine.fileSystem().files());
            machine.checkBooks();
        }
    }

    @Test
    void shouldRefuseFilesAndAreasOfOthers() {
        try (TestMachine machine = SETUP.openBare(PAGES, words -> words)) {
            final CpuSlot cpu = machine.cpu();
            final FileSystem one = mount(machine, 0);
            final FileSystem other = mount(machine, 512);
            final DaxFile file = one.create(8);
            final DaxFile stranger = other.create(8);
            final Vma area = stranger.mmap(machine.table(0), 0, 8, 0);
            stranger.fault(cpu, area, 3, true);

            assertEquals("a file of another file system: file=" + stranger.identity(),
                badArgument(() -> one.unlink(cpu, stranger)));
            assertEquals("a file of another file system: file=" + stranger.identity(),
                badArgument(() -> one.reflink(stranger)));
            assertEquals("an area of another file: start=0, pages=8, index=0, file=" + file.identity(),
                badArgument(() -> file.munmap(cpu, area)));

            assertEquals(area, machine.table(0).area(3));
            stranger.munmap(cpu, area);
            other.unlink(cpu, stranger);
        }
    }

    private static FileSystem mount(final TestMachine machine, final long first) {
        return machine.machine().mount(FileSystemType.EXT4,
            machine.machine().createDaxDevice(machine.cpu(), machine.range(first, 512)));
    }

    /** One file is mapped: the other one must not be lost by the attempt. */
    @Test
    void shouldUnmountAllOrNothing() {
        try (TestMachine machine = SETUP.openEmpty(PAGES)) {
            final CpuSlot cpu = machine.cpu();
            final FileSystem fileSystem = machine.fileSystem();
            final DaxFile first = fileSystem.create(8);
            final DaxFile second = fileSystem.create(8);
            final DaxFile third = fileSystem.create(8);
            first.write(cpu, 5, 77);
            final Vma area = second.mmap(machine.table(0), 0, 8, 0);
            second.fault(cpu, area, 3, true);

            assertTrue(refusal(() -> fileSystem.unmount(cpu)).startsWith("the file is mapped"));

            assertEquals(List.of(first, second, third), fileSystem.files());
            assertEquals(77, first.read(5));
            assertEquals(8, first.pages());
            assertTrue(second.fault(cpu, area, 4, true));
            third.write(cpu, 0, 1);
            second.munmap(cpu, area);
            fileSystem.unmount(cpu);
            assertEquals(List.of(), fileSystem.files());
        }
    }

    @Test
    void shouldRefuseEverythingAfterTheUnmount() {
        try (TestMachine machine = SETUP.openEmpty(PAGES)) {
            final CpuSlot cpu = machine.cpu();
            final FileSystem fileSystem = machine.fileSystem();
            final DaxFile file = fileSystem.create(8);
            fileSystem.unmount(cpu);
            final FileSystem next = machine.machine().mount(FileSystemType.EXT4, machine.pmem());
            final DaxFile successor = next.create(8);
            final long[] before = snapshot(machine);

            assertEquals("the file system is gone", refusal(() -> fileSystem.unmount(cpu)));
            assertEquals("the file system is gone", refusal(() -> fileSystem.create(8)));
            assertEquals("the file system is gone", refusal(() -> fileSystem.create(machine.range(100, 1))));
            assertEquals("the file system is gone", refusal(() -> fileSystem.reflink(file)));
            assertEquals("the file system is gone", refusal(() -> fileSystem.unlink(cpu, file)));
            assertEquals("the file " + file.identity() + " is gone", refusal(() -> file.read(0)));

            assertArrayEquals(before, snapshot(machine));
            assertEquals(List.of(successor), next.files());
            next.unlink(cpu, successor);
            next.unmount(cpu);
        }
    }

    @Test
    void shouldMountADeviceOnce() {
        try (TestMachine machine = SETUP.openEmpty(PAGES)) {
            assertEquals("a file system holds the device already: pgmap=" + machine.pgmap(),
                refusal(() -> machine.machine().mount(FileSystemType.XFS, machine.pmem())));

            machine.fileSystem().unmount(machine.cpu());
            for (int i = 0; i < 100; i++) {
                machine.machine().mount(FileSystemType.XFS, machine.pmem()).unmount(machine.cpu());
            }
            final FileSystem last = machine.machine().mount(FileSystemType.XFS, machine.pmem());
            for (int i = 0; i < 100; i++) {
                refusal(() -> machine.machine().mount(FileSystemType.XFS, machine.pmem()));
            }
            machine.machine().unbind(machine.cpu(), machine.pmem());
            assertTrue(last.isShutDown(), "the one that holds it is told");
        }
    }

    @Test
    void shouldRefuseAFileWithoutPagesAndOneTooLarge() {
        try (TestMachine machine = SETUP.openEmpty(PAGES)) {
            assertEquals("a file has at least one page: pages=0", badArgument(() -> machine.fileSystem().create(0)));
            assertEquals("a file has at least one page: pages=-1", badArgument(() -> machine.fileSystem().create(-1)));
            assertEquals("no room for a file: pages=9223372036854775807",
                refusal(() -> machine.fileSystem().create(Long.MAX_VALUE)));
            assertEquals(PAGES, machine.fileSystem().create(PAGES).pages(), "nothing was taken");
        }
    }

    /** Where there is no room for the entries, the blocks are given back. */
    @Test
    void shouldGiveTheBlocksBackWhenThereIsNoRoomForEntries() {
        try (TestMachine machine = SETUP.openEmpty(PAGES)) {
            final FileSystem fileSystem = machine.fileSystem();
            String refusal = null;
            while (refusal == null) {
                try {
                    fileSystem.create(1);
                } catch (final IllegalStateException e) {
                    refusal = e.getMessage();
                }
            }
            assertEquals("no room for the entries of another file: pages=1", refusal);
            final int files = fileSystem.files().size();
            assertFalse(fileSystem.isFree(machine.startPfn() + files - 1));
            assertTrue(fileSystem.isFree(machine.startPfn() + files), "given back");
            assertEquals(refusal, refusal(() -> fileSystem.reflink(fileSystem.files().getFirst())));
            assertEquals(files, fileSystem.files().size());
            assertNull(machine.table(0).area(0));
        }
    }
}
