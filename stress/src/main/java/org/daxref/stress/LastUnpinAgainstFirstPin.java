/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.daxref.page.PageCounter.GUP_PIN_COUNTING_BIAS;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.page.FlaggedPageCounter;
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
 * <p>A counter that flags idle pages lets the walk add first. If the holder has subtracted and not flagged yet, the
 * walk has the page, and the holder's exchange fails; if it has flagged, what the walk added is noise, and is taken
 * away.
 *
 * <pre>
 *   holder                                walk
 *   count -= 1024  (RMW)  -> 0
 *                                         count += 1024  (RMW), was 0: pinned; was idle: refused, sets it back
 *   0 -> idle  (RMW), or not idle
 * </pre>
 *
 * <p><b>Memory ordering.</b> Look and addition are one read-modify-write; no order between two words is at stake. The
 * controls look first and then add to whatever is there, store after an exchange that failed, and take a page for idle
 * whose flag did not go in. The kernel's counter pins in two steps, by 1 and by 1023, so the holder may find the first
 * of them.
 */
public final class LastUnpinAgainstFirstPin {
    private static final int DAWDLE_SPINS = 4;

    private LastUnpinAgainstFirstPin() {
    }

    /** What is left after the unpin, whether the pin was taken, the count at the end. */
    @Outcome(id = "0, false, 0", expect = ACCEPTABLE, desc = "Idle first: the pin is refused.")
    @Outcome(id = "1024, true, 1024", expect = ACCEPTABLE, desc = "The pin came first.")
    @Outcome(expect = FORBIDDEN, desc = "A page that was idle came back to life, or a count was lost.")
    static final class Rules {
        private Rules() {
        }
    }

    private static long pinned(final StressDevice device) {
        final long head = device.descriptor(device.claim());
        device.words().putIntRelease(head + PageDescriptor.REFCOUNT_OFFSET,
            device.machine().counter().encode(GUP_PIN_COUNTING_BIAS));
        return head;
    }

    /** The count at rest, or -1 if the word is not the one that stands for it: a refused walk has left its noise. */
    private static int settled(final StressDevice device, final PageCounter counter, final long head) {
        final int count = counter.count(head);
        return device.words().getIntVolatile(head + PageDescriptor.REFCOUNT_OFFSET) == counter.encode(count) ? count
            : -1;
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
    @Outcome(id = "1, true, 1024", expect = ACCEPTABLE, desc = "The unpin fell between the two steps of the pin.")
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
            r.r3 = settled(DEVICE, COUNTER, head);
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
            r.r3 = settled(DEVICE, COUNTER, head);
        }
    }

    /** The counter that waits after a failed exchange. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualCasBackoff {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas-backoff");
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
            r.r3 = settled(DEVICE, COUNTER, head);
        }
    }

    /** The counter that adds unconditionally. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualXadd {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "xadd");
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
            r.r3 = settled(DEVICE, COUNTER, head);
        }
    }

    /** The counter with the zones of rcuref. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualRcuref {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "rcuref");
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
            r.r3 = settled(DEVICE, COUNTER, head);
        }
    }

    /** The counter whose readers help. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualSticky {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "sticky");
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
            r.r3 = settled(DEVICE, COUNTER, head);
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
            r.r3 = settled(DEVICE, COUNTER, head);
        }
    }

    /** A counter that stores once its exchange has failed. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "0, true, 1024", expect = ACCEPTABLE_INTERESTING, desc = "A page that was idle came back to life.")
    @State
    public static class ControlCasBackoff {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas-backoff");
        private static final PageCounter COUNTER = new PlainPageCounter(DEVICE.words()) {
            @Override
            public boolean tryPin(final long head, final int pins) {
                return tryPinAtOnce(head, pins);
            }

            @Override
            protected boolean addAfterRace(final long head, final int delta, final int found) {
                words.putIntRelease(head + PageDescriptor.REFCOUNT_OFFSET, found + delta);
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
            r.r3 = settled(DEVICE, COUNTER, head);
        }
    }

    /** A counter that dawdles, and then takes the page for idle whatever its exchange found. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "0, true, 1024", expect = ACCEPTABLE_INTERESTING, desc = "A page is called idle that is pinned.")
    @State
    public static class ControlXadd {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "xadd");
        private static final PageCounter COUNTER = new FlaggedPageCounter(DEVICE.words(), 0, Zones.IDLE, Zones.NOISE) {
            @Override
            protected int drop(final long head) {
                Spin.times(DAWDLE_SPINS);
                exchange(head, 0, Zones.IDLE);
                return 0;
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
            r.r3 = settled(DEVICE, COUNTER, head);
        }
    }
}
