/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
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
 * A page that is crowded becomes striped while its last mapping goes ({@code gup_put_folio} against {@code
 * zap_pte_range}, for a counter that the kernel does not have).
 *
 * <p><b>Theory.</b> The word of a striped page cannot come to 0, so a page that nobody maps must not stay striped: one
 * of the two sides gathers, and the last reference is told once (invariant I3).
 *
 * <pre>
 *   unpin                                 zap
 *   mapcount > 0?  yes                    mapcount -= 1              (RMW)
 *   word: c -> STRIPED + c     (RMW)      word striped?  yes -> gather
 *   mapcount == 0?  yes -> gather         word -= 1                  (RMW)
 * </pre>
 *
 * <p><b>Memory ordering.</b> A store buffer between the word and the mapcount; both are changed by volatile
 * read-modify-writes and read volatile. The control does not look at the mapcount again.
 */
public final class StripingAgainstZap {
    private StripingAgainstZap() {
    }

    /** Whether the unpin was told that it was the last, whether the zap was, the count at the end. */
    @Outcome(id = "true, false, 0", expect = ACCEPTABLE, desc = "The unpin was the last.")
    @Outcome(id = "false, true, 0", expect = ACCEPTABLE, desc = "The zap was the last.")
    @Outcome(expect = FORBIDDEN, desc = "The last reference was told to nobody, or twice.")
    static final class Rules {
        private Rules() {
        }
    }

    /** A word with a bit for striped, and a mapcount. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Simple {
        private static final int STRIPED = 1 << 30;
        private final AtomicInteger word = new AtomicInteger(2);
        private final AtomicInteger mapcount = new AtomicInteger(1);

        private void gather() {
            word.getAndUpdate(seen -> seen & ~STRIPED);
        }

        @Actor
        void unpin(final ZZI_Result r) {
            final int seen = word.get();
            if (word.compareAndSet(seen, STRIPED + seen) && mapcount.get() == 0) {
                gather();
            }
            r.r1 = word.decrementAndGet() == 0;
        }

        @Actor
        void zap(final ZZI_Result r) {
            mapcount.decrementAndGet();
            gather();
            r.r2 = word.decrementAndGet() == 0;
        }

        @Arbiter
        void look(final ZZI_Result r) {
            r.r3 = word.get();
        }
    }

    /** The counter that stripes crowded pages, and fences. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualStriped {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "striped", DawdlingWords::new);
        private static final PageCounter COUNTER = FencedStripedPageCounter.create(DEVICE.words(), DEVICE.cpus(), 1);
        private final KeptPage page = new KeptPage(DEVICE, COUNTER);

        @Actor
        void unpin(final ZZI_Result r) {
            r.r1 = page.unpinOfCrowded();
        }

        @Actor
        void zap(final ZZI_Result r) {
            r.r2 = page.zap();
        }

        @Arbiter
        void look(final ZZI_Result r) {
            r.r3 = page.count();
            page.forget();
        }
    }

    /** An unpin that does not look at the mapcount again. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "false, false, 1", expect = ACCEPTABLE_INTERESTING, desc = "The page is nobody's and stays striped.")
    @State
    public static class ControlStriped {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "striped");
        private static final PageCounter COUNTER = FencedStripedPageCounter.create(
            new BlindStriperWords(DEVICE.words()), DEVICE.cpus(), 1);
        private final KeptPage page = new KeptPage(DEVICE, COUNTER);

        @Actor
        void unpin(final ZZI_Result r) {
            r.r1 = page.unpinOfCrowded();
        }

        @Actor
        void zap(final ZZI_Result r) {
            r.r2 = page.zap();
        }

        @Arbiter
        void look(final ZZI_Result r) {
            r.r3 = page.count();
            page.forget();
        }
    }
}
