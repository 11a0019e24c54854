/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.page.PageCounter;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PlainPageCounter;
import org.daxref.page.RcurefPageCounter;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * The last mapping of a page goes, and a walk with the old entry comes too late, while the page is mapped anew
 * ({@code zap_pte_range} and {@code gup_fast_pte_range} against {@code insert_page}).
 *
 * <p><b>Theory.</b> As many lives of the page begin as end: {@code fs-held-drain} takes a reference to the dev_pagemap
 * for each that begins and drops it for each that ends. An owner who comes before the end may join the old life, and
 * one after it begins a new one; what a refused walk adds and takes away again is no life, and takes none away.
 *
 * <pre>
 *   zap, then a stale walk                fault
 *   count -= 1     (RMW)  -> 0
 *   0 -> idle?     (RMW)  ended           count == 0?
 *   count += 1024  (RMW), was idle        count += 1     (RMW), was idle
 *   sets it back   (RMW)                  idle + noise -> 1  (RMW)  began
 * </pre>
 *
 * <p><b>Memory ordering.</b> One word. The actors dawdle between their steps, and the fault before its first. The
 * controls add and take back on a page without an idle zone, set the word back by a store, and let a reader announce a
 * zero that nobody takes.
 */
public final class LastPutAgainstLift {
    private LastPutAgainstLift() {
    }

    /** How many lives ended, how many began, the count at the end. */
    @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "The page was mapped anew before its life ended.")
    @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "One life ended and another began.")
    @Outcome(expect = FORBIDDEN, desc = "Lives do not match, or a mapping was lost.")
    static final class Rules {
        private Rules() {
        }
    }

    /** A page with one reference and a counter. */
    private static final class Page {
        private static final int MAX_LATE_SPINS = 12;
        private final StartingLine line = new StartingLine();
        private final PageCounter counter;
        private final long head;

        Page(final StressDevice device, final PageCounter counter) {
            this.counter = counter;
            head = device.descriptor(device.claim());
            device.words().putIntRelease(head + PageDescriptor.REFCOUNT_OFFSET, counter.encode(1));
        }

        void zap(final III_Result r) {
            line.await();
            final int zapped = LastPut.put(counter, head) == 0 ? 1 : 0;
            final boolean pinned = counter.tryPin(head, 1);
            r.r1 = zapped + (pinned && counter.unpin(head, 1) == 0 ? 1 : 0);
        }

        /**
         * Begins at any time during the zap. The look comes first, since a reader of {@code sticky} may end a life for
         * the put that was about to.
         */
        void fault(final III_Result r) {
            line.await();
            Spin.times(ThreadLocalRandom.current().nextInt(MAX_LATE_SPINS));
            counter.count(head);
            r.r2 = counter.increment(head) == 0 ? 1 : 0;
        }

        void look(final III_Result r) {
            r.r3 = counter.count(head);
        }
    }

    /** One atomic change per step. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Simple {
        private final AtomicInteger count = new AtomicInteger(1);

        @Actor
        void zap(final III_Result r) {
            final int zapped = count.decrementAndGet() == 0 ? 1 : 0;
            final boolean pinned = count.getAndUpdate(seen -> seen == 0 ? 0 : seen + 1) != 0;
            r.r1 = zapped + (pinned && count.decrementAndGet() == 0 ? 1 : 0);
        }

        @Actor
        void fault(final III_Result r) {
            r.r2 = count.getAndIncrement() == 0 ? 1 : 0;
        }

        @Arbiter
        void look(final III_Result r) {
            r.r3 = count.get();
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
        void zap(final III_Result r) {
            page.zap(r);
        }

        @Actor
        void fault(final III_Result r) {
            page.fault(r);
        }

        @Arbiter
        void look(final III_Result r) {
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
        void zap(final III_Result r) {
            page.zap(r);
        }

        @Actor
        void fault(final III_Result r) {
            page.fault(r);
        }

        @Arbiter
        void look(final III_Result r) {
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
        void zap(final III_Result r) {
            page.zap(r);
        }

        @Actor
        void fault(final III_Result r) {
            page.fault(r);
        }

        @Arbiter
        void look(final III_Result r) {
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
        void zap(final III_Result r) {
            page.zap(r);
        }

        @Actor
        void fault(final III_Result r) {
            page.fault(r);
        }

        @Arbiter
        void look(final III_Result r) {
            page.look(r);
        }
    }

    /** A counter that adds unconditionally and takes it back, on a page without an idle zone. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "1, 0, 1", expect = ACCEPTABLE_INTERESTING, desc = "A life ended and none began.")
    @State
    public static class ControlXadd {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas", DawdlingWords::new);
        private static final PageCounter COUNTER = new PlainPageCounter(DEVICE.words()) {
            @Override
            public boolean tryPin(final long head, final int pins) {
                final int addend = pins * GUP_PIN_COUNTING_BIAS;
                if (words.getAndAddInt(head + PageDescriptor.REFCOUNT_OFFSET, addend) > 0) {
                    return true;
                }
                words.getAndAddInt(head + PageDescriptor.REFCOUNT_OFFSET, -addend);
                return false;
            }
        };
        private final Page page = new Page(DEVICE, COUNTER);

        @Actor
        void zap(final III_Result r) {
            page.zap(r);
        }

        @Actor
        void fault(final III_Result r) {
            page.fault(r);
        }

        @Arbiter
        void look(final III_Result r) {
            page.look(r);
        }
    }

    /** A counter that sets the word back by a store. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "1, 1, 0", expect = ACCEPTABLE_INTERESTING, desc = "The new mapping was lost.")
    @State
    public static class ControlRcuref {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "rcuref", DawdlingWords::new);
        private static final PageCounter COUNTER = RcurefPageCounter.create(new StoringBackWords(DEVICE.words()));
        private final Page page = new Page(DEVICE, COUNTER);

        @Actor
        void zap(final III_Result r) {
            page.zap(r);
        }

        @Actor
        void fault(final III_Result r) {
            page.fault(r);
        }

        @Arbiter
        void look(final III_Result r) {
            page.look(r);
        }
    }

    /** A counter whose readers announce a zero that nobody takes. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "0, 1, 1", expect = ACCEPTABLE_INTERESTING, desc = "A life began and none ended.")
    @State
    public static class ControlSticky {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "sticky", DawdlingWords::new);
        private static final PageCounter COUNTER = new OwnerlessCounter(DEVICE.words());
        private final Page page = new Page(DEVICE, COUNTER);

        @Actor
        void zap(final III_Result r) {
            page.zap(r);
        }

        @Actor
        void fault(final III_Result r) {
            page.fault(r);
        }

        @Arbiter
        void look(final III_Result r) {
            page.look(r);
        }
    }
}
