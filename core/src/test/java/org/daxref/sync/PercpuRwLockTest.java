/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.ActingWords;
import org.daxref.memory.CountingWords;
import org.daxref.memory.FailingWords;
import org.daxref.memory.ForwardingWords;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The lock that faults share and a truncate owns, {@code percpu_rw_semaphore} for {@code invalidate_lock}. */
class PercpuRwLockTest {

    /** A lock on a device, with the test as a CPU. */
    private static final class Fixture implements AutoCloseable {
        private final TestDevice device;
        private final CpuSlots cpus;
        private final CpuSlot cpu;
        private final WaitTable waits;
        private final Epochs epochs;
        private final PercpuRwLock lock;

        Fixture(final WordsKind kind) {
            this(kind, UnaryOperator.identity());
        }

        Fixture(final WordsKind kind, final UnaryOperator<Words> wrap) {
            device = TestDevice.open(kind, 1, wrap);
            cpus = new CpuSlots(device.words(), device.geometry().perCpuOffset());
            cpu = cpus.attach();
            waits = new WaitTable(device.words(), device.geometry().waitTableOffset());
            epochs = Epochs.cheapest(device.words(), cpus);
            lock = new PercpuRwLock(device.words(), epochs, waits, device.geometry().dataOffset());
        }

        boolean isOwned() {
            return device.words().getIntVolatile(device.geometry().dataOffset()) != 0;
        }

        PercpuRwLock lockAt(final long distance) {
            return new PercpuRwLock(device.words(), epochs, waits, device.geometry().dataOffset() + distance);
        }

        long place() {
            return device.geometry().dataOffset() - device.words().origin();
        }

        @Override
        public void close() {
            device.close();
        }
    }

    /** A thread that shares the lock once; what it found when it was in. */
    private static final class Sharer {
        private final AtomicBoolean inside = new AtomicBoolean();
        private final AtomicBoolean interrupted = new AtomicBoolean();
        private final Thread thread;

        Sharer(final Fixture fixture) {
            thread = Thread.ofPlatform().daemon().start(() -> {
                final CpuSlot own = fixture.cpus.attach();
                fixture.lock.lockShared(own);
                inside.set(true);
                interrupted.set(Thread.currentThread().isInterrupted());
                fixture.lock.unlockShared(own);
                fixture.cpus.detach(own);
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldLetSharersInBesideEachOther(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.lock.lockShared(fixture.cpu);

            final Sharer sharer = new Sharer(fixture);

            Race.awaitEnd(sharer.thread);
            assertTrue(sharer.inside.get());
            assertTrue(fixture.cpu.isSharing());
            assertFalse(fixture.cpu.isInside());
            fixture.lock.unlockShared(fixture.cpu);
            assertFalse(fixture.cpu.isSharing());
        }
    }

    /** Sharers sleep while there is an owner, uninterruptibly, and all are woken when it has done. */
    @ParameterizedTest
    @EnumSource
    void shouldKeepSharersOutUninterruptiblyWhileItIsOwned(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.lock.lock();
            final Sharer first = new Sharer(fixture);
            final Sharer second = new Sharer(fixture);
            try {
                Race.awaitParked(first.thread);
                Race.awaitParked(second.thread);

                first.thread.interrupt();

                assertFalse(first.thread.join(Duration.ofMillis(20)));
                assertFalse(first.inside.get());
                assertFalse(second.inside.get());
                assertEquals(0, fixture.waits.overdueWaiters());
            } finally {
                fixture.lock.unlock();
                Race.awaitEnd(first.thread);
                Race.awaitEnd(second.thread);
            }
            assertTrue(first.inside.get());
            assertTrue(second.inside.get());
            assertTrue(first.interrupted.get(), "the interrupt stays pending");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldOwnOnlyWhenTheSharersAreOut(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            final AtomicBoolean owned = new AtomicBoolean();
            fixture.lock.lockShared(fixture.cpu);
            final Thread owner = Thread.ofPlatform().daemon().start(() -> {
                fixture.lock.lock();
                owned.set(true);
                fixture.lock.unlock();
            });
            try {
                assertFalse(owner.join(Duration.ofMillis(30)), "a fault is still inside");
                assertFalse(owned.get());
                owner.interrupt();
                assertFalse(owner.join(Duration.ofMillis(20)), "uninterruptible");
            } finally {
                fixture.lock.unlockShared(fixture.cpu);
                Race.awaitEnd(owner);
            }
            assertTrue(owned.get());
        }
    }

    /** A new sharer stays out while the owner still waits for those who are in: a stream of faults cannot starve it. */
    @ParameterizedTest
    @EnumSource
    void shouldKeepNewSharersOutWhileTheOwnerWaitsForOldOnes(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            final CountDownLatch leave = new CountDownLatch(1);
            fixture.lock.lockShared(fixture.cpu);
            final Thread owner = Thread.ofPlatform().daemon().start(() -> {
                fixture.lock.lock();
                try {
                    leave.await();
                } catch (final InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                fixture.lock.unlock();
            });
            Race.awaitTrue(() -> fixture.device.words().getIntVolatile(fixture.device.geometry().dataOffset()) != 0);
            final Sharer late = new Sharer(fixture);
            try {
                Race.awaitParked(late.thread);
                fixture.lock.unlockShared(fixture.cpu);
                assertFalse(late.thread.join(Duration.ofMillis(20)), "the owner is in now");
                assertFalse(late.inside.get());
            } finally {
                leave.countDown();
                Race.awaitEnd(owner);
                Race.awaitEnd(late.thread);
            }
            assertTrue(late.inside.get());
        }
    }

    /** What it is for: a fault pays no locked operation. */
    @ParameterizedTest
    @EnumSource
    void shouldCostASharerNoLockedOperation(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind, CountingWords::new)) {
            final CountingWords words = (CountingWords) fixture.device.words();
            words.reset(offset -> true);

            fixture.lock.lockShared(fixture.cpu);
            fixture.lock.unlockShared(fixture.cpu);

            assertEquals(0, words.rmws());
        }
    }

    /** Two words that owners change one after the other: nobody who shares may see them differ. */
    @ParameterizedTest
    @EnumSource
    void shouldShowSharersNothingHalfDone(final WordsKind kind) throws Exception {
        try (Fixture fixture = new Fixture(kind)) {
            final Words words = fixture.device.words();
            final long first = fixture.device.geometry().dataOffset() + 256;
            final long second = first + 256;
            final long deadline = Race.deadline();
            final AtomicLong owned = new AtomicLong();
            final AtomicLong shared = new AtomicLong();
            final Race.Body sharer = () -> {
                final CpuSlot own = fixture.cpus.attach();
                while (!Race.isOver(deadline)) {
                    fixture.lock.lockShared(own);
                    assertEquals(words.getLongOpaque(first), words.getLongOpaque(second));
                    fixture.lock.unlockShared(own);
                    shared.incrementAndGet();
                }
                fixture.cpus.detach(own);
            };
            final Race.Body owner = () -> {
                while (!Race.isOver(deadline)) {
                    fixture.lock.lock();
                    words.putLongOpaque(first, words.getLongOpaque(first) + 1);
                    words.putLongOpaque(second, words.getLongOpaque(second) + 1);
                    fixture.lock.unlock();
                    owned.incrementAndGet();
                }
            };
            Race.run(sharer, sharer, owner, owner);

            assertEquals(owned.get(), words.getLongVolatile(first), "two owners at a time");
            assertTrue(owned.get() > 0 && shared.get() > 0, "owned=" + owned + ", shared=" + shared);
            assertEquals(0, fixture.waits.overdueWaiters());
        }
    }

    /** A fault that copies a page on write sleeps for the data lock and gathers: finding of a fault that hung. */
    @ParameterizedTest
    @EnumSource
    void shouldLetASharerWaitForAGracePeriodWhileAnotherOwns(final WordsKind kind) throws Exception {
        try (Fixture fixture = new Fixture(kind)) {
            final CountDownLatch shared = new CountDownLatch(2);
            final Mutex data = new Mutex(fixture.device.words(), fixture.waits,
                fixture.device.geometry().dataOffset() + 4);
            final Race.Body fault = () -> {
                final CpuSlot own = fixture.cpus.attach();
                fixture.lock.lockShared(own);
                shared.countDown();
                shared.await();
                Race.awaitTrue(fixture::isOwned);
                data.lock();
                fixture.epochs.synchronize();
                data.unlock();
                fixture.lock.unlockShared(own);
                fixture.cpus.detach(own);
            };
            Race.run(fault, fault, () -> {
                shared.await();
                fixture.lock.lock();
                fixture.epochs.synchronize();
                fixture.lock.unlock();
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotWaitForSharersOfAnotherLock(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final PercpuRwLock other = fixture.lockAt(8);
            fixture.lock.lockShared(fixture.cpu);

            Race.awaitEnd(Thread.ofPlatform().daemon().start(() -> {
                other.lock();
                other.unlock();
            }));

            fixture.lock.unlockShared(fixture.cpu);
        }
    }

    /** The sequence tells one sharing from the next: who came back to wait for the owner is not waited for. */
    @ParameterizedTest
    @EnumSource
    void shouldNameEverySharingAnew(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long word = fixture.cpu.areaOffset() + CpuSlotDescriptor.SHARED_LOCK_OFFSET;
            final long place = fixture.device.geometry().dataOffset() - fixture.device.words().origin();
            fixture.lock.lockShared(fixture.cpu);
            assertEquals(1L << 44 | place, fixture.device.words().getLongVolatile(word));
            fixture.lock.unlockShared(fixture.cpu);
            assertEquals(1L << 44, fixture.device.words().getLongVolatile(word));
            fixture.cpus.detach(fixture.cpu);
            final CpuSlot next = fixture.cpus.attach();

            fixture.lock.lockShared(next);

            assertEquals(2L << 44 | place, fixture.device.words().getLongVolatile(word));
            fixture.lock.unlockShared(next);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldWaitForSharersOfAnyLock(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            final CpuSlot other = fixture.cpus.attach();
            fixture.lock.lockShared(fixture.cpu);
            fixture.lockAt(8).lockShared(other);
            final Thread killer = Thread.ofPlatform().daemon().start(() ->
                PercpuRwLock.awaitSharers(fixture.device.words(), fixture.epochs));

            assertFalse(killer.join(Duration.ofMillis(20)));
            fixture.lock.unlockShared(fixture.cpu);
            assertFalse(killer.join(Duration.ofMillis(20)));
            fixture.lock.unlockShared(other);

            Race.awaitEnd(killer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseToShareTwiceOrInsideAReadSection(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.lock.lockShared(fixture.cpu);
            assertEquals("the CPU shares a lock: index=0, thread=" + Thread.currentThread().getName(),
                refusal(() -> fixture.lockAt(8).lockShared(fixture.cpu)));
            assertTrue(fixture.cpu.isSharing());
            fixture.lock.unlockShared(fixture.cpu);
            fixture.epochs.enter(fixture.cpu);
            assertEquals("the CPU is inside a read section: index=0, thread=" + Thread.currentThread().getName(),
                refusal(() -> fixture.lock.lockShared(fixture.cpu)));
            assertFalse(fixture.cpu.isSharing());
            fixture.epochs.exit(fixture.cpu);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseToFreeWhatTheThreadHasNotTaken(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final String refusal = "the lock is not this thread's: place=" + fixture.place();
            assertEquals(refusal, refusal(fixture.lock::unlock));
            fixture.lock.lock();
            Race.awaitEnd(Thread.ofPlatform().daemon().start(() -> assertEquals(refusal,
                refusal(fixture.lock::unlock))));
            assertTrue(fixture.isOwned());
            fixture.lock.unlock();
            assertFalse(fixture.isOwned());
            assertEquals(refusal, refusal(fixture.lock::unlock));
            assertFalse(fixture.isOwned());
        }
    }

    /** Its memory may be another's then: nobody may read what is there, still less change it. */
    @ParameterizedTest
    @EnumSource
    void shouldLetNobodyInAfterItWasRetired(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.lock.retire();
            assertFalse(fixture.isOwned());
            fixture.device.words().putIntRelease(fixture.device.geometry().dataOffset(), 7);
            final String refusal = "the lock is retired: place=" + fixture.place();

            assertEquals(refusal, refusal(() -> fixture.lock.lockShared(fixture.cpu)));
            assertEquals(refusal, refusal(fixture.lock::lock));
            assertEquals(refusal, refusal(fixture.lock::retire));

            assertFalse(fixture.cpu.isSharing());
            assertEquals(7, fixture.device.words().getIntVolatile(fixture.device.geometry().dataOffset()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRetireOnlyWhenSharersAndOwnersAreOutAndSendTheRestAway(final WordsKind kind)
        throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            final AtomicReference<String> sent = new AtomicReference<>();
            fixture.lock.lock();
            final Thread sleeping = Thread.ofPlatform().daemon().start(() -> {
                try {
                    fixture.lock.lockShared(fixture.cpu);
                    fixture.lock.unlockShared(fixture.cpu);
                } catch (final IllegalStateException e) {
                    sent.set(e.getMessage());
                }
            });
            Race.awaitParked(sleeping);
            final Thread retirer = Thread.ofPlatform().daemon().start(fixture.lock::retire);
            assertFalse(retirer.join(Duration.ofMillis(20)), "it is owned");
            fixture.lock.unlock();

            Race.awaitEnd(retirer);
            Race.awaitEnd(sleeping);
            assertEquals(0, fixture.waits.overdueWaiters());
            if (sent.get() != null) {
                assertEquals("the lock is retired: place=" + fixture.place(), sent.get());
            }
            assertFalse(fixture.cpu.isSharing());
        }
    }

    /** The retirer sets its mark between the sharer's look for the mark and its look at the word of the lock. */
    @ParameterizedTest
    @EnumSource
    void shouldRetireOnlyAfterASharerThatLookedBefore(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind, ActingWords::new)) {
            final ActingWords words = (ActingWords) fixture.device.words();
            final AtomicReference<Thread> retirer = new AtomicReference<>();
            words.afterNext(ForwardingWords.Op.READ, fixture.device.geometry().dataOffset(), () -> {
                retirer.set(Thread.ofPlatform().daemon().start(fixture.lock::retire));
                Race.awaitTrue(fixture::isOwned);
            });

            fixture.lock.lockShared(fixture.cpu);

            assertTrue(fixture.cpu.isSharing());
            assertFalse(retirer.get().join(Duration.ofMillis(20)), "it is shared");
            fixture.lock.unlockShared(fixture.cpu);
            Race.awaitEnd(retirer.get());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseAPlaceThatCannotBeNamed(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long origin = fixture.device.words().origin();
            for (final long place : new long[] {0, 1L << 44, -4}) {
                assertEquals("no lock can lie there: place=" + place, assertThrows(IllegalArgumentException.class,
                    () -> new PercpuRwLock(fixture.device.words(), fixture.epochs, fixture.waits, origin + place))
                    .getMessage());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseToOwnOrWaitInsideAReadSection(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final String inside = " inside a read section: cpu=0, thread=" + Thread.currentThread().getName();
            fixture.epochs.enter(fixture.cpu);

            assertEquals("taking a lock" + inside, refusal(fixture.lock::lock));
            assertEquals("taking a lock" + inside, refusal(fixture.lock::retire));
            assertEquals("waiting for those who share a lock" + inside,
                refusal(() -> PercpuRwLock.awaitSharers(fixture.device.words(), fixture.epochs)));

            fixture.epochs.exit(fixture.cpu);
            fixture.lock.lock();
            fixture.lock.unlock();
            fixture.lock.retire();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotWaitForADeadSharer(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            Race.awaitEnd(Thread.ofPlatform().daemon().start(() ->
                fixture.lock.lockShared(fixture.cpus.attach())));

            fixture.lock.lock();

            assertTrue(fixture.isOwned());
            fixture.lock.unlock();
        }
    }

    /** Whatever access fails: nobody shares or owns the lock afterwards, and the next owner and sharer get it. */
    @ParameterizedTest
    @EnumSource
    void shouldHoldNothingWhenTheMemoryFails(final WordsKind kind) {
        for (int operation = 0; operation < 3; operation++) {
            boolean failed = true;
            for (int access = 1; failed; access++) {
                try (Fixture fixture = new Fixture(kind, FailingWords::new)) {
                    final FailingWords words = (FailingWords) fixture.device.words();
                    words.failInsteadOf(access);
                    try {
                        operate(fixture, operation);
                    } catch (final InternalError e) {
                        words.reset();
                    }
                    failed = words.hasFailed();
                    words.reset();
                    assertFalse(fixture.cpu.isSharing(), "operation=" + operation + ", access=" + access);
                    assertFalse(fixture.isOwned(), "operation=" + operation + ", access=" + access);
                    PercpuRwLock.awaitSharers(words, fixture.epochs);
                    if (operation < 2) {
                        fixture.lock.lock();
                        fixture.lock.unlock();
                        fixture.lock.lockShared(fixture.cpu);
                        fixture.lock.unlockShared(fixture.cpu);
                        fixture.lock.retire();
                    }
                }
            }
        }
    }

    private static void operate(final Fixture fixture, final int operation) {
        if (operation == 0) {
            fixture.lock.lock();
            fixture.lock.unlock();
        } else if (operation == 1) {
            fixture.lock.lockShared(fixture.cpu);
            fixture.lock.unlockShared(fixture.cpu);
        } else {
            fixture.lock.retire();
        }
    }

    private static String refusal(final Runnable body) {
        return assertThrows(IllegalStateException.class, body::run).getMessage();
    }
}
