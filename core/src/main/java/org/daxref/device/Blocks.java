/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Reading and writing stretches of a device file outside its mapping. */
final class Blocks {
    private static final int CHUNK_BYTES = 1 << 20;

    private Blocks() {
    }

    static void writeFully(final FileChannel channel, final ByteBuffer source, final long offset) throws IOException {
        final ByteBuffer buffer = source.duplicate();
        buffer.clear();
        while (buffer.hasRemaining()) {
            channel.write(buffer, offset + buffer.position());
        }
    }

    /** Writes zeros, so that the file system allocates every block of the range. */
    static void allocate(final FileChannel channel, final long start, final long end) throws IOException {
        final ByteBuffer zeros = ByteBuffer.allocateDirect(CHUNK_BYTES);
        for (long at = start; at < end; at += CHUNK_BYTES) {
            zeros.limit((int) Math.min(CHUNK_BYTES, end - at));
            writeFully(channel, zeros.slice(), at);
        }
    }

    /** Zeros what is not zero. Holes stay holes, and cost no read where the system tells them. */
    static void clear(final FileChannel channel, final Path path, final long start, final long end)
        throws IOException {
        final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        final ByteBuffer zeros = ByteBuffer.allocateDirect(CHUNK_BYTES);
        final Holes holes = new Holes(path, end);
        long at = holes.nextData(start);
        while (at < end) {
            final int bytes = (int) Math.min(CHUNK_BYTES, holes.nextHole(at) - at);
            chunk.clear().limit(bytes);
            while (chunk.hasRemaining() && channel.read(chunk, at + chunk.position()) >= 0) {
                Thread.onSpinWait();
            }
            zeros.clear().limit(bytes);
            if (chunk.flip().mismatch(zeros) >= 0) {
                writeFully(channel, zeros.slice(), at);
            }
            at = holes.nextData(at + bytes);
        }
    }
}
