/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.daxref.Machine;
import org.daxref.memory.SegmentWords;
import org.daxref.memory.Words;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PmemDeviceTest {
    private static final DeviceGeometry GEOMETRY = Machine.geometry(16);

    @TempDir
    private Path directory;

    private Path path;

    @BeforeEach
    void setUp() {
        path = directory.resolve("device");
    }

    private static String refusal(final Runnable body) {
        return assertThrows(DeviceException.class, body::run).getMessage();
    }

    private String refusalToOpen() throws IOException {
        final byte[] before = Files.readAllBytes(path);
        final String message = refusal(() -> PmemDevice.open(path));
        assertEquals(message, refusal(() -> PmemDevice.check(path)), "check says what open would");
        assertArrayEquals(before, Files.readAllBytes(path), "a refused file is left untouched");
        return message;
    }

    private static String busy(final Path device) {
        return "the device is in use; wait for its user to end or name another path: path=" + device;
    }

    private void write(final long offset, final byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), offset);
        }
    }

    @Test
    void shouldCreateOpenAndClose() {
        PmemDevice.create(path, GEOMETRY);

        try (PmemDevice device = PmemDevice.open(path)) {
            assertEquals(GEOMETRY, device.geometry());
            assertEquals(GEOMETRY.fileBytes(), device.region().segment().byteSize());
            assertFalse(device.isRecovered());
        }
        assertEquals(GEOMETRY, PmemDevice.check(path));
        assertEquals(GEOMETRY.fileBytes(), path.toFile().length());
    }

    @Test
    void shouldClearMetadataAndKeepDataWhenOpenedAgain() {
        PmemDevice.create(path, GEOMETRY);
        try (PmemDevice device = PmemDevice.open(path)) {
            final Words words = new SegmentWords(device.region().segment());
            for (long offset = SuperblockDescriptor.SUPERBLOCK_BYTES; offset < GEOMETRY.fileBytes(); offset += 4096) {
                words.putLongRelease(offset, offset);
            }
        }

        try (PmemDevice device = PmemDevice.open(path)) {
            final Words words = new SegmentWords(device.region().segment());
            for (long offset = SuperblockDescriptor.SUPERBLOCK_BYTES; offset < GEOMETRY.dataOffset(); offset += 8) {
                assertEquals(0, words.getLongVolatile(offset), "metadata at " + offset);
            }
            for (long offset = GEOMETRY.dataOffset(); offset < GEOMETRY.fileBytes(); offset += 4096) {
                assertEquals(offset, words.getLongVolatile(offset), "data");
            }
            assertFalse(device.isRecovered());
        }
    }

    @Test
    void shouldNeverOverwriteWhatExists() throws IOException {
        Files.writeString(path, "somebody's thesis");

        assertEquals("the path exists and is never overwritten; name another: path=" + path,
            refusal(() -> PmemDevice.create(path, GEOMETRY)));

        assertEquals("somebody's thesis", Files.readString(path));
    }

    @Test
    void shouldNeverOverwriteADevice() throws IOException {
        PmemDevice.create(path, GEOMETRY);
        final byte[] before = Files.readAllBytes(path);

        assertEquals("the path exists and is never overwritten; name another: path=" + path,
            refusal(() -> PmemDevice.create(path, GEOMETRY)));

        assertArrayEquals(before, Files.readAllBytes(path));
    }

    @Test
    void shouldNotCreateThroughADanglingLink() throws IOException {
        final Path target = directory.resolve("target");
        Files.createSymbolicLink(path, target);

        assertEquals("the path exists and is never overwritten; name another: path=" + path,
            refusal(() -> PmemDevice.create(path, GEOMETRY)));

        assertFalse(Files.exists(target));
    }

    @Test
    void shouldSayThatTheDirectoryIsMissing() {
        final Path orphan = directory.resolve("missing/device");

        assertEquals("cannot create the device file: path=" + orphan + ", bytes="
            + GEOMETRY.fileBytes() + ", reason=no such directory",
            refusal(() -> PmemDevice.create(orphan, GEOMETRY)));
    }

    @Test
    void shouldSayThatTheDirectoryIsNotWritable() {
        Assumptions.assumeFalse("root".equals(System.getProperty("user.name")), "root may write everywhere");
        assertTrue(directory.toFile().setWritable(false));

        assertEquals("cannot create the device file: path=" + path + ", bytes=" + GEOMETRY.fileBytes()
            + ", reason=permission denied",
            refusal(() -> PmemDevice.create(path, GEOMETRY)));
    }

    @Test
    void shouldSayThatAFileIsNotWritable() throws IOException {
        Assumptions.assumeFalse("root".equals(System.getProperty("user.name")), "root may write everywhere");
        PmemDevice.create(path, GEOMETRY);
        assertTrue(path.toFile().setWritable(false));

        assertEquals("cannot open the device file for writing: path=" + path + ", reason=permission denied",
            refusalToOpen());
    }

    @Test
    void shouldRefuseAMissingFile() {
        assertEquals("there is no such device file: path=" + path, refusal(() -> PmemDevice.open(path)));
        assertEquals("there is no such device file: path=" + path, refusal(() -> PmemDevice.check(path)));
        assertFalse(Files.exists(path));
    }

    @Test
    void shouldRefuseADirectory() {
        assertEquals("not a regular file, so it is left untouched; name another path: path=" + directory,
            refusal(() -> PmemDevice.open(directory)));
        assertEquals("the path exists and is never overwritten; name another: path=" + directory,
            refusal(() -> PmemDevice.create(directory, GEOMETRY)));
    }

    @Test
    void shouldRefuseADeviceNode() {
        final Path node = Path.of("/dev/null");

        assertEquals("not a regular file, so it is left untouched; name another path: path=/dev/null",
            refusal(() -> PmemDevice.open(node)));
    }

    @Test
    void shouldRefuseSomebodyElsesFile() throws IOException {
        for (final int length : new int[] {0, 1, 4095, 4096, 10_000}) {
            final byte[] content = new byte[length];
            Arrays.fill(content, (byte) 'x');
            Files.write(path, content);

            assertEquals("not a daxref device, so it is left untouched; name another path: path=" + path,
                refusalToOpen());
        }
    }

    /** All of them, in what is zero as well: one checksum covers the whole block. */
    @Test
    void shouldRefuseEveryFlippedBitOfTheSuperblock() throws IOException {
        PmemDevice.create(path, GEOMETRY);
        final byte[] block = Arrays.copyOf(Files.readAllBytes(path), SuperblockDescriptor.SUPERBLOCK_BYTES);
        for (int bit = 0; bit < block.length * Byte.SIZE; bit++) {
            final int at = bit / Byte.SIZE;
            write(at, new byte[] {(byte) (block[at] ^ 1 << bit % Byte.SIZE)});

            final String expected = at < Long.BYTES
                ? "not a daxref device, so it is left untouched; name another path: path=" + path
                : "the superblock is damaged; delete the file and create it again: path=" + path;
            assertEquals(expected, refusal(() -> PmemDevice.open(path)), "bit=" + bit);
            write(at, new byte[] {block[at]});
        }
        assertEquals(GEOMETRY, PmemDevice.check(path));
        assertArrayEquals(block, Arrays.copyOf(Files.readAllBytes(path), block.length), "refusing changes nothing");
    }

    @Test
    void shouldRefuseATruncatedFile() throws IOException {
        PmemDevice.create(path, GEOMETRY);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(GEOMETRY.fileBytes() - 1);
        }

        assertEquals("the file is truncated; delete it and create it again: path=" + path + ", bytes="
            + (GEOMETRY.fileBytes() - 1) + ", expected=" + GEOMETRY.fileBytes(), refusalToOpen());
    }

    @Test
    void shouldRefuseAnotherVersion() throws IOException {
        PmemDevice.create(path, GEOMETRY);
        rewrite(SuperblockDescriptor.VERSION_OFFSET, 7);

        assertEquals("made by another version of daxref; delete the file and create it again: path=" + path
            + ", version=7, supported=1", refusalToOpen());
    }

    @Test
    void shouldRefuseAnotherPageSize() throws IOException {
        PmemDevice.create(path, GEOMETRY);
        rewrite(SuperblockDescriptor.PAGE_SIZE_OFFSET, 65536);

        assertEquals("made by another version of daxref; delete the file and create it again: path=" + path
            + ", version=1, supported=1", refusalToOpen());
    }

    /** Changes an int of the superblock and makes the checksum right again. */
    private void rewrite(final int offset, final int value) throws IOException {
        final byte[] whole = Files.readAllBytes(path);
        final ByteBuffer block = ByteBuffer.wrap(Arrays.copyOf(whole, SuperblockDescriptor.SUPERBLOCK_BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
        block.putInt(offset, value);
        block.putInt(SuperblockDescriptor.CHECKSUM_OFFSET, 0);
        final CRC32C crc = new CRC32C();
        crc.update(block.array());
        block.putInt(SuperblockDescriptor.CHECKSUM_OFFSET, (int) crc.getValue());
        write(0, block.array());
    }

    @Test
    void shouldRefuseAFileWhoseCreationWasInterrupted() throws IOException {
        PmemDevice.create(path, GEOMETRY);
        rewrite(SuperblockDescriptor.STATE_OFFSET, SuperblockDescriptor.STATE_CREATING);

        assertEquals("its creation was interrupted; delete the file and create it again: path=" + path,
            refusalToOpen());
    }

    @Test
    void shouldRefuseAnInterruptedCreationThatGotNoFurtherThanTheSuperblock() throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            new Superblock(GEOMETRY, SuperblockDescriptor.STATE_CREATING).write(channel);
        }

        assertEquals("its creation was interrupted; delete the file and create it again: path=" + path,
            refusalToOpen());
    }

    @Test
    void shouldRefuseASecondOpenInTheSameProcess() throws IOException {
        PmemDevice.create(path, GEOMETRY);
        final Path link = Files.createSymbolicLink(directory.resolve("link"), path);
        final Path hardLink = Files.createLink(directory.resolve("hard-link"), path);

        try (PmemDevice device = PmemDevice.open(path)) {
            assertEquals(busy(path), refusal(() -> PmemDevice.open(path)));
            assertEquals(busy(path), refusal(() -> PmemDevice.check(path)));
            assertEquals(busy(link), refusal(() -> PmemDevice.open(link)));
            assertEquals(busy(hardLink), refusal(() -> PmemDevice.open(hardLink)));
            assertTrue(device.region().segment().scope().isAlive());
        }
        PmemDevice.open(link).close();
    }

    @Test
    void shouldStayLockedAfterASecondLookInTheSameProcess() throws Exception {
        PmemDevice.create(path, GEOMETRY);

        try (PmemDevice device = PmemDevice.open(path)) {
            refusal(() -> PmemDevice.open(path));
            refusal(() -> PmemDevice.check(path));

            final IOException e = assertThrows(IOException.class, () -> DeviceHolder.start(path).close());

            assertEquals("the other process could not open the device: answer=" + busy(path), e.getMessage());
            assertEquals(GEOMETRY, device.geometry());
        }
    }

    @Test
    void shouldRefuseWhatAnotherProcessHasOpen() throws Exception {
        PmemDevice.create(path, GEOMETRY);

        try (DeviceHolder holder = DeviceHolder.start(path)) {
            assertEquals(busy(path), refusalToOpen());
            assertEquals(0, holder.end());
        }
        try (PmemDevice device = PmemDevice.open(path)) {
            assertFalse(device.isRecovered(), "the other process closed it in good order");
        }
    }

    /** While its user writes the superblock it may look torn; that must not be taken for damage. */
    @Test
    void shouldLookAtTheSuperblockOnlyUnderTheLock() throws Exception {
        PmemDevice.create(path, GEOMETRY);

        try (DeviceHolder holder = DeviceHolder.start(path)) {
            write(SuperblockDescriptor.STATE_OFFSET, new byte[] {99});

            assertEquals(busy(path), refusalToOpen());
            assertEquals(0, holder.end());
        }
    }

    @Test
    void shouldOpenAgainWhatAKilledProcessHadOpen() throws Exception {
        PmemDevice.create(path, GEOMETRY);
        try (DeviceHolder holder = DeviceHolder.start(path)) {
            holder.kill();
        }

        try (PmemDevice device = PmemDevice.open(path)) {
            assertTrue(device.isRecovered());
            final Words words = new SegmentWords(device.region().segment());
            assertEquals(0, words.getLongVolatile(GEOMETRY.memmapOffset()), "what it left pinned is gone");
            assertEquals(DeviceHolder.MARK, words.getLongVolatile(GEOMETRY.dataOffset()), "what it wrote is kept");
        }
        try (PmemDevice device = PmemDevice.open(path)) {
            assertFalse(device.isRecovered());
        }
    }

    @Test
    void shouldGoOnWithADeviceWhoseFileIsRemoved() throws IOException {
        PmemDevice.create(path, GEOMETRY);
        try (PmemDevice device = PmemDevice.open(path)) {
            Files.delete(path);
            final Words words = new SegmentWords(device.region().segment());
            for (long offset = 0; offset < GEOMETRY.fileBytes(); offset += 4096) {
                words.putLongRelease(offset, offset);
            }
            PmemDevice.create(path, GEOMETRY);

            try (PmemDevice another = PmemDevice.open(path)) {
                assertEquals(0, new SegmentWords(another.region().segment()).getLongVolatile(GEOMETRY.dataOffset()));
            }
            assertEquals(GEOMETRY.dataOffset(), words.getLongVolatile(GEOMETRY.dataOffset()));
        }
        assertEquals(GEOMETRY, PmemDevice.check(path), "closing the removed one changes nothing here");
    }

    @Test
    void shouldRefuseMemoryAccessAfterClose() {
        PmemDevice.create(path, GEOMETRY);
        final Words words;
        try (PmemDevice device = PmemDevice.open(path)) {
            words = new SegmentWords(device.region().segment());
        }

        assertThrows(IllegalStateException.class, () -> words.getIntOpaque(0));
    }
}
