/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.daxref.litmus.Instruction.Barrier;
import org.daxref.litmus.Instruction.Branch;
import org.daxref.litmus.Instruction.Edge;
import org.daxref.litmus.Instruction.Fence;
import org.daxref.litmus.Instruction.Load;
import org.daxref.litmus.Instruction.LoadOrder;
import org.daxref.litmus.Instruction.MembarrierEdge;
import org.daxref.litmus.Instruction.Operation;
import org.daxref.litmus.Instruction.Store;
import org.daxref.litmus.Instruction.Update;

/**
 * Threads of AArch64 instructions over a few words of memory, which hold 0 unless said otherwise. There are no loops
 * and no jumps: a test asks about the executions that take one path, which it names by the values that were read, and
 * {@link Assembler#branch} says where the path depended on them. Names of registers are used once in a program.
 */
final class Program {
    private final Map<String, Integer> initial = new TreeMap<>();
    private final List<List<Instruction>> threads = new ArrayList<>();

    Program initially(final String location, final int value) {
        initial.put(location, value);
        return this;
    }

    Program thread(final Consumer<Assembler> code) {
        final Assembler assembler = new Assembler();
        code.accept(assembler);
        threads.add(List.copyOf(assembler.instructions));
        return this;
    }

    int initial(final String location) {
        return initial.getOrDefault(location, 0);
    }

    List<List<Instruction>> threads() {
        return threads;
    }

    /** Whether the model admits an execution with such an outcome. */
    boolean allows(final Predicate<Outcome> wanted) {
        return !Executions.of(this, wanted).isEmpty();
    }

    /** Writes one thread. */
    static final class Assembler {
        private final List<Instruction> instructions = new ArrayList<>();

        private Assembler add(final Instruction instruction) {
            instructions.add(instruction);
            return this;
        }

        Assembler load(final String register, final String location, final LoadOrder order) {
            return add(new Load(register, location, order, null));
        }

        Assembler ldr(final String register, final String location) {
            return load(register, location, LoadOrder.PLAIN);
        }

        /** A load whose address is computed from a register. */
        Assembler ldrAt(final String register, final String location, final String address) {
            return add(new Load(register, location, LoadOrder.PLAIN, address));
        }

        Assembler ldapr(final String register, final String location) {
            return load(register, location, LoadOrder.ACQUIRE_PC);
        }

        Assembler ldar(final String register, final String location) {
            return load(register, location, LoadOrder.ACQUIRE);
        }

        Assembler str(final String location, final int value) {
            return add(new Store(location, null, value, false));
        }

        /** A store of what is in a register, plus something. */
        Assembler strPlus(final String location, final String register, final int more) {
            return add(new Store(location, register, more, false));
        }

        Assembler stlr(final String location, final int value) {
            return add(new Store(location, null, value, true));
        }

        Assembler update(final Update update) {
            return add(update);
        }

        /** LDADDAL, whose result is used. */
        Assembler ldaddal(final String register, final String location, final int delta) {
            return add(new Update(register, location, Operation.ADD, delta, 0, true, true, true));
        }

        /** LDADDAL to XZR, the zero register, which does not acquire. */
        Assembler ldaddalToZero(final String location, final int delta) {
            return add(new Update(null, location, Operation.ADD, delta, 0, false, true, true));
        }

        /** The loop of LDAXR and STLXR that adds. */
        Assembler addExclusive(final String register, final String location, final int delta) {
            return add(new Update(register, location, Operation.ADD, delta, 0, true, true, false));
        }

        Assembler casal(final String register, final String location, final int expected, final int value) {
            return add(new Update(register, location, Operation.COMPARE_AND_SET, value, expected, true, true, true));
        }

        Assembler dmb(final Barrier barrier) {
            return add(new Fence(barrier));
        }

        Assembler branch(final String register) {
            return add(new Branch(register));
        }

        Assembler membarrier() {
            return add(new MembarrierEdge(Edge.START)).add(new MembarrierEdge(Edge.END));
        }
    }
}
