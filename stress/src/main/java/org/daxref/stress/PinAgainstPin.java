/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.daxref.page.PageCounter.GUP_PIN_COUNTING_BIAS;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.page.PageCounter;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PlainPageCounter;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZI_Result;

/**
 * Two walks pin one page at the same time ({@code try_grab_folio_fast} against itself).
 *
 * <p><b>Theory.</b> No pin is lost. A lost one breaks invariant I1: the page looks idle under the hands of its holder.
 *
 * <pre>
 *   walk                                  walk
 *   look at the count
 *                                         look at the count
 *   count += 1024  (RMW)
 *                                         count += 1024  (RMW), from what is there and not from what was seen
 * </pre>
 *
 * <p>The counters that flag idle pages add first, and look at what was there.
 *
 * <p><b>Memory ordering.</b> Each change is one atomic read-modify-write; no order between two words is at stake. The
 * control loads and stores instead.
 */
public final class PinAgainstPin {
    private PinAgainstPin() {
    }

    /** One mapping and two pins. */
    @Outcome(id = "true, true, 2049", expect = ACCEPTABLE, desc = "Both pins and the mapping are counted.")
    @Outcome(expect = FORBIDDEN, desc = "A pin was lost.")
    static final class Rules {
        private Rules() {
        }
    }

    private static long mapped(final StressDevice device) {
        final long head = device.descriptor(device.claim());
        device.words().putIntRelease(head + PageDescriptor.REFCOUNT_OFFSET, device.machine().counter().encode(1));
        return head;
    }

    /** One atomic addition per pin. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Simple {
        private final AtomicInteger count = new AtomicInteger(1);

        private boolean tryPin() {
            return count.getAndUpdate(seen -> seen == 0 ? 0 : seen + GUP_PIN_COUNTING_BIAS) != 0;
        }

        @Actor
        void one(final ZZI_Result r) {
            r.r1 = tryPin();
        }

        @Actor
        void other(final ZZI_Result r) {
            r.r2 = tryPin();
        }

        @Arbiter
        void count(final ZZI_Result r) {
            r.r3 = count.get();
        }
    }

    /** The kernel's counter. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualCas {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas");
        private static final PageCounter COUNTER = DEVICE.machine().counter();
        private final long head = mapped(DEVICE);

        @Actor
        void one(final ZZI_Result r) {
            r.r1 = COUNTER.tryPin(head, 1);
        }

        @Actor
        void other(final ZZI_Result r) {
            r.r2 = COUNTER.tryPin(head, 1);
        }

        @Arbiter
        void count(final ZZI_Result r) {
            r.r3 = COUNTER.count(head);
        }
    }

    /** The counter that pins in one step. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualCasFused {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas-fused");
        private static final PageCounter COUNTER = DEVICE.machine().counter();
        private final long head = mapped(DEVICE);

        @Actor
        void one(final ZZI_Result r) {
            r.r1 = COUNTER.tryPin(head, 1);
        }

        @Actor
        void other(final ZZI_Result r) {
            r.r2 = COUNTER.tryPin(head, 1);
        }

        @Arbiter
        void count(final ZZI_Result r) {
            r.r3 = COUNTER.count(head);
        }
    }

    /** The counter that waits after a failed exchange. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualCasBackoff {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas-backoff");
        private static final PageCounter COUNTER = DEVICE.machine().counter();
        private final long head = mapped(DEVICE);

        @Actor
        void one(final ZZI_Result r) {
            r.r1 = COUNTER.tryPin(head, 1);
        }

        @Actor
        void other(final ZZI_Result r) {
            r.r2 = COUNTER.tryPin(head, 1);
        }

        @Arbiter
        void count(final ZZI_Result r) {
            r.r3 = COUNTER.count(head);
        }
    }

    /** The counter that adds unconditionally. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualXadd {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "xadd");
        private static final PageCounter COUNTER = DEVICE.machine().counter();
        private final long head = mapped(DEVICE);

        @Actor
        void one(final ZZI_Result r) {
            r.r1 = COUNTER.tryPin(head, 1);
        }

        @Actor
        void other(final ZZI_Result r) {
            r.r2 = COUNTER.tryPin(head, 1);
        }

        @Arbiter
        void count(final ZZI_Result r) {
            r.r3 = COUNTER.count(head);
        }
    }

    /** The counter with the zones of rcuref. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualRcuref {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "rcuref");
        private static final PageCounter COUNTER = DEVICE.machine().counter();
        private final long head = mapped(DEVICE);

        @Actor
        void one(final ZZI_Result r) {
            r.r1 = COUNTER.tryPin(head, 1);
        }

        @Actor
        void other(final ZZI_Result r) {
            r.r2 = COUNTER.tryPin(head, 1);
        }

        @Arbiter
        void count(final ZZI_Result r) {
            r.r3 = COUNTER.count(head);
        }
    }

    /** The counter whose readers help. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualSticky {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "sticky");
        private static final PageCounter COUNTER = DEVICE.machine().counter();
        private final long head = mapped(DEVICE);

        @Actor
        void one(final ZZI_Result r) {
            r.r1 = COUNTER.tryPin(head, 1);
        }

        @Actor
        void other(final ZZI_Result r) {
            r.r2 = COUNTER.tryPin(head, 1);
        }

        @Arbiter
        void count(final ZZI_Result r) {
            r.r3 = COUNTER.count(head);
        }
    }

    /** A counter that loads and stores instead of exchanging. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "true, true, 1025", expect = ACCEPTABLE_INTERESTING, desc = "A pin was lost.")
    @State
    public static class Control {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas");
        private static final PageCounter COUNTER = new PlainPageCounter(DEVICE.words()) {
            @Override
            public boolean tryPin(final long head, final int pins) {
                final int seen = words.getIntVolatile(head + PageDescriptor.REFCOUNT_OFFSET);
                words.putIntRelease(head + PageDescriptor.REFCOUNT_OFFSET, seen + pins * GUP_PIN_COUNTING_BIAS);
                return true;
            }
        };
        private final long head = mapped(DEVICE);

        @Actor
        void one(final ZZI_Result r) {
            r.r1 = COUNTER.tryPin(head, 1);
        }

        @Actor
        void other(final ZZI_Result r) {
            r.r2 = COUNTER.tryPin(head, 1);
        }

        @Arbiter
        void count(final ZZI_Result r) {
            r.r3 = COUNTER.count(head);
        }
    }
}
