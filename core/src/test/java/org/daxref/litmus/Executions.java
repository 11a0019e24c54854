/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.daxref.litmus.Instruction.Interrupt;
import org.daxref.litmus.Instruction.Load;
import org.daxref.litmus.Instruction.MembarrierEdge;
import org.daxref.litmus.Instruction.Operation;
import org.daxref.litmus.Instruction.Store;
import org.daxref.litmus.Instruction.Update;

/**
 * Every execution of a program that {@link Armv8Model} admits. Each read is tried with each write to its location, the
 * writes to each location in each order, and the barrier that membarrier(2) causes in another thread at each place
 * between two of its instructions: the call promises it somewhere between its begin and its end, and not where.
 */
final class Executions {
    private static final int NONE = -1;

    private final Program program;
    private final EventGraph graph;
    private final Armv8Model model;
    private final Predicate<Outcome> wanted;
    private final Set<Outcome> outcomes;
    private final List<Integer> reads = new ArrayList<>();
    private final int[] readFrom;
    private final int[] placement;
    private final Integer[] values;

    private Executions(final Program program, final EventGraph graph, final Predicate<Outcome> wanted,
                       final Set<Outcome> outcomes) {
        this.program = program;
        this.graph = graph;
        this.model = new Armv8Model(graph);
        this.wanted = wanted;
        this.outcomes = outcomes;
        this.readFrom = new int[graph.size()];
        this.placement = new int[graph.size()];
        this.values = new Integer[graph.size()];
        Arrays.fill(readFrom, NONE);
        for (int i = 0; i < graph.size(); i++) {
            if (graph.event(i).isRead()) {
                reads.add(i);
            }
        }
    }

    /**
     * What may come of a program.
     *
     * @param program the threads, at most one of which calls membarrier(2), once
     * @param wanted  which outcomes are asked for
     * @return those of them that can be
     */
    static Set<Outcome> of(final Program program, final Predicate<Outcome> wanted) {
        final Set<Outcome> outcomes = new HashSet<>();
        final Set<String> locations = locations(program);
        for (final List<List<Instruction>> threads : withInterrupts(program.threads())) {
            new Executions(program, new EventGraph(threads, locations), wanted, outcomes).chooseRead(0);
        }
        return outcomes;
    }

    private static Set<String> locations(final Program program) {
        final Set<String> locations = new TreeSet<>();
        for (final List<Instruction> thread : program.threads()) {
            for (final Instruction instruction : thread) {
                switch (instruction) {
                    case Load load -> locations.add(load.location());
                    case Store store -> locations.add(store.location());
                    case Update update -> locations.add(update.location());
                    default -> { }
                }
            }
        }
        return locations;
    }

    private static List<List<List<Instruction>>> withInterrupts(final List<List<Instruction>> threads) {
        List<List<List<Instruction>>> placed = List.of(List.of());
        final boolean interrupted = threads.stream().anyMatch(Executions::calls);
        for (final List<Instruction> thread : threads) {
            final List<List<List<Instruction>>> next = new ArrayList<>();
            for (final List<List<Instruction>> before : placed) {
                for (int at = 0; at <= (interrupted && !calls(thread) ? thread.size() : 0); at++) {
                    final List<Instruction> copy = new ArrayList<>(thread);
                    if (interrupted && !calls(thread)) {
                        copy.add(at, new Interrupt());
                    }
                    final List<List<Instruction>> longer = new ArrayList<>(before);
                    longer.add(copy);
                    next.add(longer);
                }
            }
            placed = next;
        }
        return placed;
    }

    private static boolean calls(final List<Instruction> thread) {
        return thread.stream().anyMatch(MembarrierEdge.class::isInstance);
    }

    private void chooseRead(final int chosen) {
        if (chosen == reads.size()) {
            if (evaluate()) {
                choosePlaces(new ArrayList<>(locations(program)), 0);
            }
            return;
        }
        final int read = reads.get(chosen);
        for (int write = 0; write < graph.size(); write++) {
            if (graph.event(write).isWrite() && graph.event(write).isAtSameLocation(graph.event(read))
                && !graph.event(read).isBefore(graph.event(write))) {
                readFrom[read] = write;
                chooseRead(chosen + 1);
            }
        }
    }

    /**
     * Computes every value. Fails if one depends on itself, which dependencies forbid anyway, or if something is read
     * from an exchange that did not take place.
     */
    private boolean evaluate() {
        Arrays.fill(values, null);
        boolean progress = true;
        while (progress) {
            progress = false;
            for (int i = 0; i < values.length; i++) {
                if (values[i] == null && graph.event(i).isMemory()) {
                    values[i] = value(i);
                    progress |= values[i] != null;
                }
            }
        }
        for (int i = 0; i < values.length; i++) {
            if (graph.event(i).isMemory() && values[i] == null
                || graph.event(i).isRead() && !takesPlace(readFrom[i])) {
                return false;
            }
        }
        return true;
    }

    private Integer value(final int event) {
        if (graph.event(event).isRead()) {
            return values[readFrom[event]];
        }
        return switch (graph.origin(event)) {
            case null -> program.initial(graph.event(event).location());
            case Store store -> {
                final Integer base = store.register() == null ? Integer.valueOf(0)
                    : values[graph.readOf().get(store.register())];
                yield base == null ? null : Integer.valueOf(base + store.value());
            }
            case Update update -> {
                final Integer old = values[event - 1];
                yield old == null ? null
                    : Integer.valueOf(update.operation() == Operation.ADD ? old + update.operand() : update.operand());
            }
            default -> throw new IllegalStateException("writes nothing: " + graph.origin(event));
        };
    }

    private boolean takesPlace(final int write) {
        return !(graph.origin(write) instanceof final Update update)
            || update.operation() != Operation.COMPARE_AND_SET || values[write - 1] == update.expected();
    }

    private void choosePlaces(final List<String> locations, final int chosen) {
        if (chosen == locations.size()) {
            final Outcome outcome = outcome();
            if (wanted.test(outcome) && !outcomes.contains(outcome) && model.admits(readFrom, placement)) {
                outcomes.add(outcome);
            }
            return;
        }
        final List<Integer> writes = new ArrayList<>();
        for (int i = 0; i < graph.size(); i++) {
            if (!graph.event(i).isWrite()) {
                placement[i] = NONE;
            } else if (graph.event(i).location().equals(locations.get(chosen))) {
                placement[i] = NONE;
                if (graph.event(i).thread() == Event.NOBODY) {
                    placement[i] = 0;
                } else if (takesPlace(i)) {
                    writes.add(i);
                }
            }
        }
        permute(writes, 1, locations, chosen);
    }

    private void permute(final List<Integer> left, final int place, final List<String> locations, final int chosen) {
        if (left.isEmpty()) {
            choosePlaces(locations, chosen + 1);
            return;
        }
        for (final Integer write : left) {
            final List<Integer> rest = new ArrayList<>(left);
            rest.remove(write);
            placement[write] = place;
            permute(rest, place + 1, locations, chosen);
        }
    }

    private Outcome outcome() {
        final Map<String, Integer> registers = new HashMap<>();
        graph.readOf().forEach((register, read) -> registers.put(register, values[read]));
        final Map<String, Integer> memory = new HashMap<>();
        final Map<String, Integer> last = new HashMap<>();
        for (int i = 0; i < values.length; i++) {
            if (graph.event(i).isWrite() && placement[i] >= last.getOrDefault(graph.event(i).location(), 0)) {
                last.put(graph.event(i).location(), placement[i]);
                memory.put(graph.event(i).location(), values[i]);
            }
        }
        return new Outcome(registers, memory);
    }
}
