/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

/** How the words of flagged pages are divided, for counters with a rule less. */
final class Zones {
    /** Value of an idle page under {@code xadd} and {@code sticky}. */
    static final int IDLE = 0b110 << 29;
    /** What walkers may leave there. */
    static final int NOISE = 1 << 29;
    /** A zero that was announced and belongs to nobody yet, under {@code sticky}. */
    static final int HELP = 1 << 28;
    /** Word of a count of 0 that is not flagged, under {@code rcuref}. */
    static final int NOREF = -1;
    /** Word of an idle page under {@code rcuref}. */
    static final int DEAD = 0xE0000000;
    /** What walkers may leave there. */
    static final int DEAD_NOISE = 1 << 28;

    private Zones() {
    }
}
