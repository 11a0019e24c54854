/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import org.daxref.TestDevice;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Broken forms that the stress of the contract must catch: it would be worth nothing if it passed them. */
class EpochsControlTest {
    private static final long CONTROL_NS = TimeUnit.SECONDS.toNanos(5);

    /** Neither side has the barrier: the reader's store may still be in its store buffer when it reads the link. */
    private static final class WithoutBarriers extends Epochs {
        WithoutBarriers(final Words words, final CpuSlots cpus) {
            super(words, cpus);
        }

        @Override
        void readerBarrier() {
            VarHandle.storeStoreFence();
        }

        @Override
        void updaterBarrier() {
            VarHandle.fullFence();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCatchAGracePeriodThatWaitsForNobody(final WordsKind kind) throws Exception {
        try (TestDevice device = TestDevice.open(kind, 200)) {
            final CpuSlots cpus = new CpuSlots(device.words(), device.geometry().perCpuOffset());
            final CpuSlots nobody = new CpuSlots(device.words(), device.geometry().dataOffset() + (1 << 18));

            final long seen = PublicationStress.run(device, cpus, new FencedEpochs(device.words(), cpus),
                new FencedEpochs(device.words(), nobody), CONTROL_NS);

            assertNotEquals(0, seen, "the stress does not see a missing wait");
        }
    }

    @Test
    void shouldCatchAMissingBarrier() throws Exception {
        Assumptions.assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "one CPU reorders nothing");
        try (TestDevice device = TestDevice.open(WordsKind.AGRONA, 1)) {
            final CpuSlots cpus = new CpuSlots(device.words(), device.geometry().perCpuOffset());
            final Epochs broken = new WithoutBarriers(device.words(), cpus);

            final long seen = PublicationStress.run(device, cpus, broken, broken, CONTROL_NS);

            Assumptions.assumeTrue(seen > 0, "this machine did not show the missing barrier in time");
        }
    }

    @Test
    void shouldChooseTheCheapestFormThatWorksHere() {
        try (TestDevice device = TestDevice.open(WordsKind.SEGMENT, 1)) {
            final CpuSlots cpus = new CpuSlots(device.words(), device.geometry().perCpuOffset());

            final Epochs epochs = Epochs.cheapest(device.words(), cpus);

            assertEquals(Membarrier.isAvailable() ? AsymmetricEpochs.class : FencedEpochs.class, epochs.getClass());
            assertEquals(0, cpus.attached());
        }
    }
}
