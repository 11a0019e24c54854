/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.ablation;

import org.daxref.Invariants.Invariant;
import org.daxref.Invariants.Violation;
import org.daxref.Machine;
import org.daxref.device.DeviceGeometry;
import org.daxref.memory.ForwardingWords;
import org.daxref.memory.Words;
import org.daxref.page.Memmap;
import org.daxref.page.PageDescriptor;

/**
 * A test double that refuses, while armed, to read or change a struct page that went with its device, as the page fault
 * of a kernel without that memmap would. Only its flags may be read, which is how the model itself asks; plain stores
 * are those of who makes and removes it.
 */
final class PoisonWords extends ForwardingWords {
    private final long from;
    private final long to;
    private volatile boolean armed;

    PoisonWords(final Words target, final long pages) {
        super(target);
        final DeviceGeometry geometry = Machine.geometry(pages).from(target.origin());
        from = geometry.memmapOffset();
        to = from + Memmap.bytes(pages);
    }

    void arm(final boolean on) {
        armed = on;
    }

    @Override
    protected void before(final Op op, final long offset) {
        if (armed && op != Op.WRITE && offset >= from && offset < to) {
            final long field = (offset - from) % PageDescriptor.PAGE_DESCRIPTOR_BYTES;
            final int flags = target.getIntOpaque(offset - field + PageDescriptor.FLAGS_OFFSET);
            if ((flags & PageDescriptor.FLAG_POISONED) != 0 && !(op == Op.READ
                && field == PageDescriptor.FLAGS_OFFSET)) {
                throw new Violation(Invariant.I2, "a struct page is touched after it was removed: page="
                    + (offset - from) / PageDescriptor.PAGE_DESCRIPTOR_BYTES + ", field=" + field);
            }
        }
    }
}
