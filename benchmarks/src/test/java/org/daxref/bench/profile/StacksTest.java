/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.profile;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class StacksTest {
    private static final String STUB = "Thread.run_[0];PinBenchmark_pin_jmhTest.pin_AverageTime_[j];"
        + "PinBenchmark_pin_jmhTest.pin_avgt_jmhStub_[j]";
    private static final Stacks STACKS = Stacks.parse(STUB + ";PinBenchmark.pin_[i];Gup.pinFast_[i] 30\n"
        + STUB + ";PinBenchmark.pin_[i];Gup.pinFast_[i];PageCounter.put_[i];UnsafeApi.getAndAddInt_[i] 60\n"
        + STUB + " 10\n"
        + "Thread.run_[0];PinBenchmark_pin_jmhTest.pin_AverageTime_[j];Worker.checkBooks_[0] 7\n"
        + "CompileBroker::compiler_thread_loop;C2Compiler::compile_method 5\n");

    @Test
    void shouldFoldTheHarness() {
        assertEquals(Map.of("PinBenchmark.pin_[i];Gup.pinFast_[i]", 30L,
            "PinBenchmark.pin_[i];Gup.pinFast_[i];PageCounter.put_[i];UnsafeApi.getAndAddInt_[i]", 60L, "[JMH]", 10L),
            STACKS.weights());
        assertEquals(100, STACKS.total());
        assertEquals(12, STACKS.outside(), "setting up and compiling are no part of what is measured");
        assertThrows(UnsupportedOperationException.class, () -> STACKS.weights().clear());
    }

    @Test
    void shouldCountAnAccessToAWordAsPartOfItsCaller() {
        assertEquals(List.of(new Stacks.Frame("PageCounter.put", 60, 60), new Stacks.Frame("Gup.pinFast", 30, 90),
            new Stacks.Frame("[JMH]", 10, 10), new Stacks.Frame("PinBenchmark.pin", 0, 90)), STACKS.frames());
    }

    @Test
    void shouldCountARecursionOnce() {
        assertEquals(List.of(new Stacks.Frame("A.a", 3, 3), new Stacks.Frame("B.b", 0, 3)),
            Stacks.parse("X.x_jmhStub;A.a;B.b;A.a 3\n").frames());
    }

    @Test
    void shouldAddUpToTheCostOfAnOperation() {
        final Stacks scaled = STACKS.scaledTo(20_000);
        assertEquals(20_000, scaled.total());
        assertEquals(12_000, scaled.frames().getFirst().self());
        assertEquals(Map.of("A.a", 2L), Stacks.parse("x_jmhStub;A.a 1000\nx_jmhStub;B.b 1\n").scaledTo(2).weights(),
            "what rounds to nothing is left out");
    }

    @Test
    void shouldBeReadAgainByOthers() {
        assertEquals("PinBenchmark.pin_[i];Gup.pinFast_[i] 30\n"
            + "PinBenchmark.pin_[i];Gup.pinFast_[i];PageCounter.put_[i];UnsafeApi.getAndAddInt_[i] 60\n"
            + "[JMH] 10\n", STACKS.collapsed());
    }

    @Test
    void shouldHaveNothingWhereNothingWasRecorded() {
        assertEquals(0, Stacks.parse("").total());
        assertEquals(List.of(), Stacks.parse("").frames());
    }
}
