/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import org.daxref.Machine;

/**
 * The first machine of this JVM as a constant of compiled code. A kernel's walk has the place of its memmap and of its
 * per-CPU areas in its instructions. A walk in Java loads them from one object after another, and again after each
 * locked operation, unless the compiler knows the machine, and may trust that what is final in it stays so
 * ({@code -XX:+TrustFinalNonStaticFields}, a flag of the suite's forks).
 *
 * <p>A fork measures one machine. In a JVM with several the later ones are right as well, and slower.
 *
 * <p>Thread-safe; wait-free.
 */
final class CompiledMachine {
    private static volatile Machine first;

    private CompiledMachine() {
    }

    /**
     * A machine was put together.
     *
     * @param machine the one to be measured, if it is the first
     */
    static synchronized void opened(final Machine machine) {
        if (first == null) {
            first = machine;
        }
    }

    /**
     * The same machine.
     *
     * @param machine one that was {@link #opened}
     * @return the argument, as a constant if it is the first
     */
    static Machine of(final Machine machine) {
        return machine == Constant.MACHINE ? Constant.MACHINE : machine;
    }

    /** Initialised at the first call of {@link #of}, so that the compiler finds the machine in it. */
    private static final class Constant {
        private static final Machine MACHINE = first;

        private Constant() {
        }
    }
}
