/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.daxref.litmus.Instruction.Barrier;
import org.daxref.litmus.Program.Assembler;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The checker against litmus tests whose verdicts are known: those of the literature and of the manual, under the names
 * that they have there.
 */
class Armv8ModelTest {
    private static final Predicate<Outcome> MESSAGE_LOST = o -> o.read("flag") == 1 && o.read("data") == 0;
    private static final Predicate<Outcome> BOTH_MISSED = o -> o.read("r0") == 0 && o.read("r1") == 0;
    private static final Predicate<Outcome> BOTH_FORESEEN = o -> o.read("r0") == 1 && o.read("r1") == 1;
    private static final Predicate<Outcome> IN_TWO_ORDERS = o -> o.read("r0") == 1 && o.read("r1") == 0
        && o.read("r2") == 1 && o.read("r3") == 0;
    private static final Predicate<Outcome> NOT_CAUSAL = o -> o.read("r0") == 1 && o.read("r1") == 1
        && o.read("r2") == 0;

    @ParameterizedTest(name = "{0}")
    @MethodSource({"messages", "storeBuffers", "loadBuffers", "locations", "threeAndMore", "writes", "atomics",
        "membarriers"})
    void shouldForbid(final String name, final boolean allowed, final Program program, final Predicate<Outcome> bad) {
        if (allowed) {
            assertTrue(program.allows(bad), name);
        } else {
            assertFalse(program.allows(bad), name);
        }
        assertTrue(program.allows(o -> true), name);
    }

    private static Arguments allowed(final String name, final Program program, final Predicate<Outcome> bad) {
        return arguments(name, true, program, bad);
    }

    private static Arguments forbidden(final String name, final Program program, final Predicate<Outcome> bad) {
        return arguments(name, false, program, bad);
    }

    @SafeVarargs
    private static Program program(final Consumer<Assembler>... threads) {
        final Program program = new Program();
        for (final Consumer<Assembler> thread : threads) {
            program.thread(thread);
        }
        return program;
    }

    /** MP: a message and a flag. */
    static Stream<Arguments> messages() {
        final Consumer<Assembler> weakWriter = t -> t.str("x", 1).str("y", 1);
        final Consumer<Assembler> fencedWriter = t -> t.str("x", 1).dmb(Barrier.FULL).str("y", 1);
        final Consumer<Assembler> releasing = t -> t.str("x", 1).stlr("y", 1);
        return Stream.of(
            allowed("MP", program(weakWriter, t -> t.ldr("flag", "y").ldr("data", "x")), MESSAGE_LOST),
            allowed("MP+po+ldar", program(weakWriter, t -> t.ldar("flag", "y").ldr("data", "x")), MESSAGE_LOST),
            allowed("MP+stlr+po", program(releasing, t -> t.ldr("flag", "y").ldr("data", "x")), MESSAGE_LOST),
            allowed("MP+stlr+po-ldar", program(releasing, t -> t.ldr("flag", "y").ldar("data", "x")), MESSAGE_LOST),
            forbidden("MP+stlr+ldar", program(releasing, t -> t.ldar("flag", "y").ldr("data", "x")), MESSAGE_LOST),
            forbidden("MP+stlr+ldapr", program(releasing, t -> t.ldapr("flag", "y").ldr("data", "x")), MESSAGE_LOST),
            forbidden("MP+dmb.sy+addr",
                program(fencedWriter, t -> t.ldr("flag", "y").ldrAt("data", "x", "flag")), MESSAGE_LOST),
            allowed("MP+dmb.sy+ctrl",
                program(fencedWriter, t -> t.ldr("flag", "y").branch("flag").ldr("data", "x")), MESSAGE_LOST),
            forbidden("MP+dmb.st+dmb.ld", program(t -> t.str("x", 1).dmb(Barrier.STORES).str("y", 1),
                t -> t.ldr("flag", "y").dmb(Barrier.LOADS).ldr("data", "x")), MESSAGE_LOST),
            allowed("MP+dmb.ld+dmb.ld", program(t -> t.str("x", 1).dmb(Barrier.LOADS).str("y", 1),
                t -> t.ldr("flag", "y").dmb(Barrier.LOADS).ldr("data", "x")), MESSAGE_LOST),
            allowed("MP+dmb.sy+dmb.st",
                program(fencedWriter, t -> t.ldr("flag", "y").dmb(Barrier.STORES).ldr("data", "x")), MESSAGE_LOST),
            forbidden("MP+stlr-str-same+ldar", program(t -> t.str("x", 1).stlr("y", 1).str("y", 2),
                t -> t.ldar("flag", "y").ldr("data", "x")), o -> o.read("flag") == 2 && o.read("data") == 0));
    }

    private static Program storeBuffer(final Consumer<Assembler> between) {
        return program(t -> {
            t.str("x", 1);
            between.accept(t);
            t.ldr("r0", "y");
        }, t -> {
            t.str("y", 1);
            between.accept(t);
            t.ldr("r1", "x");
        });
    }

    /** SB: each stores, then looks for the other's store. */
    static Stream<Arguments> storeBuffers() {
        return Stream.of(
            allowed("SB", storeBuffer(t -> { }), BOTH_MISSED),
            forbidden("SB+dmb.sys", storeBuffer(t -> t.dmb(Barrier.FULL)), BOTH_MISSED),
            allowed("SB+dmb.sts", storeBuffer(t -> t.dmb(Barrier.STORES)), BOTH_MISSED),
            allowed("SB+dmb.lds", storeBuffer(t -> t.dmb(Barrier.LOADS)), BOTH_MISSED),
            allowed("SB+dmb.sy+po", program(t -> t.str("x", 1).dmb(Barrier.FULL).ldr("r0", "y"),
                t -> t.str("y", 1).ldr("r1", "x")), BOTH_MISSED),
            forbidden("SB+stlr-ldars", program(t -> t.stlr("x", 1).ldar("r0", "y"),
                t -> t.stlr("y", 1).ldar("r1", "x")), BOTH_MISSED),
            allowed("SB+stlr-ldaprs", program(t -> t.stlr("x", 1).ldapr("r0", "y"),
                t -> t.stlr("y", 1).ldapr("r1", "x")), BOTH_MISSED),
            allowed("SB+stlr-pos", program(t -> t.stlr("x", 1).ldr("r0", "y"),
                t -> t.stlr("y", 1).ldr("r1", "x")), BOTH_MISSED),
            allowed("SB+str-ldars", program(t -> t.str("x", 1).ldar("r0", "y"),
                t -> t.str("y", 1).ldar("r1", "x")), BOTH_MISSED));
    }

    /** LB: each loads, then stores what the other loads. */
    static Stream<Arguments> loadBuffers() {
        return Stream.of(
            allowed("LB", program(t -> t.ldr("r0", "x").str("y", 1), t -> t.ldr("r1", "y").str("x", 1)),
                BOTH_FORESEEN),
            forbidden("LB+ctrls", program(t -> t.ldr("r0", "x").branch("r0").str("y", 1),
                t -> t.ldr("r1", "y").branch("r1").str("x", 1)), BOTH_FORESEEN),
            forbidden("LB+datas", program(t -> t.ldr("r0", "x").strPlus("y", "r0", 0),
                t -> t.ldr("r1", "y").strPlus("x", "r1", 0)), BOTH_FORESEEN),
            allowed("LB+data+po", program(t -> t.ldr("r0", "x").strPlus("y", "r0", 0),
                t -> t.ldr("r1", "y").str("x", 1)), BOTH_FORESEEN),
            forbidden("LB+data+stlr", program(t -> t.ldr("r0", "x").strPlus("y", "r0", 0),
                t -> t.ldr("r1", "y").stlr("x", 1)), BOTH_FORESEEN),
            forbidden("LB+data-rfi-data+data", program(
                t -> t.ldr("r0", "x").strPlus("z", "r0", 0).ldr("r2", "z").strPlus("y", "r2", 0),
                t -> t.ldr("r1", "y").strPlus("x", "r1", 1)), o -> o.read("r0") == 2 && o.read("r1") == 1));
    }

    /** One location. */
    static Stream<Arguments> locations() {
        return Stream.of(
            forbidden("CoRR", program(t -> t.str("x", 1), t -> t.ldr("r0", "x").ldr("r1", "x")),
                o -> o.read("r0") == 1 && o.read("r1") == 0),
            forbidden("CoWR", program(t -> t.str("x", 1).ldr("r0", "x"), t -> t.str("x", 2)),
                o -> o.read("r0") == 2 && o.at("x") == 1),
            forbidden("CoRW", program(t -> t.ldr("r0", "x").str("x", 1), t -> t.str("x", 2)),
                o -> o.read("r0") == 2 && o.at("x") == 2),
            forbidden("CoWW", program(t -> t.str("x", 1).str("x", 2)), o -> o.at("x") == 1));
    }

    /** IRIW and WRC: whether stores become visible to all at once, as they do since Armv8. */
    static Stream<Arguments> threeAndMore() {
        final Consumer<Assembler> x = t -> t.str("x", 1);
        final Consumer<Assembler> y = t -> t.str("y", 1);
        return Stream.of(
            allowed("IRIW", program(x, y, t -> t.ldr("r0", "x").ldr("r1", "y"),
                t -> t.ldr("r2", "y").ldr("r3", "x")), IN_TWO_ORDERS),
            forbidden("IRIW+addrs", program(x, y, t -> t.ldr("r0", "x").ldrAt("r1", "y", "r0"),
                t -> t.ldr("r2", "y").ldrAt("r3", "x", "r2")), IN_TWO_ORDERS),
            forbidden("IRIW+ldars", program(x, y, t -> t.ldar("r0", "x").ldar("r1", "y"),
                t -> t.ldar("r2", "y").ldar("r3", "x")), IN_TWO_ORDERS),
            allowed("WRC", program(x, t -> t.ldr("r0", "x").str("y", 1),
                t -> t.ldr("r1", "y").ldr("r2", "x")), NOT_CAUSAL),
            allowed("WRC+data+po", program(x, t -> t.ldr("r0", "x").strPlus("y", "r0", 0),
                t -> t.ldr("r1", "y").ldr("r2", "x")), NOT_CAUSAL),
            forbidden("WRC+data+addr", program(x, t -> t.ldr("r0", "x").strPlus("y", "r0", 0),
                t -> t.ldr("r1", "y").ldrAt("r2", "x", "r1")), NOT_CAUSAL));
    }

    /** 2+2W, S, R: orders of stores. */
    static Stream<Arguments> writes() {
        final Predicate<Outcome> crossed = o -> o.at("x") == 2 && o.at("y") == 2;
        final Predicate<Outcome> overtaken = o -> o.read("r0") == 1 && o.at("x") == 2;
        final Predicate<Outcome> missed = o -> o.at("y") == 2 && o.read("r0") == 0;
        return Stream.of(
            allowed("2+2W", program(t -> t.str("x", 2).str("y", 1), t -> t.str("y", 2).str("x", 1)), crossed),
            forbidden("2+2W+dmb.sts", program(t -> t.str("x", 2).dmb(Barrier.STORES).str("y", 1),
                t -> t.str("y", 2).dmb(Barrier.STORES).str("x", 1)), crossed),
            forbidden("2+2W+stlrs", program(t -> t.str("x", 2).stlr("y", 1), t -> t.str("y", 2).stlr("x", 1)),
                crossed),
            allowed("S", program(t -> t.str("x", 2).str("y", 1), t -> t.ldr("r0", "y").str("x", 1)), overtaken),
            allowed("S+stlr+po", program(t -> t.str("x", 2).stlr("y", 1), t -> t.ldr("r0", "y").str("x", 1)),
                overtaken),
            forbidden("S+stlr+ctrl", program(t -> t.str("x", 2).stlr("y", 1),
                t -> t.ldr("r0", "y").branch("r0").str("x", 1)), overtaken),
            allowed("R", program(t -> t.str("x", 1).str("y", 1), t -> t.str("y", 2).ldr("r0", "x")), missed),
            allowed("R+dmb.sy+po", program(t -> t.str("x", 1).dmb(Barrier.FULL).str("y", 1),
                t -> t.str("y", 2).ldr("r0", "x")), missed),
            forbidden("R+dmb.st+dmb.sy", program(t -> t.str("x", 1).dmb(Barrier.STORES).str("y", 1),
                t -> t.str("y", 2).dmb(Barrier.FULL).ldr("r0", "x")), missed));
    }

    /** Updates: a single instruction that acquires and releases is a full barrier, the loop of two is not. */
    static Stream<Arguments> atomics() {
        return Stream.of(
            forbidden("two additions", program(t -> t.ldaddal("r0", "x", 1), t -> t.ldaddal("r1", "x", 1)),
                o -> o.at("x") != 2 || o.read("r0") == o.read("r1")),
            forbidden("two exchanges", program(t -> t.casal("r0", "x", 0, 1), t -> t.casal("r1", "x", 0, 2)),
                BOTH_MISSED),
            forbidden("SB+amo.al-pos", program(t -> t.ldaddal("u", "x", 1).ldr("r0", "y"),
                t -> t.ldaddal("v", "y", 1).ldr("r1", "x")), BOTH_MISSED),
            allowed("SB+amo.al.noret-pos", program(t -> t.ldaddalToZero("x", 1).ldr("r0", "y"),
                t -> t.ldaddalToZero("y", 1).ldr("r1", "x")), BOTH_MISSED),
            forbidden("SB+amo.al.noret-ldars", program(t -> t.ldaddalToZero("x", 1).ldar("r0", "y"),
                t -> t.ldaddalToZero("y", 1).ldar("r1", "x")), BOTH_MISSED),
            allowed("SB+rmw.al-pos", program(t -> t.addExclusive("u", "x", 1).ldr("r0", "y"),
                t -> t.addExclusive("v", "y", 1).ldr("r1", "x")), BOTH_MISSED),
            forbidden("SB+rmw.al-ldars", program(t -> t.addExclusive("u", "x", 1).ldar("r0", "y"),
                t -> t.addExclusive("v", "y", 1).ldar("r1", "x")), BOTH_MISSED),
            allowed("SB+rmw.al-ldaprs", program(t -> t.addExclusive("u", "x", 1).ldapr("r0", "y"),
                t -> t.addExclusive("v", "y", 1).ldapr("r1", "x")), BOTH_MISSED),
            allowed("SB+failed cas.al", program(t -> t.str("x", 1).casal("u", "z", 5, 6).ldr("r0", "y"),
                t -> t.str("y", 1).dmb(Barrier.FULL).ldr("r1", "x")), BOTH_MISSED),
            forbidden("SB+done cas.al", program(t -> t.str("x", 1).casal("u", "z", 0, 6).ldr("r0", "y"),
                t -> t.str("y", 1).dmb(Barrier.FULL).ldr("r1", "x")), BOTH_MISSED),
            allowed("MP+stlr+noret-dmb.ld", program(t -> t.str("x", 1).stlr("y", 1),
                t -> t.ldaddalToZero("y", 1).dmb(Barrier.LOADS).ldr("data", "x").ldr("after", "y")),
                o -> o.at("y") == 2 && o.read("data") == 0));
    }

    /** membarrier(2) orders its caller against each other thread, and not those among each other. */
    static Stream<Arguments> membarriers() {
        return Stream.of(
            forbidden("SB+membarrier+po", program(t -> t.str("x", 1).membarrier().ldr("r0", "y"),
                t -> t.str("y", 1).ldr("r1", "x")), BOTH_MISSED),
            forbidden("MP+membarrier+po", program(t -> t.str("x", 1).membarrier().str("y", 1),
                t -> t.ldr("flag", "y").ldr("data", "x")), MESSAGE_LOST),
            allowed("SB+pos beside a membarrier", program(t -> t.str("x", 1).ldr("r0", "y"),
                t -> t.str("y", 1).ldr("r1", "x"), t -> t.membarrier()), BOTH_MISSED));
    }
}
