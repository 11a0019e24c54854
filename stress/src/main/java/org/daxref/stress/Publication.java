/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicLong;
import org.daxref.Machine;
import org.daxref.page.Memmap;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * A page is tied to its file and mapped by a first fault while a walk goes there ({@code dax_associate_entry} and
 * {@code insert_page} against {@code gup_fast}).
 *
 * <p><b>Theory.</b> Who sees the entry sees the fields of the descriptor behind it.
 *
 * <pre>
 *   fault                                 walk, again until it pins
 *   page.mapping := file                  entry?  (acquire)
 *   entry := page  (release)              count, look again
 *                                         page.mapping == file
 * </pre>
 *
 * <p><b>Memory ordering.</b> The release of the entry pairs with the acquire of the walk. x86-64 keeps stores in order,
 * so the control swaps them, which is what a processor of a weaker order may do to plain stores.
 */
public final class Publication {
    private Publication() {
    }

    /** Whether the page was pinned, whether it named its file. */
    @Outcome(id = "false, false", expect = ACCEPTABLE, desc = "The walk came before the entry.")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "The walk found the page filled.")
    @Outcome(expect = FORBIDDEN, desc = "The walk found a page that is nobody's yet.")
    static final class Rules {
        private Rules() {
        }
    }

    /** An entry and a field. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Simple {
        private final AtomicLong entry = new AtomicLong();
        private long mapping;

        @Actor
        void fault(final ZZ_Result r) {
            mapping = 1;
            entry.setRelease(1);
        }

        @Actor
        void walk(final ZZ_Result r) {
            r.r1 = entry.getAcquire() != 0;
            r.r2 = r.r1 && mapping == 1;
        }
    }

    /** A page of a device that nobody has used yet. */
    private static final class FreshPage {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas");
        private static final int WALKS = 100;
        private final Machine machine = DEVICE.machine();
        private final Memmap memmap = machine.memmap();
        private final long page = DEVICE.claim();
        private final long head = DEVICE.descriptor(page);
        private final long[] pinned = new long[1];
        private boolean isPinned;

        /** Walks until the page is there, for a while. */
        void walk(final ZZ_Result r) {
            for (int i = 0; i < WALKS && !isPinned; i++) {
                isPinned = machine.gup().pinFast(DEVICE.cpu(), DEVICE.process(), page, 1, true, pinned) == 1;
            }
            r.r1 = isPinned;
            r.r2 = isPinned && memmap.mapping(head) == DEVICE.file().identity();
        }

        void unpin() {
            if (isPinned) {
                machine.gup().unpin(DEVICE.cpu(), pinned, 1);
            }
        }
    }

    /** A first fault. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Actual {
        private final FreshPage fresh = new FreshPage();

        @Actor
        void fault(final ZZ_Result r) {
            FreshPage.DEVICE.fault(fresh.page);
        }

        @Actor
        void walk(final ZZ_Result r) {
            fresh.walk(r);
        }

        @Arbiter
        void free(final ZZ_Result r) {
            fresh.unpin();
            FreshPage.DEVICE.file().tryBreakLayout(FreshPage.DEVICE.cpu(), fresh.page, 1);
        }
    }

    /** A fault that maps the page first and ties it to the file afterwards. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "true, false", expect = ACCEPTABLE_INTERESTING, desc = "The walk found a page that is nobody's yet.")
    @State
    public static class Control {
        private final FreshPage fresh = new FreshPage();

        @Actor
        void fault(final ZZ_Result r) {
            final StressDevice device = FreshPage.DEVICE;
            fresh.machine.mapper().insertPage(device.process(), fresh.page, device.pfn(fresh.page), true);
            fresh.memmap.associate(fresh.head, device.file().identity(), fresh.page);
        }

        @Actor
        void walk(final ZZ_Result r) {
            fresh.walk(r);
        }

        @Arbiter
        void free(final ZZ_Result r) {
            final StressDevice device = FreshPage.DEVICE;
            fresh.unpin();
            fresh.machine.mapper().zap(device.cpu(), device.process(), fresh.page, 1);
            fresh.memmap.disassociate(fresh.head);
        }
    }
}
