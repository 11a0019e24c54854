/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import org.daxref.memory.Words;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;

class AsymmetricEpochsTest extends EpochsContractTest {
    @BeforeEach
    void setUp() {
        Assumptions.assumeTrue(Membarrier.isAvailable(), "membarrier(2) is not available here");
    }

    @Override
    Epochs create(final Words words, final CpuSlots cpus) {
        return new AsymmetricEpochs(words, cpus);
    }
}
