/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.daxref.page.Memmap;
import org.daxref.pagemap.PfnRange;

/**
 * Who holds what, page by page and kind by kind: what a kernel does not keep, and why it does not notice a put too many
 * where it happens. The debug mode keeps it.
 *
 * <p>Thread-safe; lock-free.
 */
public final class PinLedger {
    private final Memmap memmap;
    private final AtomicIntegerArray gets;
    private final AtomicIntegerArray pins;

    PinLedger(final Memmap memmap) {
        this.memmap = memmap;
        this.gets = new AtomicIntegerArray(Math.toIntExact(memmap.pages()));
        this.pins = new AtomicIntegerArray(Math.toIntExact(memmap.pages()));
    }

    /** Fresh pages: who held the old ones holds nothing any more. */
    void forget(final PfnRange range) {
        for (long pfn = range.first(); pfn <= range.last(); pfn++) {
            gets.set(index(pfn), 0);
            pins.set(index(pfn), 0);
        }
    }

    void take(final long pfn, final boolean pin) {
        (pin ? pins : gets).getAndIncrement(index(pfn));
    }

    void drop(final long pfn, final boolean pin) {
        if (!memmap.contains(pfn, 1)) {
            throw new IllegalArgumentException("not a page of this device: pfn=" + pfn);
        }
        if (memmap.isPoisoned(memmap.page(pfn))) {
            throw new IllegalStateException("the page went with its device: pfn=" + pfn + held(pfn));
        }
        final AtomicIntegerArray kind = pin ? pins : gets;
        final int index = index(pfn);
        int held = kind.get(index);
        while (held > 0 && !kind.compareAndSet(index, held, held - 1)) {
            held = kind.get(index);
        }
        if (held <= 0) {
            throw new IllegalStateException((pin ? "unpin of a page that is not pinned: pfn="
                : "put of a page that is not held: pfn=") + pfn + held(pfn));
        }
    }

    private String held(final long pfn) {
        return ", gets=" + gets(pfn) + ", pins=" + pins(pfn);
    }

    /**
     * References of FOLL_GET.
     *
     * @param pfn a page of the device
     * @return how many are held on this very page
     */
    public int gets(final long pfn) {
        return gets.get(index(pfn));
    }

    /**
     * Pins of FOLL_PIN.
     *
     * @param pfn a page of the device
     * @return how many are held on this very page
     */
    public int pins(final long pfn) {
        return pins.get(index(pfn));
    }

    private int index(final long pfn) {
        return (int) (pfn - memmap.startPfn());
    }
}
