/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/**
 * Read sections and sharers against grace periods and owners: a reader stores its sequence and then loads what is
 * published, an updater changes that and then looks at the sequence. Never may the reader use what the updater took
 * back without the updater waiting for it; and when it has waited, all that the reader did is done.
 *
 * <p>Sequence 1 is inside, 2 outside again. An updater that finds 0 or 2 does not wait.
 */
class GracePeriodLitmusTest {
    private static final Predicate<Outcome> UNNOTICED = o -> o.read("used") == 1 && o.read("found") == 0;

    private static Litmus published() {
        return new Litmus().initially("link", 1).initially("data", 7);
    }

    /** FencedEpochs: Epochs.enter, then the first look at something published. */
    private static void readFenced(final HotSpotThread reader) {
        reader.putOpaque("sequence", 1).fullFence().getAcquire("used", "link");
    }

    /** AsymmetricEpochs. */
    private static void readAsymmetric(final HotSpotThread reader) {
        reader.putOpaque("sequence", 1).storeStoreFence().getAcquire("used", "link");
    }

    /** FencedEpochs.synchronize after PagemapArray.erase. */
    private static void updateFenced(final HotSpotThread updater) {
        updater.putRelease("link", 0).fullFence().getAcquire("found", "sequence");
    }

    /** AsymmetricEpochs.synchronize. */
    private static void updateAsymmetric(final HotSpotThread updater) {
        updater.putRelease("link", 0).fullFence().membarrier().getAcquire("found", "sequence");
    }

    @Test
    void shouldWaitForASectionThatSawWhatWasPublishedFenced() {
        published().thread(GracePeriodLitmusTest::readFenced).thread(GracePeriodLitmusTest::updateFenced)
            .neverEndsWith(UNNOTICED);
    }

    @Test
    void shouldWaitForASectionThatSawWhatWasPublishedAsymmetric() {
        published().thread(GracePeriodLitmusTest::readAsymmetric).thread(GracePeriodLitmusTest::updateAsymmetric)
            .neverEndsWith(UNNOTICED);
    }

    /** PercpuRwLock: a sharer's word and the word of the lock, which an owner exchanges (Mutex.lock). */
    @Test
    void shouldShowAnOwnerItsSharerFenced() {
        locking(HotSpotThread::fullFence, HotSpotThread::fullFence).neverEndsWith(GracePeriodLitmusTest::isHidden);
    }

    private static Litmus locking(final Consumer<HotSpotThread> share, final Consumer<HotSpotThread> own) {
        return new Litmus()
            .thread(sharer -> {
                share.accept(sharer.putOpaque("shared", 1));
                sharer.getAcquire("lock", "word");
            })
            .thread(owner -> {
                own.accept(owner.compareAndExchange("free", "word", 0, 1).branch("free"));
                owner.getAcquire("found", "shared");
            });
    }

    private static boolean isHidden(final Outcome o) {
        return o.read("lock") == 0 && o.read("free") == 0 && o.read("found") == 0;
    }

    /** PercpuRwLock with the barriers of AsymmetricEpochs. */
    @Test
    void shouldShowAnOwnerItsSharerAsymmetric() {
        locking(HotSpotThread::storeStoreFence, owner -> owner.fullFence().membarrier())
            .neverEndsWith(GracePeriodLitmusTest::isHidden);
    }

    /** Controls: as of sections. */
    @Test
    void controlShouldHideASharerWithoutItsFence() {
        locking(sharer -> { }, HotSpotThread::fullFence).canEndWith(GracePeriodLitmusTest::isHidden);
    }

    @Test
    void controlShouldHideASharerWithoutMembarrier() {
        locking(HotSpotThread::storeStoreFence, HotSpotThread::fullFence)
            .canEndWith(GracePeriodLitmusTest::isHidden);
    }

    /** DevPagemaps.clearAlive against DaxFile.fault, which shares the lock and then looks whether the device lives. */
    @Test
    void shouldWaitForAFaultThatFoundTheDeviceAlive() {
        killing(removal -> removal.putRelease("alive", 0).fullFence().membarrier())
            .neverEndsWith(o -> o.read("lives") == 1 && o.read("found") == 0);
    }

    private static Litmus killing(final Consumer<HotSpotThread> clear) {
        return new Litmus().initially("alive", 1)
            .thread(fault -> fault.putOpaque("shared", 1).storeStoreFence().getAcquire("lock", "word").branch("lock")
                .getAcquire("lives", "alive"))
            .thread(removal -> {
                clear.accept(removal);
                removal.getAcquire("found", "shared");
            });
    }

    /** A sharer that finds the lock free again sees what the owner did: Mutex.unlock uses no result. */
    @Test
    void shouldShowASharerWhatTheOwnerDid() {
        sharing(owner -> owner.add("word", -1)).neverEndsWith(o -> o.read("lock") == 0 && o.read("seen") == 0);
    }

    private static Litmus sharing(final Consumer<HotSpotThread> unlock) {
        return new Litmus().initially("word", 1)
            .thread(owner -> unlock.accept(owner.putOpaque("data", 8)))
            .thread(sharer -> sharer.putOpaque("shared", 1).storeStoreFence().getAcquire("lock", "word")
                .branch("lock").getOpaque("seen", "data"));
    }

    /** Control: an unlock by an opaque store. */
    @Test
    void controlShouldHideWhatTheOwnerDidIfItUnlocksOpaquely() {
        sharing(owner -> owner.putOpaque("word", 0)).canEndWith(o -> o.read("lock") == 0 && o.read("seen") == 0);
    }

    private static Litmus ending(final Consumer<HotSpotThread> end) {
        return published()
            .thread(reader -> {
                reader.putOpaque("sequence", 1).storeStoreFence().getAcquire("used", "link").branch("used")
                    .getOpaque("read", "data").putOpaque("counter", 1);
                end.accept(reader);
            })
            .thread(updater -> updater.getAcquire("found", "sequence").branch("found").putOpaque("data", -1)
                .getAcquire("sum", "counter"));
    }

    /** Epochs.exit: what was used in the section may be used for something else, and its additions are summed. */
    @Test
    void shouldEndTheUseBeforeTheSection() {
        ending(reader -> reader.putRelease("sequence", 2))
            .neverEndsWith(o -> o.read("found") == 2 && (o.read("read") == -1 || o.read("sum") == 0));
    }

    /** A grace period may also see the number of the section after, which is written opaquely. */
    @Test
    void shouldEndTheUseBeforeTheNextSection() {
        ending(reader -> reader.putRelease("sequence", 2).putOpaque("sequence", 3))
            .neverEndsWith(o -> o.read("found") == 3 && (o.read("read") == -1 || o.read("sum") == 0));
    }

    /** CpuSlots.attach: a section of a CPU that has just come is found, since the limit is raised before. */
    @Test
    void shouldLookAtACpuThatHasJustCome() {
        coming(reader -> reader.compareAndExchange("claimed", "limit", 0, 1).branch("claimed")
                .putOpaque("sequence", 1).storeStoreFence().getAcquire("used", "link"))
            .neverEndsWith(GracePeriodLitmusTest::isPassedOver);
    }

    private static Litmus coming(final Consumer<HotSpotThread> reader) {
        return published().thread(reader)
            .thread(updater -> updater.putRelease("link", 0).fullFence().membarrier().getVolatile("cpus", "limit"));
    }

    private static boolean isPassedOver(final Outcome o) {
        return o.read("used") == 1 && o.read("claimed") == 0 && o.read("cpus") == 0;
    }

    /** Control: a limit that is raised after the first section has begun. */
    @Test
    void controlShouldPassOverACpuThatRaisesTheLimitLate() {
        coming(reader -> reader.putOpaque("sequence", 1).storeStoreFence().getAcquire("used", "link")
                .compareAndExchange("claimed", "limit", 0, 1))
            .canEndWith(GracePeriodLitmusTest::isPassedOver);
    }

    /** PercpuRef: the mode is read and the own word raised inside a section, the killer sums after a grace period. */
    private static Litmus reference(final Consumer<HotSpotThread> enter, final Consumer<HotSpotThread> await) {
        return new Litmus()
            .thread(user -> {
                user.putOpaque("sequence", 1);
                enter.accept(user);
                user.getAcquire("mode", "mode").branch("mode").getOpaque("part", "own").putOpaquePlus("own", "part", 1)
                    .putRelease("sequence", 2);
            })
            .thread(killer -> {
                killer.compareAndExchange("alive", "mode", 0, 3).branch("alive").add("count", 1);
                await.accept(killer);
                killer.getAcquire("found", "sequence").branch("found").getAcquire("sum", "own");
            });
    }

    private static boolean isUncounted(final Outcome o) {
        return o.read("mode") == 0 && o.read("alive") == 0 && o.read("found") != 1 && o.read("sum") == 0;
    }

    @Test
    void shouldSumEveryReferenceFenced() {
        reference(HotSpotThread::fullFence, HotSpotThread::fullFence)
            .neverEndsWith(GracePeriodLitmusTest::isUncounted);
    }

    @Test
    void shouldSumEveryReferenceAsymmetric() {
        reference(HotSpotThread::storeStoreFence, killer -> killer.fullFence().membarrier())
            .neverEndsWith(GracePeriodLitmusTest::isUncounted);
    }

    /** Control: without barrier A the section's number is still in the store buffer. */
    @Test
    void controlShouldOverlookASectionWithoutTheReadersFence() {
        published().thread(reader -> reader.putOpaque("sequence", 1).getAcquire("used", "link"))
            .thread(GracePeriodLitmusTest::updateFenced).canEndWith(UNNOTICED);
    }

    /** Control: a store-store fence keeps the compiler and nobody else. */
    @Test
    void controlShouldOverlookASectionWithoutMembarrier() {
        published().thread(GracePeriodLitmusTest::readAsymmetric).thread(GracePeriodLitmusTest::updateFenced)
            .canEndWith(UNNOTICED);
    }

    /** Control: membarrier is a barrier for others and after it the own store must be done. */
    @Test
    void controlShouldOverlookAFaultIfMembarrierComesFirst() {
        killing(removal -> removal.membarrier().putRelease("alive", 0))
            .canEndWith(o -> o.read("lives") == 1 && o.read("found") == 0);
    }

    /** Control: an exit without release lets the section's load, or its addition, out. */
    @Test
    void controlShouldLetTheUseOutOfASectionThatEndsOpaquely() {
        ending(reader -> reader.putOpaque("sequence", 2))
            .canEndWith(o -> o.read("found") == 2 && o.read("sum") == 0);
    }

    /** Control: a sum that does not wait. */
    @Test
    void controlShouldMissAReferenceWithoutMembarrier() {
        reference(HotSpotThread::storeStoreFence, HotSpotThread::fullFence)
            .canEndWith(GracePeriodLitmusTest::isUncounted);
    }

    /** Control: the same with the first end released by nothing. */
    @Test
    void controlShouldLetTheUseOutBeforeTheNextSection() {
        ending(reader -> reader.putOpaque("sequence", 2).putOpaque("sequence", 3))
            .canEndWith(o -> o.read("found") == 3 && o.read("sum") == 0);
    }

    /** Control: a user without a fence. */
    @Test
    void controlShouldMissAReferenceWithoutTheUsersFence() {
        reference(user -> { }, HotSpotThread::fullFence).canEndWith(GracePeriodLitmusTest::isUncounted);
    }
}
