/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import java.util.List;
import org.daxref.Machine;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.design.RefcountDesign;
import org.daxref.mm.Vma;
import org.daxref.sync.WaitTable;

/** S9 to S17: who waits for a page to be idle, and who wakes him. */
final class WakeUpScenarios {
    /** Kernels that have folio_put: 5.15 had put_page only. */
    private static final List<String> WITH_FOLIO_PUT = List.of(Machine.LOST_WAKEUP, "dev-pagemap", "pgmap-folio",
        "fs-held", "fs-held-drain");

    /** Kernels whose files on DAX may share blocks. */
    private static final List<String> WITH_REFLINK = List.of("dev-pagemap", "pgmap-folio", "fs-held",
        "fs-held-drain");

    private WakeUpScenarios() {
    }

    static List<Scenario> list() {
        return List.of(
            Scenario.ofAll("S9", "a truncate waits for a pin, and the last unpin must wake it",
                WakeUpScenarios::lastUnpin),
            Scenario.ofAll("S10", "the same with a reference and put_page", WakeUpScenarios::lastPut),
            new Scenario("S11", "the same with a bare folio_put", WITH_FOLIO_PUT, WakeUpScenarios::bareFolioPut),
            new Scenario("S13", "two truncates wait for one page, one unpin wakes both", WITH_REFLINK,
                WakeUpScenarios::twoWaiters),
            Scenario.ofAll("S14", "two truncates wait for two pages in one wait queue", WakeUpScenarios::oneQueue),
            Scenario.ofAll("S15", "signals for a truncate and for an unlink that wait", WakeUpScenarios::signals),
            Scenario.ofAll("S16", "pinned again while a truncate waits", WakeUpScenarios::pinnedAgain),
            Scenario.ofAll("S17", "two pins go one by one", WakeUpScenarios::twoPins));
    }

    private static void lastUnpin(final Stage stage) throws InterruptedException {
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final Cast cast = new Cast(stage);
        stage.watch("page", file.pfn(0));
        cast.writes("process", "writes to the page", vma, 0);
        final long[] pinned = cast.pins("driver", "pins it for DMA", vma, 0, 1);
        final Actor truncate = cast.truncates("truncate", "cuts the file off", file);
        cast.unpins("driver", "unpins it", pinned);
        stage.ends(truncate.isAsleep() ? "The page is idle and the truncate sleeps on: the wake-up is lost."
            : "The last unpin has woken the truncate.");
    }

    private static void lastPut(final Stage stage) throws InterruptedException {
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final Cast cast = new Cast(stage);
        stage.watch("page", file.pfn(0));
        cast.writes("process", "writes to the page", vma, 0);
        final long[] got = cast.gets("driver", "takes a reference", vma, 0, 1);
        final Actor truncate = cast.truncates("truncate", "cuts the file off", file);
        cast.puts("driver", "drops it by put_page", got);
        stage.ends(truncate.isAsleep() ? "The page is idle and the truncate sleeps on: the wake-up is lost."
            : "The last put_page has woken the truncate.");
    }

    private static void bareFolioPut(final Stage stage) throws InterruptedException {
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final Cast cast = new Cast(stage);
        final long page = file.pfn(0);
        stage.watch("page", page);
        cast.writes("process", "writes to the page", vma, 0);
        stage.does("holder", "takes a reference by folio_try_get",
            cpu -> stage.machine().counter().tryGet(cast.head(page), 1) ? null : "refused");
        final Actor truncate = cast.truncates("truncate", "cuts the file off", file);
        cast.putsBare("holder", "drops it by folio_put", page);
        stage.ends(truncate.isAsleep() ? "The page is idle and the truncate sleeps on: folio_put wakes nobody."
            : "The last folio_put has woken the truncate.");
    }

    private static void twoWaiters(final Stage stage) throws InterruptedException {
        final FileSystem fileSystem = stage.mount(FileSystemType.XFS);
        final DaxFile file = fileSystem.create(8);
        final DaxFile copy = fileSystem.reflink(file);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final Vma vmaOfCopy = copy.mmap(stage.process(1), 0, 8, 0);
        final Cast cast = new Cast(stage);
        stage.watch("page", file.pfn(0));
        cast.reads("process 1", "reads the page", vma, 0);
        cast.reads("process 2", "reads it in the copy", vmaOfCopy, 0);
        final long[] pinned = cast.pinsForReading("driver", "pins it for DMA", vma, 0, 1);
        final Actor first = cast.truncates("truncate 1", "cuts the file off", file);
        final Actor second = cast.truncates("truncate 2", "cuts the copy off", copy);
        final boolean bothSlept = first.isAsleep() && second.isAsleep();
        cast.unpins("driver", "unpins it", pinned);
        stage.ends(bothSlept && !first.isAsleep() && !second.isAsleep() ? "One unpin has woken both truncates."
            : "One unpin has not woken both truncates.");
    }

    private static void oneQueue(final Stage stage) throws InterruptedException {
        final FileSystem fileSystem = stage.mount(FileSystemType.EXT4);
        final DaxFile file = fileSystem.create(8);
        final DaxFile other = fileSystem.create(511);
        final Cast cast = new Cast(stage);
        long at = 0;
        while (queue(cast, other.pfn(at)) != queue(cast, file.pfn(0))) {
            at++;
        }
        final long otherPage = at;
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final Vma vmaOfOther = other.mmap(stage.process(1), 0, 511, 0);
        stage.watch("page", file.pfn(0));
        stage.watch("other", other.pfn(otherPage));
        cast.writes("process 1", "writes to the page", vma, 0);
        cast.writes("process 2", "writes to the other page", vmaOfOther, otherPage);
        stage.does("kernel", "hashes both addresses",
            cpu -> queue(cast, file.pfn(0)) + " and " + queue(cast, other.pfn(otherPage)));
        final long[] pinned = cast.pins("driver", "pins the page", vma, 0, 1);
        final long[] pinnedOther = cast.pins("driver", "pins the other page", vmaOfOther, otherPage, 1);
        final Actor truncate = cast.truncates("truncate 1", "cuts the file off", file);
        final Actor truncateOther = cast.truncates("truncate 2", "cuts the other file off", other);
        cast.unpins("driver", "unpins the page", pinned);
        final boolean onlyOne = !truncate.isAsleep() && truncateOther.isAsleep();
        cast.unpins("driver", "unpins the other page", pinnedOther);
        stage.ends(onlyOne && !truncateOther.isAsleep() ? "Each unpin has woken the truncate of its own page."
            : truncate.isAsleep() && truncateOther.isAsleep() ? "Both pages are idle and both truncates sleep on."
            : "The unpins have not woken the truncate of their own page each.");
    }

    private static int queue(final Cast cast, final long pfn) {
        return WaitTable.queue(cast.stage().machine().design().idleAddress(cast.head(pfn)));
    }

    private static void signals(final Stage stage) throws InterruptedException {
        final FileSystem fileSystem = stage.mount(FileSystemType.EXT4);
        final DaxFile file = fileSystem.create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final Cast cast = new Cast(stage);
        final long page = file.pfn(0);
        stage.watch("page", page);
        cast.writes("process", "writes to the page", vma, 0);
        final long[] pinned = cast.pins("driver", "pins it for DMA", vma, 0, 1);
        final Actor truncate = cast.truncates("truncate", "cuts the file off", file);
        stage.signals(truncate, "comes for the truncate");
        final boolean kept = !truncate.isAsleep() && file.pages() == 8 && !fileSystem.isFree(page);
        cast.unmaps("process", "unmaps the file", file, vma);
        final Actor unlink = stage.starts("unlink", "removes the file", cpu -> {
            fileSystem.unlink(cpu, file);
            return null;
        });
        stage.signals(unlink, "comes for the unlink");
        final boolean slept = unlink.isAsleep();
        cast.unpins("driver", "unpins it", pinned);
        stage.ends((kept ? "The signal ended the truncate, and nothing was cut off; "
            : "The signal did not end the truncate; ")
            + (slept ? "the unlink slept through its signal." : "the unlink did not wait for the pin."));
    }

    private static void pinnedAgain(final Stage stage) throws InterruptedException {
        final FileSystem fileSystem = stage.mount(FileSystemType.EXT4);
        final DaxFile file = fileSystem.create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final Cast cast = new Cast(stage);
        final RefcountDesign design = stage.machine().design();
        final long page = file.pfn(0);
        stage.watch("page", page);
        cast.writes("process", "writes to the page", vma, 0);
        final long[] first = cast.pins("driver", "pins it for DMA", vma, 0, 1);
        final Actor truncate = cast.truncates("truncate", "cuts the file off", file);
        cast.writes("process", "writes to it again", vma, 0);
        final long[] second = cast.pins("driver", "pins it once more", vma, 0, 1);
        cast.unpins("driver", "drops the first pin", first);
        final boolean early = fileSystem.isFree(page);
        cast.unpins("driver", "drops the second pin", second);
        final boolean needsUnmap = truncate.isAsleep();
        cast.unmaps("process", "unmaps the file", file, vma);
        stage.ends(early ? "The block was free while the page was pinned."
            : truncate.isAsleep() && design.isIdle(cast.head(page))
            ? "The page is idle and the truncate sleeps on: the wake-up is lost."
            : truncate.isAsleep() ? "A fault made meanwhile has left a reference that nothing ends."
            : needsUnmap ? "The truncate slept on until the last pin and the mapping made meanwhile were gone."
            : "The truncate slept on until the last pin was gone.");
    }

    private static void twoPins(final Stage stage) throws InterruptedException {
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final Vma vma = file.mmap(stage.process(0), 0, 8, 0);
        final Cast cast = new Cast(stage);
        stage.watch("page", file.pfn(0));
        cast.writes("process", "writes to the page", vma, 0);
        final long[] first = cast.pins("driver", "pins it for DMA", vma, 0, 1);
        final long[] second = cast.pins("driver", "pins it once more", vma, 0, 1);
        final Actor truncate = cast.truncates("truncate", "cuts the file off", file);
        cast.unpins("driver", "drops the first pin", first);
        final boolean slept = truncate.isAsleep();
        cast.unpins("driver", "drops the second pin", second);
        stage.ends(truncate.isAsleep() ? "The page is idle and the truncate sleeps on: the wake-up is lost."
            : slept ? "Only the last of the two unpins has woken the truncate."
            : "The first of the two unpins has woken the truncate.");
    }
}
