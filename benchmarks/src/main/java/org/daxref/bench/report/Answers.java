/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.JmhResult;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The questions that people asked about these designs between 2018 and 2025, answered by one run. What can be measured
 * is taken from the run; what can be seen is played while the answers are written.
 *
 * <p>A verdict has no numbers in it, and rests on margins that are wide against the noise, so that a second run of the
 * same machine gives the same one. The numbers stand below it.
 */
public final class Answers {
    /** The name of the page in a run folder. */
    public static final String FILE = "ANSWERS.md";

    private static final String OLD = "design=" + DesignRow.OLD;
    private static final String NEW = "design=" + DesignRow.NEW;
    private static final String CAS = "counter=cas";
    private static final String PIN = "foll=PIN";
    /** A difference below this is called none; chosen wide,
        since neighbours on a virtual machine move numbers by it. */
    private static final double TENTH = 0.1;
    private static final double US = 1e-3;

    private final Evidence evidence;
    private final Headline headline;

    Answers(final Headline headline) {
        this.headline = headline;
        this.evidence = new Evidence(headline.results(), headline.folder());
    }

    /**
     * Answers all questions by a run.
     *
     * @param folder the folder of a finished run
     * @return a page of Markdown
     */
    public static String markdown(final Path folder) {
        final Answers answers = new Answers(Headline.of(folder));
        return answers.preface() + answers.all().stream().map(Answer::markdown).collect(Collectors.joining("\n"));
    }

    private String preface() {
        return "# Questions people asked, answered by the run of " + headline.manifest().started() + "\n\nCommit `"
            + headline.manifest().source().label() + "`, " + headline.manifest().machine().model() + " with "
            + headline.manifest().machine().cpus() + " CPUs" + (headline.manifest().machine().hypervisor()
            ? ", virtual: what depends on the host's scheduler is marked †" : "") + ". Ratios have 95 % intervals over "
            + headline.manifest().plan().rounds() + " forks.\n\n";
    }

    List<Answer> all() {
        return List.of(lookupAgainstBatching(), lengthThatHides(), cache(), treeShape(), wakeTax(), faultCost(),
            lostWaiter(), removalWaits(), notification(), unbindWhileMounted(), reallocated(), lifetime(),
                guardingCounter(), hotPage(), leaks(), limits(), specialPmds());
    }

    private static Answer ask(final Question question, final Function<List<String>, String> answer) {
        final List<String> numbers = new ArrayList<>();
        try {
            return new Answer(question, answer.apply(numbers), numbers);
        } catch (final Evidence.Missing e) {
            return new Answer(question, "Not measured in this run.", List.of());
        }
    }

    private JmhResult cell(final String benchmark, final String... params) {
        return evidence.find(benchmark, 1, params);
    }

    private static Estimate perPage(final JmhResult result, final int pages) {
        return Evidence.cost(result, 1.0 / pages);
    }

    /** The ratio in one of three words, or that it lies between them. */
    private static String word(final Estimate ratio, final String less, final String alike, final String more) {
        if (ratio.low() > 1 + TENTH) {
            return more;
        }
        if (ratio.high() < 1 - TENTH) {
            return less;
        }
        return ratio.low() > 1 - TENTH && ratio.high() < 1 + TENTH ? alike : "undecided within the noise of this run";
    }

    private static String line(final String what, final Estimate old, final Estimate young, final String unit) {
        return what + ": `" + DesignRow.OLD + "` " + old.withError() + ", `" + DesignRow.NEW + "` " + young.withError()
            + " " + unit;
    }

    private Answer lookupAgainstBatching() {
        return ask(Question.LOOKUP_AGAINST_BATCHING, numbers -> {
            final JmhResult oldPtes = cell("GupLengthBenchmark.gup", OLD, CAS, PIN, "pages=512");
            final JmhResult newPtes = cell("GupLengthBenchmark.gup", NEW, CAS, PIN, "pages=512");
            final JmhResult oldPmd = cell("GupPmdBenchmark.gup", OLD, CAS, PIN, "pages=512");
            final JmhResult newPmd = cell("GupPmdBenchmark.gup", NEW, CAS, PIN, "pages=512");
            final JmhResult oldOne = cell("GupLengthBenchmark.gup", OLD, CAS, PIN, "pages=1");
            final JmhResult newOne = cell("GupLengthBenchmark.gup", NEW, CAS, PIN, "pages=1");
            numbers.add(line("1 page", perPage(oldOne, 1), perPage(newOne, 1), "ns"));
            numbers.add(line("512 pages by PTE", perPage(oldPtes, 512), perPage(newPtes, 512), "ns per page"));
            numbers.add(line("512 pages by one PMD", perPage(oldPmd, 512), perPage(newPmd, 512), "ns per page"));
            final Estimate lookup = Evidence.difference(Evidence.costs(oldPtes), Evidence.costs(newPtes));
            final Estimate batching = Evidence.difference(Evidence.costs(newPtes), Evidence.costs(newPmd));
            return batching.low() > 2 * lookup.high()
                ? "Both were right. For a single page the lookup is the difference; in a long walk it is small, and"
                    + " taking a folio once instead of page by page saves several times as much."
                : "In a long walk the lookup counts about as much as the atomics per 4 KiB.";
        });
    }

    private Answer lengthThatHides() {
        return ask(Question.LENGTH_THAT_HIDES, numbers -> {
            String hidden = null;
            for (final int pages : new int[] {1, 8, 64, 512}) {
                final Estimate ratio = Evidence.ratio(
                    Evidence.costs(cell("GupLengthBenchmark.gup", OLD, CAS, PIN, "pages=" + pages)),
                    Evidence.costs(cell("GupLengthBenchmark.gup", NEW, CAS, PIN, "pages=" + pages)));
                numbers.add(pages + (pages == 1 ? " page" : " pages") + ": " + ratio.withInterval() + " times");
                hidden = hidden == null && ratio.high() < 1.05 ? Integer.toString(pages) : hidden;
            }
            return hidden == null
                ? "It does not disappear up to 512 pages, since each page still compares its dev_pagemap with the one"
                    + " at hand; the lookup itself is spread over the walk from a few pages on."
                : "From " + hidden + " pages on it costs less than 5 %.";
        });
    }

    private Answer cache() {
        return ask(Question.CACHE, numbers -> {
            final Function<Integer, JmhResult> walk = ranges ->
                cell("GupRangesBenchmark.pinUnpin", OLD, CAS, "walkPages=512", "ranges=" + ranges);
            for (final int ranges : new int[] {1, 2, 8}) {
                numbers.add(line(ranges + (ranges == 1 ? " range" : " ranges, page by page in turn"),
                    perPage(walk.apply(ranges), 512), perPage(cell("GupRangesBenchmark.pinUnpin", NEW, CAS,
                        "walkPages=512", "ranges=" + ranges), 512), "ns per page"));
            }
            final Estimate cliff = Evidence.ratio(Evidence.costs(walk.apply(2)), Evidence.costs(walk.apply(1)));
            numbers.add("`dev-pagemap`, 2 ranges instead of 1: " + cliff.withInterval() + " times");
            return "A walk that alternates between two dev_pagemaps loses the cache at every page: the cliff is "
                + word(cliff, "none", "not to be seen", "there") + ". Designs without the lookup have none to fall"
                + " from.";
        });
    }

    private Answer treeShape() {
        return ask(Question.TREE_SHAPE, numbers -> {
            for (final String pages : new String[] {"1", "64", "4096", "262144"}) {
                numbers.add("aligned to " + pages + " pages: lookup " + Evidence.cost(
                    cell("PagemapLookupBenchmark.load", "alignedPages=" + pages), 1).withError()
                    + " ns, get and put " + Evidence.cost(cell("PagemapLookupBenchmark.getPut",
                    "alignedPages=" + pages), 1).withError() + " ns");
            }
            final Estimate ratio = Evidence.ratio(
                Evidence.costs(cell("PagemapLookupBenchmark.load", "alignedPages=1")),
                Evidence.costs(cell("PagemapLookupBenchmark.load", "alignedPages=262144")));
            return "A badly aligned device has a deeper tree, and every lookup in it is " + word(ratio, "cheaper",
                "as cheap", "dearer") + ", level by level.";
        });
    }

    private Answer wakeTax() {
        return ask(Question.WAKE_TAX, numbers -> {
            final List<String> words = new ArrayList<>();
            for (final String foll : new String[] {"PIN", "GET"}) {
                final JmhResult with = cell("WakeTaxBenchmark.takeAndDrop", "wake=ON", CAS, "foll=" + foll);
                final JmhResult without = cell("WakeTaxBenchmark.takeAndDrop", "wake=OFF", CAS, "foll=" + foll);
                final Estimate ratio = Evidence.ratio(Evidence.costs(with), Evidence.costs(without));
                numbers.add(foll + ": with the wake-up " + Evidence.cost(with, 1).withError() + ", without "
                    + Evidence.cost(without, 1).withError() + " ns, " + ratio.withInterval() + " times");
                words.add(foll + " " + word(ratio, "cheaper, which is noise", "next to nothing", "more than a tenth"));
            }
            return "With nobody waiting it costs, of a pin or reference and its drop: " + String.join(", ", words)
                + ".";
        });
    }

    private Answer faultCost() {
        return ask(Question.FAULT_COST, numbers -> {
            final JmhResult oldFault = cell("FaultZapBenchmark.page", OLD, CAS);
            final JmhResult newFault = cell("FaultZapBenchmark.page", NEW, CAS);
            final JmhResult oldPin = cell("PinPageBenchmark.pinUnpin", OLD, CAS, PIN);
            final JmhResult newPin = cell("PinPageBenchmark.pinUnpin", NEW, CAS, PIN);
            numbers.add(line("fault and zap of a page", Evidence.cost(oldFault, 1), Evidence.cost(newFault, 1),
                "ns"));
            numbers.add(line("pin and unpin of a page", Evidence.cost(oldPin, 1), Evidence.cost(newPin, 1), "ns"));
            final Estimate more = Evidence.ratio(Evidence.costs(newFault), Evidence.costs(oldFault));
            final Estimate pins = Estimate.of(Evidence.pairs(
                Evidence.pairs(Evidence.costs(newFault), Evidence.costs(oldFault), (one, other) -> one - other),
                Evidence.pairs(Evidence.costs(oldPin), Evidence.costs(newPin), (one, other) -> one - other),
                (paid, saved) -> paid / saved));
            numbers.add("a mapping costs " + more.withInterval() + " times as much; it is earned back after "
                + pins.withInterval() + " pins of it");
            return "A mapping is " + word(more, "cheaper", "as cheap as before", "dearer")
                + ": reference and mapcount of every PTE are counted. "
                + (pins.low() > 0 && pins.high() < 100 ? "A handful of pins of the mapping earns it back."
                : "How many pins earn it back cannot be told from this run.");
        });
    }

    private Answer lostWaiter() {
        return ask(Question.LOST_WAITER, numbers -> {
            Stream.of("S9", "S10", "S11").flatMap(id -> Played.sentences(id).stream()).forEach(numbers::add);
            for (final String sleepers : new String[] {"0", "16", "256"}) {
                numbers.add("†`fs-held`, last unpin to return with " + sleepers + " other sleepers in the queue: "
                    + Evidence.percentiles(evidence.latencies(cell("TruncateLatencyBenchmark.unpinToReturn", NEW, CAS,
                    "collidingSleepers=" + sleepers))));
            }
            return "Yes, in 5.18 by an unpin, and in every design with an idle count of 1 by a bare `folio_put`; not"
                + " where idle is 0. Others who sleep in the same queue are not woken; the waker walks past them.";
        });
    }

    private Answer removalWaits() {
        return ask(Question.REMOVAL_WAITS, numbers -> {
            Played.sentences("S29").forEach(numbers::add);
            for (final String design : List.of("pre-518", DesignRow.OLD, DesignRow.NEW, "fs-held-drain")) {
                for (final String pins : new String[] {"0", "64"}) {
                    numbers.add("†`" + design + "`, " + pins + " long pins: " + Evidence.percentiles(
                        evidence.latencies(cell("RemovalLatencyBenchmark.killToDrained", "design=" + design, CAS,
                            "walkers=0", "longPins=" + pins))));
                }
            }
            return "Walks in all of them; pins only where the page itself, or each folio in use, holds the"
                + " dev_pagemap. `dev-pagemap` and `fs-held` go on under a pin, and its unpin writes to a page that is"
                + " gone.";
        });
    }

    private Answer notification() {
        return ask(Question.NOTIFICATION, numbers -> {
            Stream.of("S30", "S30b", "S31").flatMap(id -> Played.sentences(id).stream()).forEach(numbers::add);
            for (final String fileSystem : new String[] {"EXT4", "XFS"}) {
                numbers.add("†`fs-held`, 4096 mapped pages, " + fileSystem + ": " + Evidence.percentiles(
                    evidence.latencies(cell("SurpriseRemovalBenchmark.unbind", NEW, CAS, "mappedPages=4096",
                        "fileSystem=" + fileSystem))));
            }
            return "It hangs only where a mapping or an entry holds the dev_pagemap, and then until somebody lets go."
                + " A notification lets go of mappings, never of pins: it shortens, and is no correctness.";
        });
    }

    private Answer unbindWhileMounted() {
        return ask(Question.UNBIND_WHILE_MOUNTED, numbers -> {
            Stream.of("S30", "S30b", "S30c").flatMap(id -> Played.sentences(id).stream()).forEach(numbers::add);
            return "With xfs, which is told, from 5.19 on; with ext4, which is not, only where removal waits for what"
                + " the file system holds.";
        });
    }

    private Answer reallocated() {
        return ask(Question.REALLOCATION, numbers -> {
            Stream.of("S20", "S22").flatMap(id -> Played.sentences(id).stream()).forEach(numbers::add);
            return "Yes with a base reference of the page: after munmap, and at eviction. No where entries or"
                + " mappings hold the reference.";
        });
    }

    private Answer lifetime() {
        return ask(Question.LIFETIME, numbers -> {
            final JmhResult byPte = cell("FaultZapBenchmark.page", NEW, CAS);
            final JmhResult byEntry = cell("FaultZapBenchmark.page", "design=pgmap-folio", CAS);
            final Estimate ratio = Evidence.ratio(Evidence.costs(byPte), Evidence.costs(byEntry));
            numbers.add("fault and zap: by PTE " + Evidence.cost(byPte, 1).withError() + ", by entry "
                + Evidence.cost(byEntry, 1).withError() + " ns, " + ratio.withInterval() + " times");
            for (final String design : List.of(DesignRow.NEW, "pgmap-folio")) {
                numbers.add("†`" + design + "`, last unpin to return of the truncate: " + Evidence.percentiles(
                    evidence.latencies(cell("TruncateLatencyBenchmark.unpinToReturn", "design=" + design, CAS,
                        "collidingSleepers=0"))));
            }
            return "By PTE a mapping is " + word(ratio, "cheaper", "as cheap", "dearer")
                + " than by entry, which is counted once and then mapped for nothing.";
        });
    }

    private Answer guardingCounter() {
        return ask(Question.GUARDING_COUNTER, numbers -> {
            numbers.add("percpu_ref, lookup, get and put: " + Evidence.cost(cell("GetDevPagemapBenchmark.getPut", OLD,
                CAS), 1).withError() + " ns");
            numbers.add("one atomic alone, increment and decrement by CAS: " + Evidence.cost(
                cell("AtomicBenchmark.casIncrementThenDecrement"), 1).withError() + " ns on a line of one's own");
            return "Cannot be answered on this machine: rcuref and file_ref are not built as guards, and what decides"
                + " between percpu_ref and one atomic is the number of CPUs that share it.";
        });
    }

    private Answer hotPage() {
        return ask(Question.HOT_PAGE, numbers -> {
            final int cpus = headline.manifest().machine().cpus();
            final JmhResult alone = cell("HotPageBenchmark.hot", NEW, CAS, PIN);
            final JmhResult together = evidence.find("HotPageBenchmark.hot", cpus, NEW, CAS, PIN);
            numbers.add("†1 thread " + Evidence.cost(alone, 1).withError() + " ns, " + cpus + " threads "
                + Evidence.cost(together, 1).withError() + " ns per pin and unpin, " + Evidence.ratio(
                Evidence.costs(together), Evidence.costs(alone)).withInterval() + " times");
            return "Cannot be answered on this machine: a knee needs more CPUs than " + cpus
                + ". Up to there the price of one pin rises with every thread that wants the page.";
        });
    }

    private Answer leaks() {
        return ask(Question.LEAKS, numbers -> {
            Stream.of("S34", "S34b").flatMap(id -> Played.sentences(id).stream()).forEach(numbers::add);
            return "A missing put hangs the removal for ever. An extra put warns where pages hold no reference, and"
                + " goes unnoticed where they do: the removal then ends too early.";
        });
    }

    private Answer limits() {
        return ask(Question.LIMITS, numbers -> {
            Stream.of("S37", "S38", "S38b").flatMap(id -> Played.sentences(id).stream()).forEach(numbers::add);
            return "Two million of a small page. A double unpin leaves a count that never comes to idle again.";
        });
    }

    private Answer specialPmds() {
        return ask(Question.SPECIAL_PMDS, numbers -> {
            final JmhResult fast = cell("GupPmdBenchmark.gup", NEW, CAS, PIN, "pages=512");
            final JmhResult slow = cell("GupPmdBenchmark.gupSlow", NEW, CAS, PIN, "pages=512");
            final Estimate ratio = Evidence.ratio(Evidence.costs(slow), Evidence.costs(fast));
            numbers.add("512 pages by one PMD: fast " + Evidence.cost(fast, US).withError() + ", slow "
                + Evidence.cost(slow, US).withError() + " µs, " + ratio.withInterval() + " times");
            return "The walk under locks, which then had to do it, is " + word(ratio, "cheaper", "as cheap",
                "dearer")
                + "; fault handling around it is not modelled.";
        });
    }
}
