/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

/** A relation over at most 64 events. */
final class Relation {
    private final long[] successors;

    Relation(final int events) {
        if (events > Long.SIZE) {
            throw new IllegalArgumentException("too many events: events=" + events);
        }
        successors = new long[events];
    }

    private Relation(final long[] successors) {
        this.successors = successors;
    }

    Relation copy() {
        return new Relation(successors.clone());
    }

    void add(final int from, final int to) {
        successors[from] |= 1L << to;
    }

    /** Takes an event out of the relation. */
    void remove(final int event) {
        successors[event] = 0;
        for (int from = 0; from < successors.length; from++) {
            successors[from] &= ~(1L << event);
        }
    }

    boolean isAcyclic() {
        final long[] closure = successors.clone();
        for (int via = 0; via < closure.length; via++) {
            for (int from = 0; from < closure.length; from++) {
                if ((closure[from] >>> via & 1) != 0) {
                    closure[from] |= closure[via];
                }
            }
        }
        for (int event = 0; event < closure.length; event++) {
            if ((closure[event] >>> event & 1) != 0) {
                return false;
            }
        }
        return true;
    }
}
