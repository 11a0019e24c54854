/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import org.daxref.memory.Words;

/**
 * {@code xadd}: the unconditional addition on a page whose descriptor stays one until its device goes, with the second
 * look at the entry that every walk takes. A pin is +1024 in one locked operation, an unpin another; the last put of a
 * page and the lift of an idle one are two.
 *
 * <p>Theory, races and memory ordering are those of {@link FlaggedPageCounter}. Of the negative values those that begin
 * with the bits 110 are idle, 101 idle and put too often, 100 overflowed, 111 put too often. {@link #count} waits for
 * nobody, but does not say 0 before the last put has flagged the page.
 *
 * <p>Thread-safe. As {@link FlaggedPageCounter}.
 */
public final class XaddPageCounter extends FlaggedPageCounter {
    private XaddPageCounter(final Words words) {
        super(words);
    }

    /**
     * The counter that adds unconditionally.
     *
     * @param words access to the device
     * @return the counter
     */
    public static PageCounter create(final Words words) {
        return new XaddPageCounter(words);
    }
}
