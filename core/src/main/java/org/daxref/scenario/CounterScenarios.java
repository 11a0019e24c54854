/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import java.util.List;
import org.daxref.Machine;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.page.Memmap;
import org.daxref.page.PageCounter;
import org.daxref.page.PageTableEntry;

/** S37 to S40: counts at their limits, counts put wrong, and counts that are taken back. */
final class CounterScenarios {
    /** So many pins of 1024 are admitted on a small page: the last one looks before it adds, and makes it negative. */
    private static final int ADMITTED_PINS = 2_097_152;

    private static final int PAGES_OF_A_FILE = 100;

    private CounterScenarios() {
    }

    static List<Scenario> list() {
        return List.of(
            Scenario.ofAll("S37", "a page is pinned until its count is full", CounterScenarios::fullCount),
            Scenario.ofAll("S38", "a page is unpinned twice at once", CounterScenarios::unpinnedTwiceAtOnce),
            Scenario.ofAll("S38b", "one of two drivers unpins twice", CounterScenarios::unpinnedForAnother),
            Scenario.ofAll("S39", "a reference dropped as a pin, a pin dropped as a reference",
                CounterScenarios::droppedAsAnother),
            Scenario.ofAll("S40", "a walk from a living device to a dying one", CounterScenarios::dyingHalfWay));
    }

    private static void fullCount(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final Vma other = file.mmap(stage.process(1), 0, 8, 0);
        final long pfn = file.pfn(0);
        stage.watch("page", pfn);
        cast.writes("process", "writes to the page", vma, 0);
        cast.writes("other process", "writes to it as well", other, 0);
        pinsOften(stage, vma);
        final long[] last = cast.pins("driver", "pins it once more", vma, 0, 1);
        stage.does("file system", "asks whether it may be pinned",
            cpu -> stage.machine().counter().maybeDmaPinned(cast.head(pfn)) ? "maybe" : "no");
        final boolean admitted = cast.count(pfn) < 0;
        cast.pins("driver", "pins it when it is full", vma, 0, 1);
        cast.pinsUnderLocks("walk", "pins it under locks", vma, 0, true);
        final boolean refused = cast.count(pfn) < 0;
        cast.unpins("driver", "unpins it once", last);
        cast.pins("driver", "pins it in its place", vma, 0, 1);
        stage.does("driver", "unpins all", cpu -> {
            for (int i = 0; i < ADMITTED_PINS; i++) {
                stage.machine().gup().unpin(cpu, last, 1);
            }
            return null;
        });
        stage.ends(admitted && refused && cast.count(pfn) == stage.machine().design().restingCount(cast.head(pfn))
            ? "The pin that makes the count negative is the last one, and all can be taken back."
            : "The count went wrong.");
    }

    private static void pinsOften(final Stage stage, final Vma vma) throws InterruptedException {
        final long[] pinned = new long[1];
        stage.does("driver", "pins it 2097151 times", cpu -> {
            int taken = 0;
            for (int i = 1; i < ADMITTED_PINS; i++) {
                taken += stage.machine().gup().pinFast(cpu, vma.table(), vma.start(), 1, true, pinned);
            }
            return taken + " pins";
        });
    }

    private static void unpinnedTwiceAtOnce(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final long pfn = file.pfn(0);
        stage.watch("page", pfn);
        cast.writes("process", "writes to the page", vma, 0);
        cast.pins("driver", "pins it for DMA", vma, 0, 1);
        final Actor truncate = cast.truncates("truncate", "cuts the file off", file);
        cast.unpins("driver", "unpins it, twice in one list", new long[] {pfn, pfn});
        final boolean stuck = truncate.isAsleep();
        cast.writes("process", "writes to it again", vma, 0);
        cast.pins("other driver", "pins it", vma, 0, 1);
        cast.pinsUnderLocks("walk", "pins it under locks", vma, 0, true);
        stage.ends(stuck && truncate.isAsleep()
            ? "The count never comes to where it is idle: the truncate waits for ever, and nobody can pin the page."
            : "The truncate was woken.");
    }

    private static void unpinnedForAnother(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final FileSystem fileSystem = stage.mount(FileSystemType.EXT4);
        final DaxFile file = fileSystem.create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final long pfn = file.pfn(0);
        stage.watch("page", pfn);
        cast.writes("process", "writes to the page", vma, 0);
        final long[] pinned = cast.pins("driver", "pins it for DMA", vma, 0, 1);
        final long[] others = cast.pins("other driver", "pins it as well", vma, 0, 1);
        final Actor truncate = cast.truncates("truncate", "cuts the file off", file);
        cast.unpins("driver", "unpins it", pinned);
        cast.unpins("driver", "unpins it once more", pinned);
        final boolean freed = fileSystem.isFree(pfn);
        cast.unpins("other driver", "unpins it in its turn", others);
        stage.ends(freed ? "The block was free for others while the other driver's device could write to it."
            : truncate.isAsleep() ? "Nobody has woken the truncate." : "The block was not free before the pins were.");
    }

    private static void droppedAsAnother(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final FileSystem fileSystem = stage.mount(FileSystemType.EXT4);
        final DaxFile a = fileSystem.create(8);
        final DaxFile b = fileSystem.create(8);
        final DaxFile c = fileSystem.create(PageTableEntry.ENTRIES);
        final PageTable process = stage.process(0);
        final Vma leaf = c.mmap(process, 0, PageTableEntry.ENTRIES, 0);
        final Vma pageOfA = a.mmap(process, PageTableEntry.ENTRIES, 8, 0);
        final Vma pageOfB = b.mmap(process, PageTableEntry.ENTRIES + 8, 8, 0);
        stage.watch("A", a.pfn(0));
        stage.watch("B", b.pfn(0));
        stage.watch("C", c.pfn(0));
        cast.writes("process", "writes to a page of A", pageOfA, 0);
        cast.writes("process", "writes to a page of B", pageOfB, 0);
        stage.does("process", "writes to the 2 MiB of C", cpu -> c.faultPmd(cpu, leaf, 0, true) ? null : "fails");
        final long[] gotOfA = cast.gets("driver", "takes a reference to the page of A", pageOfA, 0, 1);
        final long[] pinnedOfB = cast.pins("driver", "pins the page of B", pageOfB, 0, 1);
        final long[] gotOfC = cast.gets("driver", "takes a reference to a page of C", leaf, 0, 1);
        final Actor truncateA = cast.truncates("truncate of A", "cuts A off", a);
        final Actor truncateB = cast.truncates("truncate of B", "cuts B off", b);
        final Actor truncateC = cast.truncates("truncate of C", "cuts C off", c);
        cast.unpins("driver", "drops that of A as a pin", gotOfA);
        cast.puts("driver", "drops that of B as a reference", pinnedOfB);
        cast.unpins("driver", "drops that of C as a pin", gotOfC);
        stage.ends(!truncateA.isAsleep() || !truncateB.isAsleep() ? "A truncate was woken by a count that is wrong."
            : truncateC.isAsleep() ? "All three truncates wait for ever."
            : "The truncates of A and B wait for ever; the 2 MiB page of C keeps its pins apart, and only those are"
                + " wrong.");
    }

    private static void dyingHalfWay(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final Machine machine = stage.machine();
        final PageTable process = stage.process(0);
        final DaxFile living = stage.mount(FileSystemType.EXT4, stage.range(0, Stage.PAGES / 2))
            .create(PAGES_OF_A_FILE);
        final DaxFile dying = stage.mount(FileSystemType.EXT4, stage.range(Stage.PAGES / 2, Stage.PAGES / 2))
            .create(PAGES_OF_A_FILE);
        final Vma first = living.mmap(process, 0, PAGES_OF_A_FILE, 0);
        final Vma second = dying.mmap(process, PAGES_OF_A_FILE, PAGES_OF_A_FILE, 0);
        stage.watch("1st", living.pfn(0));
        stage.watch("100th", living.pfn(PAGES_OF_A_FILE - 1));
        stage.watch("101st", dying.pfn(0));
        writesAll(stage, "writes to 100 pages of a device", first);
        writesAll(stage, "writes to 100 pages of another device", second);
        cast.holdsPagemap("driver", "holds a reference to the other dev_pagemap", dying.pfn(0));
        cast.unbinds("removal", "unbinds the other device");
        final long[] all = new long[2 * PAGES_OF_A_FILE];
        stage.does("driver", "pins all 200 pages for reading", cpu -> {
            final int taken = machine.gup().pinFast(cpu, process, 0, all.length, false, all);
            return Cast.pages(taken) + ", " + referenced(machine.memmap(), living) + " marked as referenced";
        });
        final boolean undone = cast.count(living.pfn(0)) < PageCounter.GUP_PIN_COUNTING_BIAS;
        cast.pins("driver", "pins the 100 pages of the living device", first, 0, PAGES_OF_A_FILE);
        stage.ends(undone ? "The dying device refused the 101st page, and the walk gave the other 100 back."
            : "The walk asked no device and took all pages.");
    }

    private static void writesAll(final Stage stage, final String action, final Vma vma) throws InterruptedException {
        stage.does("process", action, cpu -> {
            for (long page = vma.start(); page < vma.start() + vma.pages(); page++) {
                vma.ops().fault(cpu, vma, page, true);
            }
            return null;
        });
    }

    private static int referenced(final Memmap memmap, final DaxFile file) {
        int referenced = 0;
        for (long index = 0; index < file.pages(); index++) {
            referenced += memmap.isReferenced(memmap.page(file.pfn(index))) ? 1 : 0;
        }
        return referenced;
    }
}
