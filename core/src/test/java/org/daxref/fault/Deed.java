/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.fault;

import static org.daxref.fault.Ground.FILE_PAGES;
import static org.daxref.fault.Ground.PAGE;
import static org.daxref.fault.State.FRESH;
import static org.daxref.fault.State.FULL;
import static org.daxref.fault.State.HOLED;
import static org.daxref.fault.State.KEPT;
import static org.daxref.fault.State.LARGE;
import static org.daxref.fault.State.LARGE_FRESH;
import static org.daxref.fault.State.MIGRATED;
import static org.daxref.fault.State.PLAIN;
import static org.daxref.fault.State.SHARED;
import static org.daxref.fault.State.SHARED_KEPT;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.dax.DaxFile;
import org.daxref.mm.Vma;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.Epochs;
import org.daxref.sync.WaitTable;

/**
 * One public operation in one state.
 *
 * @param name  what it is called
 * @param state what it finds
 * @param kind  how much is known of it after a failure
 * @param first what the CPU does before
 * @param act   the operation
 */
public record Deed(String name, State state, Kind kind, Act first, Act act) {
    private static final State[] PINNABLE = {PLAIN, KEPT, MIGRATED, FULL, SHARED, SHARED_KEPT, LARGE};
    private static final State[] MAPPED = {PLAIN, KEPT, MIGRATED, SHARED, SHARED_KEPT, LARGE};
    private static final State[] UNHELD = {PLAIN, MIGRATED, SHARED, LARGE};
    private static final Set<String> WALKS = Set.of("pinFast of a page", "pinFast", "getFast", "unpin of a page",
        "unpin", "unpin by another CPU", "put", "unpin of an unmapped page", "put of an unmapped page");
    private static final int NEW_SIZE = 2;

    /** Something done on a ground by a CPU. */
    @FunctionalInterface
    public interface Act {
        void run(Ground ground, CpuSlot cpu) throws Exception;
    }

    /** What an operation is. */
    public enum Kind {
        /** It holds pages afterwards; after a failure none. */
        TAKE,
        /** It drops what was held last; after a failure all of a folio or nothing. */
        DROP,
        /** It may be done again after a failure, or is refused then. */
        AGAIN,
        /** As AGAIN; what makes up others, so that it lets the error of the memory through. */
        PART,
        /** It waits for what another thread drops, and may be done again. */
        WAIT
    }

    /** Every operation in every state that makes a difference to it. */
    public static List<Deed> all() {
        final List<Deed> all = new ArrayList<>();
        addWalks(all);
        addDrops(all);
        addFaults(all);
        addFiles(all);
        addCuts(all);
        addMachine(all);
        addParts(all);
        return all;
    }

    private static void add(final List<Deed> all, final String name, final Kind kind, final Act first, final Act act,
                            final State... states) {
        for (final State state : states) {
            all.add(new Deed(name, state, kind, first, act));
        }
    }

    private static void nothing(final Ground ground, final CpuSlot cpu) {
        // for operations that need nothing before
    }

    private static void addWalks(final List<Deed> all) {
        add(all, "pinFast of a page", Kind.TAKE, Deed::nothing, (ground, cpu) -> {
            final long[] out = new long[1];
            ground.took(out, ground.gup().pinFast(cpu, ground.machine().table(0), PAGE, 1, false, out), true);
        }, PINNABLE);
        add(all, "pinFast", Kind.TAKE, Deed::nothing, (ground, cpu) -> {
            final long[] out = new long[3];
            ground.took(out, ground.gup().pinFast(cpu, ground.machine().table(0), PAGE - 1, 3, false, out), true);
        }, PINNABLE);
        add(all, "getFast", Kind.TAKE, Deed::nothing, (ground, cpu) -> {
            final long[] out = new long[3];
            ground.took(out, ground.gup().getFast(cpu, ground.machine().table(0), PAGE - 1, 3, false, out), false);
        }, PINNABLE);
        add(all, "pinSlow", Kind.TAKE, Deed::nothing, (ground, cpu) -> {
            final long[] out = new long[3];
            ground.took(out, ground.gup().pinSlow(cpu, ground.machine().table(0), PAGE - 1, 3, false, out), true);
        }, PINNABLE);
        add(all, "getSlow", Kind.TAKE, Deed::nothing, (ground, cpu) -> {
            final long[] out = new long[3];
            ground.took(out, ground.gup().getSlow(cpu, ground.machine().table(0), PAGE - 1, 3, false, out), false);
        }, PLAIN, KEPT, LARGE);
        add(all, "pin", Kind.TAKE, Deed::nothing, (ground, cpu) -> {
            final long[] out = new long[5];
            ground.took(out, ground.gup().pin(cpu, ground.machine().table(1), PAGE - 1, 5, true, out), true);
        }, PLAIN, KEPT, HOLED, SHARED);
        add(all, "pinLongterm", Kind.TAKE, Deed::nothing, (ground, cpu) -> {
            final long[] out = new long[1];
            ground.took(out, ground.gup().pinLongterm(cpu, ground.machine().table(0), PAGE, 1, false, out), true);
        }, PLAIN, KEPT);
    }

    private static void addDrops(final List<Deed> all) {
        add(all, "unpin of a page", Kind.DROP, (ground, cpu) -> ground.take(cpu, PAGE, 1, true), Deed::dropLast,
            PINNABLE);
        add(all, "unpin", Kind.DROP, (ground, cpu) -> ground.take(cpu, PAGE - 1, 3, true), Deed::dropLast, PINNABLE);
        add(all, "unpin by another CPU", Kind.DROP, (ground, cpu) -> ground.take(ground.other(0), PAGE, 1, true),
            Deed::dropLast, PINNABLE);
        add(all, "put", Kind.DROP, (ground, cpu) -> ground.take(cpu, PAGE - 1, 3, false), Deed::dropLast, PINNABLE);
        add(all, "unpin of an unmapped page", Kind.DROP, (ground, cpu) -> {
            ground.take(cpu, PAGE, 1, true);
            ground.unmapAll(ground.cpu());
        }, Deed::dropLast, PLAIN, KEPT, LARGE);
        add(all, "put of an unmapped page", Kind.DROP, (ground, cpu) -> {
            ground.take(cpu, PAGE, 1, false);
            ground.unmapAll(ground.cpu());
        }, Deed::dropLast, PLAIN, LARGE);
        add(all, "unpin that a truncate waits for", Kind.DROP, (ground, cpu) -> {
            ground.take(cpu, PAGE, 1, true);
            ground.start((same, other) -> same.file().truncate(other, 0));
        }, Deed::dropLast, PLAIN, MIGRATED, LARGE);
        add(all, "put that a truncate waits for", Kind.DROP, (ground, cpu) -> {
            ground.take(cpu, PAGE, 1, false);
            ground.start((same, other) -> same.file().truncate(other, 0));
        }, Deed::dropLast, PLAIN);
    }

    private static void dropLast(final Ground ground, final CpuSlot cpu) {
        ground.drop(cpu, ground.lastHeld());
    }

    private static void addFaults(final List<Deed> all) {
        add(all, "fault for reading", Kind.AGAIN, Deed::nothing, (ground, cpu) -> fault(ground, cpu, PAGE + 2, false),
            PLAIN, FRESH, HOLED, SHARED);
        add(all, "fault for writing", Kind.AGAIN, Deed::nothing, (ground, cpu) -> fault(ground, cpu, PAGE, true),
            PLAIN, FRESH, HOLED, KEPT, SHARED, SHARED_KEPT, LARGE);
        add(all, "fault of 512 pages", Kind.AGAIN, Deed::nothing,
            (ground, cpu) -> ground.file().faultPmd(cpu, ground.area(0), 0, true), LARGE, LARGE_FRESH);
        add(all, "fault of 512 pages over a page", Kind.AGAIN,
            (ground, cpu) -> fault(ground, cpu, PAGE, true),
            (ground, cpu) -> ground.file().faultPmd(cpu, ground.area(0), 0, true), LARGE_FRESH);
        add(all, "fault of the zero page", Kind.AGAIN, Deed::nothing, (ground, cpu) ->
            ground.machine().machine().mapper().insertZeroPage(ground.machine().table(1), PAGE), FRESH, HOLED);
        add(all, "write-protection", Kind.AGAIN, Deed::nothing, (ground, cpu) ->
            ground.machine().machine().mapper().writeProtect(ground.machine().table(0), PAGE), PLAIN, LARGE);
        add(all, "zap", Kind.AGAIN, Deed::nothing, (ground, cpu) -> ground.machine().machine().mapper()
            .zap(cpu, ground.machine().table(0), 0, ground.file().pages()), MAPPED);
        add(all, "last zap", Kind.AGAIN, (ground, cpu) -> ground.machine().machine().mapper()
            .zap(cpu, ground.machine().table(1), 0, ground.file().pages()), (ground, cpu) -> ground.machine().machine()
            .mapper().zap(cpu, ground.machine().table(0), 0, ground.file().pages()), MAPPED);
    }

    private static void fault(final Ground ground, final CpuSlot cpu, final long page, final boolean write) {
        final Vma area = ground.area(1);
        area.ops().fault(cpu, area, page, write);
    }

    private static void addFiles(final List<Deed> all) {
        add(all, "read", Kind.AGAIN, Deed::nothing, (ground, cpu) -> ground.file().read(PAGE), PLAIN, HOLED);
        add(all, "write", Kind.AGAIN, Deed::nothing, (ground, cpu) -> ground.file().write(cpu, PAGE, 1),
            PLAIN, HOLED, SHARED, SHARED_KEPT);
        add(all, "fsync", Kind.AGAIN, Deed::nothing, (ground, cpu) -> ground.file().fsync(), PLAIN, SHARED, LARGE);
        add(all, "reflink", Kind.AGAIN, Deed::nothing, (ground, cpu) -> {
            if (ground.machine().machine().design().sharesBlocks()) {
                ground.fileSystem().reflink(ground.file());
            }
        }, PLAIN, KEPT, HOLED, SHARED);
        add(all, "create", Kind.AGAIN, Deed::nothing, (ground, cpu) -> ground.fileSystem().create(FILE_PAGES), PLAIN);
        add(all, "mmap", Kind.AGAIN, Deed::nothing, (ground, cpu) -> {
            if (ground.area(3) == null) {
                ground.file().mmap(ground.machine().table(3), 0, FILE_PAGES, 0);
            }
        }, PLAIN);
        add(all, "munmap", Kind.AGAIN, Deed::nothing, (ground, cpu) -> {
            final Vma area = ground.area(0);
            if (area != null) {
                ((DaxFile) area.ops()).munmap(cpu, area);
            }
        }, MAPPED);
        add(all, "unlink", Kind.AGAIN, (ground, cpu) -> ground.unmapAll(cpu), (ground, cpu) -> {
            if (ground.fileSystem().files().contains(ground.file())) {
                ground.fileSystem().unlink(cpu, ground.file());
            }
        }, PLAIN, MIGRATED, HOLED, SHARED, LARGE);
        add(all, "unlink that waits for an unpin", Kind.WAIT, (ground, cpu) -> {
            ground.take(ground.other(0), PAGE, 1, true);
            ground.unmapAll(cpu);
        }, (ground, cpu) -> {
            if (ground.fileSystem().files().contains(ground.file())) {
                ground.fileSystem().unlink(cpu, ground.file());
            }
        }, PLAIN);
    }

    private static void addCuts(final List<Deed> all) {
        add(all, "truncate", Kind.AGAIN, Deed::nothing, (ground, cpu) -> ground.file().truncate(cpu, NEW_SIZE),
            UNHELD);
        add(all, "truncate of all", Kind.AGAIN, Deed::nothing, (ground, cpu) -> ground.file().truncate(cpu, 0),
            PLAIN, HOLED, LARGE);
        add(all, "truncate that waits for an unpin", Kind.WAIT,
            (ground, cpu) -> ground.take(ground.other(0), PAGE, 1, true),
            (ground, cpu) -> ground.file().truncate(cpu, 0), PLAIN, MIGRATED, LARGE);
        add(all, "punch", Kind.AGAIN, Deed::nothing, (ground, cpu) -> ground.file().punch(cpu, PAGE, 2),
            PLAIN, MIGRATED, SHARED);
        add(all, "tryBreakLayout", Kind.AGAIN, Deed::nothing,
            (ground, cpu) -> ground.file().tryBreakLayout(cpu, 0, ground.file().pages()), MAPPED);
    }

    private static void addMachine(final List<Deed> all) {
        add(all, "attach", Kind.AGAIN, Deed::nothing, (ground, cpu) -> ground.attachExtra(), PLAIN);
        add(all, "detach", Kind.AGAIN, (ground, cpu) -> ground.attachExtra(), (ground, cpu) -> ground.detachExtra(),
            PLAIN);
        add(all, "createPagemap", Kind.AGAIN, Deed::nothing, (ground, cpu) -> ground.createGeneric(cpu), PLAIN);
        add(all, "removePagemap", Kind.AGAIN, (ground, cpu) -> ground.createGeneric(cpu), (ground, cpu) -> {
            if (ground.generic() != 0) {
                ground.removeGeneric(cpu);
            }
        }, PLAIN);
        add(all, "mount", Kind.AGAIN, Deed::nothing, (ground, cpu) -> ground.mountSpare(cpu), PLAIN);
        add(all, "unbind", Kind.AGAIN, Deed::nothing, (ground, cpu) -> ground.unbind(cpu), PLAIN, MIGRATED, LARGE);
        add(all, "unmount", Kind.AGAIN, (ground, cpu) -> ground.unmapAll(cpu),
            (ground, cpu) -> ground.unmount(cpu), PLAIN, LARGE);
        add(all, "checkBooks", Kind.AGAIN, Deed::nothing,
            (ground, cpu) -> ground.machine().machine().checkBooks(ground.device().blocks()), PLAIN, MIGRATED);
    }

    private static void addParts(final List<Deed> all) {
        add(all, "get_dev_pagemap", Kind.PART, Deed::nothing, (ground, cpu) -> {
            final DevPagemaps pagemaps = ground.machine().machine().pagemaps();
            final Epochs epochs = ground.machine().machine().epochs();
            epochs.enter(cpu);
            try {
                pagemaps.get(cpu, ground.machine().startPfn());
            } finally {
                try {
                    putSurely(pagemaps, cpu);
                } finally {
                    epochs.exit(cpu);
                }
            }
        }, PLAIN);
        add(all, "gather", Kind.PART, Deed::nothing, (ground, cpu) -> ground.machine().machine().design()
            .gather(cpu, ground.file().pfn(PAGE), 0), PLAIN, KEPT, MIGRATED, FULL);
        add(all, "wait", Kind.PART, Deed::nothing, (ground, cpu) -> {
            final AtomicInteger looks = new AtomicInteger();
            ground.machine().machine().waits().waitVar(ground.machine().page(PAGE), () -> looks.getAndIncrement() > 0,
                WaitTable.FOREVER);
        }, PLAIN);
        add(all, "synchronize", Kind.PART, Deed::nothing,
            (ground, cpu) -> ground.machine().machine().epochs().synchronize(), PLAIN);
    }

    /** A put that fails has put nothing. */
    private static void putSurely(final DevPagemaps pagemaps, final CpuSlot cpu) {
        try {
            pagemaps.put(cpu);
        } catch (final InternalError e) {
            pagemaps.put(cpu);
            throw e;
        }
    }

    /** Whether it takes no lock and waits for no count: both are falsified by an error after a change. */
    boolean waitsForNobody() {
        return WALKS.contains(name);
    }

    @Override
    public String toString() {
        return name + ", " + state;
    }
}
