/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** As many threads as there are areas, and threads that come, die inside a section and go, under grace periods. */
class CpuSlotsChurnTest {
    private static final long COUNTER = CpuSlotDescriptor.PAGEMAP_COUNTERS_OFFSET;

    /** Far more threads than processors: a preempted reader holds a grace period up, and no more than that. */
    @ParameterizedTest
    @EnumSource
    void shouldEndEveryGracePeriodWithAllAreasInUse(final WordsKind kind) throws Exception {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = new CpuSlots(device.words(), device.geometry().perCpuOffset());
            final Epochs epochs = Epochs.cheapest(device.words(), cpus);
            final AtomicBoolean done = new AtomicBoolean();
            final AtomicLong added = new AtomicLong();
            final CountDownLatch attached = new CountDownLatch(CpuSlotDescriptor.SLOTS);
            final Race.Body[] bodies = new Race.Body[CpuSlotDescriptor.SLOTS + 1];
            for (int i = 0; i < CpuSlotDescriptor.SLOTS; i++) {
                bodies[i] = () -> {
                    final CpuSlot cpu = cpus.attach();
                    attached.countDown();
                    while (!done.get()) {
                        epochs.enter(cpu);
                        cpu.add(COUNTER, 1);
                        epochs.exit(cpu);
                        added.incrementAndGet();
                        Thread.yield();
                    }
                    cpus.detach(cpu);
                };
            }
            bodies[CpuSlotDescriptor.SLOTS] = () -> {
                attached.await();
                final long deadline = Race.deadline();
                do {
                    epochs.synchronize();
                } while (!Race.isOver(deadline));
                done.set(true);
            };

            Race.run(bodies);

            assertEquals(added.get(), cpus.sum(COUNTER));
            assertEquals(0, cpus.attached());
        }
    }

    /** What was unpublished before a grace period is in nobody's hands after it, dead owners or not. */
    @ParameterizedTest
    @EnumSource
    void shouldKeepGracePeriodsWhileThreadsDieInSections(final WordsKind kind) throws Exception {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final Words words = device.words();
            final CpuSlots cpus = new CpuSlots(words, device.geometry().perCpuOffset());
            final Epochs epochs = Epochs.cheapest(words, cpus);
            final long gate = device.geometry().dataOffset();
            final AtomicLong added = new AtomicLong();
            final AtomicBoolean done = new AtomicBoolean();
            final long deadline = Race.deadline();
            final Race.Body parent = () -> {
                while (!done.get()) {
                    final List<Thread> children = new ArrayList<>();
                    for (int i = 0; i < 8; i++) {
                        final boolean dies = i % 2 == 0;
                        children.add(Thread.ofPlatform().daemon().start(() -> live(cpus, epochs, words, gate, added,
                            dies)));
                    }
                    children.forEach(Race::awaitEnd);
                }
            };

            Race.run(parent, parent, () -> {
                while (!Race.isOver(deadline)) {
                    words.getAndAddInt(gate, 1);
                    epochs.synchronize();
                    final long sum = cpus.sum(COUNTER);
                    Thread.sleep(0, 1000);
                    assertEquals(sum, cpus.sum(COUNTER), "somebody added after the grace period");
                    words.getAndAddInt(gate, -1);
                }
                done.set(true);
            });

            assertEquals(added.get(), cpus.sum(COUNTER), "two writers of one area");
            assertEquals(0, cpus.attached(), "what the dead left is given back");
            epochs.synchronize();
        }
    }

    private static void live(final CpuSlots cpus, final Epochs epochs, final Words words, final long gate,
                             final AtomicLong added, final boolean dies) {
        final CpuSlot cpu = cpus.attach();
        for (int i = 0; i < 50; i++) {
            epochs.enter(cpu);
            if (words.getIntAcquire(gate) == 0) {
                cpu.add(COUNTER, 1);
                added.incrementAndGet();
            }
            if (i < 49 || !dies) {
                epochs.exit(cpu);
            }
        }
        if (!dies) {
            cpus.detach(cpu);
        }
    }
}
