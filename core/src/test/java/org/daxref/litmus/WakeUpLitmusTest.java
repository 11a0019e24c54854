/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import java.util.function.Consumer;
import org.daxref.litmus.HotSpotThread.Code;
import org.junit.jupiter.api.Test;

/**
 * The last unpin against who waits for it: the waiter enqueues itself and then looks at the count, the waker lowers the
 * count and then looks at the queue. Never may the waiter go to sleep and the waker leave.
 */
class WakeUpLitmusTest {

    private static boolean isLost(final Outcome o) {
        return o.read("condition") == 1 && o.read("waiting") == 0;
    }

    /** WaitTable.waitVar: nobody uses the result of the addition. */
    private static void await(final HotSpotThread waiter) {
        waiter.add("waiters", 1).getVolatile("condition", "count");
    }

    private static Litmus pinned() {
        return new Litmus().initially("count", 1);
    }

    /** PageCounter.put and WaitTable.wakeUpVar. */
    @Test
    void shouldNotLoseAWakeUpAfterAPut() {
        pinned().thread(WakeUpLitmusTest::await)
            .thread(waker -> waker.getAndAdd("before", "count", -1).branch("before").getVolatile("waiting", "waiters"))
            .neverEndsWith(WakeUpLitmusTest::isLost);
    }

    /** Mutex.unlock, DaxEntries.release: nobody uses the result. */
    @Test
    void shouldNotLoseAWakeUpAfterAnUnlock() {
        pinned().thread(WakeUpLitmusTest::await)
            .thread(waker -> waker.set("count", 0).getVolatile("waiting", "waiters"))
            .neverEndsWith(WakeUpLitmusTest::isLost);
    }

    /** FlaggedPageCounter.drop: the subtraction, then the exchange that flags the page idle (here 9), then the look. */
    @Test
    void shouldNotLoseAWakeUpAfterAFlaggedDrop() {
        flagged(waker -> waker.getVolatile("waiting", "waiters")).neverEndsWith(WakeUpLitmusTest::isLostThoughFlagged);
    }

    private static Litmus flagged(final Consumer<HotSpotThread> look) {
        return pinned().thread(WakeUpLitmusTest::await)
            .thread(waker -> look.accept(waker.getAndAdd("before", "count", -1).branch("before")
                .compareAndExchange("flagged", "count", 0, 9).branch("flagged")));
    }

    private static boolean isLostThoughFlagged(final Outcome o) {
        return o.read("flagged") == 0 && o.read("condition") != 9 && o.read("waiting") == 0;
    }

    /** Control: without LSE an opaque look comes before the flag. */
    @Test
    void controlShouldLoseAWakeUpAfterAFlaggedDropIfTheWakerLooksOpaquely() {
        flagged(waker -> waker.getOpaque("waiting", "waiters"))
            .canEndWith(WakeUpLitmusTest::isLostThoughFlagged, code -> !code.lse());
    }

    /** The waker that sees a waiter finds it in the queue of the heap. */
    @Test
    void shouldFindTheWaiterThatItSees() {
        enqueueing(waiter -> waiter.putOpaque("queue", 1).add("waiters", 1))
            .neverEndsWith(o -> o.read("waiting") == 1 && o.read("found") == 0);
    }

    private static Litmus enqueueing(final Consumer<HotSpotThread> enqueue) {
        return pinned().thread(enqueue)
            .thread(waker -> waker.getAndAdd("before", "count", -1).getVolatile("waiting", "waiters").branch("waiting")
                .getOpaque("found", "queue"));
    }

    /** Control: counted before it is enqueued. */
    @Test
    void controlShouldNotFindAWaiterThatIsEnqueuedLate() {
        enqueueing(waiter -> waiter.add("waiters", 1).putOpaque("queue", 1))
            .canEndWith(o -> o.read("waiting") == 1 && o.read("found") == 0);
    }

    /** What was done with the page before the last unpin is seen by who waited for it. */
    @Test
    void shouldShowTheWaiterWhatWasWritten() {
        after(waiter -> waiter.getVolatile("condition", "count"))
            .neverEndsWith(o -> o.read("condition") == 0 && o.read("written") == 0);
    }

    private static Litmus after(final Consumer<HotSpotThread> condition) {
        return pinned()
            .thread(waiter -> {
                condition.accept(waiter);
                waiter.branch("condition").getOpaque("written", "page");
            })
            .thread(waker -> waker.putOpaque("page", 1).getAndAdd("before", "count", -1));
    }

    /** Control: an opaque condition. */
    @Test
    void controlShouldHideWhatWasWrittenIfTheConditionIsOpaque() {
        after(waiter -> waiter.getOpaque("condition", "count"))
            .canEndWith(o -> o.read("condition") == 0 && o.read("written") == 0);
    }

    /** Control: two additions order nothing that is opaque after them where nobody uses their results. */
    @Test
    void controlShouldLoseAWakeUpIfTheWaiterLooksOpaquely() {
        pinned().thread(waiter -> waiter.add("waiters", 1).getOpaque("condition", "count"))
            .thread(waker -> waker.getAndAdd("before", "count", -1).getVolatile("waiting", "waiters"))
            .canEndWith(WakeUpLitmusTest::isLost);
    }

    /** Control: a look at the queue that may come before the drop. */
    @Test
    void controlShouldLoseAWakeUpIfTheWakerLooksOpaquely() {
        pinned().thread(WakeUpLitmusTest::await)
            .thread(waker -> waker.set("count", 0).getOpaque("waiting", "waiters"))
            .canEndWith(WakeUpLitmusTest::isLost);
    }

    /** Control: acquire is not volatile. */
    @Test
    void controlShouldLoseAWakeUpIfTheWakerAcquires() {
        pinned().thread(WakeUpLitmusTest::await)
            .thread(waker -> waker.set("count", 0).getAcquire("waiting", "waiters"))
            .canEndWith(WakeUpLitmusTest::isLost, Code::ldapr);
    }

    /** Control: who ends a wait by a release store owes a barrier, since the store may come after the look. */
    @Test
    void controlShouldLoseAWakeUpAfterAReleaseStore() {
        pinned().thread(WakeUpLitmusTest::await)
            .thread(waker -> waker.putRelease("count", 0).getVolatile("waiting", "waiters"))
            .canEndWith(WakeUpLitmusTest::isLost, Code::barriers);
    }
}
