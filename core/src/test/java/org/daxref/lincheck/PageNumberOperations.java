/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.daxref.page.PageDescriptor.PAGE_DESCRIPTOR_BYTES;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;

import java.util.function.Function;
import org.daxref.memory.Words;
import org.daxref.page.CasBackoffPageCounter;
import org.daxref.page.CasFusedPageCounter;
import org.daxref.page.CasPageCounter;
import org.daxref.page.PageCounter;
import org.daxref.page.RcurefPageCounter;
import org.daxref.page.StickyPageCounter;
import org.daxref.page.XaddPageCounter;
import org.jetbrains.lincheck.datastructures.Operation;

/** The number that a small page shows to everybody while it is pinned and unpinned. */
public abstract class PageNumberOperations {
    private final PageCounter counter;

    PageNumberOperations(final Function<Words, PageCounter> counter) {
        final Words words = Lincheck.words(PAGE_DESCRIPTOR_BYTES);
        this.counter = counter.apply(words);
        words.putIntRelease(REFCOUNT_OFFSET, this.counter.encode(1));
    }

    @Operation
    public boolean pin() {
        return counter.tryPin(0, 1);
    }

    /** Only what {@link #pin} has taken before. */
    @Operation(nonParallelGroup = "one releaser")
    public int unpin() {
        return counter.maybeDmaPinned(0) ? counter.unpin(0, 1) : -1;
    }

    @Operation
    public int count() {
        return counter.count(0);
    }

    @Operation
    public boolean maybeDmaPinned() {
        return counter.maybeDmaPinned(0);
    }

    /** Two steps. */
    public static final class Cas extends PageNumberOperations {
        public Cas() {
            super(CasPageCounter::create);
        }
    }

    /** One step. */
    public static final class Fused extends PageNumberOperations {
        public Fused() {
            super(CasFusedPageCounter::create);
        }
    }

    /** {@code cas-backoff}, one step. */
    public static final class Backoff extends PageNumberOperations {
        public Backoff() {
            super(CasBackoffPageCounter::create);
        }
    }

    /** {@code xadd}, one step. */
    public static final class Xadd extends PageNumberOperations {
        public Xadd() {
            super(XaddPageCounter::create);
        }
    }

    /** {@code rcuref}, one step. */
    public static final class Rcuref extends PageNumberOperations {
        public Rcuref() {
            super(RcurefPageCounter::create);
        }
    }

    /** {@code sticky}, one step. */
    public static final class Sticky extends PageNumberOperations {
        public Sticky() {
            super(StickyPageCounter::create);
        }
    }
}
