/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.Words;

/**
 * A writer publishes one of two blocks, unpublishes it, waits for a grace period and poisons it; a reader follows the
 * published link inside a section and must never see poison.
 */
final class PublicationStress {
    private static final int ALIVE = 1;
    private static final int POISON = 2;
    private static final long BLOCK_BYTES = 256;

    private PublicationStress() {
    }

    /** How often a reader saw poison. Stops at the first time. */
    static long run(final TestDevice device, final CpuSlots cpus, final Epochs reading, final Epochs updating,
                    final long durationNs) throws Exception {
        final Words words = device.words();
        final long link = device.geometry().dataOffset();
        final AtomicLong violations = new AtomicLong();
        final AtomicBoolean done = new AtomicBoolean();
        final CountDownLatch attached = new CountDownLatch(1);
        Race.run(() -> {
            final CpuSlot cpu = cpus.attach();
            attached.countDown();
            while (!done.get()) {
                reading.enter(cpu);
                final long block = words.getLongAcquire(link);
                if (block != 0 && words.getIntOpaque(block) == POISON) {
                    violations.incrementAndGet();
                }
                reading.exit(cpu);
            }
        }, () -> {
            attached.await();
            final long begun = System.nanoTime();
            for (int round = 0; violations.get() == 0 && System.nanoTime() - begun < durationNs; round++) {
                final long block = link + BLOCK_BYTES * (1 + round % 2);
                words.putIntRelease(block, ALIVE);
                words.putLongRelease(link, block);
                for (int pause = round % 64; pause > 0; pause--) {
                    Thread.onSpinWait();
                }
                words.getAndSetLong(link, 0);
                updating.synchronize();
                words.putIntRelease(block, POISON);
            }
            done.set(true);
        });
        return violations.get();
    }
}
