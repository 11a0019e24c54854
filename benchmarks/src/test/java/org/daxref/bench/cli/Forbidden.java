/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.List;

/**
 * Runs a program whose system calls of one number fail with EPERM, as in a container with a strict policy: a seccomp
 * filter, which needs no root and is inherited by every process that the program starts.
 */
final class Forbidden {
    /** How this process ends when the kernel takes no filter. */
    static final int NO_FILTER = 99;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int PR_SET_SECCOMP = 22;
    private static final int SECCOMP_MODE_FILTER = 2;
    private static final int LOAD_WORD = 0x20;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int RETURN = 0x06;
    private static final int ALLOW = 0x7FFF_0000;
    private static final int FAIL_WITH_EPERM = 0x0005_0001;
    private static final int INSTRUCTIONS = 4;

    private Forbidden() {
    }

    private static boolean isArm() {
        return System.getProperty("os.arch").equals("aarch64");
    }

    static int membarrier() {
        return isArm() ? 283 : 324;
    }

    static int perfEventOpen() {
        return isArm() ? 241 : 298;
    }

    static int schedSetaffinity() {
        return isArm() ? 122 : 203;
    }

    /** What to put in front of a command. */
    static List<String> launcher(final int number) {
        return List.of(ProcessHandle.current().info().command().orElseThrow(), "--enable-native-access=ALL-UNNAMED",
            "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Forbidden.class.getName(), Integer.toString(number));
    }

    /** Number of the system call, then the command. */
    public static void main(final String[] arguments) throws Throwable {
        if (!forbid(Integer.parseInt(arguments[0]))) {
            System.exit(NO_FILTER);
        }
        System.exit(new ProcessBuilder(Arrays.asList(arguments).subList(1, arguments.length)).inheritIO().start()
            .waitFor());
    }

    @SuppressWarnings("restricted")
    private static boolean forbid(final int number) throws Throwable {
        final MethodHandle prctl = Linker.nativeLinker().downcallHandle(
            Linker.nativeLinker().defaultLookup().find("prctl").orElseThrow(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG),
            Linker.Option.firstVariadicArg(1));
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment code = arena.allocate((long) INSTRUCTIONS * Long.BYTES, Long.BYTES);
            instruction(code, 0, LOAD_WORD, 0, 0);
            instruction(code, 1, JUMP_IF_EQUAL, 1, number);
            instruction(code, 2, RETURN, 0, FAIL_WITH_EPERM);
            instruction(code, 3, RETURN, 0, ALLOW);
            final MemorySegment program = arena.allocate(2L * Long.BYTES, Long.BYTES);
            program.set(ValueLayout.JAVA_SHORT, 0, (short) INSTRUCTIONS);
            program.set(ValueLayout.JAVA_LONG, Long.BYTES, code.address());
            return (int) prctl.invokeExact(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0
                && (int) prctl.invokeExact(PR_SET_SECCOMP, (long) SECCOMP_MODE_FILTER, program.address(), 0L, 0L) == 0;
        }
    }

    /* struct sock_filter: code, jump if true, jump if false, constant. */
    private static void instruction(final MemorySegment code, final int index, final int operation,
                                    final int otherwise, final int constant) {
        final long at = (long) index * Long.BYTES;
        code.set(ValueLayout.JAVA_SHORT, at, (short) operation);
        code.set(ValueLayout.JAVA_BYTE, at + 3, (byte) otherwise);
        code.set(ValueLayout.JAVA_INT, at + 4, constant);
    }
}
