/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.daxref.Machine;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystemType;
import org.daxref.memory.SegmentWords;
import org.daxref.memory.Words;
import org.daxref.mm.PageTable;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How much of the disk a device takes, and what happens when there is too little. */
class PmemDeviceSpaceTest {
    private static final long TEBIBYTE_PAGES = 1L << 28;
    private static final long SMALL_BYTES = 64L << 20;

    @TempDir
    private Path directory;

    private Path mounted;

    @AfterEach
    void unmount() throws Exception {
        if (mounted != null) {
            run("umount", mounted.toString());
        }
    }

    private void mount(final String size) throws Exception {
        final Path point = Files.createDirectory(directory.resolve("mount"));
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "needs root to mount a tiny tmpfs");
        Assumptions.assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", point.toString()).isEmpty(),
            "this sandbox does not let root mount a tmpfs");
        mounted = point;
    }

    private static String run(final String... command) throws IOException, InterruptedException {
        final Process process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        process.waitFor();
        return output;
    }

    /** Bytes of disk behind a file. */
    private static long allocated(final Path path) throws IOException, InterruptedException {
        return Long.parseLong(run("stat", "-c", "%b", path.toString())) * 512;
    }

    private static void assertEmpty(final Path path) throws IOException {
        try (Stream<Path> left = Files.list(path)) {
            assertEquals(List.of(), left.toList(), "nothing is left behind");
        }
    }

    @Test
    void shouldAllocateMetadataUpFrontAndLeaveDataSparse() throws Exception {
        final Path path = directory.resolve("device");
        final DeviceGeometry geometry = Machine.geometry(4096);

        PmemDevice.create(path, geometry);

        final long bytes = allocated(path);
        assertTrue(bytes >= geometry.dataOffset(), "allocated=" + bytes);
        assertTrue(bytes < geometry.dataOffset() + SMALL_BYTES, "allocated=" + bytes);
    }

    @Test
    void shouldLeaveMetadataBeyondTheLimitSparse() throws Exception {
        final Path path = directory.resolve("device");
        final DeviceGeometry geometry = Machine.geometry(1 << 16);

        PmemDevice.create(path, geometry, geometry.dataOffset() - 1);

        final long bytes = allocated(path);
        assertTrue(bytes < 1 << 20, "allocated=" + bytes);
        PmemDevice.open(path).close();
        assertTrue(allocated(path) < 1 << 20, "opening does not fill the holes");
    }

    /** Only what a user wrote is zeroed, so that a device on a nearly full disk can always be opened again. */
    @Test
    void shouldClearSparseMetadataWithoutFillingItsHoles() throws Exception {
        final Path path = directory.resolve("device");
        final DeviceGeometry geometry = Machine.geometry(1 << 16);
        PmemDevice.create(path, geometry, 4096);
        final long step = 1 << 18;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            for (long at = 4096; at < geometry.dataOffset(); at += step) {
                channel.write(ByteBuffer.wrap(new byte[] {1}), at);
            }
        }
        final long before = allocated(path);

        try (PmemDevice device = PmemDevice.open(path)) {
            final Words words = new SegmentWords(device.region().segment());
            for (long at = 4096; at < geometry.dataOffset(); at += 4096) {
                assertEquals(0, words.getLongVolatile(at), "offset=" + at);
            }
        }

        assertTrue(before < geometry.dataOffset() / 2, "this file system keeps no holes: allocated=" + before);
        assertTrue(allocated(path) <= before + (1 << 16), "allocated=" + allocated(path) + ", before=" + before);
    }

    @Test
    void shouldAllocateMetadataOfExactlyTheLimit() throws Exception {
        final Path path = directory.resolve("device");
        final DeviceGeometry geometry = Machine.geometry(1 << 12);

        PmemDevice.create(path, geometry, geometry.dataOffset());

        assertTrue(allocated(path) >= geometry.dataOffset());
    }

    @Test
    void shouldRefuseADiskThatIsTooFullForTheMetadata() throws Exception {
        mount("1m");
        final Path path = mounted.resolve("device");
        final DeviceGeometry geometry = Machine.geometry(4096);

        final DeviceException e = assertThrows(DeviceException.class, () -> PmemDevice.create(path, geometry));

        assertEquals("not enough free space for the metadata; free some or ask for fewer pages: path=" + path
            + ", neededBytes=" + geometry.dataOffset() + ", freeBytes=" + (1 << 20), e.getMessage());
        assertEmpty(mounted);
    }

    /** Two creators that find the same room free: the disk fills up under at least one of them. */
    @Test
    void shouldLeaveNothingWhenTheDiskFillsUpDuringCreation() throws Exception {
        final DeviceGeometry geometry = Machine.geometry(1 << 14);
        mount(Long.toString(geometry.dataOffset() * 3 / 2));
        boolean filledUp = false;
        for (int attempt = 0; !filledUp; attempt++) {
            assertTrue(attempt < 100, "the disk never filled up during a creation");
            final Path first = mounted.resolve("first");
            final Path second = mounted.resolve("second");
            final CompletableFuture<String> other = CompletableFuture.supplyAsync(() -> refusal(first, geometry));
            final List<String> refusals = List.of(refusal(second, geometry), other.join());

            assertTrue(refusals.stream().anyMatch(refusal -> !refusal.isEmpty()), "both fit");
            filledUp = assertInOrder(first, refusals.get(1), geometry)
                | assertInOrder(second, refusals.get(0), geometry);
            assertEmpty(mounted);
        }
    }

    private static String refusal(final Path path, final DeviceGeometry geometry) {
        try {
            PmemDevice.create(path, geometry);
            return "";
        } catch (final DeviceException e) {
            return e.getMessage();
        }
    }

    /** Whole or not there; removed, for the next attempt. */
    private static boolean assertInOrder(final Path path, final String refusal, final DeviceGeometry geometry)
        throws IOException {
        if (refusal.isEmpty()) {
            assertEquals(geometry, PmemDevice.check(path));
            Files.delete(path);
            return false;
        }
        final boolean filledUp = refusal.equals("cannot create the device file: path=" + path + ", bytes="
            + geometry.fileBytes() + ", reason=No space left on device");
        assertTrue(filledUp || refusal.startsWith("not enough free space for the metadata;"), refusal);
        return filledUp;
    }

    @Test
    void shouldRefuseADiskThatIsTooFullForTheLimitOfSparseMetadata() throws Exception {
        mount("1m");
        final Path path = mounted.resolve("device");
        final DeviceGeometry geometry = Machine.geometry(1 << 20);

        final DeviceException e =
            assertThrows(DeviceException.class, () -> PmemDevice.create(path, geometry, 2 << 20));

        assertEquals("not enough free space for the metadata; free some or ask for fewer pages: path=" + path
            + ", neededBytes=" + (2 << 20) + ", freeBytes=" + (1 << 20), e.getMessage());
        assertEmpty(mounted);
    }

    @Test
    void shouldPutALargeDeviceOnATinyDiskWhenTheLimitIsSmall() throws Exception {
        mount("1m");
        final Path path = mounted.resolve("device");

        PmemDevice.create(path, Machine.geometry(1 << 20), 1 << 19);

        PmemDevice.open(path).close();
        assertTrue(allocated(path) <= 1 << 16);
    }

    @Test
    void shouldRemoveTheFileWhenWritingFails() throws Exception {
        final Path path = directory.resolve("device");
        final DeviceGeometry geometry = Machine.geometry(DeviceGeometry.MAX_PAGES);
        try {
            PmemDevice.create(path, geometry, 4096);
            Files.delete(path);
        } catch (final DeviceException e) {
            assertTrue(e.getMessage().startsWith("cannot create the device file: path=" + path
                + ", bytes=" + geometry.fileBytes() + ", reason="), e.getMessage());
            assertEmpty(directory);
            return;
        }
        Assumptions.abort("this file system takes a file of more than 16 TiB, so no write failed");
    }

    /** 268 million pages, of which a few are used: design.md asks for no more, a small disk can hold no more. */
    @Test
    void shouldCreateAndUseADeviceOf1TiB() throws Exception {
        final Path path = directory.resolve("device");
        final DeviceGeometry geometry = Machine.geometry(TEBIBYTE_PAGES);
        try {
            PmemDevice.create(path, geometry, 1 << 20);
        } catch (final DeviceException e) {
            Assumptions.abort("this file system cannot hold it: " + e.getMessage());
        }

        try (PmemDevice device = PmemDevice.open(path);
             Machine machine = new Machine(geometry, new SegmentWords(device.region().segment()), "fs-held", "cas")) {
            assertEquals(TEBIBYTE_PAGES, device.geometry().pages());
            useAFewPages(machine);
        }
        final long bytes = allocated(path);
        assertTrue(bytes < SMALL_BYTES, "allocated=" + bytes);
    }

    private static void useAFewPages(final Machine machine) {
        final CpuSlot cpu = machine.attach();
        final long last = machine.wholeDevice().last();
        final PfnRange range = new PfnRange(last - 1023, last);
        final DaxFile file = machine.mount(FileSystemType.XFS, machine.createDaxDevice(cpu, range)).create(1024);
        final PageTable table = machine.pageTable(3);
        final long page = TEBIBYTE_PAGES - 1;
        final long[] pinned = new long[1];

        assertTrue(file.fault(cpu, file.mmap(table, page, 1, 1023), page, true));
        assertEquals(1, machine.gup().pinFast(cpu, table, page, 1, true, pinned));
        assertEquals(last, pinned[0]);
        assertEquals(1025, machine.counter().count(machine.memmap().page(last)));
        machine.gup().unpin(cpu, pinned, 1);
        assertEquals(1, machine.mapper().zap(cpu, table, page, 1));
        machine.checkBooks(range);
        machine.detach(cpu);
    }
}
