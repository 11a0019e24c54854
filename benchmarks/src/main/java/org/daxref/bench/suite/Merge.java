/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.Json;
import org.daxref.bench.result.Redaction;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes one entry of JMH's JSON out of the forks of a cell. JMH does the arithmetic and the writing, on the same
 * objects that it would have had if it had run all forks itself; nothing is computed again from rounded text.
 */
final class Merge {
    private Merge() {
    }

    /**
     * Merges the forks of each cell.
     *
     * @param records the journal; what failed is left out
     * @param rounds  forks that each cell should have
     * @return JMH's JSON array, one entry per cell that has a result, its {@code rawData} in the order of the rounds
     */
    static ArrayNode merge(final List<UnitRecord> records, final int rounds) {
        final Map<Cell, List<BenchmarkResult>> forks = new LinkedHashMap<>();
        records.stream().filter(record -> record.failure() == null)
            .sorted(Comparator.comparing((UnitRecord record) -> record.unit().cell().toString())
                .thenComparing(record -> record.unit().round()))
            .forEach(record ->
                forks.computeIfAbsent(record.unit().cell(), cell -> new ArrayList<>()).add(record.fork()));
        final ArrayNode merged = (ArrayNode) Json.parse("[]");
        for (final List<BenchmarkResult> cell : forks.values()) {
            merged.add(((ObjectNode) entry(cell)).put("forks", rounds));
        }
        return merged;
    }

    /**
     * One entry of JMH's JSON.
     *
     * @param forks the forks of one cell
     * @return the entry, less what is local to this machine
     */
    static JsonNode entry(final List<BenchmarkResult> forks) {
        final ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(text, false, StandardCharsets.UTF_8)) {
            ResultFormatFactory.getInstance(ResultFormatType.JSON, out)
                .writeOut(List.of(new RunResult(forks.getFirst().getParams(), forks)));
        }
        final ObjectNode entry = (ObjectNode) Json.parse(text.toString(StandardCharsets.UTF_8)).get(0);
        entry.remove("jvm");
        final List<String> flags = new ArrayList<>();
        entry.get("jvmArgs").forEach(flag -> flags.add(flag.asString()));
        final ArrayNode clean = entry.putArray("jvmArgs");
        Redaction.of(flags).forEach(clean::add);
        return entry;
    }
}
