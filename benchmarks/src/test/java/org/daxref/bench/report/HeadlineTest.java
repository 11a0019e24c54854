/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;
import org.daxref.bench.result.HlogFile;
import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.RunStatus;
import org.daxref.bench.suite.Samples;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.FileNotFoundException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;

class HeadlineTest {
    private static final String PACKAGE = "org.daxref.bench.";

    @TempDir
    private Path folder;

    private static JmhResult result(final String name, final Map<String, String> params, final int threads,
                                    final String unit, final double... forks) {
        final List<List<Double>> rows = Arrays.stream(forks).mapToObj(ns -> List.of(ns - 0.5, ns + 0.5)).toList();
        return new JmhResult(PACKAGE + name, "avgt", threads, 3, new TreeMap<>(params),
            new JmhResult.Metric(0, 0, unit, rows), Map.of());
    }

    private static JmhResult pin(final String design, final double... forks) {
        return result("uncontended.PinPageBenchmark.pinUnpin", Map.of("design", design, "counter", "cas"), 1, "ns/op",
            forks);
    }

    private static JmhResult pmd(final String design, final double... forks) {
        return result("uncontended.GupPmdBenchmark.gup", Map.of("design", design, "pages", "512"), 2, "ns/op", forks);
    }

    private Headline headline(final JmhResult... results) {
        return new Headline(Samples.manifest().ended(RunStatus.NOISY,
            List.of("In 2 of 155 forks the workers had to wait."), "2026-01-02T03:10:00Z", "1 1 1", 31,
            Samples.manifest().guard(), List.of()), List.of(results), folder);
    }

    private void log(final JmhResult result, final int fork, final long... valuesNs) throws FileNotFoundException {
        final Histogram histogram = new Histogram(3);
        for (final long value : valuesNs) {
            histogram.recordValue(value);
        }
        final HistogramLogWriter writer = new HistogramLogWriter(
            folder.resolve(HlogFile.name(result.benchmark(), result.params(), result.threads(), fork)).toFile());
        writer.outputIntervalHistogram(histogram);
        writer.close();
    }

    @Test
    void shouldShowDesignsSideBySideBaselinesAndLatencies() throws FileNotFoundException {
        final JmhResult latency = result("latency.PinLatencyBenchmark.openLoop", Map.of("design", "fs-held"), 1,
            "ops/s", 1000, 1000, 1000);
        log(latency, 0, 10, 20, 30);
        log(latency, 2, 40, 900);
        assertEquals("""
            # quick run of 2026-01-02T03:04:05Z: NOISY

            In 2 of 155 forks the workers had to wait.

            Commit `0123456789`, Some CPU with 2 CPUs (virtual), VM 25.0.3+9.

            ## ns per page (mean of forks ± 95 %), and the ratio with its 95 % interval

            | benchmark | parameters | threads | dev-pagemap | fs-held | dev-pagemap / fs-held |
            | --- | --- | ---: | ---: | ---: | ---: |
            | PinPageBenchmark.pinUnpin | counter=cas | 1 | 22.0 ± 2.5 | 20.0 ± 2.5 | 1.10 [1.09, 1.11] |
            | GupPmdBenchmark.gup | pages=512 | 2 | 10.0 ± 0.0 | 0.100 ± 0.000 | 100 [100, 100] |

            ## Baselines, ns per operation (mean of forks ± 95 %)

            | baseline | parameters | threads | ns/op |
            | --- | --- | ---: | ---: |
            | EmptyWalkBenchmark.walk | design=fs-held | 1 | 3.00 ± 0.00 |
            | AtomicBenchmark.getAndAdd |  | 1 | 5.00 ± 0.00 |

            ## Latencies, all forks together

            | latency | parameters | threads | design | p50 ns | p99 ns | p99.9 ns | max ns |
            | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
            | PinLatencyBenchmark.openLoop |  | 1 | fs-held | 30 | 900 | 900 | 900 |
            """, headline(pin("fs-held", 19, 20, 21), pin("dev-pagemap", 21, 22, 23),
            pmd("dev-pagemap", 5120, 5120, 5120),
            pmd("fs-held", 51.2, 51.2, 51.2),
            result("baseline.EmptyWalkBenchmark.walk", Map.of("design", "fs-held"), 1, "ns/op", 3, 3, 3),
            result("baseline.AtomicBenchmark.getAndAdd", Map.of(), 1, "ns/op", 5, 5, 5), latency).markdown());
    }

    @Test
    void shouldAlignColumnsForATerminal() {
        assertEquals("""
            ns per page (mean of forks ± 95 %), and the ratio with its 95 % interval

            benchmark                  parameters   threads  dev-pagemap     fs-held  dev-pagemap / fs-held
            PinPageBenchmark.pinUnpin  counter=cas        1   22.0 ± 2.5  20.0 ± 2.5      1.10 [1.09, 1.11]
            """, headline(pin("fs-held", 19, 20, 21), pin("dev-pagemap", 21, 22, 23)).text());
    }

    @Test
    void shouldShowNoRatioWhereASideOrARoundIsMissing() {
        assertEquals(List.of("PinPageBenchmark.pinUnpin", "counter=cas", "1", "-", "20.0 ± 2.5", "-"),
            headline(pin("fs-held", 19, 20, 21)).designs().rows().getFirst());
        assertEquals(List.of("PinPageBenchmark.pinUnpin", "counter=cas", "1", "21.5", "20.0 ± 2.5", "-"),
            headline(pin("fs-held", 19, 20, 21), pin("dev-pagemap", 21, 22)).designs().rows().getFirst());
    }
}
