/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * The name under which a fork's histogram log lies beside {@code jmh.json}.
 */
public final class HlogFile {
    private HlogFile() {
    }

    /**
     * The name of a fork's log.
     *
     * @param benchmark full name of class and method
     * @param params    value by parameter
     * @param threads   worker threads
     * @param fork      row of the fork in {@code rawData}, from 0
     * @return for example {@code PinLatencyBenchmark.openLoop_counter=cas_design=fs-held_t=1_fork=0.hlog}
     */
    public static String name(final String benchmark, final SortedMap<String, String> params, final int threads,
                              final int fork) {
        return (JmhResult.shortName(benchmark) + "_" + params.entrySet().stream()
            .map(param -> param.getKey() + "=" + param.getValue() + "_").collect(Collectors.joining())
            + "t=" + threads + "_fork=" + fork).replaceAll("[^A-Za-z0-9.=_-]", "-") + ".hlog";
    }
}
