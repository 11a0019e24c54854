/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.report.Table;
import org.daxref.bench.suite.Catalog;
import org.daxref.bench.suite.Profile;
import picocli.CommandLine.Command;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * {@code list}: what can be measured.
 */
@Command(name = "list", mixinStandardHelpOptions = true,
    description = "Lists the benchmarks, their parameters with all values, and the profiles that hold them.")
final class ListCommand implements Runnable {
    @Override
    public void run() {
        final Table table = new Table(List.of("benchmark", "parameters", "profiles"),
            Catalog.load().benchmarks().stream().map(ListCommand::row).toList(), 3);
        System.out.print(table.text());
    }

    private static List<String> row(final Catalog.Benchmark benchmark) {
        return List.of(benchmark.shortName(),
            benchmark.params().entrySet().stream()
                .map(param -> param.getKey() + "=" + String.join(",", param.getValue()))
                .collect(Collectors.joining(" ")),
            Arrays.stream(Profile.values()).filter(profile -> profile.holds(benchmark)).map(Profile::label)
                .collect(Collectors.joining(" ")));
    }
}
