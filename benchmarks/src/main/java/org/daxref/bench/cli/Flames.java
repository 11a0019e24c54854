/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.profile.FlameGraphs;
import org.daxref.bench.profile.ProfilerEvent;
import org.daxref.bench.profile.Stacks;
import org.daxref.bench.report.FrameTable;
import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.Digits;
import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.SuiteException;
import org.daxref.bench.suite.Cell;
import org.daxref.bench.suite.ProfileRun.Profiled;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Makes of recordings what a user looks at: tables on the terminal, and pages in a folder.
 *
 * @param folder where pages go
 * @param event  what the samples were taken at
 * @param out    gets tables and the paths of pages
 */
record Flames(Path folder, ProfilerEvent event, PrintStream out) {
    private static final double PICOSECONDS = 1_000;

    /** What becomes of a recording. */
    enum Format {
        /** A page for the browser. */
        FLAMEGRAPH,
        /** The recording itself, for JDK Mission Control. */
        JFR,
        /** A line of text per stack. */
        COLLAPSED;

        /**
         * The name as typed.
         *
         * @return lower case
         */
        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * One of the two profiles of a difference.
     *
     * @param name     what it is called
     * @param profiled the profile
     */
    record Side(String name, Profiled profiled) {
    }

    /**
     * Shows one profile.
     *
     * @param profiled the profile
     * @param formats  what to keep of it
     * @return whether there was anything to show
     */
    boolean show(final Profiled profiled, final Set<Format> formats) {
        final Stacks stacks = profiled.recording().stacks();
        out.println("\n" + title(profiled));
        final String name = "flame-" + fileName(profiled.cell());
        if (formats.contains(Format.JFR)) {
            keep(profiled, folder.resolve(name + ".jfr"));
        }
        if (stacks.total() == 0) {
            out.println("No " + event.label() + " samples in the benchmark's method: " + (event.isTime()
                ? "it ran too briefly." : "nothing of the kind happened there."));
            return false;
        }
        out.print(FrameTable.of(stacks, cost(profiled)).text());
        if (formats.contains(Format.COLLAPSED)) {
            write(folder.resolve(name + ".collapsed"), stacks.collapsed());
        }
        if (formats.contains(Format.FLAMEGRAPH)) {
            final Path page = folder.resolve(name + ".html");
            FlameGraphs.write(stacks, title(profiled), event.unit(), page);
            out.println(page);
        }
        return true;
    }

    /**
     * Shows the difference of two profiles: as pages both ways, since what only one side has cannot be drawn on the
     * other.
     *
     * @param base what is compared with
     * @param head what is compared
     * @param about the cell, less what the sides differ in
     * @return whether there was anything to show
     */
    boolean showDifference(final Side base, final Side head, final Cell about) {
        final boolean perOperation = !Double.isNaN(cost(base.profiled)) && !Double.isNaN(cost(head.profiled));
        final Stacks before = stacks(base, perOperation);
        final Stacks after = stacks(head, perOperation);
        out.println("\n" + about + ": " + base.name + ", then " + head.name);
        if (before.total() == 0 || after.total() == 0) {
            out.println("No " + event.label() + " samples in the benchmark's method of "
                + (before.total() == 0 ? base.name : head.name) + ", so there is nothing to compare.");
            return false;
        }
        out.print(FrameTable.difference(base.name, before, head.name, after, perOperation ? "ns/op" : event.unit(),
            perOperation ? PICOSECONDS : 1).text());
        page(about, base.name, before, head.name, after, perOperation);
        page(about, head.name, after, base.name, before, perOperation);
        return true;
    }

    private void page(final Cell about, final String baseName, final Stacks base, final String headName,
                      final Stacks head, final boolean perOperation) {
        final Path page = folder.resolve("flame-diff-" + fileName(about) + "_" + plain(baseName) + "-to-"
            + plain(headName) + ".html");
        FlameGraphs.writeDifference(base, head, about + ": " + headName + " against " + baseName,
            perOperation ? "ps/op" : event.unit(), page);
        out.println(page);
    }

    private Stacks stacks(final Side side, final boolean perOperation) {
        final Stacks stacks = side.profiled.recording().stacks();
        return perOperation && stacks.total() > 0 ? stacks.scaledTo(cost(side.profiled) * PICOSECONDS) : stacks;
    }

    /** Nanoseconds of an operation, where samples are shares of them. */
    private double cost(final Profiled profiled) {
        return event.isTime() && profiled.unit().equals("ns/op") ? profiled.score() : Double.NaN;
    }

    private String title(final Profiled profiled) {
        return profiled.cell() + ", " + event.label() + ", " + Digits.of(profiled.score()) + " " + profiled.unit();
    }

    private String fileName(final Cell cell) {
        return JmhResult.fileName(cell.benchmark(), cell.params(), cell.threads())
            + (event == ProfilerEvent.CPU ? "" : "_" + event.label());
    }

    private static String plain(final String name) {
        return name.replaceAll("[^A-Za-z0-9.=_-]", "-");
    }

    private void write(final Path file, final String content) {
        AtomicFiles.write(file, content);
        out.println(file);
    }

    private void keep(final Profiled profiled, final Path file) {
        try {
            Files.copy(profiled.recording().file(), file, StandardCopyOption.REPLACE_EXISTING);
            out.println(file);
        } catch (final IOException e) {
            throw new SuiteException("Cannot write " + file + ": " + AtomicFiles.reason(e) + ".", e);
        }
    }

    /**
     * Says once what took the samples, where that is not what was asked for.
     *
     * @param all every profile of a run
     */
    void sayHow(final List<Profiled> all) {
        final Set<String> engines = new LinkedHashSet<>();
        all.forEach(profiled -> engines.add(profiled.recording().engine()));
        if (event == ProfilerEvent.CPU && !engines.contains("perf_events")) {
            out.println("The kernel does not let perf_events be used here (see kernel.perf_event_paranoid), so samples"
                + " come from a timer (" + String.join(", ", engines) + "): without the kernel's frames, and not more"
                + " often than the kernel's tick.");
        }
    }
}
