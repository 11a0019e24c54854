/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

import static org.junit.jupiter.api.Assertions.assertEquals;

class ProgressTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Progress progress =
        new Progress(new PrintStream(bytes, true, StandardCharsets.UTF_8), 155, 155 * 1700);
    private final Plan.Unit unit = new Plan.Unit(Samples.cell("fs-held"), 0);

    private String printed() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void shouldStateTheExpectedDurationFirst() {
        progress.begin(31, 5, 0);
        progress.begin(31, 5, 100);
        assertEquals("155 forks: 31 cells, 5 forks each; about 4:24.\n"
            + "155 forks: 31 cells, 5 forks each; 100 finished before; about 1:34.\n", printed());
    }

    @Test
    void shouldPrintAPlainLinePerFork() {
        progress.finished(36, UnitRecord.of(unit, 1, GuardVerdict.NONE, Samples.fork(unit.cell(), 0, 20, 21)));
        assertEquals("[37/155] PinPageBenchmark.pinUnpin design=fs-held counter=cas foll=PIN t=1  20.5 ns/op",
            printed().replaceFirst("  \\d+:\\d\\d left\n", ""));
    }

    @Test
    void shouldShowAFailureAndASpoiltForkAtOnce() {
        progress.finished(0, UnitRecord.failed(unit, 1, "the books do not balance"));
        progress.finished(1,
            UnitRecord.of(unit, 1, new GuardVerdict(2, 0, 2), Samples.fork(unit.cell(), 40, 20, 21)));
        assertEquals("""
            [1/155] PinPageBenchmark.pinUnpin design=fs-held counter=cas foll=PIN t=1  FAILED: the books do not balance
            [2/155] PinPageBenchmark.pinUnpin design=fs-held counter=cas foll=PIN t=1  20.5 ns/op (spoilt: in 2 of 2 \
            iterations the workers had to wait)
            """, printed().replaceAll("  \\d+:\\d\\d left\n", "\n"));
    }

    @Test
    void shouldWriteTimesAsPeopleDo() {
        assertEquals("3:10", Progress.clock(190_400));
    }
}
