/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.daxref.page.AsymmetricStripedPageCounter;
import org.daxref.page.FencedStripedPageCounter;
import org.daxref.page.HazardPageCounter;
import org.daxref.page.PageCounter;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;

/**
 * A walk pins a page and leaves the pin with its CPU, while a zap clears the entry and brings such pins together
 * ({@code gup_fast_pte_range} against {@code zap_pte_range}, for counters that the kernel does not have).
 *
 * <p><b>Theory.</b> A pin that was granted is in the word of the page once the zap has gathered: what the layout break
 * then reads there is all there is (invariant I1). And the last reference is told once, to whoever drops it.
 *
 * <pre>
 *   walk                                  zap
 *   entry -> page                         entry := none    (RMW)
 *   slot := page, or slot += 1024         gather: slot -> word
 *   [word still striped?]                 word -= 1        (RMW)
 *   entry unchanged?  no -> unpin         word == idle?
 * </pre>
 *
 * <p><b>Memory ordering.</b> A store buffer as in {@link WalkAgainstZap}, between the slot and the entry; for {@code
 * striped} a second one between the slot and the word. {@code striped-asym} has no barrier at the slot, and the zap
 * waits for the walk's read section. The controls do not look at the word again, and store where an exchange is due.
 */
public final class KeptPinAgainstZap {
    private KeptPinAgainstZap() {
    }

    /** The pins granted, the count in the word after the zap, the count at the end, how often its end was told. */
    @Outcome(id = "0, 0, 0, 1", expect = ACCEPTABLE, desc = "The walk found no entry, or backed out in time.")
    @Outcome(id = "0, 1, 0, 1", expect = ACCEPTABLE, desc = "The zap saw a walk that backed out drop the last.")
    @Outcome(id = "0, 1024, 0, 1", expect = ACCEPTABLE, desc = "The zap counted a pin that then backed out.")
    @Outcome(id = "1, 1024, 1024, 1", expect = ACCEPTABLE, desc = "The zap counted the pin.")
    @Outcome(expect = FORBIDDEN, desc = "A pin was kept that the zap did not count, or an end was told wrongly.")
    static final class Rules {
        private Rules() {
        }
    }

    /** An entry, a word and a slot. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Simple {
        private final SimpleKeptPage page = new SimpleKeptPage();

        @Actor
        void walk(final IIII_Result r) {
            r.r1 = page.walk();
        }

        @Actor
        void zap(final IIII_Result r) {
            page.zap();
            r.r2 = page.countInWord();
        }

        @Arbiter
        void look(final IIII_Result r) {
            r.r3 = page.count();
            if (r.r1 == 1) {
                page.unpin();
            }
            r.r4 = page.told();
        }
    }

    /** The counter that stripes crowded pages, and fences. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualStriped {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "striped");
        private static final PageCounter COUNTER = FencedStripedPageCounter.create(DEVICE.words(), DEVICE.cpus(), 1);
        private final KeptPage page = new KeptPage(DEVICE, COUNTER).crowded();

        @Actor
        void walk(final IIII_Result r) {
            r.r1 = page.walk();
        }

        @Actor
        void zap(final IIII_Result r) {
            page.zap();
            r.r2 = page.countInWord();
        }

        @Arbiter
        void look(final IIII_Result r) {
            r.r3 = page.count();
            r.r4 = page.settle();
        }
    }

    /** The counter that stripes crowded pages, and waits for a grace period. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualStripedAsym {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "striped-asym");
        private static final PageCounter COUNTER = AsymmetricStripedPageCounter.create(DEVICE.words(), DEVICE.cpus(),
            DEVICE.machine().epochs(), 1);
        private final KeptPage page = new KeptPage(DEVICE, COUNTER).crowded();

        @Actor
        void walk(final IIII_Result r) {
            r.r1 = page.walk();
        }

        @Actor
        void zap(final IIII_Result r) {
            page.zap();
            r.r2 = page.countInWord();
        }

        @Arbiter
        void look(final IIII_Result r) {
            r.r3 = page.count();
            r.r4 = page.settle();
        }
    }

    /** The counter that publishes pins. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualHazard {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "hazard");
        private static final PageCounter COUNTER = HazardPageCounter.create(DEVICE.words(), DEVICE.cpus());
        private final KeptPage page = new KeptPage(DEVICE, COUNTER);

        @Actor
        void walk(final IIII_Result r) {
            r.r1 = page.walk();
        }

        @Actor
        void zap(final IIII_Result r) {
            page.zap();
            r.r2 = page.countInWord();
        }

        @Arbiter
        void look(final IIII_Result r) {
            r.r3 = page.count();
            r.r4 = page.settle();
        }
    }

    /** An addition of {@code striped} that does not look at the word again: its slot may have been gathered before. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = {"0, 0, -1024, 1", "0, -1024, -1024, 1", "0, -1024, -1024, 0"}, expect = ACCEPTABLE_INTERESTING,
        desc = "The pin was lost, and then taken from the word.")
    @Outcome(id = "0, 1024, 1024, 0", expect = ACCEPTABLE_INTERESTING, desc = "The pin was counted, and its drop lost.")
    @State
    public static class ControlStriped {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "striped");
        private static final PageCounter COUNTER = HastyStripes.withoutSecondLook(DEVICE);
        private final KeptPage page = new KeptPage(DEVICE, COUNTER).crowded();

        @Actor
        void walk(final IIII_Result r) {
            r.r1 = page.walk();
        }

        @Actor
        void zap(final IIII_Result r) {
            page.zap();
            r.r2 = page.countInWord();
        }

        @Arbiter
        void look(final IIII_Result r) {
            r.r3 = page.count();
            r.r4 = page.settle();
        }
    }

    /** A pin of {@code hazard} that is stored, with no barrier before the second look at the entry. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "1, 0, 0, 1", expect = ACCEPTABLE_INTERESTING, desc = "A page was pinned that the zap had seen idle.")
    @State
    public static class ControlHazard {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "hazard");
        private static final PageCounter COUNTER = HazardPageCounter.create(new WeakPublishWords(DEVICE),
            DEVICE.cpus());
        private final KeptPage page = new KeptPage(DEVICE, COUNTER);

        @Actor
        void walk(final IIII_Result r) {
            r.r1 = page.walk();
        }

        @Actor
        void zap(final IIII_Result r) {
            page.zap();
            r.r2 = page.countInWord();
        }

        @Arbiter
        void look(final IIII_Result r) {
            r.r3 = page.count();
            r.r4 = page.settle();
        }
    }
}
