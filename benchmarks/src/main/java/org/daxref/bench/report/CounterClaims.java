/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.HdrHistogram.Histogram;
import org.daxref.Machine;
import org.daxref.bench.result.JmhResult;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * What one run says of the counters: a table of what each costs where, what was hoped of those that are not the
 * kernel's, and what would have shown each of them to be useless.
 */
public final class CounterClaims {
    /** The name of the page in a run folder. */
    public static final String FILE = "COUNTERS.md";

    private static final String FUSED = "cas-fused";
    private static final String XADD = "xadd";
    private static final String STRIPED = "striped";
    private static final String ASYM = "striped-asym";
    private static final double P99 = 99;

    private final Evidence evidence;
    private final Headline headline;
    private final int threads;

    CounterClaims(final Headline headline) {
        this.headline = headline;
        this.evidence = new Evidence(headline.results(), headline.folder());
        this.threads = headline.results().stream().mapToInt(JmhResult::threads).max().orElse(1);
    }

    /** Where a counter is measured, as a column of the table. */
    private record Place(String title, String benchmark, int threads, List<String> params) {
        Place(final String title, final String benchmark, final int threads, final String... params) {
            this(title, benchmark, threads, List.of(params));
        }
    }

    private List<Place> places() {
        return List.of(new Place("one page, 1 thread", "HotPageBenchmark.hot", 1),
            new Place("hot page, " + threads + " threads", "HotPageBenchmark.hot", threads),
            new Place("own pages, " + threads + " threads", "HotPageBenchmark.own", threads),
            new Place("uniform, 1 thread", "PinUniformBenchmark.pinUnpin", 1),
            new Place("uniform, " + threads + " threads", "SpreadPagesBenchmark.pinUnpin", threads,
                "distribution=UNIFORM"),
            new Place("Zipf, " + threads + " threads", "SpreadPagesBenchmark.pinUnpin", threads, "distribution=ZIPF"),
            new Place("fault and zap, 1 thread", "FaultZapBenchmark.page", 1));
    }

    private Place truncated(final int perSecond) {
        return new Place(perSecond + " truncates/s", "TruncatedHotPageBenchmark.pinUnpin", threads,
            "truncatesPerSecond=" + perSecond);
    }

    private JmhResult cell(final String counter, final Place place) {
        final List<String> params = new ArrayList<>(place.params());
        params.add("counter=" + counter);
        return evidence.find(place.benchmark(), place.threads(), params.toArray(String[]::new));
    }

    /** What the one counter costs in terms of the other, in one place. */
    private Estimate ratio(final String above, final String below, final Place place) {
        return Evidence.ratio(Evidence.costs(cell(above, place)), Evidence.costs(cell(below, place)));
    }

    private Estimate p99(final String above, final String below, final Place place) {
        return Evidence.ratio(p99(cell(above, place)), p99(cell(below, place)));
    }

    private List<Double> p99(final JmhResult result) {
        return Latencies.read(result, headline.folder()).orElseThrow(() -> new Evidence.Missing(result.shortName()))
            .forks().stream().map(fork -> (double) valueAt99(fork)).toList();
    }

    private static long valueAt99(final Histogram fork) {
        return fork.getValueAtPercentile(P99);
    }

    /**
     * Reads a run.
     *
     * @param folder the folder of a finished run
     * @return a page of Markdown
     */
    public static String markdown(final Path folder) {
        return new CounterClaims(Headline.of(folder)).page();
    }

    private String page() {
        return "# What counters are worth, by the run of " + headline.manifest().started() + "\n\nCommit `"
            + headline.manifest().source().label() + "`, " + headline.manifest().machine().model() + " with "
            + headline.manifest().machine().cpus() + " CPUs, design `fs-held`. Ratios have 95 % intervals over "
            + headline.manifest().plan().rounds() + " forks.\n\n## Cost of a pin and its unpin, ns per thread\n\n"
            + costs().markdown() + peersSection() + "\n## What was hoped\n\n" + table(hopes()).markdown()
            + "\n## What would have shown them to be useless\n\n" + table(falsifications()).markdown();
    }

    private Table costs() {
        final List<String> header = new ArrayList<>(List.of("counter"));
        places().forEach(place -> header.add(place.title()));
        return new Table(header, Machine.counterNames().stream().map(this::costs).toList(), 1);
    }

    private List<String> costs(final String counter) {
        final List<String> row = new ArrayList<>(List.of("`" + counter + "`"));
        for (final Place place : places()) {
            try {
                row.add(Evidence.cost(cell(counter, place), 1).withError());
            } catch (final Evidence.Missing e) {
                row.add("-");
            }
        }
        return row;
    }

    private String peersSection() {
        final Table peers = peers();
        return peers.rows().isEmpty() ? "" : "\n## The same without the walk, beside what Java programs have, ns per"
            + " thread\n\n" + peers.markdown();
    }

    private Table peers() {
        final List<String> peers = headline.results().stream().map(result -> result.params().get("peer"))
            .filter(Objects::nonNull).distinct().sorted().toList();
        return new Table(List.of("count", "one object, " + threads + " threads", "own objects, " + threads
            + " threads"), peers.stream().map(peer -> List.of("`" + peer + "`", peer("hot", peer), peer("own", peer)))
            .toList(), 1);
    }

    private String peer(final String method, final String peer) {
        return Evidence.cost(evidence.find("PeerBenchmark." + method, threads, "peer=" + peer), 1).withError();
    }

    private static Table table(final List<Claim> claims) {
        return new Table(List.of("claim", "bound", "measured", "verdict"), claims.stream().map(Claim::row).toList(), 1);
    }

    private static void add(final List<Claim> claims, final Supplier<Claim> claim) {
        try {
            claims.add(claim.get());
        } catch (final Evidence.Missing e) {
            // what was not measured is not claimed
        }
    }

    List<Claim> hopes() {
        final List<Claim> claims = new ArrayList<>();
        final Place hot = places().get(1);
        add(claims, () -> Claim.atLeast("hot page: `cas-fused` costs so many times what `xadd` does", 1.4,
            ratio(FUSED, XADD, hot)));
        for (final Place place : places()) {
            add(claims, () -> Claim.atMost(place.title() + ": `xadd` over `cas-fused`", 1, ratio(XADD, FUSED, place)));
        }
        add(claims, () -> Claim.atLeast("hot page: `cas-fused` over `striped`", 8, ratio(FUSED, STRIPED, hot)));
        add(claims, () -> Claim.atLeast("hot page: `cas-fused` over `striped-asym`", 30, ratio(FUSED, ASYM, hot)));
        for (final Place place : List.of(places().get(0), places().get(2), places().get(3), places().get(4))) {
            add(claims, () -> Claim.atMost(place.title() + ": `striped` over `xadd`", 1.1,
                ratio(STRIPED, XADD, place)));
        }
        for (final String counter : List.of(STRIPED, ASYM)) {
            add(claims, () -> Claim.atMost("hot page, 10 truncates/s: p99 of a truncate, `" + counter + "` over `xadd`",
                2, p99(counter, XADD, truncated(10))));
            add(claims, () -> Claim.atLeast("hot page, 10 truncates/s: `xadd` over `" + counter + "`", 1,
                ratio(XADD, counter, truncated(10))));
        }
        return claims;
    }

    List<Claim> falsifications() {
        final List<Claim> claims = new ArrayList<>();
        final Place one = places().getFirst();
        final Place hot = places().get(1);
        add(claims, () -> Claim.atLeast("F1, `xadd` is of use: one page, 1 thread, `cas-fused` over `xadd`", 1.1,
            ratio(FUSED, XADD, one)));
        add(claims, () -> Claim.atLeast("F1, or `cas` over `xadd`", 1 / 0.6, ratio("cas", XADD, one)));
        add(claims, () -> Claim.atLeast("F1, hot page, `cas-fused` over `xadd`", 1.3, ratio(FUSED, XADD, hot)));
        add(claims, () -> Claim.atMost("F2, `striped` does not tax cold pages: " + places().get(3).title()
            + ", over `xadd`", 1.1, ratio(STRIPED, XADD, places().get(3))));
        for (final String counter : List.of(STRIPED, ASYM)) {
            add(claims, () -> Claim.atMost("F3, it scales: hot page, `" + counter + "`, " + threads
                + " threads over 1", 1.2, Evidence.ratio(Evidence.costs(cell(counter, hot)),
                Evidence.costs(cell(counter, one)))));
            add(claims, () -> Claim.atLeast("F4, gathering does not eat it: 1000 truncates/s, `xadd` over `" + counter
                + "`", 1, ratio(XADD, counter, truncated(1000))));
            add(claims, () -> Claim.atMost("F4, p99 of a truncate at 1000/s, `" + counter + "` over `xadd`", 2,
                p99(counter, XADD, truncated(1000))));
        }
        return claims;
    }
}
