/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import java.util.HashMap;
import java.util.Map;
import org.daxref.Machine;
import org.daxref.memory.ForwardingWords;
import org.daxref.memory.Words;
import org.daxref.mm.PageTableDescriptor;

/**
 * A test double that takes the second look of a walk away (A4, no-recheck): where a thread has read an entry by its
 * first look, an acquire, its second look, which is volatile, tells it the same again.
 */
public final class NoRecheckWords extends ForwardingWords {
    private final ThreadLocal<Map<Long, Long>> firstLooks = ThreadLocal.withInitial(HashMap::new);
    private final long from;
    private final long to;

    /** Blind to what happens to the entries of a device of so many pages. */
    public NoRecheckWords(final Words target, final long pages) {
        super(target);
        from = Machine.geometry(pages).from(target.origin()).pageTablesOffset();
        to = from + Machine.ADDRESS_SPACES * PageTableDescriptor.bytes(pages);
    }

    @Override
    public long getLongAcquire(final long offset) {
        final long entry = super.getLongAcquire(offset);
        if (offset >= from && offset < to) {
            firstLooks.get().put(offset, entry);
        }
        return entry;
    }

    @Override
    public long getLongVolatile(final long offset) {
        final long entry = super.getLongVolatile(offset);
        return firstLooks.get().getOrDefault(offset, entry);
    }
}
