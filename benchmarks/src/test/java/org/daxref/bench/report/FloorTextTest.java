/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.Floor;
import org.daxref.bench.result.RunStatus;
import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class FloorTextTest {
    private static final long OPERATIONS = 1_000;

    private static Floor.Path path(final String counter, final double... java) {
        return new Floor.Path("fs-held", counter, "own", 1,
            Arrays.stream(java).mapToObj(ns -> List.of(ns - 1, ns + 1)).toList(),
            Arrays.stream(java).mapToObj(ns -> new Floor.Process(List.of(List.of(
                new Floor.Work(OPERATIONS, 10 * OPERATIONS, 0))))).toList());
    }

    private static FloorText text(final Floor.Path... paths) {
        return new FloorText(RunFiles.manifest(RunStatus.OK),
            new Floor("gcc 12", List.of("-O3", "-Werror"), false, List.of(paths)));
    }

    @Test
    void shouldSayOfEachPathWhetherItIsWithinTheGoal() {
        final String text = text(path("cas", 10, 10, 10, 10), path("xadd", 12, 12, 12, 12),
            path("sticky", 10, 12, 10, 12), path("rcuref", 10, 10, 10, 10)).text();
        assertEquals("fs-held cas own 1 10.0 ± 0.0 10.0 ± 0.0 1.00 [1.00, 1.00] yes", row(text, "cas"));
        assertEquals("fs-held xadd own 1 10.0 ± 0.0 12.0 ± 0.0 1.20 [1.20, 1.20] no", row(text, "xadd"));
        assertTrue(row(text, "sticky").endsWith(" inconclusive"), text);
        assertTrue(text.endsWith("Within 1.10: 2 yes, 1 no, 1 inconclusive.\n"), text);
    }

    private static String row(final String text, final String counter) {
        return text.lines().filter(line -> line.contains("  " + counter + " ")).findFirst().orElseThrow()
            .replaceAll(" +", " ");
    }

    @Test
    void shouldHoldTheMedianAgainstItsGoal() {
        assertTrue(text(path("cas", 10, 10, 10, 10), path("xadd", 10.2, 10.2, 10.2, 10.2), path("sticky", 20, 20, 20,
            20)).text().contains("Median of Java / C over 3 paths: 1.02; the goal is at most 1.03: reached.\n"));
        assertTrue(text(path("cas", 10.4, 10.4, 10.4, 10.4)).text()
            .contains("Median of Java / C over 1 path: 1.04; the goal is at most 1.03: not reached.\n"));
    }

    @Test
    void shouldNotCountWhatIsNoPinPath() {
        final Floor.Path pin = path("cas", 20, 20, 20, 20);
        final Floor.Path flat =
            new Floor.Path(pin.design(), pin.counter(), Floor.FLAT, 1, path("cas", 10, 10, 10, 10).java(), pin.c());
        assertTrue(text(pin, flat).text().contains("over 1 path: 2.00; "), () -> text(pin, flat).text());
        assertTrue(text(flat).text().endsWith(" yes\n\n"), () -> text(flat).text());
    }

    @Test
    void shouldStateTheConditions() {
        final String page = text(path("cas", 10, 10, 10, 10)).markdown();
        assertTrue(page.startsWith("# Floor of 2026-01-02T03:04:05Z: OK\n\nCommit `0123456789`, "), page);
        assertTrue(page.contains("; gcc 12 with `-O3 -Werror`; readers without a fence. 5 forks and processes per path,"
            + " in blocks of Java, C, C, Java; seed 7.\n"), page);
        assertTrue(page.contains("| fs-held | cas | own | 1 | 10.0 ± 0.0 |"), page);
        assertTrue(page.endsWith("no other arrangement of the Java code can be expected to do better.\n"), page);
    }

    /** As JMH has it: threads are averaged, not their operations. */
    @Test
    void shouldAverageThreadsAndThenWindows() {
        assertEquals(10, new Floor.Process(List.of(
            List.of(new Floor.Work(10, 100, 0), new Floor.Work(20, 100, 0)),
            List.of(new Floor.Work(10, 100, 0), new Floor.Work(10, 150, 0)))).mean());
    }
}
