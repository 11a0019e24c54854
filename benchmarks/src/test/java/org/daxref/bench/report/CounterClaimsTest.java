/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.RunStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Claims on numbers that a test chose. */
class CounterClaimsTest {
    private static final double[] NOISE = {-0.01, 0.005, 0, 0.01, -0.005};

    @TempDir
    private Path home;
    private final List<JmhResult> results = new ArrayList<>();

    private void measured(final String counter, final int threads, final double... costs) {
        results.add(new JmhResult("org.daxref.bench.contended.HotPageBenchmark.hot", "avgt", threads, costs.length,
            new TreeMap<>(Map.of("counter", counter, "design", "fs-held", "foll", "PIN")),
            new JmhResult.Metric(costs[0], 0, "ns/op",
                DoubleStream.of(costs).mapToObj(List::of).toList()), Map.of()));
    }

    private void about(final String counter, final int threads, final double cost) {
        measured(counter, threads, DoubleStream.of(NOISE).map(noise -> cost * (1 + noise)).toArray());
    }

    private CounterClaims claims() throws IOException {
        return new CounterClaims(Headline.of(run()));
    }

    private Path run() throws IOException {
        return RunFiles.write(home.resolve("run"), RunFiles.manifest(RunStatus.OK, results.size(), List.of()),
            results.toArray(JmhResult[]::new));
    }

    private static Claim.Verdict verdict(final List<Claim> claims, final String text) {
        final List<Claim> found = claims.stream().filter(claim -> claim.text().contains(text)).toList();
        assertEquals(1, found.size(), text + ": " + claims);
        return found.getFirst().verdict();
    }

    @Test
    void shouldTellWhatHoldsFromWhatFails() throws IOException {
        about("cas-fused", 2, 140);
        about("xadd", 2, 80);
        about("striped", 2, 10);
        about("striped-asym", 2, 6);
        about("striped", 1, 9);

        final List<Claim> hopes = claims().hopes();

        assertEquals(Claim.Verdict.HOLDS, verdict(hopes, "so many times what `xadd` does"));
        assertEquals(Claim.Verdict.HOLDS, verdict(hopes, "`cas-fused` over `striped`"));
        assertEquals(Claim.Verdict.FAILS, verdict(hopes, "`cas-fused` over `striped-asym`"));
        assertEquals(Claim.Verdict.HOLDS, verdict(claims().falsifications(), "F3, it scales: hot page, `striped`,"));
    }

    @Test
    void shouldLeaveOpenWhatTheIntervalStraddles() throws IOException {
        measured("cas-fused", 2, 100, 130, 160, 120, 150);
        measured("xadd", 2, 90, 80, 100, 95, 85);

        assertEquals(Claim.Verdict.OPEN, verdict(claims().hopes(), "so many times what `xadd` does"));
    }

    @Test
    void shouldClaimNothingThatWasNotMeasured() throws IOException {
        about("xadd", 2, 80);

        assertEquals(List.of(), claims().hopes());
        assertEquals(List.of(), claims().falsifications());
    }

    @Test
    void shouldWriteAPage() throws IOException {
        about("cas-fused", 2, 140);
        about("xadd", 2, 80);

        final String page = CounterClaims.markdown(run());

        assertFalse(page.contains("without the walk"), "no table of what was not measured: " + page);

        assertTrue(page.contains("| `xadd` | - | 80.0 ± 0.8 |"), page);
        assertTrue(page.contains("| hot page: `cas-fused` costs so many times what `xadd` does | ≥ 1.40 | 1.75"), page);
    }
}
