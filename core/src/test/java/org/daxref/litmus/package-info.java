/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * The protocols between two threads, checked against the memory model of AArch64, on whatever machine the tests run:
 * every execution that the model admits is enumerated, and the bad outcome is not among them.
 *
 * <p>From the bottom up: {@link org.daxref.litmus.Instruction} is what a processor executes, {@link
 * org.daxref.litmus.Program} threads of it, {@link org.daxref.litmus.Executions} enumerates what may come of one and
 * {@link org.daxref.litmus.Armv8Model} says which of that is admitted. {@link org.daxref.litmus.HotSpotThread} writes
 * a thread in the words of {@link org.daxref.memory.Words} and knows the instructions that HotSpot makes of them, and
 * {@link org.daxref.litmus.Litmus} asks the question for each code that it may make. docs/memory-order.md says which
 * access of the production classes each test stands for.
 */
package org.daxref.litmus;
