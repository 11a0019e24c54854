/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * {@code membarrier(2)}: a full memory barrier on every thread of this process, paid for by the caller. Uses the
 * private expedited command, which the kernel carries out with inter-processor interrupts.
 */
public final class Membarrier {
    private static final int QUERY = 0;
    private static final int PRIVATE_EXPEDITED = 1 << 3;
    private static final int REGISTER_PRIVATE_EXPEDITED = 1 << 4;

    private static final MethodHandle SYSCALL = syscall();
    private static final long NUMBER = number();
    private static final boolean AVAILABLE = register();

    private Membarrier() {
    }

    @SuppressWarnings("restricted")
    private static MethodHandle syscall() {
        return Linker.nativeLinker().downcallHandle(
            Linker.nativeLinker().defaultLookup().find("syscall").orElseThrow(),
            FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(1));
    }

    private static long number() {
        if (!"Linux".equals(System.getProperty("os.name"))) {
            return -1;
        }
        return switch (System.getProperty("os.arch")) {
            case "amd64" -> 324;
            case "aarch64" -> 283;
            default -> -1;
        };
    }

    private static boolean register() {
        return NUMBER >= 0 && call(QUERY) > 0 && (call(QUERY) & PRIVATE_EXPEDITED) != 0
            && call(REGISTER_PRIVATE_EXPEDITED) == 0;
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
     * @throws IllegalStateException if the call is not available
     */
    public static void run() {
        if (!AVAILABLE || call(PRIVATE_EXPEDITED) != 0) {
            throw new IllegalStateException("membarrier(2) is not available: os=" + System.getProperty("os.name"));
        }
    }

    private static long call(final int command) {
        try {
            return (long) SYSCALL.invokeExact(NUMBER, command, 0, 0);
        } catch (final Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }
}
