/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

/**
 * What a run is worth, worst first.
 */
public enum RunStatus {
    /** A benchmark threw, or a result is missing. */
    FAIL,
    /** The run was stopped and can be resumed. */
    PARTIAL,
    /** It ran with more threads than CPUs because it was told to. */
    OVERSUBSCRIBED,
    /** Some forks had to wait for a CPU, were repeated, and had to wait again. */
    NOISY,
    /** Whole, and quiet as far as the contention guard could tell. */
    OK
}
