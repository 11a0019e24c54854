/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.junit.jupiter.api.Test;

class FencedEpochsTest extends EpochsContractTest {
    @Override
    Epochs create(final Words words, final CpuSlots cpus) {
        return new FencedEpochs(words, cpus);
    }

    /** As RCU's stall detector does; once, and then it waits on. */
    @Test
    void shouldSayWhomItWaitsFor() throws InterruptedException {
        try (TestDevice device = TestDevice.open(WordsKind.SEGMENT, 1);
             Warnings warnings = Warnings.of(Epochs.class)) {
            final CpuSlots cpus = new CpuSlots(device.words(), device.geometry().perCpuOffset());
            final Epochs epochs = new FencedEpochs(device.words(), cpus, TimeUnit.MILLISECONDS.toNanos(20));
            final PercpuRwLock lock = new PercpuRwLock(device.words(), epochs,
                new WaitTable(device.words(), device.geometry().waitTableOffset()), device.geometry().dataOffset());
            final CountDownLatch leaveSection = new CountDownLatch(1);
            final CountDownLatch leaveLock = new CountDownLatch(1);
            final CountDownLatch inside = new CountDownLatch(1);
            cpus.attach();
            final Thread stalled = Thread.ofPlatform().daemon().name("stalled").start(() -> {
                final CpuSlot cpu = cpus.attach();
                lock.lockShared(cpu);
                epochs.enter(cpu);
                inside.countDown();
                await(leaveSection);
                epochs.exit(cpu);
                await(leaveLock);
                lock.unlockShared(cpu);
            });
            inside.await();
            final Thread updater = Thread.ofPlatform().daemon().start(epochs::synchronize);
            Race.awaitTrue(() -> !warnings.messages().isEmpty());

            assertFalse(updater.join(Duration.ofMillis(60)), "it waits on");
            assertEquals(1, warnings.messages().size(), "once");
            assertSays(warnings.messages().getFirst(), "waiting for a CPU that is inside a read section: cpu=1, ms=20");
            leaveSection.countDown();
            Race.awaitEnd(updater);
            final Thread owner = Thread.ofPlatform().daemon().start(lock::lock);
            Race.awaitTrue(() -> warnings.messages().size() == 2);
            assertSays(warnings.messages().getLast(), "waiting for a CPU that shares a lock: cpu=1, ms=20");
            leaveLock.countDown();
            Race.awaitEnd(owner);
            Race.awaitEnd(stalled);
        }
    }

    private static void assertSays(final String message, final String what) {
        final List<String> lines = message.lines().toList();
        assertEquals(what + ", thread=stalled, state=WAITING", lines.getFirst());
        assertEquals(9, lines.size(), "eight frames");
        assertTrue(lines.get(1).startsWith("\tat ") && message.contains("CountDownLatch.await"), message);
    }

    /** An area that nobody is known to own: another process of the heap's view. */
    @Test
    void shouldSayWhichCpuItWaitsForWhenTheOwnerIsUnknown() {
        try (TestDevice device = TestDevice.open(WordsKind.SEGMENT, 1);
             Warnings warnings = Warnings.of(Epochs.class)) {
            final CpuSlots cpus = new CpuSlots(device.words(), device.geometry().perCpuOffset());
            final CpuSlots others = new CpuSlots(device.words(), device.geometry().perCpuOffset());
            final Epochs epochs = new FencedEpochs(device.words(), cpus, 0);
            final CpuSlot cpu = others.attach();
            epochs.enter(cpu);
            final Thread updater = Thread.ofPlatform().daemon().start(epochs::synchronize);

            Race.awaitTrue(() -> !warnings.messages().isEmpty());

            assertEquals(List.of("waiting for a CPU that is inside a read section: cpu=0, ms=0"),
                warnings.messages());
            epochs.exit(cpu);
            Race.awaitEnd(updater);
        }
    }

    private static void await(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
