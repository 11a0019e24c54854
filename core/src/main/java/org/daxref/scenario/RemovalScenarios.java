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
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.CpuSlot;

/** S27 to S36: what the removal of a device waits for. */
final class RemovalScenarios {
    private RemovalScenarios() {
    }

    static List<Scenario> list() {
        return List.of(
            Scenario.ofAll("S27", "an idle device is removed", RemovalScenarios::idleDevice),
            Scenario.ofAll("S28", "a device is removed while two walks are under way", RemovalScenarios::walks),
            Scenario.ofAll("S29", "a long-lived pin, then the device is removed", RemovalScenarios::longPin),
            Scenario.ofAll("S30", "a device is removed under a mounted ext4 and a mapping, which nobody is told",
                stage -> mountedAndMapped(stage, FileSystemType.EXT4)),
            Scenario.ofAll("S30b", "a device is removed under a mounted xfs and a mapping: xfs is told",
                stage -> mountedAndMapped(stage, FileSystemType.XFS)),
            new Scenario("S30c", "a device is removed under a mounted ext4, which is unmounted afterwards",
                List.of("pre-518", Machine.LOST_WAKEUP, "dev-pagemap", "fs-held", "fs-held-drain"),
                RemovalScenarios::unmountedAfterwards),
            Scenario.ofAll("S31", "a pin, and a removal of which xfs is told", RemovalScenarios::toldWithAPin),
            Scenario.ofAll("S32", "another device on the same pages, then an unpin from the time before",
                RemovalScenarios::reusedPages),
            Scenario.ofAll("S34", "a reference to the dev_pagemap that nobody drops", RemovalScenarios::leak),
            Scenario.ofAll("S34b", "a reference to the dev_pagemap that is dropped twice",
                RemovalScenarios::droppedTwice),
            Scenario.ofAll("S35", "pages of a dying device are pinned under locks", RemovalScenarios::dyingDevice),
            Scenario.ofAll("S36", "a device is removed twice", RemovalScenarios::removedTwice));
    }

    private static void idleDevice(final Stage stage) throws InterruptedException {
        stage.mount(FileSystemType.EXT4);
        final long pfn = stage.pmem().blocks().first();
        stage.watch("page", pfn);
        lookUp(stage, "looks for the page's dev_pagemap", pfn);
        final Actor removal = new Cast(stage).unbinds("removal", "unbinds the device");
        final String found = lookUp(stage, "looks for it again", pfn);
        stage.ends(removal.isAsleep() ? "The removal sleeps although nobody uses the device."
            : found.equals("none") ? "The removal waited for nobody, and no dev_pagemap is found any more."
            : "The removal is over, and a dev_pagemap is found.");
    }

    private static String lookUp(final Stage stage, final String action, final long pfn) throws InterruptedException {
        final Machine machine = stage.machine();
        return stage.does("walker", action, cpu -> {
            machine.epochs().enter(cpu);
            final boolean found = machine.pagemaps().get(cpu, pfn);
            machine.pagemaps().put(cpu);
            machine.epochs().exit(cpu);
            return found ? "found alive" : "none";
        });
    }

    private static void walks(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final Machine machine = stage.machine();
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final PageTable process = stage.process(0);
        final Vma vma = file.mmap(process, 0, 8, 0);
        final CpuSlot fast = machine.attach();
        final CpuSlot slow = machine.attach();
        stage.watch("page", file.pfn(0));
        cast.writes("process", "writes to the page", vma, 0);
        stage.does("driver", "closes the device to the file system", cpu -> {
            stage.pmem().kill(cpu);
            return null;
        });
        final long entry = process.entry(0);
        stage.does("fast walk", "reads the entry, interrupts off", cpu -> beginWalk(machine, fast, entry));
        stage.does("slow walk", "reads the entry, interrupts on", cpu -> {
            final String guarded = beginWalk(machine, slow, entry);
            machine.epochs().exit(slow);
            return guarded;
        });
        final Actor removal = stage.starts("removal", "removes the dev_pagemap", cpu -> {
            machine.removePagemap(cpu, stage.pmem().pgmap());
            return null;
        });
        stage.does("fast walk", "ends", cpu -> endWalk(machine, fast));
        final boolean waitsForSlow = removal.isAsleep();
        stage.does("late walk", "begins and takes what it gets", cpu -> {
            final long[] got = new long[1];
            final int taken = machine.gup().getFast(cpu, process, 0, 1, false, got);
            machine.gup().put(cpu, got, taken);
            return Cast.pages(taken);
        });
        stage.does("slow walk", "ends, too", cpu -> {
            machine.epochs().enter(slow);
            return endWalk(machine, slow);
        });
        stage.ends(!waitsForSlow
            ? "The removal waited for the walk with interrupts off, and took the page from the other one."
            : removal.isAsleep() ? "The removal waits for the mapped page, walked or not."
            : "The removal waited for both walks, and let no other one in.");
    }

    private static String beginWalk(final Machine machine, final CpuSlot walker, final long entry) {
        machine.epochs().enter(walker);
        machine.design().guard(walker, entry, PageTableEntry.pfn(entry));
        return walker.heldPagemap() == 0 ? "asks for no dev_pagemap" : "holds the dev_pagemap";
    }

    private static String endWalk(final Machine machine, final CpuSlot walker) {
        machine.design().unguard(walker);
        machine.epochs().exit(walker);
        return null;
    }

    private static void longPin(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final long pfn = file.pfn(0);
        stage.watch("page", pfn);
        cast.writes("process", "writes to the page", vma, 0);
        final long[] pinned = cast.pins("driver", "pins it for DMA", vma, 0, 1);
        cast.unmaps("process", "unmaps the file", file, vma);
        final Actor removal = cast.unbinds("removal", "unbinds the device");
        final boolean waited = removal.isAsleep();
        cast.unpins("driver", "unpins it", pinned);
        stage.ends(outcomeOfPin(stage, pfn, waited, removal));
    }

    private static String outcomeOfPin(final Stage stage, final long pfn, final boolean waited, final Actor removal) {
        if (isUsedAfterFree(stage, pfn)) {
            return "The removal did not wait for the pin, and the unpin wrote to a struct page that was gone.";
        }
        if (waited) {
            return removal.isAsleep() ? "The removal waits for more than the pin." : "The removal waited for the pin.";
        }
        return "The removal did not wait, and nothing was touched.";
    }

    private static boolean isUsedAfterFree(final Stage stage, final long pfn) {
        final Memmap memmap = stage.machine().memmap();
        return memmap.isUsedAfterFree(memmap.page(pfn));
    }

    private static void mountedAndMapped(final Stage stage, final FileSystemType type) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final DaxFile file = stage.mount(type).create(8);
        final PageTable process = stage.process(0);
        final Vma vma = file.mmap(process, 0, 8, 0);
        final long pfn = file.pfn(0);
        stage.watch("page", pfn);
        cast.writes("process", "writes to the page", vma, 0);
        final Actor removal = cast.unbinds("removal", "unbinds the device");
        final boolean waited = removal.isAsleep();
        final boolean stale = !waited && PageTableEntry.permits(process.entry(0), false);
        stage.does("process", "reads the page", cpu -> process.isKilled() ? "SIGBUS"
            : PageTableEntry.permits(process.entry(0), false) ? "the old entry serves it" : "faults");
        cast.writes("process", "writes to it again", vma, 0);
        cast.writes("process", "writes to the next page", vma, 1);
        cast.unmaps("process", "unmaps the file", file, vma);
        stage.ends(isUsedAfterFree(stage, pfn)
            ? "The old mapping outlived its struct page, and unmapping it wrote there."
            : stale ? "The old mapping outlived its struct page."
            : !waited ? "The mapping was gone before the removal went on."
            : removal.isAsleep() ? "The removal waits for the file system's entry, which nobody told to go."
            : "The removal waited for the mapping.");
    }

    private static void unmountedAfterwards(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final FileSystem fileSystem = stage.mount(FileSystemType.EXT4);
        final DaxFile file = fileSystem.create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        stage.watch("page", file.pfn(0));
        cast.writes("process", "writes to the page", vma, 0);
        cast.unmaps("process", "unmaps the file", file, vma);
        cast.unbinds("removal", "unbinds the device");
        final long before = stage.machine().memmap().warnings().count();
        stage.does("administrator", "unmounts", cpu -> {
            fileSystem.unmount(cpu);
            return null;
        });
        stage.ends(stage.machine().memmap().warnings().count() > before
            ? "The file system's entry outlived the struct page: the unmount oopses."
            : "The unmount found everything in its place.");
    }

    private static void toldWithAPin(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final DaxFile file = stage.mount(FileSystemType.XFS).create(8);
        final PageTable process = stage.process(0);
        final Vma vma = file.mmap(process, 0, 8, 0);
        final long pfn = file.pfn(0);
        stage.watch("page", pfn);
        cast.writes("process", "writes to the page", vma, 0);
        final long[] pinned = cast.pins("driver", "pins it for DMA", vma, 0, 1);
        final Actor removal = cast.unbinds("removal", "unbinds the device");
        final boolean waited = removal.isAsleep();
        final String told = process.isKilled() ? "The process was told. " : "Nobody was told. ";
        cast.unpins("driver", "unpins it", pinned);
        stage.ends(told + outcomeOfPin(stage, pfn, waited, removal));
    }

    private static void reusedPages(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final Machine machine = stage.machine();
        final DaxFile file = stage.mount(FileSystemType.XFS).create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final long pfn = file.pfn(0);
        stage.watch("page", pfn);
        cast.writes("process", "writes to the page", vma, 0);
        final long[] pinned = cast.pins("driver", "pins it for DMA", vma, 0, 1);
        cast.unmaps("process", "unmaps the file", file, vma);
        cast.unbinds("removal", "unbinds the device");
        stage.does("administrator", "makes another device of these pages", cpu -> {
            machine.createDaxDevice(cpu, machine.wholeDevice());
            return null;
        });
        final boolean reused = cast.count(pfn) == machine.design().idleCount();
        cast.unpins("driver", "unpins it", pinned);
        stage.ends(reused && cast.count(pfn) < 0
            ? "The unpin went to a page of the new device, whose count is wrong from now on."
            : "No device could be made before the pin was gone.");
    }

    private static void leak(final Stage stage) throws InterruptedException {
        stage.mount(FileSystemType.EXT4);
        final Cast cast = new Cast(stage);
        final long pfn = stage.pmem().blocks().first();
        stage.watch("page", pfn);
        cast.holdsPagemap("driver", "takes a reference to the dev_pagemap and forgets it", pfn);
        final Actor removal = cast.unbinds("removal", "unbinds the device");
        stage.signals(removal, "is sent to the removal");
        stage.ends(removal.isAsleep() ? "The removal waits for ever, and no signal ends it."
            : "The removal did not wait for the reference.");
    }

    private static void droppedTwice(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final Machine machine = stage.machine();
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final long pfn = file.pfn(0);
        stage.watch("page", pfn);
        cast.writes("process", "writes to the page", vma, 0);
        final long[] pinned = cast.pins("driver", "pins it for DMA", vma, 0, 1);
        cast.unmaps("process", "unmaps the file", file, vma);
        final CpuSlot holder = cast.holdsPagemap("other driver", "takes a reference to the dev_pagemap", pfn);
        cast.letsGoOfPagemap("other driver", "drops it", holder);
        holder.holdPagemap(DevPagemaps.place(stage.pmem().pgmap()));
        cast.letsGoOfPagemap("other driver", "drops it once more", holder);
        cast.unbinds("removal", "unbinds the device");
        final boolean gone = machine.memmap().isPoisoned(machine.memmap().page(pfn));
        cast.unpins("driver", "unpins the page", pinned);
        stage.ends(gone ? "The removal took the missing reference for that of the pinned page, and ended too early."
            : "The removal noticed the missing reference.");
    }

    private static void dyingDevice(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final FileSystem fileSystem = stage.mount(FileSystemType.EXT4);
        final DaxFile large = fileSystem.create(PageTableEntry.ENTRIES);
        final DaxFile small = fileSystem.create(8);
        final Vma leaf = large.mmap(stage.process(0), 0, PageTableEntry.ENTRIES, 0);
        final Vma pages = small.mmap(stage.process(0), PageTableEntry.ENTRIES, 8, 0);
        stage.watch("page", small.pfn(0));
        stage.watch("2 MiB", large.pfn(0));
        cast.writes("process", "writes to the page", pages, 0);
        stage.does("process", "writes to the 2 MiB page", cpu -> large.faultPmd(cpu, leaf, 0, true) ? null : "fails");
        cast.holdsPagemap("driver", "holds a reference to the dev_pagemap", small.pfn(0));
        cast.unbinds("removal", "unbinds the device");
        cast.pinsUnderLocks("first walk", "pins a page under the 2 MiB entry for reading", leaf, 0, false);
        cast.pinsUnderLocks("second walk", "pins the page for writing", pages, 0, true);
        final Actor third = cast.pinsUnderLocks("third walk", "pins the page for reading", pages, 0, false);
        final boolean goesRound = third.isAsleep();
        stage.signals(third, "kills the third walk");
        final Actor fourth = cast.pinsUnderLocks("fourth walk", "pins it likewise", pages, 0, false);
        cast.unmaps("process", "unmaps it", small, pages);
        stage.ends(fourth.isAsleep() ? "The walk goes round although the entry is gone."
            : goesRound ? "The walk, with no dev_pagemap to be had and nothing to be faulted in, went round until a"
                + " signal came or the entry was gone."
            : "The walk asked for no dev_pagemap, and counted the page of the entry.");
    }

    private static void removedTwice(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        stage.mount(FileSystemType.EXT4);
        final long pfn = stage.pmem().blocks().first();
        stage.watch("page", pfn);
        final CpuSlot holder = cast.holdsPagemap("driver", "holds a reference to the dev_pagemap", pfn);
        final Actor first = cast.unbinds("removal", "unbinds the device");
        final Actor second = cast.unbinds("second removal", "unbinds it, too");
        final boolean refused = !second.isAsleep() && first.isAsleep();
        cast.letsGoOfPagemap("driver", "drops the reference", holder);
        stage.ends(refused && !first.isAsleep()
            ? "The second removal is refused, and the first one ends as it should."
            : "Both removals went on.");
    }
}
