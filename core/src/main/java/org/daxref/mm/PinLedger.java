/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.daxref.page.Memmap;
import org.daxref.pagemap.PfnRange;

/**
 * Who holds what, page by page and kind by kind: what a kernel does not keep, and why it does not notice a put too many
 * where it happens. The debug mode keeps it. It takes memory for pages that are held, and none for the others, however
 * large the device is.
 *
 * <p>Thread-safe; a thread may wait for another that changes a neighbour's number.
 */
public final class PinLedger {
    private final Memmap memmap;
    private final Map<Long, Integer> gets = new ConcurrentHashMap<>();
    private final Map<Long, Integer> pins = new ConcurrentHashMap<>();

    PinLedger(final Memmap memmap) {
        this.memmap = memmap;
    }

    /** Fresh pages: who held the old ones holds nothing any more. */
    void forget(final PfnRange range) {
        gets.keySet().removeIf(pfn -> isIn(range, pfn));
        pins.keySet().removeIf(pfn -> isIn(range, pfn));
    }

    private static boolean isIn(final PfnRange range, final long pfn) {
        return pfn >= range.first() && pfn <= range.last();
    }

    void take(final long pfn, final boolean pin) {
        (pin ? pins : gets).merge(pfn, 1, Integer::sum);
    }

    void drop(final long pfn, final boolean pin) {
        if (!memmap.contains(pfn, 1)) {
            throw new IllegalArgumentException("not a page of this device: pfn=" + pfn);
        }
        if (memmap.isPoisoned(memmap.page(pfn))) {
            throw new IllegalStateException("the page went with its device: pfn=" + pfn + held(pfn));
        }
        if (!takeOne(pin ? pins : gets, pfn)) {
            throw new IllegalStateException((pin ? "unpin of a page that is not pinned: pfn="
                : "put of a page that is not held: pfn=") + pfn + held(pfn));
        }
    }

    private static boolean takeOne(final Map<Long, Integer> kind, final long pfn) {
        Integer held = kind.get(pfn);
        while (held != null && !(held == 1 ? kind.remove(pfn, held) : kind.replace(pfn, held, held - 1))) {
            held = kind.get(pfn);
        }
        return held != null;
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
        return gets.getOrDefault(pfn, 0);
    }

    /**
     * Pins of FOLL_PIN.
     *
     * @param pfn a page of the device
     * @return how many are held on this very page
     */
    public int pins(final long pfn) {
        return pins.getOrDefault(pfn, 0);
    }
}
