/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MappedRegionTest {
    private static final long BEYOND_2_GIB = (1L << 31) + 8 * 4096;

    @TempDir
    private Path directory;

    private FileChannel open(final String name) throws IOException {
        return FileChannel.open(directory.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    }

    @ParameterizedTest
    @EnumSource
    void shouldMapASparseFileBeyond2GiB(final WordsKind kind) throws IOException {
        try (FileChannel channel = open("sparse"); MappedRegion region = MappedRegion.map(channel, BEYOND_2_GIB)) {
            final Words words = kind.over(region.segment());
            final long last = BEYOND_2_GIB - 8;
            final long first = words.origin();

            words.putLongRelease(first + last, 0x0102_0304_0506_0708L);
            words.getAndAddInt(first + (1L << 31), 7);

            assertEquals(BEYOND_2_GIB, words.capacityBytes());
            final ByteBuffer seen = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            channel.read(seen, last);
            assertEquals(0x0102_0304_0506_0708L, seen.getLong(0), "the mapping is the file, little-endian");
            assertEquals(7, words.getIntVolatile(first + (1L << 31)));
            assertEquals(0, words.getIntVolatile(first));
        }
    }

    @Test
    void shouldOutliveTheChannel() throws IOException {
        final MappedRegion region;
        try (FileChannel channel = open("file")) {
            region = MappedRegion.map(channel, 4096);
        }

        try (region) {
            new SegmentWords(region.segment()).putIntOpaque(0, 1);
        }
        assertEquals(1, Files.readAllBytes(directory.resolve("file"))[0]);
    }

    @Test
    void shouldSayThatAnOrdinaryFileIsNotMappedSynchronously() throws IOException {
        try (FileChannel channel = open("file"); MappedRegion region = MappedRegion.map(channel, 4096)) {
            assertFalse(region.isSync());
        }
    }

    @Test
    void shouldThrowWhenTheChannelCannotWrite() throws IOException {
        Files.write(directory.resolve("file"), new byte[4096]);
        try (FileChannel channel = FileChannel.open(directory.resolve("file"), StandardOpenOption.READ)) {
            assertThrows(NonWritableChannelException.class, () -> MappedRegion.map(channel, 4096));
        }
    }

    @Test
    void shouldThrowWhenClosedTwice() throws IOException {
        try (FileChannel channel = open("file")) {
            final MappedRegion region = MappedRegion.map(channel, 4096);
            region.close();

            assertEquals("Already closed", assertThrows(IllegalStateException.class, region::close).getMessage());
        }
    }
}
