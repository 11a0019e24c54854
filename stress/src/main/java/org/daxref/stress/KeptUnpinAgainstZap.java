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
import org.openjdk.jcstress.infra.results.ZZZZ_Result;

/**
 * A pin is dropped on another CPU than the one that keeps it, while a zap brings the pins of the page together
 * ({@code gup_put_folio} against {@code zap_pte_range}, for counters that the kernel does not have).
 *
 * <p><b>Theory.</b> The pin and its unpin meet, wherever each of them was noted, and whoever drops the last reference
 * is told, once (invariant I3). As long as the pin is held the page is said to be pinned: the answer of {@code
 * folio_maybe_dma_pinned} may be wrong the other way round only.
 *
 * <pre>
 *   unpin, CPU 1                          zap, CPU 2
 *   pinned?                               pin: slot 2
 *   striped: slot 1 -= 1024               striped: word := gathering; slots -> word; word -= 1
 *   hazard:  slot 2: page -> 0            hazard:  word += 1024; slot 2: page -> 0, or word -= 1024; word -= 1
 *            failed, so word -= 1024
 * </pre>
 *
 * <p><b>Memory ordering.</b> That of {@link KeptPinAgainstZap} between slot and word. The controls take away from a
 * slot by a plain store that nobody waits for, and clear the slot before the word is raised.
 */
public final class KeptUnpinAgainstZap {
    private KeptUnpinAgainstZap() {
    }

    /**
     * Whether the page was said to be pinned while it was, whether the unpin was told that it was the last, whether the
     * zap was, whether the page is idle at the end.
     */
    @Outcome(id = "true, true, false, true", expect = ACCEPTABLE, desc = "The unpin was the last.")
    @Outcome(id = "true, false, true, true", expect = ACCEPTABLE, desc = "The zap was the last.")
    @Outcome(expect = FORBIDDEN, desc = "A pin was missed, or dropped twice or not at all.")
    static final class Rules {
        private Rules() {
        }
    }

    /** A word and a slot. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Simple {
        private final SimpleKeptPage page = new SimpleKeptPage();

        /** A new sample. */
        public Simple() {
            page.keepPin();
        }

        @Actor
        void unpin(final ZZZZ_Result r) {
            r.r1 = page.count() >= PageCounter.GUP_PIN_COUNTING_BIAS;
            r.r2 = page.unpin();
        }

        @Actor
        void zap(final ZZZZ_Result r) {
            r.r3 = page.zap();
        }

        @Arbiter
        void look(final ZZZZ_Result r) {
            r.r4 = page.count() == 0;
        }
    }

    /** The counter that stripes crowded pages, and fences. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualStriped {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "striped", DawdlingWords::new);
        private static final PageCounter COUNTER = FencedStripedPageCounter.create(DEVICE.words(), DEVICE.cpus(), 1);
        private final KeptPage page = new KeptPage(DEVICE, COUNTER).crowded();

        @Actor
        void unpin(final ZZZZ_Result r) {
            r.r1 = page.looksPinned();
            r.r2 = page.unpin();
        }

        @Actor
        void zap(final ZZZZ_Result r) {
            r.r3 = page.pinAndZap();
        }

        @Arbiter
        void look(final ZZZZ_Result r) {
            r.r4 = page.count() == 0;
            page.forget();
        }
    }

    /** The counter that stripes crowded pages, and waits for a grace period. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualStripedAsym {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "striped-asym", DawdlingWords::new);
        private static final PageCounter COUNTER = AsymmetricStripedPageCounter.create(DEVICE.words(), DEVICE.cpus(),
            DEVICE.machine().epochs(), 1);
        private final KeptPage page = new KeptPage(DEVICE, COUNTER).crowded();

        @Actor
        void unpin(final ZZZZ_Result r) {
            r.r1 = page.looksPinned();
            r.r2 = page.unpin();
        }

        @Actor
        void zap(final ZZZZ_Result r) {
            r.r3 = page.pinAndZap();
        }

        @Arbiter
        void look(final ZZZZ_Result r) {
            r.r4 = page.count() == 0;
            page.forget();
        }
    }

    /** The counter that publishes pins. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class ActualHazard {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "hazard", DawdlingWords::new);
        private static final PageCounter COUNTER = HazardPageCounter.create(DEVICE.words(), DEVICE.cpus());
        private final KeptPage page = new KeptPage(DEVICE, COUNTER);

        @Actor
        void unpin(final ZZZZ_Result r) {
            r.r1 = page.looksPinned();
            r.r2 = page.unpin();
        }

        @Actor
        void zap(final ZZZZ_Result r) {
            r.r3 = page.pinAndZap();
        }

        @Arbiter
        void look(final ZZZZ_Result r) {
            r.r4 = page.count() == 0;
            page.forget();
        }
    }

    /** An unpin of {@code striped-asym} that nobody waits for. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "true, false, false, false", expect = ACCEPTABLE_INTERESTING, desc = "The unpin was lost.")
    @State
    public static class ControlStripedAsym {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "striped-asym");
        private static final PageCounter COUNTER = HastyStripes.withoutGracePeriod(DEVICE);
        private final KeptPage page = new KeptPage(DEVICE, COUNTER).crowded();

        @Actor
        void unpin(final ZZZZ_Result r) {
            r.r1 = page.looksPinned();
            r.r2 = page.unpin();
        }

        @Actor
        void zap(final ZZZZ_Result r) {
            r.r3 = page.pinAndZap();
        }

        @Arbiter
        void look(final ZZZZ_Result r) {
            r.r4 = page.count() == 0;
            page.forget();
        }
    }

    /** A gatherer of {@code hazard} that clears the slot, and then raises the word. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = {"false, true, false, true", "false, false, true, true"}, expect = ACCEPTABLE_INTERESTING,
        desc = "A page was said not to be pinned that was.")
    @State
    public static class ControlHazard {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "hazard");
        private static final PageCounter COUNTER = HazardPageCounter.create(new ClearFirstWords(DEVICE.words()),
            DEVICE.cpus());
        private final KeptPage page = new KeptPage(DEVICE, COUNTER);

        @Actor
        void unpin(final ZZZZ_Result r) {
            r.r1 = page.looksPinned();
            r.r2 = page.unpin();
        }

        @Actor
        void zap(final ZZZZ_Result r) {
            r.r3 = page.pinAndZap();
        }

        @Arbiter
        void look(final ZZZZ_Result r) {
            r.r4 = page.count() == 0;
            page.forget();
        }
    }
}
