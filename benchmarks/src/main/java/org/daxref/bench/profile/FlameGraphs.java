/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.profile;

import one.convert.Arguments;
import one.convert.FlameGraph;
import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.SuiteException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Flame graphs: pages of async-profiler's own kind, each one file that loads nothing.
 */
public final class FlameGraphs {
    /** How the drawing's script names what it does not know the unit of. */
    private static final String ONE = "'1 sample'";
    private static final String MANY = "' samples'";

    private FlameGraphs() {
    }

    /**
     * Draws stacks.
     *
     * @param stacks what to draw
     * @param title  stands above it
     * @param unit   what the weights are
     * @param file   the page, replaced if there is one
     * @throws SuiteException when it cannot be written
     */
    public static void write(final Stacks stacks, final String title, final String unit, final Path file) {
        write(graph(stacks, title), unit, file);
    }

    /**
     * Draws the stacks of one side, coloured by how much their weight differs from that on the other side: red is more,
     * blue is less. What only the other side has is not in it.
     *
     * @param base  what is compared with
     * @param head  what is drawn
     * @param title stands above it
     * @param unit  what the weights are
     * @param file  the page, replaced if there is one
     * @throws SuiteException when it cannot be written
     */
    public static void writeDifference(final Stacks base, final Stacks head, final String title, final String unit,
                                       final Path file) {
        final FlameGraph graph = graph(head, title);
        graph.diff(graph(base, title));
        write(graph, unit, file);
    }

    private static FlameGraph graph(final Stacks stacks, final String title) {
        final FlameGraph graph = new FlameGraph(new Arguments("--title", escaped(title)));
        try {
            graph.parseCollapsed(new StringReader(stacks.collapsed()));
        } catch (final IOException e) {
            throw new IllegalStateException("a string can always be read", e);
        }
        return graph;
    }

    /** The title goes into the page as it is. */
    private static String escaped(final String title) {
        return title.replace("&", "&amp;").replace("<", "&lt;");
    }

    private static void write(final FlameGraph graph, final String unit, final Path file) {
        final ByteArrayOutputStream page = new ByteArrayOutputStream();
        try {
            graph.dump(page);
        } catch (final IOException e) {
            throw new IllegalStateException("there is always memory to write to, or an error", e);
        }
        AtomicFiles.write(file, page.toString(StandardCharsets.UTF_8)
            .replace(ONE, "'1 " + unit + "'").replace(MANY, "' " + unit + "'"));
    }
}
