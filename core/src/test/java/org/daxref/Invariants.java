/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.daxref.dax.DaxFile;
import org.daxref.dax.DaxFileDescriptor;
import org.daxref.dax.FileSystem;
import org.daxref.mm.DebugGup;
import org.daxref.mm.PageTable;
import org.daxref.mm.PinLedger;
import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;

/**
 * The invariants I1 to I6, to be checked at a quiescent point: nobody walks, faults, zaps or removes, though pages may
 * be mapped and, if the machine has a ledger, held. What a count should be is added up here from page tables, file
 * entries and the ledger, independently of what the design answers.
 *
 * <p>Not every design claims every invariant ({@link #claims}): the holes of old kernels are part of the model.
 */
public final class Invariants {
    private static final long GRACE_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long NOT_REAL = DaxFileDescriptor.EMPTY | DaxFileDescriptor.ZERO_PAGE;

    private final TestMachine machine;
    private final List<FileSystem> mounted;
    private final Memmap memmap;
    private final PageCounter counter;
    private final DevPagemaps pagemaps;
    private final PinLedger ledger;

    private Invariants(final TestMachine machine, final List<FileSystem> mounted) {
        this.machine = machine;
        this.mounted = mounted;
        this.memmap = machine.memmap();
        this.counter = machine.counter();
        this.pagemaps = machine.machine().pagemaps();
        this.ledger = machine.gup() instanceof final DebugGup gup ? gup.ledger() : null;
    }

    /** What holds at every quiescent point. */
    public enum Invariant {
        /** No block is free while a reference or a pin on its page exists. */
        I1,
        /** No struct page is touched after its memmap is gone, and nothing that counts its page maps one. */
        I2,
        /** A waiter whose condition holds is woken. */
        I3,
        /** The count of a page is what its mappings, entries, references and pins add up to. */
        I4,
        /** The references to a dev_pagemap are what the design says. */
        I5,
        /** Once a dev_pagemap is done, nobody gets a reference to it. */
        I6
    }

    /** An invariant that does not hold. */
    public static final class Violation extends AssertionError {
        private static final long serialVersionUID = 1;

        private final Invariant invariant;

        public Violation(final Invariant invariant, final String what) {
            super(invariant + ": " + what);
            this.invariant = invariant;
        }

        public Invariant invariant() {
            return invariant;
        }
    }

    /**
     * Which invariants a design upholds whatever its users do.
     *
     * <p>I1 is lost up to 6.14 by files that nobody maps (H1), by entries found locked (H2) and at eviction (H3), and
     * in the series of October 2022 by H2. I2 is lost where removal does not wait for who holds pages. I3 is lost in
     * 5.18 with the wake-up of an unpin.
     */
    public static Set<Invariant> claims(final String design) {
        final Set<Invariant> claims = EnumSet.allOf(Invariant.class);
        claims.removeAll(switch (design) {
            case "pre-518", "pgmap-folio" -> EnumSet.of(Invariant.I1);
            case "dev-pagemap" -> EnumSet.of(Invariant.I1, Invariant.I2);
            case Machine.LOST_WAKEUP -> EnumSet.of(Invariant.I1, Invariant.I2, Invariant.I3);
            case "fs-held" -> EnumSet.of(Invariant.I2);
            case "fs-held-drain" -> EnumSet.noneOf(Invariant.class);
            default -> throw new IllegalArgumentException("says nothing of: design=" + design);
        });
        return claims;
    }

    /**
     * Checks I1 to I5.
     *
     * @param machine with its own file system, if it has one
     * @throws Violation naming the invariant, the page and what was found
     */
    public static void check(final TestMachine machine) {
        check(machine, machine.fileSystem() == null ? List.of() : List.of(machine.fileSystem()));
    }

    /** The same with other file systems, of which the last is the one that the device belongs to now. */
    public static void check(final TestMachine machine, final List<FileSystem> mounted) {
        final Invariants invariants = new Invariants(machine, mounted);
        invariants.noBlockFreedUnderPin();
        invariants.noPageUsedAfterFree();
        checkWaiters(machine);
        invariants.countsAddUp();
        invariants.pagemapsAddUp();
    }

    /** Checks I3, also while threads run: who ought to wake up is given the time to. */
    public static void checkWaiters(final TestMachine machine) {
        checkWaiters(machine, GRACE_NS);
    }

    static void checkWaiters(final TestMachine machine, final long graceNs) {
        final long deadline = System.nanoTime() + graceNs;
        int overdue = machine.machine().waits().overdueWaiters();
        while (overdue != 0 && !Race.isOver(deadline)) {
            Thread.yield();
            overdue = machine.machine().waits().overdueWaiters();
        }
        if (overdue != 0) {
            throw new Violation(Invariant.I3, "asleep although their condition holds: waiters=" + overdue);
        }
    }

    /** Checks I5 for CPUs: no walk has left a dev_pagemap with one. */
    public static void checkCpus(final CpuSlot... cpus) {
        for (final CpuSlot cpu : cpus) {
            if (cpu.heldPagemap() != 0) {
                throw new Violation(Invariant.I5, "a walk left a dev_pagemap with its CPU: cpu=" + cpu.index()
                    + ", pgmap=" + cpu.heldPagemap());
            }
        }
    }

    /** Checks I6 for pages whose dev_pagemap is done. */
    public static void checkGone(final TestMachine machine, final CpuSlot cpu, final long pgmap,
                                 final PfnRange pages) {
        final DevPagemaps pagemaps = machine.machine().pagemaps();
        if (!pagemaps.isDone(pgmap)) {
            throw new Violation(Invariant.I6, "removed, but not done: pgmap=" + pgmap);
        }
        machine.machine().epochs().enter(cpu);
        try {
            for (long pfn = pages.first(); pfn <= pages.last(); pfn++) {
                if (pagemaps.get(cpu, pfn)) {
                    pagemaps.put(cpu);
                    throw new Violation(Invariant.I6, "get_dev_pagemap succeeds after done: pfn=" + pfn);
                }
            }
            if (pagemaps.tryGetLive(cpu, pgmap)) {
                throw new Violation(Invariant.I6, "tryget_live succeeds after done: pgmap=" + pgmap);
            }
        } finally {
            machine.machine().epochs().exit(cpu);
        }
    }

    /** Checks I1 for one page that the caller holds, at any time. */
    public static void checkHeld(final FileSystem fileSystem, final long pfn) {
        if (fileSystem.isFree(pfn)) {
            throw new Violation(Invariant.I1, "the block is free and its page is held: pfn=" + pfn);
        }
    }

    private void noBlockFreedUnderPin() {
        for (long pfn = first(); pfn < end() && !mounted.isEmpty(); pfn++) {
            if (held(pfn) > 0) {
                checkHeld(mounted.getLast(), pfn);
            }
        }
    }

    private void noPageUsedAfterFree() {
        for (long pfn = first(); pfn < end(); pfn++) {
            if (memmap.isUsedAfterFree(memmap.page(pfn))) {
                throw new Violation(Invariant.I2, "the struct page was used after it was gone: pfn=" + pfn
                    + ", refcount=" + counter.count(memmap.page(pfn)));
            }
        }
        mappings().keySet().stream().filter(pfn -> drains() && memmap.isPoisoned(memmap.page(pfn))).findAny()
            .ifPresent(pfn -> {
                throw new Violation(Invariant.I2, "an entry maps a page whose struct page is gone: pfn=" + pfn);
            });
    }

    private void countsAddUp() {
        final Map<Long, Integer> mappings = mappings();
        final Map<Long, Integer> entries = entries();
        for (long pfn = first(); pfn < end();) {
            final long head = memmap.page(pfn);
            final int pages = 1 << memmap.order(head);
            if (!memmap.isPoisoned(head) && pagemaps.find(pfn) != 0) {
                checkFolio(pfn, pages, mappings.getOrDefault(pfn, 0), entries.getOrDefault(pfn, 0));
            }
            pfn += pages;
        }
    }

    private void checkFolio(final long pfn, final int pages, final int mappings, final int entries) {
        final long head = memmap.page(pfn);
        final boolean fsDax = pagemaps.isFsDax(memmap.pgmap(head));
        int gets = 0;
        int pins = 0;
        for (int i = 0; i < pages && ledger != null; i++) {
            gets += ledger.gets(pfn + i);
            pins += ledger.pins(pfn + i);
        }
        final boolean large = pages > 1;
        final int expected = (fsDax ? machine.idle() : 1) + (countsMappings() ? mappings : 0) + entries + gets
            + (large ? pins : pins * PageCounter.GUP_PIN_COUNTING_BIAS);
        require("refcount", pfn, expected, counter.count(head), gets, pins);
        require("pincount", pfn, large ? pins : 0, counter.pincount(head), gets, pins);
        require("mapcount", pfn, countsMappings() ? mappings : 0, memmap.mapcount(head), gets, pins);
    }

    private static void require(final String field, final long pfn, final int expected, final int found,
                                final int gets, final int pins) {
        if (expected != found) {
            throw new Violation(Invariant.I4, field + " is off: pfn=" + pfn + ", expected=" + expected + ", found="
                + found + ", gets=" + gets + ", pins=" + pins);
        }
    }

    private void pagemapsAddUp() {
        final Map<Long, Integer> inUse = new HashMap<>();
        for (long pfn = first(); pfn < end(); pfn++) {
            final long pgmap = pagemaps.find(pfn);
            if (pgmap != 0) {
                final long page = memmap.page(pfn);
                final boolean used = memmap.head(page) == page && counter.count(page) != machine.idle();
                inUse.merge(pgmap, used ? 1 : 0, Integer::sum);
            }
        }
        inUse.forEach((pgmap, folios) -> {
            final boolean fsDax = pagemaps.isFsDax(DevPagemaps.place(pgmap));
            final long expected = 1 + (drains() && fsDax ? folios : pagemaps.pages(pgmap));
            final long found = pagemaps.references(pgmap);
            if (expected != found) {
                throw new Violation(Invariant.I5, "the references to the dev_pagemap are off: pgmap=" + pgmap
                    + ", expected=" + expected + ", found=" + found + ", pages=" + pagemaps.pages(pgmap));
            }
        });
    }

    /** Entries of page tables by the first page that they map. */
    private Map<Long, Integer> mappings() {
        final Map<Long, Integer> mappings = new HashMap<>();
        for (int i = 0; i < Machine.ADDRESS_SPACES; i++) {
            final PageTable table = machine.table(i);
            for (long page = 0; page < table.pages();) {
                final long entry = table.entry(page);
                final boolean leaf = (entry & PageTableEntry.LEAF) != 0;
                if (entry != PageTableEntry.NONE && (entry & PageTableEntry.SPECIAL) == 0) {
                    mappings.merge(memmap.pfn(memmap.head(memmap.page(PageTableEntry.pfn(entry)))), 1, Integer::sum);
                }
                page += leaf ? PageTableEntry.ENTRIES : 1;
            }
        }
        return mappings;
    }

    /** Entries of files that hold a reference, by page. Only the series of October 2022 had such. */
    private Map<Long, Integer> entries() {
        final Map<Long, Integer> entries = new HashMap<>();
        if ("pgmap-folio".equals(machine.design())) {
            final List<DaxFile> files = new ArrayList<>();
            mounted.forEach(fileSystem -> files.addAll(fileSystem.files()));
            files.forEach(file -> addEntries(file, entries));
        }
        return entries;
    }

    private void addEntries(final DaxFile file, final Map<Long, Integer> entries) {
        for (long index = 0; index < file.pages(); index++) {
            final long entry = machine.words().getLongVolatile(file.identity() + DaxFileDescriptor.ENTRIES_OFFSET
                + index * Long.BYTES);
            if (entry != 0 && (entry & (NOT_REAL | DaxFileDescriptor.ZAPPED)) == 0) {
                final long pages = (entry & DaxFileDescriptor.PMD) != 0 ? PageTableEntry.ENTRIES : 1;
                for (long i = 0; i < pages; i++) {
                    entries.merge((entry >>> DaxFileDescriptor.PFN_SHIFT) + i, 1, Integer::sum);
                }
            }
        }
    }

    private boolean countsMappings() {
        return machine.design().startsWith("fs-held");
    }

    /** Whether folios in use hold the dev_pagemap, rather than all pages. */
    private boolean drains() {
        return "pgmap-folio".equals(machine.design()) || "fs-held-drain".equals(machine.design());
    }

    private int held(final long pfn) {
        return ledger == null ? 0 : ledger.gets(pfn) + ledger.pins(pfn);
    }

    private long first() {
        return memmap.startPfn();
    }

    private long end() {
        return memmap.startPfn() + memmap.pages();
    }
}
