/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.Digits;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The headline in words.
 */
final class Sentences {
    private static final Map<String, String> OPERATIONS = new LinkedHashMap<>();

    static {
        OPERATIONS.put("PinPageBenchmark.pinUnpin", "Taking and dropping one page");
        OPERATIONS.put("GupPmdBenchmark.gup", "Taking and dropping pages that a PMD leaf maps");
        OPERATIONS.put("HotPageBenchmark.hot", "Taking and dropping one page that all threads want");
        OPERATIONS.put("FaultZapBenchmark.page", "Mapping and unmapping a page");
    }

    private Sentences() {
    }

    /** The rows that answer the question, with the kernel's counter, in words. */
    static List<String> headline(final List<DesignRow> rows) {
        return OPERATIONS.keySet().stream().flatMap(benchmark -> rows.stream()
            .filter(row -> row.conditions().benchmark().equals(benchmark) && isKernels(row.conditions().params())
                && row.ratio().isPresent()).map(Sentences::of)).toList();
    }

    private static boolean isKernels(final Map<String, String> params) {
        return params.getOrDefault("counter", "cas").equals("cas") && params.getOrDefault("foll", "PIN").equals("PIN");
    }

    /** One row in words; both designs and their ratio must be there. */
    static String of(final DesignRow row) {
        final Estimate ratio = row.ratio().orElseThrow();
        final Estimate above = row.perPage(DesignRow.OLD).orElseThrow();
        final Estimate below = row.perPage(DesignRow.NEW).orElseThrow();
        return OPERATIONS.getOrDefault(row.conditions().benchmark(), row.conditions().label())
            + " (" + row.conditions().detail() + ") costs " + above.withError() + " ns per page under " + DesignRow.OLD
            + " and " + below.withError() + " ns under " + DesignRow.NEW + ": " + meaning(ratio);
    }

    private static String meaning(final Estimate ratio) {
        final String factor = Digits.of(ratio.mean()) + " times as much";
        if (Double.isNaN(ratio.high())) {
            return factor + ", with too few forks to say how sure that is.";
        }
        return factor + (decided(ratio) ? ", with 95 % confidence between "
            : ", which may be chance, for with 95 % confidence it is between ")
            + Digits.like(ratio.low(), ratio.mean()) + " and " + Digits.like(ratio.high(), ratio.mean()) + ".";
    }

    private static boolean decided(final Estimate ratio) {
        return ratio.low() > 1 || ratio.high() < 1;
    }

    /** The verdict on a ratio of designs in a word. */
    static String word(final Estimate ratio) {
        if (Double.isNaN(ratio.high())) {
            return "too few forks";
        }
        if (!decided(ratio)) {
            return "undecided";
        }
        return ratio.low() > 1 ? "costs more" : "costs less";
    }
}
