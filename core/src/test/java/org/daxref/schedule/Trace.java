/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import java.util.Arrays;
import org.daxref.memory.ForwardingWords.Op;

/** What the threads of a schedule did, in order. Guarded by the turn. */
public final class Trace {
    private static final int SLEEP = Op.values().length;
    private static final int WAKE = SLEEP + 1;
    private static final int KIND_BITS = 8;
    private static final int THREAD_BITS = 8;

    private long[] steps = new long[256];
    private int size;

    void access(final ScheduledThread thread, final Op op, final long offset) {
        add(thread, op.ordinal(), offset);
    }

    void sleep(final ScheduledThread thread) {
        add(thread, SLEEP, 0);
    }

    void wake(final ScheduledThread thread, final ScheduledThread sleeper) {
        add(thread, WAKE, sleeper.index());
    }

    private void add(final ScheduledThread thread, final int kind, final long operand) {
        if (size == steps.length) {
            steps = Arrays.copyOf(steps, 2 * size);
        }
        steps[size++] = (operand << THREAD_BITS | thread.index()) << KIND_BITS | kind;
    }

    public int size() {
        return size;
    }

    /** One step in words. */
    public String step(final int number) {
        final int kind = (int) steps[number] & (1 << KIND_BITS) - 1;
        final int thread = (int) (steps[number] >>> KIND_BITS) & (1 << THREAD_BITS) - 1;
        final long operand = steps[number] >>> KIND_BITS + THREAD_BITS;
        if (kind == SLEEP) {
            return "thread " + thread + " SLEEP";
        }
        if (kind == WAKE) {
            return "thread " + thread + " WAKE thread " + operand;
        }
        return "thread " + thread + " " + Op.values()[kind] + " 0x" + Long.toHexString(operand);
    }

    /** The last steps, one a line. */
    String tail(final int count) {
        final StringBuilder tail = new StringBuilder();
        for (int i = Math.max(0, size - count); i < size; i++) {
            tail.append("\n  ").append(i).append(": ").append(step(i));
        }
        return tail.toString();
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof final Trace trace && Arrays.equals(steps, 0, size, trace.steps, 0, trace.size);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(Arrays.copyOf(steps, size));
    }

    @Override
    public String toString() {
        return tail(size);
    }
}
