/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.SuiteException;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ProfileTest {
    private static final int CPUS = 2;
    /** The benchmarks of this build, without those that only tests have. */
    private static final Catalog CATALOG = new Catalog(Catalog.load().benchmarks().stream()
        .filter(benchmark -> !benchmark.name().contains(".fixture.")).toList());

    private static List<Cell> cells(final Profile profile) {
        return new Selection(profile, null, List.of(), Map.of(), false).cells(CATALOG, CPUS);
    }

    private static long expectedMs(final Profile profile) {
        final Timing timing = profile.timing();
        return profile.rounds() * cells(profile).stream().mapToLong(cell ->
            timing.expectedForkMs((cell.threads() >= CPUS ? ForkRunner.CROWDED : 1) * timing.warmups())).sum();
    }

    @Test
    void shouldNameEveryBenchmarkInTheList() {
        assertEquals("""
            PinAgainstFaultBenchmark.faulted
            PinAgainstRemovalBenchmark.removed
            PinAgainstTruncateBenchmark.truncated
            TruncatedHotPageBenchmark.pinUnpin
            FairnessBenchmark.page
            PinLatencyBenchmark.openLoop
            PinUnderTruncateBenchmark.openLoop
            AtomicBenchmark.casIncrementThenDecrement
            AtomicBenchmark.getAndAdd
            EmptyBodyBenchmark.empty
            EmptyWalkBenchmark.walk
            FlatPinBenchmark.pinUnpin
            PeerBenchmark.hot
            PeerBenchmark.own
            PointerChaseBenchmark.lines
            PointerChaseBenchmark.wordsAndLines
            SeamBenchmark.directCompareAndExchange
            SeamBenchmark.directGetAndAdd
            SeamBenchmark.seamCompareAndExchange
            SeamBenchmark.seamGetAndAdd
            HotPageBenchmark.hot
            HotPageBenchmark.own
            NeighbourPagesBenchmark.pinUnpin
            PayloadBenchmark.pinReadUnpin
            SpreadPagesBenchmark.pinUnpin
            WakeTaxBenchmark.takeAndDrop
            RemovalLatencyBenchmark.killToDrained
            SurpriseRemovalBenchmark.unbind
            TruncateLatencyBenchmark.unpinToReturn
            DeviceSizeBenchmark.pinUnpin
            FaultZapBenchmark.page
            FaultZapBenchmark.pmd
            GetDevPagemapBenchmark.getPut
            GupLengthBenchmark.gup
            GupPmdBenchmark.gup
            GupPmdBenchmark.gupSlow
            GupRangesBenchmark.pinUnpin
            PagemapLookupBenchmark.getPut
            PagemapLookupBenchmark.load
            PinPageBenchmark.pinUnpin
            PinUniformBenchmark.pinUnpin
            """.strip(), CATALOG.names().replace(", ", "\n"));
    }

    @Test
    void shouldMatchABenchmarkWithEveryPatternOfEveryProfile() {
        for (final Profile profile : Profile.values()) {
            for (final Profile.Cells cells : profile.cells()) {
                assertTrue(CATALOG.benchmarks().stream().anyMatch(cells::hold), profile + " " + cells.benchmarks());
            }
        }
    }

    @Test
    void shouldHoldEveryBenchmarkInSmokeAndFull() {
        for (final Catalog.Benchmark benchmark : CATALOG.benchmarks()) {
            assertTrue(Profile.SMOKE.holds(benchmark) && Profile.FULL.holds(benchmark), benchmark.name());
        }
    }

    @Test
    void shouldAnswerTheHeadlineInSixMinutes() {
        assertEquals(33, cells(Profile.QUICK).size());
        assertTrue(expectedMs(Profile.QUICK) <= 6 * 60_000, expectedMs(Profile.QUICK) + " ms");
    }

    @Test
    void shouldAnswerTheQuestionsInThreeQuartersOfAnHour() {
        assertTrue(expectedMs(Profile.QUESTIONS) <= 45 * 60_000, expectedMs(Profile.QUESTIONS) + " ms");
        assertTrue(Profile.QUESTIONS.rounds() >= 5);
    }

    @Test
    void shouldSmokeInAMinute() {
        assertEquals(1, Math.round(expectedMs(Profile.SMOKE) / 60_000.0), expectedMs(Profile.SMOKE) + " ms");
    }

    /** README says how long each takes. */
    @Test
    void shouldTakeTheTimeThatIsStated() throws IOException {
        final String readme = Files.readString(Path.of("../README.md"));
        final long hours = Math.round(expectedMs(Profile.FULL) / 3_600_000.0);
        assertTrue(readme.contains("(about " + hours + " hours on " + CPUS + " CPUs)"), hours + " hours");
        final long minutes = Math.round(expectedMs(Profile.QUESTIONS) / 60_000.0);
        assertTrue(readme.contains("(about " + minutes + " minutes)"), minutes + " minutes");
        final long counterMinutes = Math.round(expectedMs(Profile.COUNTERS) / 60_000.0);
        assertTrue(readme.contains("counters are worth (about " + counterMinutes + " minutes)"),
            counterMinutes + " minutes");
    }

    @Test
    void shouldPublishFromFiveForksOfSeconds() {
        assertTrue(Profile.FULL.rounds() >= 5);
        assertEquals("warm-up 5 x 1000 ms, measurement 5 x 1000 ms", Profile.FULL.timing().toString());
    }

    @Test
    void shouldNameTheProfilesThereAre() {
        assertEquals("Unknown profile 'fast': choose from smoke, quick, questions, counters, full.",
            assertThrows(SuiteException.class, () -> Profile.named("fast")).getMessage());
        assertEquals(Profile.SMOKE, Profile.named("smoke"));
    }
}
