/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.pagemap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.ActingWords;
import org.daxref.memory.CountingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** kernel.md A.5, scenarios S33, S34, S36. */
class PercpuRefTest {
    private static final long COUNTER = CpuSlotDescriptor.PAGEMAP_COUNTERS_OFFSET + 8;

    /** One reference with two CPUs and a list of releases. */
    private static final class Fixture implements AutoCloseable {
        private final TestDevice device;
        private final CpuSlots cpus;
        private final Epochs epochs;
        private final CpuSlot first;
        private final CpuSlot second;
        private final PercpuRef refs;
        private final long ref;
        private final List<Long> released = new ArrayList<>();

        Fixture(final WordsKind kind) {
            this(kind, UnaryOperator.identity());
        }

        Fixture(final WordsKind kind, final UnaryOperator<Words> wrap) {
            device = TestDevice.open(kind, 1, wrap);
            cpus = new CpuSlots(device.words(), device.geometry().perCpuOffset());
            epochs = Epochs.cheapest(device.words(), cpus);
            first = cpus.attach();
            second = cpus.attach();
            refs = new PercpuRef(device.words(), cpus, epochs, released::add);
            ref = device.geometry().pagemapOffset() + PagemapAreaDescriptor.PAGEMAPS_OFFSET
                + PagemapAreaDescriptor.PAGEMAP_BYTES;
            refs.initialise(ref, COUNTER);
        }

        boolean tryGet(final CpuSlot cpu) {
            epochs.enter(cpu);
            final boolean taken = refs.tryGetLive(cpu, ref);
            epochs.exit(cpu);
            return taken;
        }

        void put(final CpuSlot cpu) {
            epochs.enter(cpu);
            refs.put(cpu, ref);
            epochs.exit(cpu);
        }

        long countOf(final CpuSlot cpu) {
            return device.words().getLongVolatile(cpu.areaOffset() + COUNTER);
        }

        @Override
        public void close() {
            device.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldStartWithOneReference(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            assertEquals(1, fixture.refs.count(fixture.ref));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldForgetWhatAnEarlierUserOfTheWordCounted(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.first.add(COUNTER, 99);
            fixture.second.add(COUNTER, -3);
            fixture.cpus.detach(fixture.second);

            fixture.refs.initialise(fixture.ref, COUNTER);

            assertEquals(1, fixture.refs.count(fixture.ref));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCountOnTheOwnCpuWhatAnotherMayPut(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            assertTrue(fixture.tryGet(fixture.first));
            assertTrue(fixture.tryGet(fixture.first));
            assertEquals(3, fixture.refs.count(fixture.ref));

            fixture.put(fixture.second);
            fixture.put(fixture.second);

            assertEquals(2, fixture.countOf(fixture.first));
            assertEquals(-2, fixture.countOf(fixture.second), "one word alone means nothing");
            assertEquals(1, fixture.refs.count(fixture.ref));
            assertEquals(List.of(), fixture.released);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldTakeNoLockedOperationWhileAlive(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind, CountingWords::new)) {
            final CountingWords words = (CountingWords) fixture.device.words();
            words.reset(offset -> true);

            assertTrue(fixture.tryGet(fixture.first));
            fixture.put(fixture.first);
            fixture.refs.getMany(fixture.first, fixture.ref, 5);
            fixture.refs.putMany(fixture.first, fixture.ref, 5);

            assertEquals(0, words.rmws());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldReleaseOnceWhenKilledIdle(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.refs.kill(fixture.ref);
            assertEquals(List.of(), fixture.released, "not before the grace period");

            fixture.refs.completeSwitch(fixture.ref);

            assertEquals(List.of(fixture.ref), fixture.released);
            assertEquals(0, fixture.refs.count(fixture.ref));
            assertFalse(fixture.tryGet(fixture.first), "I6: never after the release");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldReleaseAtTheLastPutAfterTheSwitch(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.refs.getMany(fixture.first, fixture.ref, 5);
            assertTrue(fixture.tryGet(fixture.second));
            fixture.refs.kill(fixture.ref);
            fixture.refs.completeSwitch(fixture.ref);
            assertEquals(6, fixture.refs.count(fixture.ref));

            fixture.refs.putMany(fixture.second, fixture.ref, 4);
            fixture.put(fixture.first);
            assertEquals(List.of(), fixture.released);
            assertEquals(1, fixture.refs.count(fixture.ref));

            fixture.put(fixture.first);
            assertEquals(List.of(fixture.ref), fixture.released);
            assertEquals(0, fixture.refs.count(fixture.ref));
        }
    }

    /** In atomic mode more may be put than was got there: the gets are still in the per-CPU words. */
    @ParameterizedTest
    @EnumSource
    void shouldNotSeeZeroBetweenKillAndSwitch(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.refs.getMany(fixture.first, fixture.ref, 10);
            fixture.refs.kill(fixture.ref);

            fixture.refs.putMany(fixture.second, fixture.ref, 9);
            fixture.refs.getMany(fixture.second, fixture.ref, 1);
            fixture.put(fixture.second);

            assertEquals(List.of(), fixture.released);
            fixture.refs.completeSwitch(fixture.ref);
            assertEquals(List.of(), fixture.released);
            assertEquals(1, fixture.refs.count(fixture.ref));
            fixture.put(fixture.second);
            assertEquals(List.of(fixture.ref), fixture.released);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldLetNobodyInOnceTheKillWasSeen(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            assertTrue(fixture.tryGet(fixture.first));
            fixture.refs.kill(fixture.ref);

            assertFalse(fixture.tryGet(fixture.first));
            assertFalse(fixture.tryGet(fixture.second));
            fixture.epochs.enter(fixture.first);
            fixture.refs.getMany(fixture.first, fixture.ref, 1);
            fixture.epochs.exit(fixture.first);
            fixture.put(fixture.first);
        }
    }

    /** S33: who read the mode before the kill may still get a reference, and the switch counts it. */
    @ParameterizedTest
    @EnumSource
    void shouldCountAGetThatOvertookTheKill(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind, ActingWords::new)) {
            final ActingWords words = (ActingWords) fixture.device.words();
            words.afterNext(Op.READ, fixture.ref + PagemapAreaDescriptor.REF_MODE_OFFSET, () -> {
                fixture.refs.kill(fixture.ref);
            });

            assertTrue(fixture.tryGet(fixture.first), "kill() has returned, the grace period has not");
            fixture.refs.completeSwitch(fixture.ref);

            assertEquals(List.of(), fixture.released);
            assertEquals(1, fixture.refs.count(fixture.ref));
            assertFalse(fixture.tryGet(fixture.second), "never after the switch");
            fixture.put(fixture.second);
            assertEquals(List.of(fixture.ref), fixture.released);
        }
    }

    /** S33: the switch waits for a user that is inside. */
    @ParameterizedTest
    @EnumSource
    void shouldWaitForAUserThatIsInside(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.epochs.enter(fixture.first);
            fixture.refs.kill(fixture.ref);
            final Thread killer = Thread.ofPlatform().daemon().start(() -> fixture.refs.completeSwitch(fixture.ref));
            Race.awaitParked(killer);
            assertEquals(List.of(), fixture.released);

            fixture.epochs.exit(fixture.first);
            killer.join();

            assertEquals(List.of(fixture.ref), fixture.released);
        }
    }

    /** S34: a reference that nobody puts. */
    @ParameterizedTest
    @EnumSource
    void shouldNotReleaseWhileAReferenceIsLeaked(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            assertTrue(fixture.tryGet(fixture.first));

            fixture.refs.kill(fixture.ref);
            fixture.refs.completeSwitch(fixture.ref);

            assertEquals(List.of(), fixture.released);
            assertEquals(1, fixture.refs.count(fixture.ref));
        }
    }

    /** S34: a put too many is noticed at the switch. */
    @ParameterizedTest
    @EnumSource
    void shouldReportAPutTooManyAtTheSwitch(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.put(fixture.first);
            fixture.refs.kill(fixture.ref);

            final IllegalStateException e =
                assertThrows(IllegalStateException.class, () -> fixture.refs.completeSwitch(fixture.ref));

            assertEquals("percpu ref <= 0 after switching to atomic: ref=" + fixture.ref + ", count=0",
                e.getMessage());
            assertEquals(List.of(), fixture.released);
        }
    }

    /** S36. */
    @ParameterizedTest
    @EnumSource
    void shouldRefuseASecondKill(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.refs.kill(fixture.ref);

            final IllegalStateException e =
                assertThrows(IllegalStateException.class, () -> fixture.refs.kill(fixture.ref));

            assertEquals("percpu_ref was killed before: ref=" + fixture.ref, e.getMessage());
            fixture.refs.completeSwitch(fixture.ref);
            assertEquals(List.of(fixture.ref), fixture.released, "the initial reference was dropped once");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotSwitchWhatLives(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            assertEquals("percpu_ref was not killed: ref=" + fixture.ref,
                assertThrows(IllegalStateException.class, () -> fixture.refs.completeSwitch(fixture.ref))
                    .getMessage());

            assertTrue(fixture.tryGet(fixture.first));
            assertEquals(2, fixture.refs.count(fixture.ref));
        }
    }

    /** Who drains again after a failure must not count the per-CPU words twice. */
    @ParameterizedTest
    @EnumSource
    void shouldSwitchOnceHoweverOftenItIsAsked(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            assertTrue(fixture.tryGet(fixture.first));
            fixture.refs.kill(fixture.ref);
            fixture.refs.completeSwitch(fixture.ref);
            fixture.refs.completeSwitch(fixture.ref);
            assertEquals(1, fixture.refs.count(fixture.ref));

            fixture.put(fixture.second);
            fixture.refs.completeSwitch(fixture.ref);

            assertEquals(List.of(fixture.ref), fixture.released);
        }
    }

    /** Users come and go on two CPUs, one putting what the other got, while the reference is killed. */
    @ParameterizedTest
    @EnumSource
    void shouldReleaseExactlyOnceAndOnlyWhenNobodyHoldsIt(final WordsKind kind) throws Exception {
        final long deadline = Race.deadline();
        int rounds = 0;
        while (rounds < 5 || !Race.isOver(deadline)) {
            killUnderUsers(kind);
            rounds++;
        }
    }

    private static void killUnderUsers(final WordsKind kind) throws Exception {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = new CpuSlots(device.words(), device.geometry().perCpuOffset());
            final Epochs epochs = Epochs.cheapest(device.words(), cpus);
            final AtomicLong held = new AtomicLong();
            final AtomicInteger released = new AtomicInteger();
            final AtomicBoolean early = new AtomicBoolean();
            final PercpuRef refs = new PercpuRef(device.words(), cpus, epochs, offset -> {
                released.incrementAndGet();
                early.compareAndSet(false, held.get() != 0);
            });
            final long ref = device.geometry().pagemapOffset() + PagemapAreaDescriptor.PAGEMAPS_OFFSET;
            refs.initialise(ref, COUNTER);
            final CountDownLatch warm = new CountDownLatch(2);
            final Race.Body user = () -> {
                final CpuSlot cpu = cpus.attach();
                boolean alive = true;
                for (int i = 0; alive; i++) {
                    epochs.enter(cpu);
                    alive = refs.tryGetLive(cpu, ref);
                    epochs.exit(cpu);
                    if (alive) {
                        held.incrementAndGet();
                        held.decrementAndGet();
                        epochs.enter(cpu);
                        refs.put(cpu, ref);
                        epochs.exit(cpu);
                    }
                    if (i == 1000) {
                        warm.countDown();
                    }
                }
            };
            Race.run(user, user, () -> {
                warm.await();
                refs.kill(ref);
                refs.completeSwitch(ref);
            });
            assertEquals(1, released.get());
            assertEquals(0, refs.count(ref));
            assertFalse(early.get(), "released while a reference was held");
        }
    }
}
