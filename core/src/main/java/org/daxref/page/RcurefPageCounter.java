/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import org.daxref.memory.Words;

/**
 * {@code rcuref}: the zones of Linux 6.4 (lib/rcuref.c, include/linux/rcuref.h). The word is one less than the count,
 * so that a drop sees from the sign alone whether anything is left; {@code NOREF}, -1, is the count of 0 that is not
 * dead yet.
 *
 * <pre>
 *   0x00000000       0x7FFFFFFF 0x80000000   0xD0000000   0xE0000000     0xF0000000     0xFFFFFFFF
 *   |-----------------------| |------------------|-------------|--------------|-------------| |
 *     count 1 ... INT_MAX,      overflowed         put too       DEAD, and       put too     NOREF
 *     the last one INT_MIN                         often: dead   the noise       often
 * </pre>
 *
 * <p>As in the kernel a get may find NOREF and revive the page, the drop then fails to exchange NOREF for DEAD, and a
 * get that finds the dead zone sets it back to DEAD. Different from the kernel: <ul>
 * <li>its count saturates and leaks the object; a page's must come back, so here an overflowed count is refused and
 * reported;
 * <li>a put too many is kept and reported at the next grab, where the kernel warns and sets the word to DEAD;
 * <li>an owner may lift a dead page, since the memory is a page descriptor and stays one; for the same reason
 * no read section has to span the drop;
 * <li>a get here adds 1024 or more, and so cannot look at the sign of the result: it looks at what was there.</ul>
 *
 * <p>The kernel's rule for a drop holds here as well: it decides by what its subtraction returned and by what its
 * exchange found, and never reads the word again. Theory, races and memory ordering are those of
 * {@link FlaggedPageCounter}; {@link #count} at NOREF does not say 0.
 *
 * <p>Thread-safe. As {@link FlaggedPageCounter}.
 */
public final class RcurefPageCounter extends FlaggedPageCounter {
    private static final int NOREF = -1;
    private static final int DEAD = 0xE0000000;
    private static final int NOISE = 1 << 28;

    private RcurefPageCounter(final Words words) {
        super(words, NOREF, DEAD - NOREF, NOISE);
    }

    /**
     * The counter with the zones of rcuref.
     *
     * @param words access to the device
     * @return the counter
     */
    public static PageCounter create(final Words words) {
        return new RcurefPageCounter(words);
    }
}
