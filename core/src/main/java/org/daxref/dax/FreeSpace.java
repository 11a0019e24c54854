/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import java.util.Map;
import java.util.TreeMap;

/**
 * Free runs of something numbered, such as blocks: first fit, lowest first, so that what was freed is soon used again.
 *
 * <p>Thread-safe; blocking.
 */
public final class FreeSpace {
    /** In place of a start: there is no such run. */
    public static final long NONE = -1;

    private final TreeMap<Long, Long> ends = new TreeMap<>();

    /**
     * Everything is free.
     *
     * @param start the first
     * @param count how many
     */
    public FreeSpace(final long start, final long count) {
        free(start, count);
    }

    /**
     * Takes the lowest run.
     *
     * @param count     how many, at least 1
     * @param alignment of its start
     * @return the start, or {@link #NONE}
     */
    public synchronized long allocate(final long count, final long alignment) {
        for (final Map.Entry<Long, Long> run : ends.entrySet()) {
            final long start = Math.ceilDiv(run.getKey(), alignment) * alignment;
            if (run.getValue() - start >= count) {
                claim(start, count);
                return start;
            }
        }
        return NONE;
    }

    /**
     * Takes a certain run.
     *
     * @param start the first
     * @param count how many
     * @return false if a part of it is taken
     */
    public synchronized boolean claim(final long start, final long count) {
        final Map.Entry<Long, Long> run = ends.floorEntry(start);
        if (run == null || run.getValue() - start < count) {
            return false;
        }
        final long end = run.getValue();
        if (run.getKey() == start) {
            ends.remove(start);
        } else {
            ends.put(run.getKey(), start);
        }
        if (end > start + count) {
            ends.put(start + count, end);
        }
        return true;
    }

    /**
     * Gives a run back.
     *
     * @param start the first
     * @param count how many
     */
    public synchronized void free(final long start, final long count) {
        long first = start;
        long end = start + count;
        final Map.Entry<Long, Long> before = ends.floorEntry(start);
        if (before != null && before.getValue() > start) {
            throw new IllegalStateException("is free already: start=" + start + ", count=" + count);
        }
        if (before != null && before.getValue() == start) {
            first = before.getKey();
        }
        final Map.Entry<Long, Long> after = ends.ceilingEntry(start);
        if (after != null && after.getKey() < end) {
            throw new IllegalStateException("is free already: start=" + start + ", count=" + count);
        }
        if (after != null && after.getKey() == end) {
            end = after.getValue();
            ends.remove(after.getKey());
        }
        ends.put(first, end);
    }

    /**
     * Whether something is free.
     *
     * @param number which
     * @return whether nobody has it
     */
    public synchronized boolean isFree(final long number) {
        final Map.Entry<Long, Long> run = ends.floorEntry(number);
        return run != null && run.getValue() > number;
    }
}
