/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.daxref.sync.CpuSlotDescriptor.AREA_BYTES;

import java.util.ArrayList;
import java.util.List;
import org.daxref.memory.Words;
import org.daxref.pagemap.PagemapAreaDescriptor;
import org.daxref.pagemap.PagemapArray;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;
import org.daxref.sync.FencedEpochs;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;

/**
 * Every thread stores and erases a range of its own and looks up everybody's. The ranges lie so that storing and
 * erasing one grows the tree above another or takes its nodes out, and so that a node which comes back in another
 * place has an entry where a late reader would look.
 *
 * <p>A range is one entry here: {@code xa_store_range} of several is not one step and is not claimed to be.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
@Param(name = "range", gen = IntGen.class, conf = "0:3")
public abstract class PagemapArrayOperations {
    private static final long[] FIRST_PFNS = {5, 5 * 64, 4096 + 5, 5 * 4096};
    private static final long[] PAGES = {1, 64, 1, 4096};

    private final Words words = Lincheck.words(AREA_BYTES + PagemapAreaDescriptor.AREA_BYTES);
    private final CpuSlots cpus = new CpuSlots(words, 0);
    private final Epochs epochs = new FencedEpochs(words, cpus);
    private final List<CpuSlot> slots = new ArrayList<>();
    private final PagemapArray array;
    private final Held stored = new Held();

    /** Over epochs that wait for the readers, or for nobody. */
    PagemapArrayOperations(final boolean graceful) {
        for (int i = 0; i < Lincheck.THREADS; i++) {
            slots.add(cpus.attach());
        }
        final Words others = Lincheck.words(AREA_BYTES);
        array = new PagemapArray(words, AREA_BYTES,
            graceful ? epochs : new FencedEpochs(others, new CpuSlots(others, 0)));
    }

    /** Against a reader of the first range, a node is emptied and comes back in another place. */
    static List<List<Actor>> readerAndReuse(final Class<?> operations) {
        return List.of(List.of(Lincheck.step(operations, "load", 2, 0)),
            List.of(Lincheck.step(operations, "erase", 0), Lincheck.step(operations, "store", 1)));
    }

    /** What is there before. */
    static List<Actor> firstRange(final Class<?> operations) {
        return List.of(Lincheck.step(operations, "store", 0));
    }

    private static int rangeOf(final int thread) {
        return thread % FIRST_PFNS.length;
    }

    private static long last(final int range) {
        return FIRST_PFNS[range] + PAGES[range] - 1;
    }

    @Operation(params = {"thread", "range"})
    public long load(final int thread, final int range) {
        final CpuSlot cpu = slots.get(thread);
        epochs.enter(cpu);
        final long pgmap = array.load(last(range));
        epochs.exit(cpu);
        return pgmap;
    }

    @Operation(params = "thread", blocking = true)
    public boolean store(final int thread) {
        final int range = rangeOf(thread);
        if (stored.any(range)) {
            return false;
        }
        array.store(FIRST_PFNS[range], last(range), PagemapArrayModel.handle(range));
        stored.take(range, 1);
        return true;
    }

    @Operation(params = "thread", blocking = true)
    public boolean erase(final int thread) {
        final int range = rangeOf(thread);
        if (!stored.any(range)) {
            return false;
        }
        array.erase(FIRST_PFNS[range], last(range));
        stored.drop(range);
        return true;
    }

    /** As in production. */
    public static final class Actual extends PagemapArrayOperations {
        public Actual() {
            super(true);
        }
    }

    /** A canary: emptied nodes are used again at once. */
    public static final class WithoutGracePeriod extends PagemapArrayOperations {
        public WithoutGracePeriod() {
            super(false);
        }
    }
}
