/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import static org.daxref.page.PageTableEntry.PMD_ORDER;

import java.util.List;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.mm.Vma;
import org.daxref.page.Memmap;
import org.daxref.page.PageTableEntry;

/** S20 to S26: what a truncate sees, what it overlooks, and what it waits for. S21 and S24 are tests only. */
final class TruncateScenarios {
    private static final int PAGES = 8;
    private static final int PINNED_SUB_PAGE = 5;
    private static final long PROCESS_DATA = 'P';
    private static final long NEIGHBOUR_DATA = 'N';

    private TruncateScenarios() {
    }

    static List<Scenario> list() {
        return List.of(
            Scenario.ofAll("S20", "pinned, unmapped, truncated (hole H1)", TruncateScenarios::unmappedButPinned),
            Scenario.ofAll("S22", "a file deleted, and a file system unmounted, under a pin (hole H3)",
                TruncateScenarios::eviction),
            Scenario.ofAll("S23", "a layout break that must not wait", TruncateScenarios::breakWithoutWaiting),
            Scenario.ofAll("S25", "one page pinned of the 512 under a PMD entry", TruncateScenarios::subPage),
            Scenario.ofAll("S26", "the page is mapped again while the truncate waits for its pin",
                TruncateScenarios::refault));
    }

    private static void unmappedButPinned(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final FileSystem fileSystem = stage.mount(FileSystemType.EXT4);
        final DaxFile file = fileSystem.create(PAGES);
        final Vma vma = file.mmap(stage.process(0), 0, PAGES, 0);
        final long block = file.pfn(0);
        stage.watch("page", block);
        cast.writes("process", "writes to the page", vma, 0);
        stage.does("process", "leaves its data there", cpu -> {
            file.write(cpu, 0, PROCESS_DATA);
            return null;
        });
        final long[] pinned = cast.pins("driver", "pins it for DMA", vma, 0, 1);
        cast.unmaps("process", "unmaps the file", file, vma);
        final Actor truncate = cast.truncates("truncate", "cuts the file off", file);
        final boolean waited = truncate.isAsleep();
        stage.does("neighbour", "writes a file of its own", cpu -> {
            final DaxFile other = fileSystem.create(PAGES);
            other.write(cpu, 0, NEIGHBOUR_DATA);
            return other.pfn(0) == block ? "into the same block" : "into another block";
        });
        stage.does("driver", "reads the page by DMA", cpu -> whose(stage.dma(block)));
        final boolean leaked = stage.dma(block) != PROCESS_DATA;
        cast.unpins("driver", "unpins it", pinned);
        stage.ends(leaked ? "Nobody mapped the file, so nobody looked, and the driver read the neighbour's data."
            : waited && !truncate.isAsleep() ? "The truncate waited for the pin; nobody got the block before."
            : "The truncate sleeps on.");
    }

    private static String whose(final long data) {
        return data == PROCESS_DATA ? "the process's data" : data == NEIGHBOUR_DATA ? "the neighbour's data" : "zeros";
    }

    private static void eviction(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final FileSystem fileSystem = stage.mount(FileSystemType.EXT4);
        final DaxFile deleted = fileSystem.create(PAGES);
        final DaxFile kept = fileSystem.create(PAGES);
        final Vma first = deleted.mmap(stage.process(0), 0, PAGES, 0);
        final Vma second = kept.mmap(stage.process(0), PAGES, PAGES, 0);
        final long block = deleted.pfn(0);
        stage.watch("first page", block);
        stage.watch("second page", kept.pfn(0));
        cast.writes("process", "writes to the first file", first, 0);
        cast.writes("process", "writes to the second file", second, 0);
        final long[] one = cast.pins("driver", "pins the first page", first, 0, 1);
        final long[] other = cast.pins("driver", "pins the second page", second, 0, 1);
        cast.unmaps("process", "unmaps the first file", deleted, first);
        cast.unmaps("process", "unmaps the second file", kept, second);
        final Actor unlink = stage.starts("last close", "deletes the first file", cpu -> {
            fileSystem.unlink(cpu, deleted);
            return null;
        });
        final boolean freed = fileSystem.isFree(block);
        stage.signals(unlink, "asks the last close to give up");
        final boolean waited = unlink.isAsleep();
        cast.unpins("driver", "unpins the first page", one);
        final Actor unmount = stage.starts("unmount", "ends the file system", cpu -> {
            fileSystem.unmount(cpu);
            return null;
        });
        final boolean unmountWaited = unmount.isAsleep();
        cast.unpins("driver", "unpins the second page", other);
        stage.ends(freed && !unmountWaited ? "Neither waited: the block was free for others while it was pinned."
            : unlink.isAsleep() || unmount.isAsleep() ? "Somebody sleeps on."
            : waited && unmountWaited ? "Both waited for the pins, whatever the signal." : "One of them did not wait.");
    }

    private static void breakWithoutWaiting(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final DaxFile file = stage.mount(FileSystemType.XFS).create(PAGES);
        final Vma vma = file.mmap(stage.process(0), 0, PAGES, 0);
        stage.watch("pinned page", file.pfn(0));
        stage.watch("other page", file.pfn(1));
        cast.writes("process", "writes to the page", vma, 0);
        cast.writes("process", "writes to another page", vma, 1);
        final long[] pinned = cast.pins("driver", "pins the page", vma, 0, 1);
        final String refused = stage.does("file system", "asks for the blocks without waiting",
            cpu -> tryBreak(file.tryBreakLayout(cpu, 0, PAGES)));
        cast.writes("process", "writes to the page again", vma, 0);
        cast.unpins("driver", "unpins the page", pinned);
        final String granted = stage.does("file system", "asks for the blocks once more",
            cpu -> tryBreak(file.tryBreakLayout(cpu, 0, PAGES)));
        final boolean deleted = stage.machine().memmap().mapping(cast.head(file.pfn(0))) == 0;
        stage.ends("Asked under the pin: " + refused + ". Asked again: " + granted
            + (deleted ? ", and the entries are gone." : ", and the entries are left to the truncate."));
    }

    private static String tryBreak(final boolean broken) {
        return broken ? "nothing is busy" : "-ERESTARTSYS";
    }

    private static void subPage(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(PageTableEntry.ENTRIES);
        final Vma vma = file.mmap(stage.process(0), 0, PageTableEntry.ENTRIES, 0);
        final long first = file.pfn(0);
        stage.watch("page 0", first);
        stage.watch("page " + PINNED_SUB_PAGE, first + PINNED_SUB_PAGE);
        stage.does("process", "writes to a page, and 512 are mapped by one entry",
            cpu -> file.faultPmd(cpu, vma, 0, true) ? null : "not mapped");
        final long[] pinned = cast.pins("driver", "pins page " + PINNED_SUB_PAGE, vma, PINNED_SUB_PAGE, 1);
        final Actor truncate = cast.truncates("truncate", "cuts the file off", file);
        final boolean waited = truncate.isAsleep();
        final Memmap memmap = stage.machine().memmap();
        final String busy = stage.does("scan", "looks which page is to be waited for",
            cpu -> "page " + (memmap.pfn(stage.machine().design().busyPage(first, PMD_ORDER)) - first));
        cast.unpins("driver", "unpins it", pinned);
        stage.ends(!waited ? "The truncate did not wait."
            : (truncate.isAsleep() ? "The truncate sleeps on, at " : "The truncate waited for ") + busy + ".");
    }

    private static void refault(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(PAGES);
        final Vma vma = file.mmap(stage.process(0), 0, PAGES, 0);
        stage.watch("page", file.pfn(0));
        cast.writes("process", "writes to the page", vma, 0);
        final long[] pinned = cast.pins("driver", "pins it for DMA", vma, 0, 1);
        final Actor truncate = cast.truncates("truncate", "cuts the file off", file);
        cast.writes("process", "writes to the page again", vma, 0);
        cast.unpins("driver", "unpins it", pinned);
        final boolean afterUnpin = truncate.isAsleep();
        final boolean forgotten = stage.machine().waits().overdueWaiters() > 0;
        stage.does("process", "gives the page up (MADV_DONTNEED)", cpu -> {
            stage.machine().mapper().zap(cpu, vma.table(), vma.start(), 1);
            return null;
        });
        final boolean afterZap = truncate.isAsleep();
        stage.signals(truncate, "interrupts the truncate");
        stage.ends(!afterUnpin ? "The last unpin ended the wait."
            : forgotten ? "The page was idle and the truncate slept on until the signal: the wake-up is lost."
            : !afterZap ? "No pin was left, but the new mapping kept the truncate asleep until it went."
            : truncate.isAsleep() ? "Nothing ends the wait."
            : "No pin was left, nor a mapping, but the file's entry kept the truncate asleep until the signal.");
    }
}
