/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.device;

import static org.daxref.device.SuperblockDescriptor.CHECKSUM_OFFSET;
import static org.daxref.device.SuperblockDescriptor.FILE_BYTES_OFFSET;
import static org.daxref.device.SuperblockDescriptor.MAGIC;
import static org.daxref.device.SuperblockDescriptor.MAGIC_OFFSET;
import static org.daxref.device.SuperblockDescriptor.PAGES_OFFSET;
import static org.daxref.device.SuperblockDescriptor.PAGE_SIZE_OFFSET;
import static org.daxref.device.SuperblockDescriptor.REGIONS_OFFSET;
import static org.daxref.device.SuperblockDescriptor.START_PFN_OFFSET;
import static org.daxref.device.SuperblockDescriptor.STATE_CREATING;
import static org.daxref.device.SuperblockDescriptor.STATE_IN_USE;
import static org.daxref.device.SuperblockDescriptor.STATE_OFFSET;
import static org.daxref.device.SuperblockDescriptor.SUPERBLOCK_BYTES;
import static org.daxref.device.SuperblockDescriptor.VERSION;
import static org.daxref.device.SuperblockDescriptor.VERSION_OFFSET;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * The first block of a device file. Written whole, by one write of one page, so that a process killed in between leaves
 * the old block or the new one; the checksum refuses anything else.
 *
 * @param geometry where everything lies
 * @param state    one of the {@code STATE_} values of {@link SuperblockDescriptor}
 */
record Superblock(DeviceGeometry geometry, int state) {

    boolean wasInUse() {
        return state == STATE_IN_USE;
    }

    void write(final FileChannel channel) throws IOException {
        final ByteBuffer block = block();
        block.putLong(MAGIC_OFFSET, MAGIC);
        block.putInt(VERSION_OFFSET, VERSION);
        block.putInt(PAGE_SIZE_OFFSET, DeviceGeometry.PAGE_BYTES);
        block.putInt(STATE_OFFSET, state);
        block.putLong(PAGES_OFFSET, geometry.pages());
        block.putLong(START_PFN_OFFSET, geometry.startPfn());
        block.putLong(REGIONS_OFFSET, geometry.perCpuOffset());
        block.putLong(REGIONS_OFFSET + 8, geometry.pagemapOffset());
        block.putLong(REGIONS_OFFSET + 16, geometry.waitTableOffset());
        block.putLong(REGIONS_OFFSET + 24, geometry.memmapOffset());
        block.putLong(REGIONS_OFFSET + 32, geometry.pageTablesOffset());
        block.putLong(REGIONS_OFFSET + 40, geometry.entriesOffset());
        block.putLong(REGIONS_OFFSET + 48, geometry.dataOffset());
        block.putLong(FILE_BYTES_OFFSET, geometry.fileBytes());
        block.putInt(CHECKSUM_OFFSET, checksum(block));
        Blocks.writeFully(channel, block, 0);
        channel.force(false);
    }

    /** Whether a file begins with a superblock, whole or damaged. */
    static boolean isAt(final FileChannel channel) throws IOException {
        final ByteBuffer block = readBlock(channel);
        return !block.hasRemaining() && block.getLong(MAGIC_OFFSET) == MAGIC;
    }

    private static ByteBuffer readBlock(final FileChannel channel) throws IOException {
        final ByteBuffer block = block();
        while (block.hasRemaining() && channel.read(block, block.position()) >= 0) {
            Thread.onSpinWait();
        }
        return block;
    }

    static Superblock read(final FileChannel channel, final Path path) throws IOException {
        final ByteBuffer block = readBlock(channel);
        if (block.hasRemaining() || block.getLong(MAGIC_OFFSET) != MAGIC) {
            throw new DeviceException("not a daxref device, so it is left untouched; name another path: path=" + path);
        }
        final int stored = block.getInt(CHECKSUM_OFFSET);
        block.putInt(CHECKSUM_OFFSET, 0);
        if (stored != checksum(block)) {
            throw new DeviceException("the superblock is damaged; delete the file and create it again: path=" + path);
        }
        final int version = block.getInt(VERSION_OFFSET);
        if (version != VERSION || block.getInt(PAGE_SIZE_OFFSET) != DeviceGeometry.PAGE_BYTES) {
            throw new DeviceException("made by another version of daxref; delete the file and create it again: path="
                + path + ", version=" + version + ", supported=" + VERSION);
        }
        final int state = block.getInt(STATE_OFFSET);
        if (state == STATE_CREATING) {
            throw new DeviceException("its creation was interrupted; delete the file and create it again: path="
                + path);
        }
        final DeviceGeometry geometry = geometry(block);
        if (channel.size() < geometry.fileBytes()) {
            throw new DeviceException("the file is truncated; delete it and create it again: path=" + path
                + ", bytes=" + channel.size() + ", expected=" + geometry.fileBytes());
        }
        return new Superblock(geometry, state);
    }

    private static DeviceGeometry geometry(final ByteBuffer block) {
        return new DeviceGeometry(block.getLong(PAGES_OFFSET), block.getLong(START_PFN_OFFSET),
            block.getLong(REGIONS_OFFSET), block.getLong(REGIONS_OFFSET + 8), block.getLong(REGIONS_OFFSET + 16),
            block.getLong(REGIONS_OFFSET + 24), block.getLong(REGIONS_OFFSET + 32),
            block.getLong(REGIONS_OFFSET + 40), block.getLong(REGIONS_OFFSET + 48));
    }

    private static ByteBuffer block() {
        return ByteBuffer.allocate(SUPERBLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int checksum(final ByteBuffer block) {
        final CRC32C crc = new CRC32C();
        crc.update(block.array());
        return (int) crc.getValue();
    }
}
