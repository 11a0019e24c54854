/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.function.IntToLongFunction;

/**
 * {@code membarrier(2)}: a full memory barrier on every thread of this process, paid for by the caller. Uses the
 * private expedited command, which the kernel carries out with inter-processor interrupts. The kernel may be out of
 * memory for it; then it is asked again a few times, and at last for the global command, which needs none and takes
 * some milliseconds.
 */
public final class Membarrier {
    static final int QUERY = 0;
    static final int GLOBAL = 1;
    static final int PRIVATE_EXPEDITED = 1 << 3;
    static final int REGISTER_PRIVATE_EXPEDITED = 1 << 4;
    static final int ATTEMPTS = 3;

    private static final long NO_SUCH_CALL = -1;
    private static final MethodHandle SYSCALL = syscall();
    private static final long NUMBER = number(System.getProperty("os.name"), System.getProperty("os.arch"));
    private static final boolean AVAILABLE = register(Membarrier::call);

    private Membarrier() {
    }

    /** The C library's way into the kernel, null if there is none here. */
    @SuppressWarnings("restricted")
    private static MethodHandle syscall() {
        try {
            return Linker.nativeLinker().defaultLookup().find("syscall").map(symbol ->
                Linker.nativeLinker().downcallHandle(symbol,
                    FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
                    Linker.Option.firstVariadicArg(1))).orElse(null);
        } catch (final UnsupportedOperationException | IllegalCallerException e) {
            return null;
        }
    }

    static long number(final String system, final String architecture) {
        if (!"Linux".equals(system)) {
            return NO_SUCH_CALL;
        }
        return switch (architecture) {
            case "amd64" -> 324;
            case "aarch64" -> 283;
            default -> NO_SUCH_CALL;
        };
    }

    /** Makes the private expedited command known to the kernel; whether it has it. */
    static boolean register(final IntToLongFunction kernel) {
        final long commands = kernel.applyAsLong(QUERY);
        return commands > 0 && (commands & PRIVATE_EXPEDITED) != 0
            && kernel.applyAsLong(REGISTER_PRIVATE_EXPEDITED) == 0;
    }

    /**
     * Whether the call exists here.
     *
     * @return true on Linux 4.14 or later on x86-64 and AArch64, unless a sandbox forbids it
     */
    public static boolean isAvailable() {
        return AVAILABLE;
    }

    /**
     * Every thread of this process executes a full barrier between the start and the end of this call.
     *
     * @throws IllegalStateException if the call is not available, or failed whatever was tried
     */
    public static void run() {
        if (!AVAILABLE) {
            throw new IllegalStateException("membarrier(2) is not available: os=" + System.getProperty("os.name"));
        }
        carryOut(Membarrier::call);
    }

    static void carryOut(final IntToLongFunction kernel) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (kernel.applyAsLong(PRIVATE_EXPEDITED) == 0) {
                return;
            }
            Thread.yield();
        }
        if (kernel.applyAsLong(GLOBAL) != 0) {
            throw new IllegalStateException("membarrier(2) failed " + ATTEMPTS
                + " times, and its global command as well: is the system out of memory?");
        }
    }

    private static long call(final int command) {
        if (SYSCALL == null || NUMBER == NO_SUCH_CALL) {
            return NO_SUCH_CALL;
        }
        try {
            return (long) SYSCALL.invokeExact(NUMBER, command, 0, 0);
        } catch (final Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }
}
