/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.daxref.page.PageCounter.GUP_PIN_COUNTING_BIAS;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.design.DevPagemapDesign;
import org.daxref.design.FsHeldDesign;
import org.daxref.design.RefcountDesign;
import org.daxref.page.CasPageCounter;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * The last pin of a page is dropped while somebody goes to sleep until it is idle ({@code put_page} and
 * {@code wake_up_var} against {@code wait_var_event}).
 *
 * <p><b>Theory.</b> The waker drops the count, then looks for waiters outside any lock; the waiter enqueues, then looks
 * at the count. If neither saw the other, the waiter would sleep for ever (invariant I3, the bug of 5.18 in its subtle
 * form).
 *
 * <pre>
 *   unpin                                 waiter
 *                                         idle?  no
 *   count -= 1024      (RMW)              waiters++  (RMW)
 *   waiters == 0?  yes -> return          idle?  no -> sleep
 * </pre>
 *
 * <p>A counter that flags idle pages drops in two steps, and the waker looks for waiters after the flag. In between the
 * waiter finds the page busy and sleeps, or ({@code sticky}) sets the flag itself.
 *
 * <p><b>Memory ordering.</b> A store buffer: each side stores, then loads what the other stores, so both need a full
 * barrier in between, which the read-modify-writes are. The control drops the count by a load and a release store. The
 * unpin starts when the waiter has found the page busy, since earlier there is no race.
 */
public final class UnpinAgainstWaiter {
    private UnpinAgainstWaiter() {
    }

    /** Whether the waiter was woken, whether it found the page idle by itself. */
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The waiter found the page idle.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The waiter slept and was woken.")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Each saw the other.")
    @Outcome(expect = FORBIDDEN, desc = "The waiter sleeps for ever: a lost wake-up.")
    static final class Rules {
        private Rules() {
        }
    }

    /** A count and a number of waiters. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Simple {
        private final AtomicInteger count = new AtomicInteger(GUP_PIN_COUNTING_BIAS);
        private final AtomicInteger waiters = new AtomicInteger();

        @Actor
        void unpin(final ZZ_Result r) {
            count.addAndGet(-GUP_PIN_COUNTING_BIAS);
            r.r1 = waiters.get() != 0;
        }

        @Actor
        void await(final ZZ_Result r) {
            waiters.incrementAndGet();
            r.r2 = count.get() == 0;
        }
    }

    /** Pages that are idle at 1. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualDevPagemap {
        private static final StressDevice DEVICE = StressDevice.open("dev-pagemap", "cas");
        private static final WatchedWaits WAITS = new WatchedWaits(DEVICE);
        private static final RefcountDesign DESIGN = WAITS.design(DevPagemapDesign::create, DEVICE.machine().counter());
        private final PinnedPage page = new PinnedPage(DEVICE, DESIGN, WAITS);

        @Actor
        void unpin(final ZZ_Result r) {
            page.unpin();
        }

        @Actor
        void await(final ZZ_Result r) {
            r.r2 = page.await();
            r.r1 = page.wasWoken();
        }
    }

    /** Pages that their mappings hold. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualFsHeld {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas");
        private static final WatchedWaits WAITS = new WatchedWaits(DEVICE);
        private static final RefcountDesign DESIGN = WAITS.design(FsHeldDesign::create, DEVICE.machine().counter());
        private final PinnedPage page = new PinnedPage(DEVICE, DESIGN, WAITS);

        @Actor
        void unpin(final ZZ_Result r) {
            page.unpin();
        }

        @Actor
        void await(final ZZ_Result r) {
            r.r2 = page.await();
            r.r1 = page.wasWoken();
        }
    }

    /** The counter that adds unconditionally. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualXadd {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "xadd");
        private static final WatchedWaits WAITS = new WatchedWaits(DEVICE);
        private static final RefcountDesign DESIGN = WAITS.design(FsHeldDesign::create, DEVICE.machine().counter());
        private final PinnedPage page = new PinnedPage(DEVICE, DESIGN, WAITS);

        @Actor
        void unpin(final ZZ_Result r) {
            page.unpin();
        }

        @Actor
        void await(final ZZ_Result r) {
            r.r2 = page.await();
            r.r1 = page.wasWoken();
        }
    }

    /** The counter with the zones of rcuref. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualRcuref {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "rcuref");
        private static final WatchedWaits WAITS = new WatchedWaits(DEVICE);
        private static final RefcountDesign DESIGN = WAITS.design(FsHeldDesign::create, DEVICE.machine().counter());
        private final PinnedPage page = new PinnedPage(DEVICE, DESIGN, WAITS);

        @Actor
        void unpin(final ZZ_Result r) {
            page.unpin();
        }

        @Actor
        void await(final ZZ_Result r) {
            r.r2 = page.await();
            r.r1 = page.wasWoken();
        }
    }

    /** The counter whose readers help. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualSticky {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "sticky");
        private static final WatchedWaits WAITS = new WatchedWaits(DEVICE);
        private static final RefcountDesign DESIGN = WAITS.design(FsHeldDesign::create, DEVICE.machine().counter());
        private final PinnedPage page = new PinnedPage(DEVICE, DESIGN, WAITS);

        @Actor
        void unpin(final ZZ_Result r) {
            page.unpin();
        }

        @Actor
        void await(final ZZ_Result r) {
            r.r2 = page.await();
            r.r1 = page.wasWoken();
        }
    }

    /** A drop of the count without a barrier behind it. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "false, false", expect = ACCEPTABLE_INTERESTING, desc = "The waiter sleeps for ever: a lost wake-up.")
    @State
    public static class Control {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas");
        private static final WatchedWaits WAITS = new WatchedWaits(DEVICE);
        private static final RefcountDesign DESIGN = WAITS.design(FsHeldDesign::create,
            CasPageCounter.create(new WeakDropWords(DEVICE.words())));
        private final PinnedPage page = new PinnedPage(DEVICE, DESIGN, WAITS);

        @Actor
        void unpin(final ZZ_Result r) {
            page.unpin();
        }

        @Actor
        void await(final ZZ_Result r) {
            r.r2 = page.await();
            r.r1 = page.wasWoken();
        }
    }
}
