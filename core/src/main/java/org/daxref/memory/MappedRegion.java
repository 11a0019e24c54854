/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import jdk.nio.mapmode.ExtendedMapMode;

/**
 * A file mapped into memory, shared between threads, unmapped when closed. No 2 GiB limit.
 *
 * <p>The mapping is made with {@code MAP_SYNC} where the file system grants it, which is on a DAX mount of persistent
 * memory, and as an ordinary shared mapping everywhere else.
 *
 * <p>Closing while a thread still uses {@link AgronaWords} over the region is a fault that nothing detects: the owner
 * closes last.
 */
public final class MappedRegion implements AutoCloseable {
    private final Arena arena;
    private final MemorySegment segment;
    private final boolean sync;

    private MappedRegion(final Arena arena, final MemorySegment segment, final boolean sync) {
        this.arena = arena;
        this.segment = segment;
        this.sync = sync;
    }

    /**
     * Maps a file from its start.
     *
     * @param channel open for reading and writing; may be closed afterwards
     * @param bytes   how much to map; the file must be at least as long
     * @return the mapping
     * @throws IOException                   if the file cannot be mapped
     * @throws UnsupportedOperationException on a big-endian platform: the file format is little-endian
     */
    public static MappedRegion map(final FileChannel channel, final long bytes) throws IOException {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new UnsupportedOperationException("a little-endian platform is needed: order=BIG_ENDIAN");
        }
        final Arena arena = Arena.ofShared();
        try {
            final MemorySegment synchronous = mapSync(channel, bytes, arena);
            if (synchronous != null) {
                return new MappedRegion(arena, synchronous, true);
            }
            return new MappedRegion(arena, channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena), false);
        } catch (final IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private static MemorySegment mapSync(final FileChannel channel, final long bytes, final Arena arena) {
        try {
            return channel.map(ExtendedMapMode.READ_WRITE_SYNC, 0, bytes, arena);
        } catch (final IOException | UnsupportedOperationException e) {
            return null;
        }
    }

    /**
     * The mapped memory.
     *
     * @return a segment that lives until {@link #close()}
     */
    public MemorySegment segment() {
        return segment;
    }

    /**
     * Whether the mapping is synchronous.
     *
     * @return whether the file system granted {@code MAP_SYNC}
     */
    public boolean isSync() {
        return sync;
    }

    /** Unmaps. The memory must no longer be in use. */
    @Override
    public void close() {
        arena.close();
    }
}
