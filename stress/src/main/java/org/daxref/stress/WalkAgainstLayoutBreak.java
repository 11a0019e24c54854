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
import org.daxref.page.FencedStripedPageCounter;
import org.daxref.page.PageCounter;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZI_Result;

/**
 * GUP-fast pins a page while a layout break unmaps it and scans for pages in use ({@code gup_fast} against
 * {@code dax_layout_busy_page_range}).
 *
 * <p><b>Theory.</b> A layout break unmaps first and looks afterwards: what it then finds idle can not be pinned any
 * more, and the file system may take it back (invariant I1). Pins that were there before are found by the scan.
 *
 * <pre>
 *   walk, again and again                 layout break
 *                                         invalidate lock, grace period
 *   entry -> page
 *   count += 1024  (RMW)                  entry := none  (RMW)
 *   entry unchanged?  no -> drop it       count == idle?  no -> busy
 *                                         unlock
 * </pre>
 *
 * <p><b>Memory ordering.</b> That of {@link WalkAgainstZap}, with the references of mappings dropped between the clear
 * and the look in {@code fs-held}, and before that the pins gathered that CPUs keep, if the counter has such. The
 * control looks first and unmaps afterwards: a walk in between pins a page that was found idle. The break takes much
 * longer than a walk, so the walker pins and unpins until the entry is gone, and what its last walk did is the outcome.
 */
public final class WalkAgainstLayoutBreak {
    private WalkAgainstLayoutBreak() {
    }

    /** Whether the page was pinned, whether the layout was broken, and the references above idle at the end. */
    @Outcome(id = "false, true, 0", expect = ACCEPTABLE, desc = "The walk found no entry, or backed out in time.")
    @Outcome(id = "false, false, 0", expect = ACCEPTABLE, desc = "The scan saw a pin that was dropped since.")
    @Outcome(id = "true, false, 1024", expect = ACCEPTABLE, desc = "The scan saw the pin.")
    @Outcome(expect = FORBIDDEN, desc = "A page was pinned that the file system takes back.")
    static final class Rules {
        private Rules() {
        }
    }

    /** An entry, a count and a mapcount, under which a page is busy whose count is not its mapcount. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Simple {
        private final AtomicLong entry = new AtomicLong(1);
        private final AtomicInteger count = new AtomicInteger(1);
        private final AtomicInteger mapcount = new AtomicInteger(1);

        private boolean tryPin() {
            return count.getAndUpdate(seen -> seen == 0 ? 0 : seen + GUP_PIN_COUNTING_BIAS) != 0;
        }

        @Actor
        void walk(final ZZI_Result r) {
            final long first = entry.get();
            if (first != 0 && tryPin()) {
                r.r1 = entry.get() == first;
                if (!r.r1) {
                    count.addAndGet(-GUP_PIN_COUNTING_BIAS);
                }
            }
        }

        @Actor
        void breakLayout(final ZZI_Result r) {
            entry.set(0);
            mapcount.decrementAndGet();
            count.decrementAndGet();
            r.r2 = count.get() == mapcount.get();
        }

        @Arbiter
        void count(final ZZI_Result r) {
            r.r3 = count.get();
        }
    }

    /** Pages that are idle at 1. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualDevPagemap {
        private static final StressDevice DEVICE = StressDevice.open("dev-pagemap", "cas");
        private final MappedPage page = new MappedPage(DEVICE);

        @Actor
        void walk(final ZZI_Result r) {
            r.r1 = page.pinUntilUnmapped();
        }

        @Actor
        void breakLayout(final ZZI_Result r) {
            r.r2 = page.tryBreakLayout();
        }

        @Arbiter
        void count(final ZZI_Result r) {
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
        void walk(final ZZI_Result r) {
            r.r1 = page.pinUntilUnmapped();
        }

        @Actor
        void breakLayout(final ZZI_Result r) {
            r.r2 = page.tryBreakLayout();
        }

        @Arbiter
        void count(final ZZI_Result r) {
            r.r3 = page.references();
            page.unpin();
        }
    }

    /** Pages whose pins are spread over the CPUs: the walks are those of the machine, which finds them striped. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualStriped {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "striped");
        private static final PageCounter COUNTER = FencedStripedPageCounter.create(DEVICE.words(), DEVICE.cpus(), 1);
        private final MappedPage page = new MappedPage(DEVICE).crowded(COUNTER);

        @Actor
        void walk(final ZZI_Result r) {
            r.r1 = page.pinUntilUnmapped();
        }

        @Actor
        void breakLayout(final ZZI_Result r) {
            r.r2 = page.tryBreakLayout();
        }

        @Arbiter
        void count(final ZZI_Result r) {
            r.r3 = page.references();
            page.unpin();
        }
    }

    /** Pages whose pins stay with their CPUs. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualHazard {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "hazard");
        private final MappedPage page = new MappedPage(DEVICE);

        @Actor
        void walk(final ZZI_Result r) {
            r.r1 = page.pinUntilUnmapped();
        }

        @Actor
        void breakLayout(final ZZI_Result r) {
            r.r2 = page.tryBreakLayout();
        }

        @Arbiter
        void count(final ZZI_Result r) {
            r.r3 = page.references();
            page.unpin();
        }
    }

    /** A layout break that looks whether the page is in use, and then unmaps it. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "true, true, 1024", expect = ACCEPTABLE_INTERESTING,
        desc = "A page was pinned that the file system takes back.")
    @State
    public static class Control {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas");
        private final MappedPage page = new MappedPage(DEVICE);

        @Actor
        void walk(final ZZI_Result r) {
            r.r1 = page.pinUntilUnmapped();
        }

        @Actor
        void breakLayout(final ZZI_Result r) {
            r.r2 = page.isIdle();
            page.zap();
        }

        @Arbiter
        void count(final ZZI_Result r) {
            r.r3 = page.references();
            page.unpin();
        }
    }
}
