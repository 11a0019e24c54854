/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import org.daxref.litmus.Instruction.Barrier;

/**
 * One event of an execution: a read, a write or a barrier. An {@link Instruction.Update} is a read and a write.
 *
 * @param thread   number of its thread, {@link #NOBODY} for the writes of the initial values
 * @param position place in the order of its thread
 * @param type     what it is
 * @param location of a read or write
 * @param strength what it orders beyond that
 * @param barrier  of a barrier
 */
record Event(int thread, int position, Type type, String location, Strength strength, Barrier barrier) {
    static final int NOBODY = -1;

    /** What an event is. */
    enum Type {
        /** Of a load or an update. */
        READ,
        /** Of a store or an update. */
        WRITE,
        /** Of a fence, or of membarrier(2). */
        BARRIER
    }

    /** What a read or write orders by itself. */
    enum Strength {
        /** Nothing. */
        NONE,
        /** LDAPR. */
        ACQUIRE_PC,
        /** LDAR, and the read of an acquiring update. */
        ACQUIRE,
        /** The read of an update whose result nobody wants: not even DMB ISHLD orders it. */
        UNWANTED,
        /** STLR, and the write of a releasing update. */
        RELEASE,
        /** The write of a single instruction that acquires and releases: it comes before everything after it. */
        FULL
    }

    boolean isRead() {
        return type == Type.READ;
    }

    boolean isWrite() {
        return type == Type.WRITE;
    }

    boolean isMemory() {
        return type != Type.BARRIER;
    }

    boolean isBarrier(final Barrier kind) {
        return type == Type.BARRIER && barrier == kind;
    }

    boolean acquires() {
        return strength == Strength.ACQUIRE || strength == Strength.ACQUIRE_PC;
    }

    boolean releases() {
        return strength == Strength.RELEASE || strength == Strength.FULL;
    }

    boolean isBefore(final Event other) {
        return thread == other.thread && thread != NOBODY && position < other.position;
    }

    boolean isAtSameLocation(final Event other) {
        return isMemory() && other.isMemory() && location.equals(other.location);
    }
}
