/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.daxref.memory.Words;
import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.page.PageDescriptor;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIZ_Result;

/**
 * Fields that lie side by side are changed at the same time ({@code folio_ref_inc} against {@code folio_add_rmap_pte}).
 *
 * <p><b>Theory.</b> No access touches more than its own field: neither the reference count nor the mapcount before it
 * in the same eight bytes, nor the flags of the next page behind it, across the border of two descriptors.
 *
 * <pre>
 *   referencing                           mapping
 *   page.count++  (RMW)                   page.mapcount++        (RMW)
 *                                         next.flags |= referenced
 * </pre>
 *
 * <p><b>Memory ordering.</b> None: Java forbids word tearing, and each access has the width of its field. The control
 * writes the mapcount eight bytes wide.
 */
public final class DescriptorBorders {
    private DescriptorBorders() {
    }

    /** Count and mapcount of a page, whether the next one is marked. */
    @Outcome(id = "1, 1, true", expect = ACCEPTABLE, desc = "Each field has what was added to it.")
    @Outcome(expect = FORBIDDEN, desc = "A neighbour was written over.")
    static final class Rules {
        private Rules() {
        }
    }

    /** Elements of an array. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Simple {
        private static final int MAPCOUNT = PageDescriptor.MAPCOUNT_OFFSET / Integer.BYTES;
        private static final int COUNT = PageDescriptor.REFCOUNT_OFFSET / Integer.BYTES;
        private static final int NEXT_FLAGS = PageDescriptor.PAGE_DESCRIPTOR_BYTES / Integer.BYTES;
        private final AtomicIntegerArray fields = new AtomicIntegerArray(NEXT_FLAGS + 1);

        @Actor
        void reference(final IIZ_Result r) {
            fields.incrementAndGet(COUNT);
        }

        @Actor
        void map(final IIZ_Result r) {
            fields.incrementAndGet(MAPCOUNT);
            fields.set(NEXT_FLAGS, 1);
        }

        @Arbiter
        void fields(final IIZ_Result r) {
            r.r1 = fields.get(COUNT);
            r.r2 = fields.get(MAPCOUNT);
            r.r3 = fields.get(NEXT_FLAGS) == 1;
        }
    }

    /** Two neighbours on a device. */
    private static final class Pages {
        private static final StressDevice DEVICE = StressDevice.open("fs-held", "cas");
        private final Memmap memmap = DEVICE.machine().memmap();
        private final PageCounter counter = DEVICE.machine().counter();
        private final Words words = DEVICE.words();
        private final long page = DEVICE.descriptor(DEVICE.claim() * 2 & StressDevice.PAGES - 1);
        private final long next = page + PageDescriptor.PAGE_DESCRIPTOR_BYTES;

        Pages() {
            words.putIntRelease(page + PageDescriptor.REFCOUNT_OFFSET, 0);
            words.putIntRelease(page + PageDescriptor.MAPCOUNT_OFFSET, 0);
            memmap.clearReferenced(next);
        }

        void look(final IIZ_Result r) {
            r.r1 = counter.count(page);
            r.r2 = memmap.mapcount(page);
            r.r3 = memmap.isReferenced(next);
        }
    }

    /** The descriptors of two pages. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @State
    public static class Actual {
        private final Pages pages = new Pages();

        @Actor
        void reference(final IIZ_Result r) {
            pages.counter.increment(pages.page);
        }

        @Actor
        void map(final IIZ_Result r) {
            pages.memmap.addMapcount(pages.page, 1);
            pages.memmap.setReferenced(pages.next);
        }

        @Arbiter
        void fields(final IIZ_Result r) {
            pages.look(r);
        }
    }

    /** A mapcount that is written eight bytes wide. */
    @JCStressTest
    @JCStressMeta(Rules.class)
    @Outcome(id = "0, 1, true", expect = ACCEPTABLE_INTERESTING, desc = "The neighbour has written over the count.")
    @State
    public static class Control {
        private final Pages pages = new Pages();

        @Actor
        void reference(final IIZ_Result r) {
            pages.counter.increment(pages.page);
        }

        @Actor
        void map(final IIZ_Result r) {
            final long both = pages.page + PageDescriptor.MAPCOUNT_OFFSET;
            pages.words.putLongRelease(both, pages.words.getLongVolatile(both) + 1);
            pages.memmap.setReferenced(pages.next);
        }

        @Arbiter
        void fields(final IIZ_Result r) {
            pages.look(r);
        }
    }
}
