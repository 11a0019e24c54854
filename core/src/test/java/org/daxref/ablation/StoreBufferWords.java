/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.ablation;

import org.daxref.memory.ForwardingWords;
import org.daxref.memory.Words;
import org.daxref.page.PageDescriptor;

/**
 * A test double that takes the barrier from the drop of a count (A3, no-barrier): the drop is a plain store that waits
 * in the thread's store buffer. The next load passes it, everything after that comes behind it. A
 * {@link org.daxref.schedule.Schedule} orders all accesses, so that here the order of the program is what changes.
 */
final class StoreBufferWords extends ForwardingWords {
    private final ThreadLocal<Store> buffers = new ThreadLocal<>();
    private final long from;
    private final long to;

    /** Takes it from counts whose descriptors lie in some range. */
    StoreBufferWords(final Words target, final long fromOffset, final long toOffset) {
        super(target);
        from = fromOffset;
        to = toOffset;
    }

    private static final class Store {
        private final long offset;
        private final int delta;
        private boolean passed;

        Store(final long offset, final int delta) {
            this.offset = offset;
            this.delta = delta;
        }
    }

    @Override
    public int getAndAddInt(final long offset, final int delta) {
        final boolean drop = delta < 0 && offset >= from && offset < to
            && (offset - from) % PageDescriptor.PAGE_DESCRIPTOR_BYTES == PageDescriptor.REFCOUNT_OFFSET;
        if (!drop) {
            return super.getAndAddInt(offset, delta);
        }
        final int seen = super.getIntOpaque(offset);
        buffers.set(new Store(offset, delta));
        return seen;
    }

    @Override
    protected void before(final Op op, final long offset) {
        final Store store = buffers.get();
        if (store != null && op == Op.READ && !store.passed) {
            store.passed = true;
        } else if (store != null) {
            target.getAndAddInt(store.offset, store.delta);
            buffers.remove();
        }
    }
}
