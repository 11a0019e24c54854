/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.ActingWords;
import org.daxref.memory.FailingWords;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CpuSlotsTest {
    private static final long COUNTER = CpuSlotDescriptor.PAGEMAP_COUNTERS_OFFSET;

    private static CpuSlots slots(final TestDevice device) {
        return new CpuSlots(device.words(), device.geometry().perCpuOffset());
    }

    private static String refusal(final Runnable body) {
        return assertThrows(IllegalStateException.class, body::run).getMessage();
    }

    @ParameterizedTest
    @EnumSource
    void shouldHandOutTheLowestFreeArea(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final CpuSlot first = cpus.attach();
            final CpuSlot second = cpus.attach();
            cpus.detach(first);

            final CpuSlot third = cpus.attach();

            assertEquals(0, first.index());
            assertEquals(1, second.index());
            assertEquals(0, third.index());
            assertEquals(device.geometry().perCpuOffset() + CpuSlotDescriptor.SLOT_BYTES, second.areaOffset());
            assertEquals(2, cpus.attached());
            assertEquals(2, cpus.limit(), "as few areas as possible are ever looked at");
            assertEquals(CpuSlot.BATCH_PAGES, third.batch().length);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseMoreThreadsThanAreas(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final List<CpuSlot> all = new ArrayList<>();
            for (int i = 0; i < CpuSlotDescriptor.SLOTS; i++) {
                all.add(cpus.attach());
            }

            assertEquals("all CPU areas are taken: attached=256", refusal(cpus::attach));

            assertEquals(CpuSlotDescriptor.SLOTS, cpus.attached(), "the limit lies in the last area and is apart");
            cpus.detach(all.get(77));
            assertEquals(77, cpus.attach().index());
        }
    }

    /** What lies behind the areas is not counted, not cleared, and no CPU that anybody waits for. */
    @ParameterizedTest
    @EnumSource
    void shouldStayInsideItsAreas(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final Words words = device.words();
            final CpuSlots cpus = slots(device);
            final long end = device.geometry().perCpuOffset() + CpuSlotDescriptor.AREA_BYTES;
            for (long offset = end; offset < end + CpuSlotDescriptor.SLOT_BYTES; offset += Long.BYTES) {
                words.putLongRelease(offset, 1);
            }
            for (int i = 0; i < CpuSlotDescriptor.SLOTS; i++) {
                cpus.attach();
            }

            assertEquals(CpuSlotDescriptor.SLOTS, words.getIntVolatile(end - Integer.BYTES), "the limit");
            assertEquals(CpuSlotDescriptor.SLOTS, cpus.attached());
            assertEquals(0, cpus.sum(COUNTER));
            cpus.clear(COUNTER);
            new FencedEpochs(words, cpus).synchronize();

            for (long offset = end; offset < end + CpuSlotDescriptor.SLOT_BYTES; offset += Long.BYTES) {
                assertEquals(1, words.getLongVolatile(offset), "offset=" + (offset - end));
            }
        }
    }

    /** Another thread has taken the area below and notes it in the limit between our look at the limit and our note. */
    @ParameterizedTest
    @EnumSource
    void shouldRaiseTheLimitAgainstAnother(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1, ActingWords::new)) {
            final ActingWords words = (ActingWords) device.words();
            final CpuSlots cpus = slots(device);
            final long limit = device.geometry().perCpuOffset() + CpuSlotDescriptor.AREA_BYTES - Integer.BYTES;
            words.putIntRelease(device.geometry().perCpuOffset() + CpuSlotDescriptor.OWNER_OFFSET, 1);
            words.afterEach((op, offset) -> {
                if (offset == limit) {
                    words.reset();
                    assertEquals(0, words.compareAndExchangeInt(limit, 0, 1));
                }
            });

            assertEquals(1, cpus.attach().index());

            assertEquals(2, cpus.limit());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseToDetachTwice(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final CpuSlot cpu = cpus.attach();
            assertFalse(cpu.isDetached());
            cpus.detach(cpu);
            assertTrue(cpu.isDetached());

            assertEquals("the CPU is not attached: index=0", refusal(() -> cpus.detach(cpu)));
        }
    }

    /** The second detach must not take the area away from the thread that has it now. */
    @ParameterizedTest
    @EnumSource
    void shouldRefuseToDetachTwiceWhenTheAreaHasANewOwner(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final CpuSlot cpu = cpus.attach();
            cpus.detach(cpu);
            cpus.attach();

            assertEquals("the CPU is not attached: index=0", refusal(() -> cpus.detach(cpu)));

            assertEquals(1, cpus.attached());
        }
    }

    /** The next owner would take "inside" for "outside", and no grace period would wait for it. */
    @ParameterizedTest
    @EnumSource
    void shouldRefuseToDetachInsideAReadSection(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = new FencedEpochs(device.words(), cpus);
            final CpuSlot cpu = cpus.attach();
            epochs.enter(cpu);

            assertEquals("the CPU is inside a read section: index=0, thread=" + Thread.currentThread().getName(),
                refusal(() -> cpus.detach(cpu)));

            epochs.exit(cpu);
            cpus.detach(cpu);
        }
    }

    /** S34: nobody could put it any more. */
    @ParameterizedTest
    @EnumSource
    void shouldRefuseToDetachWithADevPagemapHeld(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final CpuSlot cpu = cpus.attach();
            cpu.holdPagemap(4096);

            assertEquals("the CPU holds a dev_pagemap: index=0", refusal(() -> cpus.detach(cpu)));

            cpu.holdPagemap(0);
            cpus.detach(cpu);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldSumOverAllCpusAndKeepWhatADetachedOneCounted(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final CpuSlot first = cpus.attach();
            final CpuSlot second = cpus.attach();
            first.add(COUNTER, 5);
            second.add(COUNTER, -7);
            cpus.detach(first);

            assertEquals(-2, cpus.sum(COUNTER));

            cpus.attach().add(COUNTER, 10);
            assertEquals(8, cpus.sum(COUNTER));
            assertEquals(0, cpus.sum(COUNTER + 8), "the neighbour is left alone");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldWrapWhenAPerCpuWordOverflows(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final CpuSlot first = cpus.attach();
            final CpuSlot second = cpus.attach();
            first.add(COUNTER, Long.MAX_VALUE);
            first.add(COUNTER, 3);
            second.add(COUNTER, Long.MIN_VALUE);

            assertEquals(2, cpus.sum(COUNTER), "only the sum means anything");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldClearOneWordOfAllCpus(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final CpuSlot first = cpus.attach();
            final CpuSlot second = cpus.attach();
            for (final CpuSlot cpu : List.of(first, second)) {
                cpu.add(COUNTER, 1);
                cpu.add(COUNTER + 8, 1);
            }
            cpus.detach(second);

            cpus.clear(COUNTER);

            assertEquals(0, cpus.sum(COUNTER));
            assertEquals(2, cpus.sum(COUNTER + 8));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCountPinsApart(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final CpuSlot cpu = cpus.attach();

            cpu.countPinsAcquired(512);
            cpu.countPinsReleased(511);

            assertEquals(512, cpus.sum(CpuSlotDescriptor.PINS_ACQUIRED_OFFSET));
            assertEquals(511, cpus.sum(CpuSlotDescriptor.PINS_RELEASED_OFFSET));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRememberTheLastCrowdedPageOnly(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlot cpu = slots(device).attach();
            final long page = 4096;
            final long other = 4160;
            cpu.sightOthers(page);
            cpu.sightOthers(page);
            assertEquals(2, cpu.sightings(page));
            assertEquals(0, cpu.sightings(other));

            cpu.sightOthers(other);
            assertEquals(1, cpu.sightings(other));
            assertEquals(0, cpu.sightings(page));

            cpu.sightOthers(page);
            assertEquals(1, cpu.sightings(page), "what was forgotten is not found again");
            cpu.forgetSightings();
            assertEquals(0, cpu.sightings(page));
            cpu.sightOthers(page);
            assertEquals(1, cpu.sightings(page));
        }
    }

    @Test
    void shouldEndThePinSlotsOfACpuBeforeTheNextArea() {
        final int slots = CpuSlotDescriptor.PIN_SLOTS;

        assertEquals(5 * 2048 + 1024, CpuSlotDescriptor.pinSlot(5 * 2048, 0));
        assertEquals(5 * 2048 + 1024 + 63 * 8, CpuSlotDescriptor.pinSlot(5 * 2048, slots - 1));
    }

    @ParameterizedTest
    @EnumSource
    void shouldNeverHandAnAreaToTwoThreads(final WordsKind kind) throws Exception {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final AtomicIntegerArray owners = new AtomicIntegerArray(CpuSlotDescriptor.SLOTS);
            final long[] added = new long[4];
            final Race.Body[] threads = new Race.Body[added.length];
            final long deadline = Race.deadline();
            for (int i = 0; i < threads.length; i++) {
                final int thread = i;
                threads[i] = () -> {
                    while (!Race.isOver(deadline)) {
                        final CpuSlot cpu = cpus.attach();
                        assertEquals(1, owners.incrementAndGet(cpu.index()), "two owners: index=" + cpu.index());
                        cpu.add(COUNTER, 1);
                        added[thread]++;
                        owners.decrementAndGet(cpu.index());
                        cpus.detach(cpu);
                    }
                };
            }
            Race.run(threads);

            assertEquals(added[0] + added[1] + added[2] + added[3], cpus.sum(COUNTER), "one writer at any time");
            assertEquals(0, cpus.attached());
            assertTrue(cpus.limit() <= threads.length, "limit=" + cpus.limit());
        }
    }

    private static void inDyingThread(final Runnable body) {
        Race.awaitEnd(Thread.ofPlatform().daemon().name("short-lived").start(body));
    }

    /** 255 threads that died attached used to take the device from everybody. */
    @ParameterizedTest
    @EnumSource
    void shouldReclaimTheAreasOfDeadThreadsWhenNoneIsFree(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final CpuSlot living = cpus.attach();
            for (int i = 1; i < CpuSlotDescriptor.SLOTS; i++) {
                inDyingThread(() -> cpus.attach().add(COUNTER, 1));
            }

            assertEquals(1, cpus.attach().index());

            assertEquals(CpuSlotDescriptor.SLOTS - 1, cpus.sum(COUNTER), "what they counted stays");
            assertEquals(2, cpus.attached());
            assertFalse(living.isDetached());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldReclaimAreasOfDeadThreadsOnlyAndOnce(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            cpus.attach();
            inDyingThread(cpus::attach);
            inDyingThread(cpus::attach);

            assertEquals(2, cpus.reclaim());
            assertEquals(0, cpus.reclaim());
            assertEquals(1, cpus.attached());
            inDyingThread(cpus::attach);
            assertEquals(1, cpus.attached(), "the dead are not counted");
            assertEquals(1, cpus.attach().index());
        }
    }

    /** The next owner goes on where the dead one stopped. */
    @ParameterizedTest
    @EnumSource
    void shouldReclaimWithTheSectionAndTheLockClosed(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Words words = device.words();
            final Epochs epochs = new FencedEpochs(words, cpus);
            final PercpuRwLock lock = new PercpuRwLock(words, epochs,
                new WaitTable(words, device.geometry().waitTableOffset()), device.geometry().dataOffset());
            inDyingThread(() -> {
                final CpuSlot cpu = cpus.attach();
                lock.lockShared(cpu);
                epochs.enter(cpu);
            });

            assertEquals(1, cpus.reclaim());

            final long area = cpus.areaOffset(0);
            assertEquals(2, words.getLongVolatile(area + CpuSlotDescriptor.EPOCH_OFFSET));
            assertEquals(1L << CpuSlotDescriptor.LOCK_PLACE_BITS,
                words.getLongVolatile(area + CpuSlotDescriptor.SHARED_LOCK_OFFSET));
            final CpuSlot next = cpus.attach();
            assertFalse(next.isInside());
            assertFalse(next.isSharing());
            epochs.enter(next);
            assertEquals(3, words.getLongVolatile(area + CpuSlotDescriptor.EPOCH_OFFSET));
            epochs.exit(next);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldReclaimWithoutTouchingWhatIsClosed(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = new FencedEpochs(device.words(), cpus);
            inDyingThread(() -> {
                final CpuSlot cpu = cpus.attach();
                epochs.enter(cpu);
                epochs.exit(cpu);
            });

            cpus.reclaim();

            assertEquals(2, device.words().getLongVolatile(cpus.areaOffset(0) + CpuSlotDescriptor.EPOCH_OFFSET));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldSayThatADeadThreadHeldADevPagemap(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1); Warnings warnings = Warnings.of(CpuSlots.class)) {
            final CpuSlots cpus = slots(device);
            inDyingThread(cpus::attach);
            cpus.reclaim();
            assertEquals(List.of(), warnings.messages());
            inDyingThread(() -> cpus.attach().holdPagemap(4096));

            cpus.reclaim();

            assertEquals(List.of("a thread died as a CPU: index=0, thread=short-lived, lost a reference to the "
                + "dev_pagemap 4096"), warnings.messages());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseACpuThatWasGivenBack(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Words words = device.words();
            final Epochs epochs = new FencedEpochs(words, cpus);
            final PercpuRwLock lock = new PercpuRwLock(words, epochs,
                new WaitTable(words, device.geometry().waitTableOffset()), device.geometry().dataOffset());
            final AtomicReference<CpuSlot> dead = new AtomicReference<>();
            inDyingThread(() -> dead.set(cpus.attach()));
            cpus.reclaim();
            final CpuSlot detached = cpus.attach();
            cpus.detach(detached);
            cpus.attach();

            for (final CpuSlot stale : List.of(dead.get(), detached)) {
                assertTrue(stale.isDetached());
                assertFalse(stale.isInside());
                assertEquals("the CPU is not attached: index=0", refusal(() -> epochs.enter(stale)));
                assertEquals("the CPU is not attached: index=0", refusal(() -> lock.lockShared(stale)));
                assertEquals("the CPU is not attached: index=0", refusal(() -> cpus.adopt(stale)));
                assertEquals("the CPU is not attached: index=0", refusal(() -> cpus.detach(stale)));
            }
            assertEquals(0, words.getLongVolatile(cpus.areaOffset(0) + CpuSlotDescriptor.EPOCH_OFFSET));
            assertEquals(1, cpus.attached());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseTheCpuOfAnotherDevice(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1); TestDevice other = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            cpus.attach();
            final CpuSlot foreign = slots(other).attach();

            assertEquals("the CPU is not attached: index=0", refusal(() -> cpus.detach(foreign)));
            assertEquals("the CPU is not attached: index=0", refusal(() -> cpus.adopt(foreign)));

            assertEquals(1, cpus.attached());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepTheAreaOfAnAdoptedCpuWhenItsFirstOwnerDies(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final AtomicReference<CpuSlot> handed = new AtomicReference<>();
            inDyingThread(() -> handed.set(cpus.attach()));

            cpus.adopt(handed.get());

            assertEquals(0, cpus.reclaim());
            assertEquals(1, cpus.attached());
            cpus.adopt(handed.get());
            cpus.detach(handed.get());
            assertEquals(0, cpus.attached());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseToAdoptACpuInTheMiddleOfSomething(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final Epochs epochs = new FencedEpochs(device.words(), cpus);
            final PercpuRwLock lock = new PercpuRwLock(device.words(), epochs,
                new WaitTable(device.words(), device.geometry().waitTableOffset()), device.geometry().dataOffset());
            final CpuSlot cpu = cpus.attach();
            final String me = ": index=0, thread=" + Thread.currentThread().getName();
            epochs.enter(cpu);
            inDyingThread(() -> assertEquals("the CPU is inside a read section" + me,
                refusal(() -> cpus.adopt(cpu))));
            epochs.exit(cpu);
            lock.lockShared(cpu);
            assertEquals("the CPU shares a lock" + me, refusal(() -> cpus.adopt(cpu)));
            assertEquals("the CPU shares a lock" + me, refusal(() -> cpus.detach(cpu)));
            lock.unlockShared(cpu);
            assertEquals("the CPU is outside any read section" + me, refusal(() -> epochs.exit(cpu)));
            assertEquals(cpu, cpu.owner() == Thread.currentThread() ? cpu : null);
        }
    }

    /** One exchange decides who has the area: it is reclaimed, or adopted, and never both. */
    @ParameterizedTest
    @EnumSource
    void shouldReclaimOrLetAdoptButNotBoth(final WordsKind kind) throws Exception {
        try (TestDevice device = TestDevice.open(kind, 1)) {
            final CpuSlots cpus = slots(device);
            final long deadline = Race.deadline();
            while (!Race.isOver(deadline)) {
                final AtomicReference<CpuSlot> handed = new AtomicReference<>();
                inDyingThread(() -> handed.set(cpus.attach()));
                final AtomicInteger winners = new AtomicInteger();
                Race.run(() -> winners.addAndGet(cpus.reclaim()), () -> winners.addAndGet(cpus.reclaim()), () -> {
                    try {
                        cpus.adopt(handed.get());
                        winners.incrementAndGet();
                        cpus.detach(handed.get());
                    } catch (final IllegalStateException e) {
                        assertEquals("the CPU is not attached: index=0", e.getMessage());
                    }
                });
                assertEquals(1, winners.get());
                assertEquals(0, cpus.attached());
            }
        }
    }

    @Test
    void shouldRefuseVirtualThreads() throws InterruptedException {
        try (TestDevice device = TestDevice.open(WordsKind.SEGMENT, 1)) {
            final CpuSlots cpus = slots(device);
            final CpuSlot cpu = cpus.attach();
            final List<String> refusals = new ArrayList<>();

            Thread.ofVirtual().start(() -> {
                refusals.add(refusal(cpus::attach));
                refusals.add(refusal(() -> cpus.adopt(cpu)));
            }).join();

            assertEquals(2, refusals.size());
            refusals.forEach(refusal -> assertTrue(refusal.startsWith(
                "a virtual thread cannot be a CPU, only a platform thread can: thread=VirtualThread"), refusal));
            assertEquals(1, cpus.attached());
        }
    }

    /** Whatever access fails: the area is free again, or still its owner's, who may try again. */
    @ParameterizedTest
    @EnumSource
    void shouldLoseNoAreaWhenTheMemoryFails(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1, FailingWords::new)) {
            final FailingWords words = (FailingWords) device.words();
            final CpuSlots cpus = slots(device);
            boolean failed = true;
            for (int access = 1; failed; access++) {
                words.failInsteadOf(access);
                CpuSlot cpu = null;
                try {
                    cpu = cpus.attach();
                    cpus.detach(cpu);
                } catch (final InternalError e) {
                    words.reset();
                    if (cpu != null) {
                        assertFalse(cpu.isDetached());
                        assertEquals(1, cpus.attached());
                        cpus.detach(cpu);
                    }
                }
                failed = words.hasFailed();
                words.reset();
                assertEquals(0, cpus.attached(), "access=" + access);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldReclaimAtTheNextAttemptWhenTheMemoryFails(final WordsKind kind) {
        try (TestDevice device = TestDevice.open(kind, 1, FailingWords::new)) {
            final FailingWords words = (FailingWords) device.words();
            final CpuSlots cpus = slots(device);
            final Epochs epochs = new FencedEpochs(words, cpus);
            boolean failed = true;
            for (int access = 1; failed; access++) {
                inDyingThread(() -> epochs.enter(cpus.attach()));
                words.failInsteadOf(access);
                try {
                    cpus.reclaim();
                } catch (final InternalError e) {
                    words.reset();
                    assertEquals(1, cpus.reclaim());
                }
                failed = words.hasFailed();
                words.reset();
                assertEquals(0, cpus.attached(), "access=" + access);
                assertEquals(0, words.getLongVolatile(cpus.areaOffset(0) + CpuSlotDescriptor.EPOCH_OFFSET) & 1);
            }
        }
    }
}
