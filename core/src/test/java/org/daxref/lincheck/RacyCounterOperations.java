/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import org.daxref.memory.Words;
import org.jetbrains.lincheck.datastructures.Operation;

/** A canary: a counter that is read and then written, with a pause that lets also busy machines show it. */
public class RacyCounterOperations {
    private final Words words = Lincheck.words(Long.BYTES);

    @Operation
    public int increment() {
        final int seen = words.getIntVolatile(0);
        Thread.yield();
        words.putIntRelease(0, seen + 1);
        return seen;
    }
}
