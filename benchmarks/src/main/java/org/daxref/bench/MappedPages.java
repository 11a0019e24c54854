/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A device all of whose pages the process has faulted in, writable, by PTEs. */
@State(Scope.Benchmark)
public class MappedPages extends DeviceState {

    /**
     * Faults every page.
     *
     * @throws InterruptedException if interrupted
     */
    @Setup(Level.Trial)
    public void map() throws InterruptedException {
        for (long page = 0; page < file().pages(); page++) {
            if (!file().fault(process(), page, page, true)) {
                throw new IllegalStateException("not mapped: page=" + page);
            }
        }
    }
}
