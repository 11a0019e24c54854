/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.daxref.litmus.Event.Strength;
import org.daxref.litmus.Event.Type;
import org.daxref.litmus.Instruction.Barrier;
import org.daxref.litmus.Instruction.Branch;
import org.daxref.litmus.Instruction.Edge;
import org.daxref.litmus.Instruction.Fence;
import org.daxref.litmus.Instruction.Interrupt;
import org.daxref.litmus.Instruction.Load;
import org.daxref.litmus.Instruction.LoadOrder;
import org.daxref.litmus.Instruction.MembarrierEdge;
import org.daxref.litmus.Instruction.Store;
import org.daxref.litmus.Instruction.Update;

/**
 * The events of a program and what its text says of them: dependencies, which read and write are one update, and how
 * membarrier(2) ties its caller to the barriers that it causes.
 */
final class EventGraph {
    private final List<Event> events = new ArrayList<>();
    private final List<Instruction> origins = new ArrayList<>();
    private final Map<String, Integer> readOf = new HashMap<>();
    private final List<int[]> addresses = new ArrayList<>();
    private final List<int[]> data = new ArrayList<>();
    private final List<int[]> controls = new ArrayList<>();
    private final List<int[]> updates = new ArrayList<>();
    private final List<int[]> membarriers = new ArrayList<>();

    /**
     * The events of threads.
     *
     * @param threads    what they execute, with the barriers that membarrier(2) causes
     * @param locations  every location, for the writes of the initial values
     */
    EventGraph(final List<List<Instruction>> threads, final Set<String> locations) {
        for (final String location : locations) {
            add(new Event(Event.NOBODY, 0, Type.WRITE, location, Strength.NONE, null), null);
        }
        for (int thread = 0; thread < threads.size(); thread++) {
            addThread(thread, threads.get(thread));
        }
        tieMembarriers();
    }

    private void addThread(final int thread, final List<Instruction> instructions) {
        final Set<Integer> branches = new HashSet<>();
        for (final Instruction instruction : instructions) {
            final int first = events.size();
            switch (instruction) {
                case Branch branch -> branches.add(read(branch.register()));
                case Load load -> {
                    readOf.put(load.register(), first);
                    add(event(thread, Type.READ, load.location(), strength(load.order())), load);
                    if (load.address() != null) {
                        addresses.add(new int[] {read(load.address()), first});
                    }
                }
                case Store store -> {
                    add(event(thread, Type.WRITE, store.location(), release(store.release())), store);
                    if (store.register() != null) {
                        data.add(new int[] {read(store.register()), first});
                    }
                }
                case Update update -> addUpdate(thread, update);
                case Fence fence -> add(barrier(thread, fence.barrier()), fence);
                case MembarrierEdge edge -> add(barrier(thread, Barrier.FULL), edge);
                case Interrupt interrupt -> add(barrier(thread, Barrier.FULL), interrupt);
            }
            for (int event = first; event < events.size(); event++) {
                for (final int branch : branches) {
                    controls.add(new int[] {branch, event});
                }
            }
        }
    }

    private void addUpdate(final int thread, final Update update) {
        final int read = events.size();
        if (update.register() != null) {
            readOf.put(update.register(), read);
        }
        final boolean unwanted = update.register() == null && update.single();
        add(event(thread, Type.READ, update.location(), update.acquire() ? Strength.ACQUIRE
            : unwanted ? Strength.UNWANTED : Strength.NONE), update);
        final boolean full = update.single() && update.acquire() && update.release();
        add(event(thread, Type.WRITE, update.location(), full ? Strength.FULL : release(update.release())), update);
        updates.add(new int[] {read, read + 1});
    }

    private void add(final Event event, final Instruction origin) {
        events.add(event);
        origins.add(origin);
    }

    private int read(final String register) {
        final Integer read = readOf.get(register);
        if (read == null) {
            throw new IllegalArgumentException("nothing was read into the register: register=" + register);
        }
        return read;
    }

    private Event event(final int thread, final Type type, final String location, final Strength strength) {
        return new Event(thread, events.size(), type, location, strength, null);
    }

    private Event barrier(final int thread, final Barrier barrier) {
        return new Event(thread, events.size(), Type.BARRIER, null, Strength.NONE, barrier);
    }

    private static Strength strength(final LoadOrder order) {
        return switch (order) {
            case PLAIN -> Strength.NONE;
            case ACQUIRE_PC -> Strength.ACQUIRE_PC;
            case ACQUIRE -> Strength.ACQUIRE;
        };
    }

    private static Strength release(final boolean releases) {
        return releases ? Strength.RELEASE : Strength.NONE;
    }

    /** What the caller did before the call comes before the barriers, and they before what it does afterwards. */
    private void tieMembarriers() {
        for (int interrupt = 0; interrupt < events.size(); interrupt++) {
            for (int edge = 0; origins.get(interrupt) instanceof Interrupt && edge < events.size(); edge++) {
                if (origins.get(edge) instanceof MembarrierEdge(Edge which)) {
                    membarriers.add(which == Edge.START ? new int[] {edge, interrupt} : new int[] {interrupt, edge});
                }
            }
        }
    }

    int size() {
        return events.size();
    }

    Event event(final int index) {
        return events.get(index);
    }

    /** What an event is of; null for the write of an initial value. */
    Instruction origin(final int index) {
        return origins.get(index);
    }

    Map<String, Integer> readOf() {
        return readOf;
    }

    List<int[]> addresses() {
        return addresses;
    }

    List<int[]> data() {
        return data;
    }

    List<int[]> controls() {
        return controls;
    }

    List<int[]> updates() {
        return updates;
    }

    List<int[]> membarriers() {
        return membarriers;
    }
}
