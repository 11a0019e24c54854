/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every form of read sections and grace periods does. */
abstract class EpochsContractTest {
    private static final long COUNTER = CpuSlotDescriptor.PAGEMAP_COUNTERS_OFFSET;

    abstract Epochs create(Words words, CpuSlots cpus);

    private static CpuSlots slots(final TestDevice device) {
        return new CpuSlots(device.words(), device.geometry().perCpuOffset());
    }

    private static Thread synchronizing(final Epochs epochs) {
        return Thread.ofPlatform().daemon().start(epochs::synchronize);
    }

    private static void assertEnds(final Thread thread) throws InterruptedException {
        assertTrue(thread.join(Duration.ofSeconds(120)), "the grace period does not end");
    }

    private static void assertStillWaits(final Thread thread) throws InterruptedException {
        assertFalse(thread.join(Duration.ofMillis(20)), "the grace period ended too early");
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotWaitWhenNobodyIsInside(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(device.words(), cpus);
            final CpuSlot cpu = cpus.attach();
            epochs.enter(cpu);
            epochs.exit(cpu);

            assertEnds(synchronizing(epochs));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldWaitForAnOpenSection(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(device.words(), cpus);
            final CpuSlot cpu = cpus.attach();
            epochs.enter(cpu);

            final Thread updater = synchronizing(epochs);

            assertStillWaits(updater);
            epochs.exit(cpu);
            assertEnds(updater);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldWaitForEveryCpuThatIsInside(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(device.words(), cpus);
            final CpuSlot first = cpus.attach();
            cpus.attach();
            final CpuSlot third = cpus.attach();
            epochs.enter(first);
            epochs.enter(third);

            final Thread updater = synchronizing(epochs);

            epochs.exit(first);
            assertStillWaits(updater);
            epochs.exit(third);
            assertEnds(updater);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotWaitForASectionThatBeganLater(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(device.words(), cpus);
            final CpuSlot late = cpus.attach();
            final CpuSlot early = cpus.attach();
            epochs.enter(early);
            final Thread updater = synchronizing(epochs);
            Race.awaitParked(updater);
            epochs.enter(late);

            epochs.exit(early);

            assertEnds(updater);
            epochs.exit(late);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotWaitForAReaderThatLeftAndEnteredAgain(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(device.words(), cpus);
            final CpuSlot cpu = cpus.attach();
            epochs.enter(cpu);
            final Thread updater = synchronizing(epochs);
            Race.awaitParked(updater);

            epochs.exit(cpu);
            epochs.enter(cpu);

            assertEnds(updater);
            epochs.exit(cpu);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotBeHeldUpByAReaderThatReEntersAllTheTime(final WordsKind kind) throws Exception {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(device.words(), cpus);
            final AtomicBoolean done = new AtomicBoolean();
            final CountDownLatch inside = new CountDownLatch(1);
            Race.run(() -> {
                final CpuSlot cpu = cpus.attach();
                epochs.enter(cpu);
                inside.countDown();
                while (!done.get()) {
                    epochs.exit(cpu);
                    epochs.enter(cpu);
                }
                epochs.exit(cpu);
            }, () -> {
                inside.await();
                for (int i = 0; i < 100; i++) {
                    epochs.synchronize();
                }
                done.set(true);
            });
        }
    }

    /** The next owner of an area goes on where the last one stopped, so that "inside" stays odd. */
    @ParameterizedTest
    @EnumSource
    void shouldWaitForTheNextOwnerOfAnArea(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(device.words(), cpus);
            final CpuSlot before = cpus.attach();
            epochs.enter(before);
            epochs.exit(before);
            cpus.detach(before);
            final CpuSlot cpu = cpus.attach();
            epochs.enter(cpu);
            assertEquals(3, device.words().getLongVolatile(cpu.epochOffset()), "a number that was not there before");

            final Thread updater = synchronizing(epochs);

            assertStillWaits(updater);
            epochs.exit(cpu);
            assertEnds(updater);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldWaitForACpuThatAttachedLast(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(device.words(), cpus);
            CpuSlot last = cpus.attach();
            for (int i = 1; i < CpuSlotDescriptor.SLOTS; i++) {
                last = cpus.attach();
            }
            epochs.enter(last);

            final Thread updater = synchronizing(epochs);

            assertStillWaits(updater);
            epochs.exit(last);
            assertEnds(updater);
        }
    }

    /** What a reader added with opaque order is in the sum after a grace period. */
    @ParameterizedTest
    @EnumSource
    void shouldMakeWhatReadersDidHappenBefore(final WordsKind kind) throws Exception {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Words words = device.words();
            final Epochs epochs = create(words, cpus);
            final long gate = device.geometry().dataOffset();
            final long deadline = Race.deadline();
            final AtomicBoolean done = new AtomicBoolean();
            final CountDownLatch attached = new CountDownLatch(1);
            Race.run(() -> {
                final CpuSlot cpu = cpus.attach();
                attached.countDown();
                while (!done.get()) {
                    epochs.enter(cpu);
                    if (words.getIntAcquire(gate) == 0) {
                        cpu.add(COUNTER, 1);
                    }
                    epochs.exit(cpu);
                }
            }, () -> {
                attached.await();
                while (!Race.isOver(deadline)) {
                    words.putIntRelease(gate, 1);
                    epochs.synchronize();
                    final long sum = cpus.sum(COUNTER);
                    TimeUnit.NANOSECONDS.sleep(1000);
                    assertEquals(sum, cpus.sum(COUNTER), "somebody added after the grace period");
                    words.putIntRelease(gate, 0);
                }
                done.set(true);
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNeverLetAReaderSeeWhatWasFreed(final WordsKind kind) throws Exception {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(device.words(), cpus);

            final long seen = PublicationStress.run(device, cpus, epochs, epochs, Race.stressNs() * 2);

            assertEquals(0, seen, "readers saw freed memory");
        }
    }
}
