/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.device;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Finds the written stretches of an open sparse file by {@code lseek(2)}, {@code SEEK_DATA} and {@code SEEK_HOLE}. The
 * metadata of a 1 TiB device is 28 GiB of holes; reading them takes a minute and drives everything else out of the page
 * cache. Where the call is not to be had, the whole file counts as written.
 */
final class Holes {
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final int ENXIO = 6;
    private static final int NO_DESCRIPTOR = -1;
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle LSEEK = lseek();

    private final int descriptor;
    private final long end;

    /**
     * Looks at a file.
     *
     * @param path a file that this process has open and keeps open
     * @param end  where to stop looking
     */
    Holes(final Path path, final long end) {
        this.descriptor = descriptor(path);
        this.end = end;
    }

    @SuppressWarnings("restricted")
    private static MethodHandle lseek() {
        return Linker.nativeLinker().downcallHandle(
            Linker.nativeLinker().defaultLookup().find("lseek").orElseThrow(),
            FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT),
            Linker.Option.captureCallState("errno"));
    }

    /* A FileChannel does not tell its descriptor. It passes positions of its own, so moving the offset is harmless. */
    private static int descriptor(final Path path) {
        if (!"Linux".equals(System.getProperty("os.name"))) {
            return NO_DESCRIPTOR;
        }
        try (DirectoryStream<Path> links = Files.newDirectoryStream(DESCRIPTORS)) {
            for (final Path link : links) {
                if (isSame(link, path)) {
                    return Integer.parseInt(link.getFileName().toString());
                }
            }
        } catch (final IOException e) {
            return NO_DESCRIPTOR;
        }
        return NO_DESCRIPTOR;
    }

    private static boolean isSame(final Path link, final Path path) {
        try {
            return Files.isSameFile(link, path);
        } catch (final IOException e) {
            return false;
        }
    }

    /**
     * Where the next written stretch begins.
     *
     * @param from where to start
     * @return the first offset from there on that may hold something else than zero, at most the end
     */
    long nextData(final long from) {
        return seek(from, SEEK_DATA, from);
    }

    /**
     * Where a written stretch ends.
     *
     * @param from an offset inside it
     * @return the first offset from there on that certainly holds zero, at most the end
     */
    long nextHole(final long from) {
        return seek(from, SEEK_HOLE, end);
    }

    private long seek(final long from, final int whence, final long unknown) {
        if (descriptor == NO_DESCRIPTOR) {
            return unknown;
        }
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(CALL_STATE);
            final long found = (long) LSEEK.invokeExact(state, descriptor, from, whence);
            if (found >= 0) {
                return Math.min(found, end);
            }
            return (int) ERRNO.get(state, 0L) == ENXIO ? end : unknown;
        } catch (final Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }
}
