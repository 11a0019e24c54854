/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;
import org.daxref.mm.PageMapper;
import org.daxref.page.PageTableEntry;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A walk reads an entry while a fault writes it ({@code ptep_get_lockless} against {@code set_pte_at}).
 *
 * <p><b>Theory.</b> It reads none or all of it. Half an entry would be the frame of somebody else's page. The entry is
 * the last of a cache line, of which every 64th is the last of its table.
 *
 * <pre>
 *   fault                                 walk, again until it finds something
 *   entry := frame and bits  (release)    entry?  (acquire)
 * </pre>
 *
 * <p><b>Memory ordering.</b> None: an aligned word of eight bytes is read and written as a whole. The control's entry
 * lies across the border of two cache lines, where x86-64 gives no such promise.
 */
public final class EntryBorders {
    private static final int ENTRIES_OF_A_LINE = 8;
    private static final int LOOKS = 1000;

    private EntryBorders() {
    }

    /** What the walk read. */
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "No entry yet.")
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "The whole entry.")
    @Outcome(expect = FORBIDDEN, desc = "A part of an entry.")
    static final class Rules {
        private Rules() {
        }
    }

    /** Walks until there is an entry, for a while. */
    private static long firstSeen(final LongSupplier entry) {
        long seen = PageTableEntry.NONE;
        for (int i = 0; i < LOOKS && seen == PageTableEntry.NONE; i++) {
            seen = entry.getAsLong();
        }
        return seen;
    }

    private static int what(final long read, final long entry) {
        return read == PageTableEntry.NONE ? 0 : read == entry ? 1 : 2;
    }

    /** An element of an array. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Simple {
        private static final long ENTRY = PageTableEntry.of(1L << 20 | 1, PageTableEntry.PRESENT);
        private final AtomicLongArray entries = new AtomicLongArray(ENTRIES_OF_A_LINE);

        @Actor
        void fault(final I_Result r) {
            entries.setRelease(ENTRIES_OF_A_LINE - 1, ENTRY);
        }

        @Actor
        void walk(final I_Result r) {
            r.r1 = what(firstSeen(() -> entries.getAcquire(ENTRIES_OF_A_LINE - 1)), ENTRY);
        }
    }

    /** The page tables of a process. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Actual {
        private static final StressDevice DEVICE = StressDevice.open("dev-pagemap", "cas");
        private static final PageMapper MAPPER = DEVICE.machine().mapper();
        private static final long BITS = PageTableEntry.PRESENT | PageTableEntry.WRITE | PageTableEntry.DEVMAP;
        private final long page = (long) DEVICE.claim() * ENTRIES_OF_A_LINE + ENTRIES_OF_A_LINE - 1
            & StressDevice.PAGES - 1;
        private final long entry = PageTableEntry.of(DEVICE.pfn(page), BITS);
        private final StartingLine line = new StartingLine();

        /** A new sample. */
        public Actual() {
            MAPPER.zap(DEVICE.cpu(), DEVICE.process(), page, 1);
        }

        @Actor
        void fault(final I_Result r) {
            line.await();
            MAPPER.insertPage(DEVICE.process(), page, DEVICE.pfn(page), true);
        }

        @Actor
        void walk(final I_Result r) {
            line.await();
            r.r1 = what(firstSeen(() -> DEVICE.process().entry(page)), entry);
        }
    }

    /** An entry that lies across the border of two cache lines. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "2", expect = ACCEPTABLE_INTERESTING, desc = "A part of an entry.")
    @State
    public static class Control {
        private static final StressDevice DEVICE = StressDevice.open("dev-pagemap", "cas");
        private static final long ENTRY = PageTableEntry.of(1L << 20 | 1, PageTableEntry.PRESENT);
        private static final int PLACES = 4096;
        private static final int LINE_BYTES = 64;
        private final long offset = DEVICE.geometry().dataOffset()
            + (DEVICE.claim() % PLACES + 1L) * 2 * LINE_BYTES - Integer.BYTES;
        private final StartingLine line = new StartingLine();

        /** A new sample. */
        public Control() {
            DEVICE.words().putLongRelease(offset, PageTableEntry.NONE);
        }

        @Actor
        void fault(final I_Result r) {
            line.await();
            DEVICE.words().putLongRelease(offset, ENTRY);
        }

        @Actor
        void walk(final I_Result r) {
            line.await();
            r.r1 = what(firstSeen(() -> DEVICE.words().getLongAcquire(offset)), ENTRY);
        }
    }
}
