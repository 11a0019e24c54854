/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import java.lang.invoke.VarHandle;
import org.daxref.memory.Words;

/**
 * Epochs whose readers execute no fence instruction; see {@link Epochs}.
 *
 * <p>The reader needs "store, then load, in the order of the program text", which the processor may break and
 * {@code membarrier(2)} repairs, and which the compiler must not break. The Java memory model has no such
 * compiler-only barrier. A store-store fence is one in HotSpot: no memory access moves across it at compile time, and
 * on x86-64 and AArch64 it costs nothing or a cheap store barrier. That is a property of the compiler and not a
 * promise of the language, which is why every number says which form it was measured with.
 */
public final class AsymmetricEpochs extends Epochs {

    /**
     * Asymmetric epochs.
     *
     * @param words access to the device
     * @param cpus  whose read sections are waited for
     */
    public AsymmetricEpochs(final Words words, final CpuSlots cpus) {
        super(words, cpus);
    }

    @Override
    void readerBarrier() {
        VarHandle.storeStoreFence();
    }

    @Override
    void updaterBarrier() {
        VarHandle.fullFence();
        Membarrier.run();
    }
}
