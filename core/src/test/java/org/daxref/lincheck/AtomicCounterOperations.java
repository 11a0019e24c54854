/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import org.daxref.memory.Words;
import org.jetbrains.lincheck.datastructures.Operation;

/** The control of the canary: the same counter, raised by one access. */
public class AtomicCounterOperations {
    private final Words words = Lincheck.words(Long.BYTES);

    @Operation
    public int increment() {
        return words.getAndAddInt(0, 1);
    }
}
