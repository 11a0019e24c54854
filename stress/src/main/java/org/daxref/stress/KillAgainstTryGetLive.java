/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/**
 * A walk takes a reference to the device while that is removed ({@code percpu_ref_tryget_live_rcu} against
 * {@code percpu_ref_kill} and its grace period).
 *
 * <p><b>Theory.</b> Either the walk is refused, or the removal does not finish before the walk lets go (invariant I5).
 *
 * <pre>
 *   walk                                  removal
 *   enter section
 *   dead?  no                             dead := true  (RMW)
 *   word[cpu]++                           grace period
 *   exit section                          count += sum(word) - BIAS;  drop  -> 0?  released
 * </pre>
 *
 * <p><b>Memory ordering.</b> A walk that read "not dead" was inside a section when the mark was set, so the grace
 * period waits for it; the release of the section's end pairs with the acquire of the grace period, and the sum has its
 * word. A section's begin and its read of the mark are kept in order by membarrier(2), or a fence. The control's
 * grace period looks at no CPU.
 */
public final class KillAgainstTryGetLive {
    private KillAgainstTryGetLive() {
    }

    /** Whether the walk holds the device, how often the device was released after the grace period. */
    @Outcome(id = "false, 1", expect = ACCEPTABLE, desc = "The device was dead; it is free to go.")
    @Outcome(id = "true, 0", expect = ACCEPTABLE, desc = "The device stays for the walk.")
    @Outcome(expect = FORBIDDEN, desc = "The device goes under a walk that holds it, or never.")
    static final class Rules {
        private Rules() {
        }
    }

    /** A flag, a word and a count. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Simple {
        private final SimplePercpuRef ref = new SimplePercpuRef();

        @Actor
        void walk(final ZI_Result r) {
            r.r1 = ref.tryGetLive();
        }

        @Actor
        void remove(final ZI_Result r) {
            ref.kill();
            r.r2 = ref.releases();
        }
    }

    /** The reference of a dev_pagemap. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Actual {
        private static final StressRefs REFS = StressRefs.actual(StressDevice.open("dev-pagemap", "cas"));
        private final long ref = REFS.claim();
        private final StartingLine line = new StartingLine();

        @Actor
        void walk(final ZI_Result r) {
            line.await();
            r.r1 = REFS.tryGetLive(ref);
        }

        @Actor
        void remove(final ZI_Result r) {
            line.await();
            REFS.kill(ref);
            r.r2 = REFS.releases(ref);
        }
    }

    /** A grace period that does not wait for the walk. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "true, 1", expect = ACCEPTABLE_INTERESTING, desc = "The device goes under a walk that holds it.")
    @State
    public static class Control {
        private static final StressRefs REFS = StressRefs.withoutGracePeriod(StressDevice.open("dev-pagemap", "cas"));
        private final long ref = REFS.claim();
        private final StartingLine line = new StartingLine();

        @Actor
        void walk(final ZI_Result r) {
            line.await();
            r.r1 = REFS.tryGetLive(ref);
        }

        @Actor
        void remove(final ZI_Result r) {
            line.await();
            REFS.kill(ref);
            r.r2 = REFS.releases(ref);
        }
    }
}
