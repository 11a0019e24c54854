/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import org.daxref.memory.Words;

class FencedEpochsTest extends EpochsContractTest {
    @Override
    Epochs create(final Words words, final CpuSlots cpus) {
        return new FencedEpochs(words, cpus);
    }
}
