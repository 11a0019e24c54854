/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.asymmetric;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What came of the walks of one thread: the score counts both alike. */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.EVENTS)
public class PinOutcomes {
    /** Walks that pinned their page. */
    public long pins;
    /** Walks that found the page unmapped or on its way out, and left it to the slow path. */
    public long refused;

    /** Begins to count. */
    @Setup(Level.Iteration)
    public void clear() {
        pins = 0;
        refused = 0;
    }

    long count(final boolean pinned) {
        return pinned ? ++pins : ++refused;
    }
}
