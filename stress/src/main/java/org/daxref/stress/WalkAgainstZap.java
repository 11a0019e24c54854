/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.daxref.page.PageCounter.GUP_PIN_COUNTING_BIAS;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZII_Result;

/**
 * GUP-fast pins a page while a zap clears its entry and then looks at the count ({@code gup_fast_pte_range} against
 * {@code zap_pte_range}).
 *
 * <p><b>Theory.</b> Who finds a page idle after having unmapped it may take it: no pin comes later (invariant I1).
 *
 * <pre>
 *   walk                                  zap
 *   entry -> page
 *   count += 1024  (RMW)                  entry := none  (RMW)
 *   entry unchanged?  no -> drop it       count == idle?
 * </pre>
 *
 * <p><b>Memory ordering.</b> A store buffer: the walk counts, then looks at the entry again; the zap clears the entry,
 * then looks at the count. Both stores are volatile read-modify-writes and both loads volatile, so one of the two sees
 * the other. The control's walk does not look again.
 */
public final class WalkAgainstZap {
    private WalkAgainstZap() {
    }

    /** Whether the page was pinned, the references above idle after the zap, and at the end. */
    @Outcome(id = "false, 0, 0", expect = ACCEPTABLE, desc = "The walk found no entry, or backed out in time.")
    @Outcome(id = "false, 1, 0", expect = ACCEPTABLE,
        desc = "The zapper saw the first step of a pin that then backed out.")
    @Outcome(id = "false, 1024, 0", expect = ACCEPTABLE, desc = "The zapper saw a pin that then backed out.")
    @Outcome(id = "true, 1024, 1024", expect = ACCEPTABLE, desc = "The zapper saw the pin.")
    @Outcome(expect = FORBIDDEN, desc = "A page was pinned that the zapper had seen idle.")
    static final class Rules {
        private Rules() {
        }
    }

    /** An entry and a count. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Simple {
        private final AtomicLong entry = new AtomicLong(1);
        private final AtomicInteger pins = new AtomicInteger();

        @Actor
        void walk(final ZII_Result r) {
            final long first = entry.get();
            if (first != 0) {
                pins.addAndGet(GUP_PIN_COUNTING_BIAS);
                r.r1 = entry.get() == first;
                if (!r.r1) {
                    pins.addAndGet(-GUP_PIN_COUNTING_BIAS);
                }
            }
        }

        @Actor
        void zap(final ZII_Result r) {
            entry.set(0);
            r.r2 = pins.get();
        }

        @Arbiter
        void count(final ZII_Result r) {
            r.r3 = pins.get();
        }
    }

    /** Pages that are idle at 1, and a dev_pagemap that guards the walk. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualDevPagemap {
        private static final StressDevice DEVICE = StressDevice.open("dev-pagemap", "cas");
        private final MappedPage page = new MappedPage(DEVICE);

        @Actor
        void walk(final ZII_Result r) {
            r.r1 = page.pin();
        }

        @Actor
        void zap(final ZII_Result r) {
            page.zap();
            r.r2 = page.references();
        }

        @Arbiter
        void count(final ZII_Result r) {
            r.r3 = page.references();
            page.unpin();
        }
    }

    /** Pages that their mappings hold. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualFsHeld {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas");
        private final MappedPage page = new MappedPage(DEVICE);

        @Actor
        void walk(final ZII_Result r) {
            r.r1 = page.pin();
        }

        @Actor
        void zap(final ZII_Result r) {
            page.zap();
            r.r2 = page.references();
        }

        @Arbiter
        void count(final ZII_Result r) {
            r.r3 = page.references();
            page.unpin();
        }
    }

    /** A walk that does not look again. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "true, 0, 1024", expect = ACCEPTABLE_INTERESTING,
        desc = "A page was pinned that the zapper had seen idle.")
    @Outcome(id = "true, 1, 1024", expect = ACCEPTABLE_INTERESTING,
        desc = "A pin that the zapper had not seen whole was kept.")
    @State
    public static class Control {
        private static final StressDevice DEVICE = StressDevice.open("dev-pagemap", "cas", BlindWords::new);
        private final MappedPage page = new MappedPage(DEVICE);

        @Actor
        void walk(final ZII_Result r) {
            r.r1 = page.pin();
        }

        @Actor
        void zap(final ZII_Result r) {
            page.zap();
            r.r2 = page.references();
        }

        @Arbiter
        void count(final ZII_Result r) {
            r.r3 = page.references();
            page.unpin();
        }
    }
}
