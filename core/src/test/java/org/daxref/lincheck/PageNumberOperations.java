/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.daxref.page.PageDescriptor.PAGE_DESCRIPTOR_BYTES;

import java.util.function.Function;
import org.daxref.memory.Words;
import org.daxref.page.CasFusedPageCounter;
import org.daxref.page.CasPageCounter;
import org.daxref.page.PageCounter;
import org.jetbrains.lincheck.datastructures.Operation;

/** The number that a small page shows to everybody while it is pinned and unpinned. */
public abstract class PageNumberOperations {
    private final PageCounter counter;

    PageNumberOperations(final Function<Words, PageCounter> counter) {
        this.counter = counter.apply(Lincheck.words(PAGE_DESCRIPTOR_BYTES));
        this.counter.increment(0);
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
}
