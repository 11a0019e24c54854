/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.profile;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What async-profiler takes a sample at. Of these, {@link #CPU} comes from the kernel's perf_events; the others need
 * nothing of it.
 */
public enum ProfilerEvent {
    /** A millisecond of CPU time, by perf_events with the kernel's frames, or by a timer where that is not allowed. */
    CPU("samples"),
    /** CPU time by a timer of each thread. */
    CTIMER("samples"),
    /** CPU time by one timer of the process. */
    ITIMER("samples"),
    /** Time, whether the thread runs or waits. */
    WALL("samples"),
    /** An allocation on the Java heap. */
    ALLOC("bytes"),
    /** A Java monitor or lock that was waited for. */
    LOCK("ns");

    /** A thousand samples a second and thread: fine enough for a benchmark of seconds, and below 1 % of its time. */
    private static final long INTERVAL_NS = 1_000_000;
    private static final long ALLOCATED_BYTES = 1_024;

    private final String unit;

    ProfilerEvent(final String unit) {
        this.unit = unit;
    }

    /**
     * The name as typed, and as async-profiler knows it.
     *
     * @return lower case
     */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Whether samples are taken at even intervals of the benchmark's time, so that a share of them is a share of it.
     *
     * @return false for allocations and locks
     */
    public boolean isTime() {
        return this != ALLOC && this != LOCK;
    }

    /**
     * What a recording of it counts.
     *
     * @return samples, bytes or nanoseconds
     */
    public String unit() {
        return unit;
    }

    /**
     * The options of JMH's profiler, beside where the library and the recording are.
     *
     * @return for example {@code event=cpu;interval=1000000}
     */
    public String options() {
        return "event=" + label() + switch (this) {
            case CPU, CTIMER, ITIMER, WALL -> ";interval=" + INTERVAL_NS;
            case ALLOC -> ";alloc=" + ALLOCATED_BYTES;
            case LOCK -> ";lock=0";
        };
    }

    /**
     * The events' names.
     *
     * @return as typed
     */
    public static List<String> names() {
        return Arrays.stream(values()).map(ProfilerEvent::label).toList();
    }
}
