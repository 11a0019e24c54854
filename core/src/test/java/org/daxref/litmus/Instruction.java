/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

/** What a thread of a {@link Program} executes: the part of AArch64 that HotSpot makes of accesses to shared memory. */
sealed interface Instruction {

    /** Strength of a load: LDR, LDAPR, LDAR. */
    enum LoadOrder {
        /** LDR. */
        PLAIN,
        /** LDAPR: acquire, but it may come before an earlier STLR. */
        ACQUIRE_PC,
        /** LDAR. */
        ACQUIRE
    }

    /** What a barrier orders. */
    enum Barrier {
        /** DMB ISH: everything before, everything after. */
        FULL,
        /** DMB ISHLD: loads before, everything after. */
        LOADS,
        /** DMB ISHST: stores before, stores after. */
        STORES
    }

    /** What an atomic operation does with its operand. */
    enum Operation {
        /** The new value is the old one plus the operand. */
        ADD,
        /** The new value is the operand. */
        SET,
        /** The new value is the operand, if the old one is as expected; otherwise nothing is written. */
        COMPARE_AND_SET
    }

    /** Where a call of membarrier(2) begins or ends. */
    enum Edge {
        /** Its begin. */
        START,
        /** Its end. */
        END
    }

    /**
     * LDR, LDAPR, LDAR.
     *
     * @param address the register that its address is computed from, null for none
     */
    record Load(String register, String location, LoadOrder order, String address) implements Instruction {
    }

    /**
     * STR, STLR.
     *
     * @param register what is stored is the value of this register, null for 0, plus {@code value}
     */
    record Store(String location, String register, int value, boolean release) implements Instruction {
    }

    /**
     * LDADD, SWP, CAS, or the loop of LDXR and STXR that does the same.
     *
     * @param register receives the old value, null if nobody wants it
     * @param single   whether it is one instruction
     */
    record Update(String register, String location, Operation operation, int operand, int expected, boolean acquire,
                  boolean release, boolean single) implements Instruction {
    }

    /** DMB. */
    record Fence(Barrier barrier) implements Instruction {
    }

    /** CBNZ: what follows depends on the register. */
    record Branch(String register) implements Instruction {
    }

    /** A call of membarrier(2) begins or ends, with a full barrier. */
    record MembarrierEdge(Edge edge) implements Instruction {
    }

    /** The full barrier that a call of membarrier(2) by another thread executes here. Put in by the enumeration. */
    record Interrupt() implements Instruction {
    }
}
