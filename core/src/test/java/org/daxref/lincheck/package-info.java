/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * Linearizability of the production classes, checked by Lincheck: each {@code …Operations} class calls one of them,
 * each {@code …Model} is what it must look like to a sequential user.
 *
 * <p>Model checking runs on {@link org.daxref.memory.HeapWords}, whose every access is one step, and assumes sequential
 * consistency: a missing barrier is invisible to it. Stress mode runs on heap segments, whose accesses have the orders
 * of the mapped file, with free threads. Neither replaces the mapped file itself.
 */
package org.daxref.lincheck;
