/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What this process has of the operating system: open files, mappings of the device, threads, memory.
 *
 * <p>Files and threads are compared exactly, by name. Left out are jars, which the JVM opens when it needs a class, and
 * what a {@code jcmd} leaves in it: sockets and the thread that answers.
 * Memory is compared with a slack, since a JVM compiles and caches for as long as it runs. Native memory is the
 * anonymous resident memory outside the Java heap; a JVM whose heap may be 32 GiB or more keeps it elsewhere, and there
 * native memory is not looked at. Mappings are counted with a slack as well, those of the device exactly.
 *
 * @param files          what the file descriptors point at
 * @param deviceMappings lines of /proc/self/maps that name the device file
 * @param mappings       number of lines of /proc/self/maps
 * @param threads        names and numbers of Java threads
 * @param heapBytes      used heap after a collection, 0 if it was not asked for
 * @param nativeBytes    anonymous resident memory outside the heap, 0 if it was not asked for
 */
record Footprint(List<String> files, List<String> deviceMappings, long mappings, Set<String> threads, long heapBytes,
                 long nativeBytes) {
    /** How much larger the used heap may be than at an earlier moment. */
    static final long HEAP_SLACK_BYTES = 16L << 20;

    /** The same for native memory. Compilers take and keep some tens of MiB when much is compiled at once. */
    static final long NATIVE_SLACK_BYTES = 128L << 20;

    /** How many more mappings there may be: arenas of the allocator, pieces of the heap. */
    static final long MAPPINGS_SLACK = 200;

    /** Below lies the heap of a JVM with compressed references, and nothing else that is large. */
    private static final long HEAP_END = 32L << 30;

    private static final Path SELF = Path.of("/proc/self");
    private static final String DEVICE_DIRECTORY = "/daxref-test";

    /** Files, mappings and threads. */
    static Footprint take() {
        return take(0, 0);
    }

    /** Memory as well, after a garbage collection. */
    static Footprint takeWithMemory() {
        final MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        memory.gc();
        final long heap = memory.getHeapMemoryUsage().getUsed();
        return take(heap, anonymousBytes());
    }

    private static Footprint take(final long heapBytes, final long nativeBytes) {
        return new Footprint(openFiles(), mappingsOfDevice(), lines("maps").count(), threadNames(), heapBytes,
            nativeBytes);
    }

    /** Requires that nothing has come since then. */
    void requireNoMoreThan(final Footprint before) {
        requireNothingNew(Leak.Kind.FILE_DESCRIPTOR, before.files, files);
        requireNothingNew(Leak.Kind.DEVICE_MAPPING, before.deviceMappings, deviceMappings);
        requireBounded(Leak.Kind.MAPPING_COUNT, before.mappings, mappings, MAPPINGS_SLACK);
        requireNothingNew(Leak.Kind.THREAD, List.copyOf(before.threads), List.copyOf(threads));
        requireBounded(Leak.Kind.HEAP, before.heapBytes, heapBytes, HEAP_SLACK_BYTES);
        requireBounded(Leak.Kind.NATIVE, before.nativeBytes, nativeBytes, NATIVE_SLACK_BYTES);
    }

    private static void requireNothingNew(final Leak.Kind kind, final List<String> before, final List<String> now) {
        final List<String> more = new ArrayList<>(now);
        before.forEach(more::remove);
        if (!more.isEmpty()) {
            throw new Leak(kind, "new since the start: " + more);
        }
    }

    private static void requireBounded(final Leak.Kind kind, final long before, final long now, final long slack) {
        if (now - before > slack) {
            throw new Leak(kind, "grew by more than the slack: before=" + before + ", now=" + now + ", slack="
                + slack);
        }
    }

    private static List<String> openFiles() {
        try (Stream<Path> descriptors = Files.list(SELF.resolve("fd"))) {
            return descriptors.map(Footprint::target).filter(target -> !target.endsWith(".jar")
                && !target.startsWith("/proc/") && !target.startsWith("socket:")).toList();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String target(final Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (final NoSuchFileException e) {
            return SELF.toString() + "/closed meanwhile";
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Without the numbers before the path, since a mapping that comes where another went is none more. */
    private static List<String> mappingsOfDevice() {
        return lines("maps").filter(line -> line.contains(DEVICE_DIRECTORY))
            .map(line -> line.substring(line.indexOf('/'))).toList();
    }

    private static Set<String> threadNames() {
        return Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> !"Attach Listener".equals(thread.getName()))
            .map(thread -> thread.getName() + " #" + thread.threadId())
            .collect(Collectors.toSet());
    }

    private static long anonymousBytes() {
        long kibibytes = 0;
        boolean outside = false;
        for (final String line : lines("smaps").toList()) {
            if (line.matches("[0-9a-f]+-.*")) {
                outside = Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16) >= HEAP_END;
            } else if (outside && line.startsWith("Anonymous:")) {
                kibibytes += Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return Runtime.getRuntime().maxMemory() < HEAP_END ? kibibytes << 10 : 0;
    }

    private static Stream<String> lines(final String file) {
        try {
            return Files.readAllLines(SELF.resolve(file)).stream();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return "files=" + files.size() + ", deviceMappings=" + deviceMappings.size() + ", mappings=" + mappings
            + ", threads=" + threads.size()
            + ", heapKiB=" + (heapBytes >> 10) + ", nativeKiB=" + (nativeBytes >> 10);
    }
}
