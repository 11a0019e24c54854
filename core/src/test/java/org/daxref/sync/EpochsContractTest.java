/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.CountingWords;
import org.daxref.memory.FailingWords;
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

    private static String refusal(final Runnable body) {
        return assertThrows(IllegalStateException.class, body::run).getMessage();
    }

    private static String me() {
        return ", thread=" + Thread.currentThread().getName();
    }

    /** A second enter would make the sequence even, and for good. */
    @ParameterizedTest
    @EnumSource
    void shouldRefuseToEnterTwiceAndToLeaveTwice(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(device.words(), cpus);
            final CpuSlot cpu = cpus.attach();
            epochs.enter(cpu);

            assertEquals("the CPU is inside a read section: index=0" + me(), refusal(() -> epochs.enter(cpu)));
            assertEquals(1, device.words().getLongVolatile(cpu.epochOffset()));
            assertTrue(cpu.isInside());
            epochs.exit(cpu);

            assertEquals("the CPU is outside any read section: index=0" + me(), refusal(() -> epochs.exit(cpu)));
            assertEquals(2, device.words().getLongVolatile(cpu.epochOffset()));
            assertFalse(cpu.isInside());
        }
    }

    /** It would wait for itself, and every other grace period for it. */
    @ParameterizedTest
    @EnumSource
    void shouldRefuseAGracePeriodInsideASection(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(device.words(), cpus);
            cpus.attach();
            final CpuSlot cpu = cpus.attach();
            epochs.enter(cpu);

            assertEquals("waiting for a grace period inside a read section: cpu=1" + me(),
                refusal(epochs::synchronize));

            epochs.exit(cpu);
            epochs.synchronize();
        }
    }

    /** An adopted CPU's section is its new owner's. */
    @ParameterizedTest
    @EnumSource
    void shouldAskOnlyForTheSectionsOfTheCallingThread(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(device.words(), cpus);
            final CpuSlot cpu = cpus.attach();
            final CountDownLatch entered = new CountDownLatch(1);
            final CountDownLatch leave = new CountDownLatch(1);
            final AtomicReference<String> refused = new AtomicReference<>();
            final Thread other = Thread.ofPlatform().daemon().name("other").start(() -> {
                cpus.adopt(cpu);
                epochs.enter(cpu);
                refused.set(refusal(epochs::synchronize));
                entered.countDown();
                try {
                    leave.await();
                } catch (final InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                epochs.exit(cpu);
            });
            entered.await();

            CpuSlots.requireOutside("");
            leave.countDown();
            epochs.synchronize();

            Race.awaitEnd(other);
            assertEquals("waiting for a grace period inside a read section: cpu=0, thread=other", refused.get());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldEndAfterADeadOwnersSection(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(device.words(), cpus);
            Race.awaitEnd(Thread.ofPlatform().daemon().start(() -> epochs.enter(cpus.attach())));

            assertEnds(synchronizing(epochs));

            assertEquals(2, device.words().getLongVolatile(cpus.areaOffset(0) + CpuSlotDescriptor.EPOCH_OFFSET));
            assertEquals(0, cpus.reclaim(), "the grace period has done it");
        }
    }

    /** A pending interrupt ends every park at once. */
    @ParameterizedTest
    @EnumSource
    void shouldNotSpinWhenInterrupted(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1, CountingWords::new)) {
            final CountingWords words = (CountingWords) device.words();
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(words, cpus);
            final CpuSlot cpu = cpus.attach();
            final AtomicBoolean pending = new AtomicBoolean();
            final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            epochs.enter(cpu);
            final Thread updater = Thread.ofPlatform().daemon().start(() -> {
                Thread.currentThread().interrupt();
                epochs.synchronize();
                pending.set(Thread.currentThread().isInterrupted());
            });
            Race.awaitParked(updater);
            words.reset(offset -> offset == cpu.epochOffset());
            final long begun = System.nanoTime();
            final long cpuNs = threads.getThreadCpuTime(updater.threadId());

            assertFalse(updater.join(Duration.ofMillis(200)));

            final long usedNs = threads.getThreadCpuTime(updater.threadId()) - cpuNs;
            final long elapsedNs = System.nanoTime() - begun;
            final long reads = words.reads();
            epochs.exit(cpu);
            assertEnds(updater);
            assertTrue(reads <= elapsedNs / 20_000 + 100, "reads=" + reads + ", ns=" + elapsedNs);
            assertTrue(usedNs < elapsedNs / 2, "cpuNs=" + usedNs + ", ns=" + elapsedNs);
            assertTrue(pending.get(), "the interrupt stays pending");
        }
    }

    /** Whatever access of a section fails, it is closed afterwards and the next one protects. */
    @ParameterizedTest
    @EnumSource
    void shouldLeaveNoSectionOpenWhenTheMemoryFails(final WordsKind kind) throws InterruptedException {
        try (TestDevice device = TestDevice.open(kind, 1, FailingWords::new)) {
            final FailingWords words = (FailingWords) device.words();
            final CpuSlots cpus = slots(device);
            final Epochs epochs = create(words, cpus);
            final CpuSlot cpu = cpus.attach();
            for (int way = 0; way < 4; way++) {
                final int access = 1 + way % 2;
                if (way < 2) {
                    words.failInsteadOf(access);
                } else {
                    words.failAfter(access);
                }
                if (access == 1) {
                    assertThrows(InternalError.class, () -> epochs.enter(cpu));
                } else {
                    epochs.enter(cpu);
                    epochs.exit(cpu);
                    assertTrue(words.hasFailed());
                }
                assertFalse(cpu.isInside());
                assertEquals(0, words.getLongVolatile(cpu.epochOffset()) & 1);
                assertEnds(synchronizing(epochs));
                epochs.enter(cpu);
                assertEquals(1, words.getLongVolatile(cpu.epochOffset()) & 1);
                epochs.exit(cpu);
            }
        }
    }
}
