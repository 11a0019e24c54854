/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import org.daxref.litmus.Instruction.Barrier;
import org.daxref.litmus.Instruction.LoadOrder;
import org.daxref.litmus.Instruction.Operation;
import org.daxref.litmus.Instruction.Update;
import org.daxref.litmus.Program.Assembler;

/**
 * A thread written in the words of {@link org.daxref.memory.Words}, compiled as HotSpot of JDK 25 compiles it for
 * AArch64: the one place that knows what becomes of an access.
 *
 * <table>
 * <caption>What C2 emits</caption>
 * <tr><td>get…Opaque</td><td>LDR</td></tr>
 * <tr><td>get…Acquire, get…Volatile</td><td>LDAR</td></tr>
 * <tr><td>put…Opaque</td><td>STR</td></tr>
 * <tr><td>put…Release</td><td>DMB ISH, or DMB ISHST and DMB ISHLD, then STR; STLR in other versions</td></tr>
 * <tr><td>getAndAdd, getAndSet, compareAnd…</td><td>LDADDAL, SWPAL, CASAL; without LSE a loop of LDAXR, STLXR</td></tr>
 * <tr><td>getAndAdd, result not used</td><td>LDADDAL to XZR, which does not acquire</td></tr>
 * <tr><td>a failed exchange</td><td>only the acquiring load</td></tr>
 * <tr><td>fullFence</td><td>DMB ISH</td></tr>
 * <tr><td>storeStoreFence</td><td>DMB ISHST</td></tr>
 * </table>
 *
 * <p>From src/hotspot/cpu/aarch64 of OpenJDK: {@code aarch64.ad} ({@code needs_acquiring_load},
 * {@code unnecessary_acquire}, {@code unnecessary_release}), {@code aarch64_atomic.ad}, and
 * {@code macroAssembler_aarch64.cpp} ({@code ATOMIC_OP}: without a result the register is the zero register;
 * {@code membar}: whether two barriers are merged to one). A volatile load of C1 and of the interpreter has a full
 * barrier before it ({@code c1_LIRGenerator_aarch64.cpp}, bug 8179954), so their code orders no less than this.
 *
 * <p>A test must hold for every {@link Code}. One choice is none of HotSpot's: the Java memory model would let
 * getAcquire be LDAPR, which tells acquire from volatile. So what is proved does not rest on the two being one
 * instruction today.
 */
final class HotSpotThread {

    /**
     * A way to compile.
     *
     * @param lse   atomic operations are single instructions
     * @param stlr  a release store is one instruction; otherwise the weakest barriers that will do come before it
     * @param ldapr an acquire load is the weakest that will do
     */
    record Code(boolean lse, boolean stlr, boolean ldapr) {

        /** Whether a release store is barriers and a plain store. */
        boolean barriers() {
            return !stlr;
        }
    }

    private final Assembler assembler;
    private final Code code;

    HotSpotThread(final Assembler assembler, final Code code) {
        this.assembler = assembler;
        this.code = code;
    }

    HotSpotThread getOpaque(final String register, final String location) {
        assembler.ldr(register, location);
        return this;
    }

    HotSpotThread getAcquire(final String register, final String location) {
        assembler.load(register, location, code.ldapr() ? LoadOrder.ACQUIRE_PC : LoadOrder.ACQUIRE);
        return this;
    }

    HotSpotThread getVolatile(final String register, final String location) {
        assembler.ldar(register, location);
        return this;
    }

    HotSpotThread putOpaque(final String location, final int value) {
        assembler.str(location, value);
        return this;
    }

    /** Stores what was read before, plus something: an addition of the only writer. */
    HotSpotThread putOpaquePlus(final String location, final String register, final int more) {
        assembler.strPlus(location, register, more);
        return this;
    }

    HotSpotThread putRelease(final String location, final int value) {
        if (code.stlr()) {
            assembler.stlr(location, value);
        } else {
            assembler.dmb(Barrier.STORES).dmb(Barrier.LOADS).str(location, value);
        }
        return this;
    }

    HotSpotThread getAndAdd(final String register, final String location, final int delta) {
        return update(register, location, Operation.ADD, delta, 0);
    }

    /** An addition whose result nobody uses. */
    HotSpotThread add(final String location, final int delta) {
        return update(null, location, Operation.ADD, delta, 0);
    }

    HotSpotThread getAndSet(final String register, final String location, final int value) {
        return update(register, location, Operation.SET, value, 0);
    }

    /** An exchange whose result nobody uses. */
    HotSpotThread set(final String location, final int value) {
        return update(null, location, Operation.SET, value, 0);
    }

    /** The register receives what was found. */
    HotSpotThread compareAndExchange(final String register, final String location, final int expected,
                                     final int value) {
        return update(register, location, Operation.COMPARE_AND_SET, value, expected);
    }

    private HotSpotThread update(final String register, final String location, final Operation operation,
                                 final int operand, final int expected) {
        final boolean acquires = register != null || !code.lse();
        assembler.update(new Update(register, location, operation, operand, expected, acquires, true, code.lse()));
        return this;
    }

    HotSpotThread fullFence() {
        assembler.dmb(Barrier.FULL);
        return this;
    }

    HotSpotThread storeStoreFence() {
        assembler.dmb(Barrier.STORES);
        return this;
    }

    HotSpotThread membarrier() {
        assembler.membarrier();
        return this;
    }

    /** What follows happens only for some values of a register. */
    HotSpotThread branch(final String register) {
        assembler.branch(register);
        return this;
    }
}
