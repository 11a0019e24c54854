/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.BitSet;
import java.util.Optional;

/**
 * Ties a thread to a CPU: {@code sched_setaffinity(2)}. Only for worker threads: the calling thread and those that it
 * starts see one available processor afterwards.
 */
public final class Affinity {
    private static final int MASK_BYTES = 128;
    private static final int SELF = 0;
    private static final boolean TIE = Boolean.parseBoolean(System.getProperty("daxref.pin", "true"));

    private static final Optional<MethodHandle> SET = call("sched_setaffinity");
    private static final Optional<MethodHandle> GET = call("sched_getaffinity");

    private Affinity() {
    }

    @SuppressWarnings("restricted")
    private static Optional<MethodHandle> call(final String name) {
        return Linker.nativeLinker().defaultLookup().find(name).map(
            address -> Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.of(ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS)));
    }

    /**
     * The CPUs that the calling thread may run on.
     *
     * @return their numbers, empty where the platform does not say
     */
    public static BitSet allowed() {
        return allowed(SELF);
    }

    /**
     * The CPUs that the first thread of this process may run on, which nobody ties: those that the user gave it, also
     * when asked by a thread that was tied, or started by one that was.
     *
     * @return their numbers, empty where the platform does not say
     */
    public static BitSet ofProcess() {
        return allowed((int) ProcessHandle.current().pid());
    }

    private static BitSet allowed(final int thread) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment mask = arena.allocate(MASK_BYTES, Long.BYTES);
            if (GET.isEmpty() || invoke(GET.get(), thread, mask) < 0) {
                return new BitSet();
            }
            return BitSet.valueOf(mask.toArray(ValueLayout.JAVA_LONG));
        }
    }

    /**
     * Ties the calling thread to one CPU.
     *
     * @param cpu number of an allowed CPU
     * @return whether the platform did it
     */
    public static boolean pinTo(final int cpu) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment mask = arena.allocate(MASK_BYTES, Long.BYTES);
            mask.set(ValueLayout.JAVA_BYTE, cpu >> 3, (byte) (1 << (cpu & 7)));
            return SET.isPresent() && invoke(SET.get(), SELF, mask) == 0;
        }
    }

    /**
     * Ties the calling thread, a worker, to a CPU of its own: worker <i>i</i> to the <i>i</i>-th allowed one. Does
     * nothing if the system property {@code daxref.pin} is {@code false} or the platform does not say what is allowed.
     *
     * @param worker  which worker it is, from 0
     * @param workers how many there are
     * @throws IllegalStateException if there are more workers than CPUs, or the platform refuses
     */
    public static void tieWorker(final int worker, final int workers) {
        final BitSet allowed = allowed();
        if (!TIE || allowed.isEmpty()) {
            return;
        }
        if (allowed.cardinality() < workers) {
            throw new IllegalStateException("more workers than processors: workers=" + workers + ", processors="
                + allowed.cardinality());
        }
        final int processor = allowed.stream().skip(worker).findFirst().orElseThrow();
        if (!pinTo(processor)) {
            throw new IllegalStateException("cannot pin to a processor: processor=" + processor);
        }
    }

    private static int invoke(final MethodHandle call, final int thread, final MemorySegment mask) {
        try {
            return (int) call.invokeExact(thread, (long) MASK_BYTES, mask);
        } catch (final Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }
}
