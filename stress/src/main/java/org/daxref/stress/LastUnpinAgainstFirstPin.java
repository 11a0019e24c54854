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
import org.openjdk.jcstress.infra.results.IZI_Result;

/**
 * The last pin of an unmapped page is dropped while a walk with an old entry pins it ({@code gup_put_folio} against
 * {@code try_get_folio}).
 *
 * <p><b>Theory.</b> Either the page becomes idle and the pin is refused, or it never was idle. A page that was seen
 * idle, and may be somebody else's by now, must not come back to life (invariant I2).
 *
 * <pre>
 *   holder                                walk
 *                                         count > 0?  yes
 *   count -= 1024  (RMW)  -> idle
 *                                         count: exchange what was seen, or refuse  (RMW)
 * </pre>
 *
 * <p><b>Memory ordering.</b> Look and addition are one compare-and-exchange; no order between two words is at stake.
 * The control looks first and then adds to whatever is there. The kernel's counter pins in two steps, by 1 and by 1023,
 * so the holder may find the first of them.
 */
public final class LastUnpinAgainstFirstPin {
    private LastUnpinAgainstFirstPin() {
    }

    /** What is left after the unpin, whether the pin was taken, the count at the end. */
    @Outcome(id = "0, false, 0", expect = ACCEPTABLE, desc = "Idle first: the pin is refused.")
    @Outcome(id = "1024, true, 1024", expect = ACCEPTABLE, desc = "The pin came first.")
    @Outcome(id = "1, true, 1024", expect = ACCEPTABLE, desc = "The unpin fell between the two steps of the pin.")
    @Outcome(expect = FORBIDDEN, desc = "A page that was idle came back to life, or a count was lost.")
    static final class Rules {
        private Rules() {
        }
    }

    private static long pinned(final StressDevice device) {
        final long head = device.descriptor(device.claim());
        device.words().putIntRelease(head + PageDescriptor.REFCOUNT_OFFSET, GUP_PIN_COUNTING_BIAS);
        return head;
    }

    /** One atomic addition per pin and unpin. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Simple {
        private final AtomicInteger count = new AtomicInteger(GUP_PIN_COUNTING_BIAS);

        @Actor
        void unpin(final IZI_Result r) {
            r.r1 = count.addAndGet(-GUP_PIN_COUNTING_BIAS);
        }

        @Actor
        void pin(final IZI_Result r) {
            r.r2 = count.getAndUpdate(seen -> seen == 0 ? 0 : seen + GUP_PIN_COUNTING_BIAS) != 0;
        }

        @Arbiter
        void count(final IZI_Result r) {
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
        private final long head = pinned(DEVICE);

        @Actor
        void unpin(final IZI_Result r) {
            r.r1 = COUNTER.unpin(head, 1);
        }

        @Actor
        void pin(final IZI_Result r) {
            r.r2 = COUNTER.tryPin(head, 1);
        }

        @Arbiter
        void count(final IZI_Result r) {
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
        private final long head = pinned(DEVICE);

        @Actor
        void unpin(final IZI_Result r) {
            r.r1 = COUNTER.unpin(head, 1);
        }

        @Actor
        void pin(final IZI_Result r) {
            r.r2 = COUNTER.tryPin(head, 1);
        }

        @Arbiter
        void count(final IZI_Result r) {
            r.r3 = COUNTER.count(head);
        }
    }

    /** A counter that looks, and then adds whatever is there. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "0, true, 1024", expect = ACCEPTABLE_INTERESTING, desc = "A page that was idle came back to life.")
    @State
    public static class Control {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas");
        private static final PageCounter COUNTER = new PlainPageCounter(DEVICE.words()) {
            @Override
            public boolean tryPin(final long head, final int pins) {
                if (count(head) == 0) {
                    return false;
                }
                words.getAndAddInt(head + PageDescriptor.REFCOUNT_OFFSET, pins * GUP_PIN_COUNTING_BIAS);
                return true;
            }
        };
        private final long head = pinned(DEVICE);

        @Actor
        void unpin(final IZI_Result r) {
            r.r1 = COUNTER.unpin(head, 1);
        }

        @Actor
        void pin(final IZI_Result r) {
            r.r2 = COUNTER.tryPin(head, 1);
        }

        @Arbiter
        void count(final IZI_Result r) {
            r.r3 = COUNTER.count(head);
        }
    }
}
