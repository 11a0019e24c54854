/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.page.PageDescriptor;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.Epochs;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A reference taken in a per-CPU word is put while the count is switched to a shared one
 * ({@code percpu_ref_put} against {@code percpu_ref_switch_to_atomic_rcu}).
 *
 * <p><b>Theory.</b> Whichever mode the put found, the sum is right and the release happens once, after both references
 * are gone (invariant I5). The bias keeps the shared count from zero until the words are in it.
 *
 * <pre>
 *   put                                   switch
 *   enter section                         mode := dead  (RMW)
 *   mode?  per CPU: word[cpu]--           count++;  count--  (the initial reference)
 *          dead:    count--  (RMW)        grace period
 *   exit section                          count += sum(word) - BIAS;  count--  -> 0?  released
 * </pre>
 *
 * <p><b>Memory ordering.</b> That of {@link KillAgainstTryGetLive}; in dead mode every change is a read-modify-write of
 * the shared count. The control's count has no bias: a put in dead mode brings it to zero while the word still holds
 * the reference that was put.
 */
public final class PercpuRefSwitch {
    private PercpuRefSwitch() {
    }

    /** How often the reference was released. */
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "Released once, by the last of the two.")
    @Outcome(expect = FORBIDDEN, desc = "Released too early, too often or never.")
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

        /** A new sample. */
        public Simple() {
            ref.tryGetLive();
        }

        @Actor
        void put(final I_Result r) {
            ref.put();
        }

        @Actor
        void change(final I_Result r) {
            ref.kill();
        }

        @Arbiter
        void count(final I_Result r) {
            r.r1 = ref.releases();
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

        /** A new sample. */
        public Actual() {
            REFS.tryGetLive(ref);
        }

        @Actor
        void put(final I_Result r) {
            line.await();
            REFS.put(ref);
        }

        @Actor
        void change(final I_Result r) {
            line.await();
            REFS.kill(ref);
        }

        @Arbiter
        void count(final I_Result r) {
            r.r1 = REFS.releases(ref);
        }
    }

    /** A shared count without a bias. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = {"2", "3"}, expect = ACCEPTABLE_INTERESTING,
        desc = "Released while references were held, and again after that.")
    @State
    public static class Control {
        private static final StressDevice DEVICE = StressDevice.open("dev-pagemap", "cas");
        private static final Epochs EPOCHS = DEVICE.machine().epochs();
        private final long ref = DEVICE.descriptor(DEVICE.claim());
        private final long dead = ref + PageDescriptor.MAPPING_OFFSET;
        private final long word = ref + PageDescriptor.INDEX_OFFSET;
        private final long count = ref + PageDescriptor.SHARE_OFFSET;
        private final AtomicInteger releases = new AtomicInteger();
        private final StartingLine line = new StartingLine();

        /** A new sample: one reference in the word of a CPU, and the initial one. */
        public Control() {
            DEVICE.words().putLongRelease(dead, 0);
            DEVICE.words().putLongRelease(word, 1);
            DEVICE.words().putLongRelease(count, 1);
        }

        private void putAtomic() {
            if (DEVICE.words().getAndAddLong(count, -1) == 1) {
                releases.incrementAndGet();
            }
        }

        @Actor
        void put(final I_Result r) {
            final CpuSlot cpu = DEVICE.cpu();
            line.await();
            EPOCHS.enter(cpu);
            if (DEVICE.words().getLongAcquire(dead) == 0) {
                DEVICE.words().putLongOpaque(word, 0);
            } else {
                putAtomic();
            }
            EPOCHS.exit(cpu);
        }

        @Actor
        void change(final I_Result r) {
            line.await();
            DEVICE.words().getAndAddLong(dead, 1);
            DEVICE.words().getAndAddLong(count, 1);
            putAtomic();
            EPOCHS.synchronize();
            DEVICE.words().getAndAddLong(count, DEVICE.words().getLongAcquire(word));
            putAtomic();
        }

        @Arbiter
        void count(final I_Result r) {
            r.r1 = releases.get();
        }
    }
}
