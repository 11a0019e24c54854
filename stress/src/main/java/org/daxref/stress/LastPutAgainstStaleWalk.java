/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.page.FlaggedPageCounter;
import org.daxref.page.PageCounter;
import org.daxref.page.PageDescriptor;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZZZ_Result;

/**
 * The last reference to a page is dropped while a walk with an old entry pins the page and, because its second look
 * finds the entry gone, drops it again ({@code put_page} against {@code gup_fast_pte_range}).
 *
 * <p><b>Theory.</b> Whoever arrives at 0 is told, once: it wakes who waits for the page, and gives back what the page
 * held of its device (invariants I3 and I5). Told twice, it is given back twice; told nobody, a waiter sleeps for ever.
 * And who is shown 0 may act on it, so a 0 that was shown stays.
 *
 * <pre>
 *   holder                                walker
 *   count -= 1     (RMW)  -> 0
 *                                         count == 0?
 *                                         count += 1024  (RMW), was 0: pinned; was idle: refused
 *                                         count -= 1024  (RMW)  -> 0
 *   0 -> idle?     (RMW)  last            0 -> idle?     (RMW)  last
 * </pre>
 *
 * <p><b>Memory ordering.</b> One word. The actors dawdle between their steps, since each is told by its own second
 * step, and the walker before its first. The controls show a 0 that can come back, read the word again instead of using
 * what the exchange found, and let a reader announce a zero that nobody takes.
 */
public final class LastPutAgainstStaleWalk {
    private LastPutAgainstStaleWalk() {
    }

    /**
     * Whether the holder was told that it was the last, whether the walker was, whether the walker pinned what it had
     * been shown as idle, whether the page is idle at the end.
     */
    @Outcome(id = "true, false, false, true", expect = ACCEPTABLE, desc = "The holder was the last.")
    @Outcome(id = "false, true, false, true", expect = ACCEPTABLE, desc = "The walker was the last.")
    @Outcome(expect = FORBIDDEN, desc = "A zero was told twice, or to nobody, or came back.")
    static final class Rules {
        private Rules() {
        }
    }

    /** A page with one reference and a counter. */
    private static final class Page {
        private static final int MAX_LATE_SPINS = 4;
        private final StartingLine line = new StartingLine();
        private final PageCounter counter;
        private final long head;

        Page(final StressDevice device, final PageCounter counter) {
            this.counter = counter;
            head = device.descriptor(device.claim());
            device.words().putIntRelease(head + PageDescriptor.REFCOUNT_OFFSET, counter.encode(1));
        }

        void drop(final ZZZZ_Result r) {
            line.await();
            r.r1 = LastPut.put(counter, head) == 0;
        }

        /** Begins at any time during the drop. */
        void walk(final ZZZZ_Result r) {
            line.await();
            Spin.times(ThreadLocalRandom.current().nextInt(MAX_LATE_SPINS));
            final boolean shownIdle = counter.count(head) == 0;
            final boolean pinned = counter.tryPin(head, 1);
            r.r2 = pinned && counter.unpin(head, 1) == 0;
            r.r3 = shownIdle && pinned;
        }

        void look(final ZZZZ_Result r) {
            r.r4 = counter.count(head) == 0;
        }
    }

    /** One atomic change per step. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Simple {
        private final AtomicInteger count = new AtomicInteger(1);

        @Actor
        void holder(final ZZZZ_Result r) {
            r.r1 = count.decrementAndGet() == 0;
        }

        @Actor
        void walker(final ZZZZ_Result r) {
            final boolean shownIdle = count.get() == 0;
            final boolean pinned = count.getAndUpdate(seen -> seen == 0 ? 0 : seen + 1) != 0;
            r.r2 = pinned && count.decrementAndGet() == 0;
            r.r3 = shownIdle && pinned;
        }

        @Arbiter
        void look(final ZZZZ_Result r) {
            r.r4 = count.get() == 0;
        }
    }

    /** The kernel's counter. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualCas {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas", DawdlingWords::new);
        private final Page page = new Page(DEVICE, DEVICE.machine().counter());

        @Actor
        void holder(final ZZZZ_Result r) {
            page.drop(r);
        }

        @Actor
        void walker(final ZZZZ_Result r) {
            page.walk(r);
        }

        @Arbiter
        void look(final ZZZZ_Result r) {
            page.look(r);
        }
    }

    /** The counter that adds unconditionally. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualXadd {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "xadd", DawdlingWords::new);
        private final Page page = new Page(DEVICE, DEVICE.machine().counter());

        @Actor
        void holder(final ZZZZ_Result r) {
            page.drop(r);
        }

        @Actor
        void walker(final ZZZZ_Result r) {
            page.walk(r);
        }

        @Arbiter
        void look(final ZZZZ_Result r) {
            page.look(r);
        }
    }

    /** The counter with the zones of rcuref. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualRcuref {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "rcuref", DawdlingWords::new);
        private final Page page = new Page(DEVICE, DEVICE.machine().counter());

        @Actor
        void holder(final ZZZZ_Result r) {
            page.drop(r);
        }

        @Actor
        void walker(final ZZZZ_Result r) {
            page.walk(r);
        }

        @Arbiter
        void look(final ZZZZ_Result r) {
            page.look(r);
        }
    }

    /** The counter whose readers help. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualSticky {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "sticky", DawdlingWords::new);
        private final Page page = new Page(DEVICE, DEVICE.machine().counter());

        @Actor
        void holder(final ZZZZ_Result r) {
            page.drop(r);
        }

        @Actor
        void walker(final ZZZZ_Result r) {
            page.walk(r);
        }

        @Arbiter
        void look(final ZZZZ_Result r) {
            page.look(r);
        }
    }

    /** A counter that shows 0 before the page is flagged. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = {"false, true, true, true", "true, false, true, true"}, expect = ACCEPTABLE_INTERESTING,
        desc = "A zero that was shown came back.")
    @State
    public static class ControlXadd {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "xadd", DawdlingWords::new);
        private static final PageCounter COUNTER = new FlaggedPageCounter(DEVICE.words(), 0, Zones.IDLE, Zones.NOISE) {
            @Override
            protected int countWhileDropped(final long head) {
                return 0;
            }
        };
        private final Page page = new Page(DEVICE, COUNTER);

        @Actor
        void holder(final ZZZZ_Result r) {
            page.drop(r);
        }

        @Actor
        void walker(final ZZZZ_Result r) {
            page.walk(r);
        }

        @Arbiter
        void look(final ZZZZ_Result r) {
            page.look(r);
        }
    }

    /** A counter that reads the word again after its exchange: rcuref_put() until 2025. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "true, true, false, true", expect = ACCEPTABLE_INTERESTING, desc = "Both were told.")
    @State
    public static class ControlRcuref {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "rcuref", DawdlingWords::new);
        private static final PageCounter COUNTER = new FlaggedPageCounter(DEVICE.words(), Zones.NOREF,
            Zones.DEAD - Zones.NOREF, Zones.DEAD_NOISE) {
            @Override
            protected int drop(final long head) {
                exchange(head, 0, Zones.DEAD - Zones.NOREF);
                return count(head);
            }
        };
        private final Page page = new Page(DEVICE, COUNTER);

        @Actor
        void holder(final ZZZZ_Result r) {
            page.drop(r);
        }

        @Actor
        void walker(final ZZZZ_Result r) {
            page.walk(r);
        }

        @Arbiter
        void look(final ZZZZ_Result r) {
            page.look(r);
        }
    }

    /** A counter whose readers announce a zero that nobody takes. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "false, false, false, true", expect = ACCEPTABLE_INTERESTING, desc = "Nobody was told.")
    @State
    public static class ControlSticky {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "sticky", DawdlingWords::new);
        private static final PageCounter COUNTER = new OwnerlessCounter(DEVICE.words());
        private final Page page = new Page(DEVICE, COUNTER);

        @Actor
        void holder(final ZZZZ_Result r) {
            page.drop(r);
        }

        @Actor
        void walker(final ZZZZ_Result r) {
            page.walk(r);
        }

        @Arbiter
        void look(final ZZZZ_Result r) {
            page.look(r);
        }
    }
}
