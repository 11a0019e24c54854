/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.daxref.litmus.HotSpotThread.Code;

/**
 * A protocol between threads, as they are written in Java, and the question whether some outcome can be. Asked for
 * every code that may be made of it.
 */
final class Litmus {
    private static final List<Code> CODES = codes();

    private final List<Consumer<HotSpotThread>> threads = new ArrayList<>();
    private final List<Consumer<Program>> initial = new ArrayList<>();

    private static List<Code> codes() {
        final List<Code> codes = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            codes.add(new Code((i & 1) != 0, (i & 2) != 0, (i & 4) != 0));
        }
        return codes;
    }

    Litmus initially(final String location, final int value) {
        initial.add(program -> program.initially(location, value));
        return this;
    }

    Litmus thread(final Consumer<HotSpotThread> thread) {
        threads.add(thread);
        return this;
    }

    private Program compile(final Code code) {
        final Program program = new Program();
        initial.forEach(each -> each.accept(program));
        threads.forEach(thread -> program.thread(assembler -> thread.accept(new HotSpotThread(assembler, code))));
        return program;
    }

    /** No code has such an execution. */
    void neverEndsWith(final Predicate<Outcome> bad) {
        assertEquals(List.of(), admitting(bad));
    }

    /** Exactly these codes have such an execution: a control, which shows what the order is there for. */
    void canEndWith(final Predicate<Outcome> bad, final Predicate<Code> where) {
        assertEquals(CODES.stream().filter(where).toList(), admitting(bad));
    }

    /** Every code has such an execution. */
    void canEndWith(final Predicate<Outcome> bad) {
        canEndWith(bad, code -> true);
    }

    private List<Code> admitting(final Predicate<Outcome> bad) {
        return CODES.stream().filter(code -> compile(code).allows(bad)).toList();
    }
}
