/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.profile;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The stacks of one recording that were taken inside a benchmark's measured method, outermost frame first, each
 * with its weight. Frames are named class and method, and end with the mark of how they ran, as async-profiler's
 * collapsed form has it: {@code _[i]} inlined, {@code _[j]} compiled, {@code _[0]} interpreted, {@code _[k]} kernel.
 *
 * @param weights weight by stack
 * @param outside weight of the samples taken elsewhere: setting up, compiling, collecting garbage
 */
public record Stacks(SortedMap<String, Long> weights, long outside) {
    /** What JMH does itself inside the measured time: its loop, and the look at the clock's flag. */
    public static final String HARNESS = "[JMH]";

    /** The method that JMH generates around the measured one. */
    private static final String STUB = "_jmhStub";
    private static final String SEPARATOR = ";";
    private static final Pattern MARK = Pattern.compile("_\\[[0-9a-z]]$");

    /** How shared words are accessed; whose access it is tells the method that called. */
    private static final Pattern ACCESS = Pattern.compile("(Words|AgronaWords|SegmentWords|UnsafeApi)\\..*");

    /**
     * A method among the stacks.
     *
     * @param name  class and method
     * @param self  weight of the samples that were taken in it
     * @param total weight of those that were taken in it or in what it called
     */
    public record Frame(String name, long self, long total) {
    }

    /**
     * Freezes the weights.
     */
    public Stacks {
        weights = Collections.unmodifiableSortedMap(weights);
    }

    /**
     * Reads the collapsed form and folds the harness.
     *
     * @param collapsed a line per stack: frames separated by semicolons, a space, the weight
     * @return the stacks
     */
    static Stacks parse(final String collapsed) {
        final SortedMap<String, Long> weights = new TreeMap<>();
        long outside = 0;
        for (final String line : collapsed.lines().toList()) {
            final int space = line.lastIndexOf(' ');
            final long weight = Long.parseLong(line.substring(space + 1));
            final List<String> frames = List.of(line.substring(0, space).split(SEPARATOR));
            final int stub = lastStub(frames);
            if (stub < 0) {
                outside += weight;
            } else {
                final List<String> measured = frames.subList(stub + 1, frames.size());
                weights.merge(measured.isEmpty() ? HARNESS : String.join(SEPARATOR, measured), weight, Long::sum);
            }
        }
        return new Stacks(weights, outside);
    }

    private static int lastStub(final List<String> frames) {
        for (int index = frames.size() - 1; index >= 0; index--) {
            if (name(frames.get(index)).endsWith(STUB)) {
                return index;
            }
        }
        return -1;
    }

    /** The frame without its mark. */
    private static String name(final String frame) {
        return MARK.matcher(frame).replaceFirst("");
    }

    /**
     * The weight of all stacks.
     *
     * @return their sum
     */
    public long total() {
        return weights.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * The same stacks, weighed so that they add up to something else, as the time of an operation.
     *
     * @param sum what they shall add up to, but for rounding
     * @return the stacks
     */
    public Stacks scaledTo(final double sum) {
        final double factor = sum / total();
        final SortedMap<String, Long> scaled = new TreeMap<>();
        weights.forEach((stack, weight) -> scaled.put(stack, Math.round(weight * factor)));
        scaled.values().removeIf(weight -> weight == 0);
        return new Stacks(scaled, Math.round(outside * factor));
    }

    /**
     * The methods in the stacks. An access to a shared word counts as a part of the method that makes it.
     *
     * @return the one with the most samples of its own first
     */
    public List<Frame> frames() {
        final Map<String, long[]> found = new TreeMap<>();
        weights.forEach((stack, weight) -> {
            final List<String> frames = new ArrayList<>();
            for (final String frame : stack.split(SEPARATOR)) {
                if (!ACCESS.matcher(frame).matches()) {
                    frames.add(name(frame));
                }
            }
            new HashSet<>(frames).forEach(frame -> found.computeIfAbsent(frame, _ -> new long[2])[1] += weight);
            found.get(frames.getLast())[0] += weight;
        });
        return found.entrySet().stream().map(entry -> new Frame(entry.getKey(), entry.getValue()[0],
                entry.getValue()[1]))
            .sorted(Comparator.comparingLong(Frame::self).thenComparingLong(Frame::total).reversed()).toList();
    }

    /**
     * The collapsed form, which many tools read.
     *
     * @return a line per stack
     */
    public String collapsed() {
        return weights.entrySet().stream().map(entry -> entry.getKey() + " " + entry.getValue() + "\n")
            .collect(Collectors.joining());
    }
}
