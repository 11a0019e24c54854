/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import java.io.IOException;
import java.util.List;
import org.daxref.Machine;
import org.daxref.bench.DeviceState;

/** A device as benchmarks get it. */
final class SmallDevice extends DeviceState implements AutoCloseable {
    SmallDevice(final String design) throws IOException {
        this.design = design;
        counter = "cas";
        open();
    }

    static List<String> designs() {
        return Machine.designNames();
    }
}
