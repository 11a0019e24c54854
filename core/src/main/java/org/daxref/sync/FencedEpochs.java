/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import java.lang.invoke.VarHandle;
import org.daxref.memory.Words;

/** Epochs with a full fence on both sides; see {@link Epochs}. */
public final class FencedEpochs extends Epochs {

    /**
     * Fenced epochs.
     *
     * @param words access to the device
     * @param cpus  whose read sections are waited for
     */
    public FencedEpochs(final Words words, final CpuSlots cpus) {
        super(words, cpus);
    }

    FencedEpochs(final Words words, final CpuSlots cpus, final long stallNs) {
        super(words, cpus, stallNs);
    }

    @Override
    void readerBarrier() {
        VarHandle.fullFence();
    }

    @Override
    void updaterBarrier() {
        VarHandle.fullFence();
    }
}
