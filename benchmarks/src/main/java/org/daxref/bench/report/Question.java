/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import java.util.List;

/** The questions, in the order in which they are numbered. */
enum Question {
    /** Jason Gunthorpe and Joao Martins, 2021. */
    LOOKUP_AGAINST_BATCHING("Is dropping `get_dev_pagemap` the biggest single win, or negligible next to per-4K"
        + " atomics?",
        "GupLengthBenchmark", "GupPmdBenchmark"),
    /** The same thread of 2021. */
    LENGTH_THAT_HIDES("How long must a GUP be before one lookup disappears in the noise?",
        "GupLengthBenchmark"),
    /** Keith Busch, 2018. */
    CACHE("What does the pgmap cache buy, and what happens with several ranges?",
        "GupRangesBenchmark"),
    /** Matthew Wilcox, 2018. */
    TREE_SHAPE("What does the tree shape of `pgmap_array` cost for misaligned devices?",
        "PagemapLookupBenchmark"),
    /** Muchun Song and Matthew Wilcox, 2022. */
    WAKE_TAX("What is the put path's tax of the wake-up at 1?",
        "WakeTaxBenchmark"),
    /** Dave Chinner, 2024. */
    FAULT_COST("What does the new design pay at fault and zap, and does anything regress?",
        "FaultZapBenchmark", "PinPageBenchmark"),
    /** The thread of July 2022. */
    LOST_WAITER("Can a truncate's waiter be lost, on which put path, and how long from the last unpin to"
        + " its return? What do hash collisions of the wait queues cost?",
        "TruncateLatencyBenchmark", "S9", "S10", "S11"),
    /** Dan Williams and Jason Gunthorpe, 2022. */
    REMOVAL_WAITS("What does removal wait for in each era, and how long is kill to drained?",
        "RemovalLatencyBenchmark", "S28", "S29"),
    /** The thread of July 2022. */
    NOTIFICATION("If the file system holds references, does removal hang, and what does a notification"
        + " change?",
        "SurpriseRemovalBenchmark", "S30", "S30b", "S31"),
    /** Cover letter of 2021, and users of ndctl. */
    UNBIND_WHILE_MOUNTED("Is it safe to unbind while mounted?",
        "S30", "S30b", "S30c"),
    /** The series of October 2022. */
    REALLOCATION("Can blocks be reallocated under active DMA?",
        "S20", "S22", "S21 (tested)"),
    /** The two series beside each other. */
    LIFETIME("Would counting by the lifetime of the entry be cheaper than by that of the PTE?",
        "FaultZapBenchmark", "TruncateLatencyBenchmark"),
    /** The thread of July 2022. */
    GUARDING_COUNTER("Which counter should guard the pgmap if it must be taken per GUP: percpu_ref, one"
        + " atomic, rcuref, file_ref?",
        "GetDevPagemapBenchmark", "AtomicBenchmark"),
    /** The changelogs of rcuref and file_ref. */
    HOT_PAGE("One hot page pinned by N threads: where is the knee of the CAS loop?",
        "HotPageBenchmark"),
    /** Two repaired bugs of P2PDMA. */
    LEAKS("How do leaks show: a missing put, an extra put?",
        "S34", "S34b"),
    /** Reviews of FOLL_PIN. */
    LIMITS("How many pins until refusal, and what breaks on a double unpin?",
        "S37", "S38", "S38b"),
    /** Seen in the sources of 6.15 and 6.16. */
    SPECIAL_PMDS("What did 6.15 and 6.16 lose by marking PMDs special, so that the fast path refused them?",
        "GupPmdBenchmark");

    private final String text;
    private final List<String> sources;

    Question(final String text, final String... sources) {
        this.text = text;
        this.sources = List.of(sources);
    }

    int number() {
        return ordinal() + 1;
    }

    String text() {
        return text;
    }

    /** Benchmarks, and scenarios by number. */
    List<String> sources() {
        return sources;
    }
}
