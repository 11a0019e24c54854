/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

/** What {@link PercpuRefOperations} look like one after the other. */
public class PercpuRefModel {
    private final Held held = new Held();
    private final Held kills = new Held();
    private final Held switches = new Held();

    public boolean tryGet(final int thread) {
        final boolean taken = kills.sum() == 0;
        held.take(thread, taken ? 1 : 0);
        return taken;
    }

    public boolean get(final int thread) {
        final boolean taken = held.any(thread);
        held.take(thread, taken ? 1 : 0);
        return taken;
    }

    public boolean put(final int thread) {
        final boolean dropped = held.any(thread);
        held.take(thread, dropped ? -1 : 0);
        return dropped;
    }

    public boolean kill(final int thread) {
        final boolean first = kills.sum() == 0;
        kills.take(thread, first ? 1 : 0);
        return first;
    }

    public boolean completeSwitch(final int thread) {
        final boolean mine = kills.any(thread) && !switches.any(thread);
        switches.take(thread, mine ? 1 : 0);
        return mine;
    }

    public int released() {
        return switches.sum() == 1 && held.sum() == 0 ? 1 : 0;
    }
}
