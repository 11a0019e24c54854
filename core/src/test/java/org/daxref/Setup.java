/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.daxref.design.RefcountDesign;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.daxref.mm.DebugGup;
import org.daxref.mm.Gup;
import org.daxref.page.AsymmetricStripedPageCounter;
import org.daxref.page.FencedStripedPageCounter;
import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.schedule.ScheduledWaitTable;
import org.daxref.schedule.ScheduledWords;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;
import org.daxref.sync.WaitTable;

/**
 * One way to put a machine together. The sources below name every way there is, so that a new design or counter is
 * tested without a word here.
 */
public record Setup(String design, String counter, WordsKind kind) {
    /** {@code -Pexhaustive}: every design with every counter on every kind of words. */
    private static final boolean EVERY = Boolean.getBoolean("daxref.test.everySetup");

    /**
     * Every design with the kernel's counter on every kind of words. Of the other counters, which are made for the
     * designs whose mappings hold references, each with those, in turn on one kind of words and the other.
     */
    public static Stream<Setup> all() {
        final List<Setup> all = new ArrayList<>();
        for (final String design : Machine.designNames()) {
            for (final String counter : Machine.counterNames()) {
                for (final WordsKind kind : WordsKind.values()) {
                    final Setup setup = new Setup(design, counter, kind);
                    if (EVERY || setup.isChosen()) {
                        all.add(setup);
                    }
                }
            }
        }
        return all.stream();
    }

    private boolean isChosen() {
        return switch (counter) {
            case "cas" -> true;
            case "cas-fused" -> design.equals("dev-pagemap") || design.equals("fs-held");
            default -> design.equals("fs-held-drain") && kind == WordsKind.SEGMENT
                || design.equals("fs-held") && kind == WordsKind.AGRONA;
        };
    }

    /** Those on checked words. */
    public static Stream<Setup> checked() {
        return all().filter(setup -> setup.kind == WordsKind.SEGMENT);
    }

    /** Those on the words that measurements use. */
    public static Stream<Setup> measured() {
        return all().filter(setup -> setup.kind == WordsKind.AGRONA);
    }

    /** Every counter on every kind of words, with one design. */
    public static Stream<Setup> counters() {
        return Machine.counterNames().stream().flatMap(counter -> Stream.of(WordsKind.values())
            .map(kind -> new Setup(Machine.designNames().getFirst(), counter, kind)));
    }

    public TestMachine open(final long pages) {
        return open(pages, UnaryOperator.identity());
    }

    public TestMachine open(final long pages, final UnaryOperator<Words> wrap) {
        return open(pages, wrap, TestMachine.Content.ONE_FILE);
    }

    /** A machine whose walks keep a ledger. */
    public TestMachine openDebug(final long pages) {
        return TestMachine.openDebug(this, pages);
    }

    /** A machine without a dev_pagemap. */
    public TestMachine openBare(final long pages, final UnaryOperator<Words> wrap) {
        return open(pages, wrap, TestMachine.Content.NOTHING);
    }

    /** The same with a counter and read sections of the caller's. */
    public TestMachine openBare(final long pages, final UnaryOperator<Words> wrap, final CounterFactory counters,
                                final BiFunction<Words, CpuSlots, Epochs> sections) {
        return TestMachine.open(this, pages, wrap, TestMachine.Content.NOTHING, new Machine.Parts(design, counter) {
            @Override
            Epochs epochs(final Words words, final CpuSlots cpus) {
                return sections.apply(words, cpus);
            }

            @Override
            PageCounter counter(final Words words, final CpuSlots cpus, final Epochs epochs) {
                return counters.create(words, cpus, epochs);
            }
        });
    }

    /** A machine with a file system that has no file. */
    public TestMachine openEmpty(final long pages) {
        return openEmpty(pages, UnaryOperator.identity());
    }

    /** The same, on words of the caller's. */
    public TestMachine openEmpty(final long pages, final UnaryOperator<Words> wrap) {
        return open(pages, wrap, TestMachine.Content.FILE_SYSTEM);
    }

    private TestMachine open(final long pages, final UnaryOperator<Words> wrap, final TestMachine.Content content) {
        return TestMachine.open(this, pages, wrap, content, new Machine.Parts(design, counter));
    }

    /**
     * A machine for a {@link org.daxref.schedule.Schedule}, with a file system that has no file and a ledger of what is
     * held: every access to its words is a place to switch threads.
     *
     * @param wrap  put between the schedule and the device's words, for ablations
     * @param parts the design, or one with a rule less
     */
    public TestMachine openScheduled(final long pages, final UnaryOperator<Words> wrap, final DesignFactory parts) {
        return TestMachine.open(this, pages, words -> new ScheduledWords(wrap.apply(words)),
            TestMachine.Content.FILE_SYSTEM, new ScheduledParts(this, parts));
    }

    /** The same with a counter of the caller's. */
    public TestMachine openScheduled(final long pages, final UnaryOperator<Words> wrap, final DesignFactory parts,
                                     final CounterFactory counters) {
        return TestMachine.open(this, pages, words -> new ScheduledWords(wrap.apply(words)),
            TestMachine.Content.FILE_SYSTEM, new ScheduledParts(this, parts) {
                @Override
                PageCounter counter(final Words words, final CpuSlots cpus, final Epochs epochs) {
                    return counters.create(words, cpus, epochs);
                }
            });
    }

    /** The same with the design and the words as they are. */
    public TestMachine openScheduled(final long pages) {
        return openScheduled(pages, UnaryOperator.identity(), null);
    }

    /** The same with a counter that stripes, if it stripes pages, after so many sightings of others. */
    public TestMachine openScheduled(final long pages, final int crowd) {
        return openScheduled(pages, UnaryOperator.identity(), null, crowded(crowd));
    }

    /** The counter, which stripes, if it stripes pages, after so many sightings of others. */
    public CounterFactory crowded(final int crowd) {
        return (words, cpus, epochs) -> switch (counter) {
            case "striped" -> FencedStripedPageCounter.create(words, cpus, crowd);
            case "striped-asym" -> AsymmetricStripedPageCounter.create(words, cpus, epochs, crowd);
            default -> new Machine.Parts(design, counter).counter(words, cpus, epochs);
        };
    }

    /** Makes a design. */
    @FunctionalInterface
    public interface DesignFactory {
        RefcountDesign create(PageCounter counter, Memmap memmap, DevPagemaps pagemaps, WaitTable waits);
    }

    /** Makes a counter. */
    @FunctionalInterface
    public interface CounterFactory {
        PageCounter create(Words words, CpuSlots cpus, Epochs epochs);
    }

    private static class ScheduledParts extends Machine.Parts {
        private final DesignFactory factory;

        ScheduledParts(final Setup setup, final DesignFactory factory) {
            super(setup.design, setup.counter);
            this.factory = factory;
        }

        @Override
        RefcountDesign design(final PageCounter counter, final Memmap memmap, final DevPagemaps pagemaps,
                              final WaitTable waits) {
            return factory == null ? super.design(counter, memmap, pagemaps, waits)
                : factory.create(counter, memmap, pagemaps, waits);
        }

        @Override
        WaitTable waits(final Words words, final long offset) {
            return new ScheduledWaitTable(words, offset);
        }

        @Override
        Gup gup(final Words words, final Memmap memmap, final Epochs epochs, final RefcountDesign design) {
            return DebugGup.create(words, memmap, epochs, design);
        }
    }

    @Override
    public String toString() {
        return design + ", " + counter + ", " + kind;
    }
}
