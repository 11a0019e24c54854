/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import org.daxref.page.PageTableEntry;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A device all of whose pages the process has faulted in, writable, by PMD leaves of 512 pages. */
@State(Scope.Benchmark)
public class MappedPmds extends DeviceState {

    /**
     * Faults every 2 MiB.
     *
     * @throws InterruptedException if interrupted
     */
    @Setup(Level.Trial)
    public void map() throws InterruptedException {
        for (long page = 0; page + PageTableEntry.ENTRIES <= file().pages(); page += PageTableEntry.ENTRIES) {
            if (!file().faultPmd(process(), page, page, true)) {
                throw new IllegalStateException("not mapped: page=" + page);
            }
        }
    }
}
