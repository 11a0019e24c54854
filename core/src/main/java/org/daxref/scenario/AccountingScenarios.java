/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import java.util.List;
import org.daxref.Machine;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystemType;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.page.PageCounter;
import org.daxref.pagemap.PagemapType;

/** S1 to S8: what counts as a reference. */
final class AccountingScenarios {
    private AccountingScenarios() {
    }

    static List<Scenario> list() {
        return List.of(
            Scenario.ofAll("S1", "a fresh page, before anybody uses it", AccountingScenarios::freshPage),
            Scenario.ofAll("S2", "three processes map one page", AccountingScenarios::threeMappings),
            Scenario.ofAll("S3", "a reference on a mapped page comes and goes", AccountingScenarios::reference),
            Scenario.ofAll("S4", "a pin on a mapped page comes and goes", AccountingScenarios::pin),
            Scenario.ofAll("S5", "512 pages under one entry are pinned in one call", AccountingScenarios::leaf),
            Scenario.ofAll("S6", "the last mapping of a page goes", AccountingScenarios::lastMapping),
            Scenario.ofAll("S7", "a fault finds another page mapped in its place", AccountingScenarios::failedInsert),
            Scenario.ofAll("S8", "a page that the file kept is faulted in again", AccountingScenarios::faultAgain));
    }

    private static void freshPage(final Stage stage) throws InterruptedException {
        final Machine machine = stage.machine();
        final Cast cast = new Cast(stage);
        final long page = machine.wholeDevice().first();
        final long[] pgmap = new long[1];
        stage.watch("page", page);
        stage.does("driver", "makes a device without files (device-dax)", cpu -> {
            pgmap[0] = machine.createPagemap(cpu, PagemapType.GENERIC, machine.wholeDevice());
            return null;
        });
        final int withoutFiles = cast.count(page);
        stage.does("driver", "removes it", cpu -> {
            machine.removePagemap(cpu, pgmap[0]);
            return null;
        });
        stage.does("driver", "makes a device for files (fsdax)", cpu -> {
            stage.mount(FileSystemType.EXT4);
            return null;
        });
        stage.ends("A page that nobody uses counts " + cast.count(page) + ", without files " + withoutFiles + ".");
    }

    private static void threeMappings(final Stage stage) throws InterruptedException {
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final Cast cast = new Cast(stage);
        stage.watch("page", file.pfn(0));
        cast.writes("process 1", "writes to the page", file.mmap(stage.process(0), 0, 8, 0), 0);
        cast.writes("process 2", "writes to it as well", file.mmap(stage.process(1), 0, 8, 0), 0);
        cast.writes("process 3", "and so does a third", file.mmap(stage.process(2), 0, 8, 0), 0);
        stage.ends("The page is mapped three times and counts " + cast.count(file.pfn(0)) + ".");
    }

    private static void reference(final Stage stage) throws InterruptedException {
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final Cast cast = new Cast(stage);
        stage.watch("page", file.pfn(0));
        cast.writes("process", "writes to the page", vma, 0);
        final long[] got = cast.gets("driver", "takes a reference", vma, 0, 1);
        final Actor waiter = cast.waitsUntilIdle("waiter", "waits until the page is idle", file.pfn(0));
        cast.puts("driver", "drops the reference", got);
        final boolean wokenByPut = !waiter.isAsleep();
        cast.unmaps("process", "unmaps the file", file, vma);
        stage.ends(wokenByPut ? "The put was the last one, and woke the waiter."
            : waiter.isAsleep() ? "Neither the put nor the unmap was the last one."
            : "The mapping was a reference too: its end, not the put, woke the waiter.");
    }

    private static void pin(final Stage stage) throws InterruptedException {
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final Cast cast = new Cast(stage);
        final PageCounter counter = stage.machine().counter();
        stage.watch("page", file.pfn(0));
        cast.writes("process", "writes to the page", vma, 0);
        final int before = cast.count(file.pfn(0));
        final long[] pinned = cast.pins("driver", "pins it for DMA", vma, 0, 1);
        final int between = cast.count(file.pfn(0));
        stage.does("kernel", "asks whether it may be pinned",
            cpu -> counter.maybeDmaPinned(cast.head(file.pfn(0))) ? "maybe" : "no");
        cast.unpins("driver", "unpins it", pinned);
        stage.does("kernel", "asks again", cpu -> counter.maybeDmaPinned(cast.head(file.pfn(0))) ? "maybe" : "no");
        stage.ends("The pin added " + (between - before) + " to a count of " + before + ", the unpin took "
            + (between - cast.count(file.pfn(0))) + " away.");
    }

    private static void leaf(final Stage stage) throws InterruptedException {
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(512);
        final Vma vma = file.mmap(stage.process(0), 0, 512, 0);
        final Cast cast = new Cast(stage);
        stage.watch("first page", file.pfn(0));
        stage.watch("last page", file.pfn(511));
        stage.does("process", "writes to 2 MiB mapped at once",
            cpu -> file.faultPmd(cpu, vma, 0, true) ? null : "not mapped at once");
        final boolean oneFolio = cast.head(file.pfn(0)) == cast.head(file.pfn(511));
        final long[] pinned = cast.pins("driver", "pins all of it for DMA", vma, 0, 512);
        cast.unpins("driver", "unpins all of it", pinned);
        stage.ends(oneFolio ? "All pages are one folio, and its count took all pins."
            : "Every page has a count of its own, and each took a pin.");
    }

    private static void lastMapping(final Stage stage) throws InterruptedException {
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final Vma first = file.mmap(stage.process(0), 0, 8, 0);
        final Vma second = file.mmap(stage.process(1), 0, 8, 0);
        final Cast cast = new Cast(stage);
        stage.watch("page", file.pfn(0));
        cast.writes("process 1", "writes to the page", first, 0);
        cast.writes("process 2", "writes to it as well", second, 0);
        final Actor waiter = cast.waitsUntilIdle("waiter", "waits until the page is idle", file.pfn(0));
        final boolean waited = waiter.isAsleep();
        cast.unmaps("process 1", "unmaps the file", file, first);
        cast.unmaps("process 2", "unmaps it as well", file, second);
        stage.ends(!waited ? "A page that is only mapped is idle."
            : waiter.isAsleep() ? "Mapped or not, the file keeps the page in use." : "The last unmap woke the waiter.");
    }

    private static void failedInsert(final Stage stage) throws InterruptedException {
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final PageTable process = stage.process(0);
        final Vma vma = file.mmap(process, 0, 8, 0);
        final Cast cast = new Cast(stage);
        stage.watch("page 1", file.pfn(1));
        stage.watch("page 0", file.pfn(0));
        stage.does("kernel", "maps page 0 where page 1 belongs",
            cpu -> stage.machine().mapper().insertPage(process, 1, file.pfn(0), true) ? null : "not mapped");
        final int before = cast.count(file.pfn(1));
        cast.writes("process", "writes to page 1", vma, 1);
        final int left = cast.count(file.pfn(1)) - before;
        stage.ends(left == 0 ? "The fault failed and left no reference."
            : "The fault failed, and the file's entry for the page, made before, keeps " + left + " reference.");
    }

    private static void faultAgain(final Stage stage) throws InterruptedException {
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final Vma before = file.mmap(stage.process(0), 0, 8, 0);
        final Cast cast = new Cast(stage);
        final long page = file.pfn(0);
        stage.watch("page", page);
        cast.writes("process", "writes to the page", before, 0);
        cast.unmaps("process", "unmaps the file", file, before);
        final boolean[] counted = new boolean[1];
        stage.does("late walk", "counts the page it once saw mapped", cpu -> {
            counted[0] = stage.machine().counter().tryGet(cast.head(page), 1);
            return counted[0] ? "1 page" : "0 pages";
        });
        if (counted[0]) {
            cast.puts("late walk", "finds the entry gone and drops it", new long[] {page});
        }
        final Vma again = file.mmap(stage.process(0), 0, 8, 0);
        cast.writes("process", "maps it and writes again", again, 0);
        stage.ends(counted[0] ? "To a late walk the page looks alive, and is counted for a moment."
            : "A late walk cannot count the idle page; only a fault may.");
    }
}
