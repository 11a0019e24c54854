/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;

/**
 * One way to put a machine together. The sources below name every way there is, so that a new design or counter is
 * tested without a word here.
 */
public record Setup(String design, String counter, WordsKind kind) {

    /** Every design with every counter on every kind of words. */
    public static Stream<Setup> all() {
        final List<Setup> all = new ArrayList<>();
        for (final String design : Machine.designNames()) {
            for (final String counter : Machine.counterNames()) {
                for (final WordsKind kind : WordsKind.values()) {
                    all.add(new Setup(design, counter, kind));
                }
            }
        }
        return all.stream();
    }

    /** Every design with every counter, on checked words. */
    public static Stream<Setup> checked() {
        return all().filter(setup -> setup.kind == WordsKind.SEGMENT);
    }

    /** Every design with every counter, on the words that measurements use. */
    public static Stream<Setup> measured() {
        return all().filter(setup -> setup.kind == WordsKind.AGRONA);
    }

    /** Every counter on every kind of words, with one design. */
    public static Stream<Setup> counters() {
        return all().filter(setup -> setup.design.equals(Machine.designNames().getFirst()));
    }

    public TestMachine open(final long pages) {
        return open(pages, UnaryOperator.identity());
    }

    public TestMachine open(final long pages, final UnaryOperator<Words> wrap) {
        return TestMachine.open(this, pages, wrap, TestMachine.Content.ONE_FILE);
    }

    /** A machine whose walks keep a ledger. */
    public TestMachine openDebug(final long pages) {
        return TestMachine.openDebug(this, pages);
    }

    /** A machine without a dev_pagemap. */
    public TestMachine openBare(final long pages, final UnaryOperator<Words> wrap) {
        return TestMachine.open(this, pages, wrap, TestMachine.Content.NOTHING);
    }

    /** A machine with a file system that has no file. */
    public TestMachine openEmpty(final long pages) {
        return TestMachine.open(this, pages, UnaryOperator.identity(), TestMachine.Content.FILE_SYSTEM);
    }

    @Override
    public String toString() {
        return design + ", " + counter + ", " + kind;
    }
}
