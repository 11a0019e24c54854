/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import java.util.function.Consumer;
import org.daxref.litmus.HotSpotThread.Code;
import org.junit.jupiter.api.Test;

/**
 * The pin of a walk against the clearing of its entry: each side changes one word and then looks at the other's. Never
 * may the walk find its entry unchanged and the zap the page unpinned.
 */
class PinAgainstZapLitmusTest {
    private static final int PIN = 1024;

    private static Litmus mapped() {
        return new Litmus().initially("entry", 1).initially("count", 1);
    }

    private static boolean isMissed(final Outcome o) {
        return o.read("second") == 1 && o.read("zapped") == 1 && o.read("seen") == 1 && o.read("found") < PIN;
    }

    /** CasFusedPageCounter.tryPin in Gup.walkPte. */
    private static void pinByExchange(final HotSpotThread walk) {
        walk.getAcquire("first", "entry").branch("first").getOpaque("look", "count").branch("look")
            .compareAndExchange("seen", "count", 1, 1 + PIN).branch("seen").getVolatile("second", "entry");
    }

    /** XaddPageCounter.tryPin in Gup.walkPte. */
    private static void pinByAddition(final HotSpotThread walk) {
        walk.getAcquire("first", "entry").branch("first").getAndAdd("seen", "count", PIN).branch("seen")
            .getVolatile("second", "entry");
    }

    /** PageMapper.clear and the scan of LayoutBreak, as if there were no flush in between. */
    private static void zapAndScan(final HotSpotThread zap) {
        zap.getAndSet("zapped", "entry", 0).getVolatile("found", "count");
    }

    @Test
    void shouldNotMissAPinByExchange() {
        mapped().thread(PinAgainstZapLitmusTest::pinByExchange).thread(PinAgainstZapLitmusTest::zapAndScan)
            .neverEndsWith(PinAgainstZapLitmusTest::isMissed);
    }

    @Test
    void shouldNotMissAPinByAddition() {
        mapped().thread(PinAgainstZapLitmusTest::pinByAddition).thread(PinAgainstZapLitmusTest::zapAndScan)
            .neverEndsWith(PinAgainstZapLitmusTest::isMissed);
    }

    /** CasPageCounter: nobody uses the result of the second step. */
    @Test
    void shouldNotMissAPinInTwoSteps() {
        mapped()
            .thread(walk -> walk.getAcquire("first", "entry").branch("first")
                .compareAndExchange("seen", "count", 1, 2).branch("seen").add("count", PIN - 1)
                .getVolatile("second", "entry"))
            .thread(PinAgainstZapLitmusTest::zapAndScan)
            .neverEndsWith(PinAgainstZapLitmusTest::isMissed);
    }

    /**
     * The put of the reference that the entry held brings the count to 0, and a walk adds to that: it must see that the
     * entry is gone.
     */
    @Test
    void shouldSeeTheEntryClearedAfterItsReferenceIsDropped() {
        mapped().thread(PinAgainstZapLitmusTest::pinByAddition)
            .thread(zap -> zap.getAndSet("zapped", "entry", 0).add("mapcount", -1).putRelease("lock", 0).fullFence()
                .getAndAdd("dropped", "count", -1))
            .neverEndsWith(PinAgainstZapLitmusTest::isGrantedAfterThePut);
    }

    private static boolean isGrantedAfterThePut(final Outcome o) {
        return o.read("dropped") == 1 && o.read("seen") == 0 && o.read("second") == 1;
    }

    /** SpinLock between a fault's or a slow walk's critical section and a zap's. */
    @Test
    void shouldSeeUnderTheLockWhatTheLastOwnerDid() {
        final Consumer<HotSpotThread> last = t -> t.putOpaque("entry", 1).putRelease("lock", 0);
        new Litmus().initially("lock", 1).thread(last)
            .thread(t -> t.getOpaque("look", "lock").branch("look").compareAndExchange("taken", "lock", 0, 1)
                .branch("taken").getOpaque("seen", "entry"))
            .neverEndsWith(o -> o.read("taken") == 0 && o.read("seen") == 0);
    }

    /**
     * Control: an opaque second look is satisfied before the pin is visible. A single instruction is a full barrier, so
     * it takes a processor without LSE.
     */
    @Test
    void controlShouldMissAPinIfTheSecondLookIsOpaque() {
        mapped()
            .thread(walk -> walk.getAcquire("first", "entry").branch("first").getAndAdd("seen", "count", PIN)
                .branch("seen").getOpaque("second", "entry"))
            .thread(PinAgainstZapLitmusTest::zapAndScan)
            .canEndWith(PinAgainstZapLitmusTest::isMissed, code -> !code.lse());
    }

    /** Control: the first step of two does not order the second look for the second one's sake, nor with LSE. */
    @Test
    void controlShouldMissAPinIfTheSecondLookAfterAnUnusedAdditionIsOpaque() {
        mapped().thread(walk -> walk.add("count", PIN).getOpaque("second", "entry"))
            .thread(PinAgainstZapLitmusTest::zapAndScan)
            .canEndWith(o -> o.read("second") == 1 && o.read("zapped") == 1 && o.read("found") == 1);
    }

    /** Control: acquire is not volatile, wherever the two are different instructions. */
    @Test
    void controlShouldMissAPinIfTheSecondLookAcquires() {
        mapped()
            .thread(walk -> walk.getAcquire("first", "entry").branch("first").getAndAdd("seen", "count", PIN)
                .branch("seen").getAcquire("second", "entry"))
            .thread(PinAgainstZapLitmusTest::zapAndScan)
            .canEndWith(PinAgainstZapLitmusTest::isMissed, code -> !code.lse() && code.ldapr());
    }

    /** Control: the other side as well needs its order. */
    @Test
    void controlShouldMissAPinIfTheScanIsOpaque() {
        mapped().thread(PinAgainstZapLitmusTest::pinByAddition)
            .thread(zap -> zap.getAndSet("zapped", "entry", 0).getOpaque("found", "count"))
            .canEndWith(PinAgainstZapLitmusTest::isMissed, code -> !code.lse());
    }

    /** Control: a store would not do in place of the exchange, where a release is a barrier and a plain store. */
    @Test
    void controlShouldMissAPinIfTheEntryIsClearedByARelease() {
        mapped().thread(PinAgainstZapLitmusTest::pinByAddition)
            .thread(zap -> zap.putRelease("entry", 0).getVolatile("found", "count"))
            .canEndWith(o -> o.read("second") == 1 && o.read("seen") == 1 && o.read("found") == 1, Code::barriers);
    }

    /** Control: first the reference, then the entry. */
    @Test
    void controlShouldPinAnIdlePageIfTheReferenceIsDroppedFirst() {
        mapped().thread(PinAgainstZapLitmusTest::pinByAddition)
            .thread(zap -> zap.getAndAdd("dropped", "count", -1).getAndSet("zapped", "entry", 0))
            .canEndWith(PinAgainstZapLitmusTest::isGrantedAfterThePut);
    }

    /** Control: a lock that is dropped before what was done under it is visible. */
    @Test
    void controlShouldMissUnderALockThatIsDroppedOpaquely() {
        new Litmus().initially("lock", 1).thread(last -> last.putOpaque("entry", 1).putOpaque("lock", 0))
            .thread(t -> t.compareAndExchange("taken", "lock", 0, 1).branch("taken").getOpaque("seen", "entry"))
            .canEndWith(o -> o.read("taken") == 0 && o.read("seen") == 0);
    }
}
