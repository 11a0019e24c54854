/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import org.daxref.litmus.Event.Strength;
import org.daxref.litmus.Instruction.Barrier;

/**
 * Which executions AArch64 admits: the external visibility requirement, the internal visibility requirement and the
 * atomicity of updates. After section B2.3 of the Arm Architecture Reference Manual (DDI 0487), whose machine-readable
 * form is {@code aarch64.cat} of herdtools7, by Deacon, Alglave and others, and after Pulte, Flur, Deacon, French,
 * Sarkar and Sewell, "Simplifying ARM Concurrency: Multicopy-atomic Axiomatic and Operational Models for ARMv8" (POPL
 * 2018). The names are those of the manual.
 *
 * <p><b>Theory.</b> An execution is given by who read from whom (rf) and by the order of the writes to each location
 * (co). A read that read from a write comes before the writes after that one (fr). Stores become visible to all other
 * threads at once, so the parts of rf, co and fr that go from thread to thread order events in one order that all
 * agree on (obs); what a thread orders by dependencies (dob), updates (aob) and barriers (bob) is in it as well. If
 * these have a cycle the execution cannot be.
 *
 * <p>Left out is what no test here has: exceptions, ISB, page tables, tags, and instruction fetch, accesses of
 * different sizes. To leave out an order can only admit more.
 */
final class Armv8Model {
    private final EventGraph graph;
    private final Relation fixed;
    private final Relation sameLocation;

    Armv8Model(final EventGraph graph) {
        this.graph = graph;
        this.fixed = new Relation(graph.size());
        this.sameLocation = new Relation(graph.size());
        for (int a = 0; a < graph.size(); a++) {
            for (int b = 0; b < graph.size(); b++) {
                orderInThread(a, b);
            }
        }
        dependencies();
        for (final int[] pair : graph.updates()) {
            fixed.add(pair[0], pair[1]);
        }
        for (final int[] pair : graph.membarriers()) {
            fixed.add(pair[0], pair[1]);
        }
    }

    /** What the order of the program text makes of two events of one thread: lws and bob. */
    private void orderInThread(final int a, final int b) {
        final Event first = graph.event(a);
        final Event second = graph.event(b);
        if (!first.isBefore(second)) {
            return;
        }
        if (first.isAtSameLocation(second)) {
            sameLocation.add(a, b);
            if (second.isWrite()) {
                fixed.add(a, b);
            }
        }
        final boolean ordered = first.isBarrier(Barrier.FULL) || second.isBarrier(Barrier.FULL)
            || first.acquires() || second.releases() || first.strength() == Strength.FULL
            || first.strength() == Strength.RELEASE && second.strength() == Strength.ACQUIRE
            || first.isMemory() && second.isMemory() && isPartBarrierBetween(first, second);
        if (ordered) {
            fixed.add(a, b);
        }
    }

    private boolean isPartBarrierBetween(final Event first, final Event second) {
        for (int i = 0; i < graph.size(); i++) {
            final Event fence = graph.event(i);
            if (first.isBefore(fence) && fence.isBefore(second)
                && (fence.isBarrier(Barrier.LOADS) && first.isRead() && first.strength() != Strength.UNWANTED
                || fence.isBarrier(Barrier.STORES) && first.isWrite() && second.isWrite())) {
                return true;
            }
        }
        return false;
    }

    /** dob, but for the reads from an own store that depended on something, which {@link #admits} adds. */
    private void dependencies() {
        for (final int[] pair : graph.addresses()) {
            fixed.add(pair[0], pair[1]);
            for (int later = 0; later < graph.size(); later++) {
                if (graph.event(later).isWrite() && graph.event(pair[1]).isBefore(graph.event(later))) {
                    fixed.add(pair[0], later);
                }
            }
        }
        for (final int[] pair : graph.data()) {
            fixed.add(pair[0], pair[1]);
        }
        for (final int[] pair : graph.controls()) {
            if (graph.event(pair[1]).isWrite()) {
                fixed.add(pair[0], pair[1]);
            }
        }
    }

    /**
     * Whether an execution may be.
     *
     * @param readFrom  for each event: if it is a read that took place, the write that it read from; else -1
     * @param placement for each event: if it is a write that took place, its place in the order of its location,
     *                  from 0 on; else -1
     * @return the verdict
     */
    boolean admits(final int[] readFrom, final int[] placement) {
        final Relation internal = sameLocation.copy();
        final Relation external = fixed.copy();
        for (int a = 0; a < readFrom.length; a++) {
            if (readFrom[a] >= 0) {
                addReadFrom(internal, external, readFrom[a], a);
            }
            for (int b = 0; b < readFrom.length; b++) {
                if (follows(readFrom, placement, a, b)) {
                    internal.add(a, b);
                    if (isBetweenThreads(a, b)) {
                        external.add(a, b);
                    }
                }
            }
        }
        for (int i = 0; i < placement.length; i++) {
            if (graph.event(i).isWrite() && placement[i] < 0) {
                internal.remove(i);
                external.remove(i);
            }
        }
        return internal.isAcyclic() && external.isAcyclic() && isAtomic(readFrom, placement);
    }

    private void addReadFrom(final Relation internal, final Relation external, final int write, final int read) {
        internal.add(write, read);
        if (isBetweenThreads(write, read)) {
            external.add(write, read);
            return;
        }
        for (final int[] pair : graph.data()) {
            if (pair[1] == write) {
                external.add(pair[0], read);
            }
        }
        for (final int[] pair : graph.updates()) {
            if (pair[1] == write && graph.event(read).acquires()) {
                external.add(write, read);
            }
        }
    }

    /** co or fr: b is a write, and a is an earlier write or has read from one. */
    private boolean follows(final int[] readFrom, final int[] placement, final int a, final int b) {
        final int earlier = readFrom[a] >= 0 ? readFrom[a] : a;
        return a != b && placement[b] >= 0 && placement[earlier] >= 0
            && graph.event(a).isAtSameLocation(graph.event(b)) && placement[earlier] < placement[b];
    }

    private boolean isBetweenThreads(final int a, final int b) {
        return graph.event(a).thread() != graph.event(b).thread();
    }

    /** Nobody writes between the read and the write of an update. */
    private boolean isAtomic(final int[] readFrom, final int[] placement) {
        for (final int[] pair : graph.updates()) {
            if (placement[pair[1]] >= 0 && placement[pair[1]] != placement[readFrom[pair[0]]] + 1) {
                return false;
            }
        }
        return true;
    }
}
