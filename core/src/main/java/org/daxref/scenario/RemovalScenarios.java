/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import java.util.List;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;

/** S27 to S36: what the removal of a device waits for. */
final class RemovalScenarios {
    private RemovalScenarios() {
    }

    static List<Scenario> list() {
        return List.of(
            Scenario.ofAll("S29", "a long-lived pin, then the device is removed", RemovalScenarios::longPin));
    }

    private static void longPin(final Stage stage) throws InterruptedException {
        final FileSystem fileSystem = stage.mount(FileSystemType.EXT4);
        final DaxFile file = fileSystem.create(8);
        final PageTable process = stage.process(0);
        final Vma vma = file.mmap(process, 0, 8, 0);
        final long[] pinned = new long[1];
        final long pfn = file.pfn(0);
        stage.watch("page", pfn);
        stage.does("process", "writes to the page", cpu -> file.fault(cpu, vma, 0, true) ? null : "not mapped");
        stage.does("driver", "pins it for DMA",
            cpu -> stage.machine().gup().pinFast(cpu, process, 0, 1, true, pinned) + " page");
        stage.does("process", "unmaps the file", cpu -> {
            file.munmap(cpu, vma);
            return null;
        });
        final Actor removal = stage.starts("removal", "unbinds the device", cpu -> {
            stage.machine().unbind(cpu, stage.pmem());
            return null;
        });
        final boolean waited = removal.isAsleep();
        stage.does("driver", "unpins it", cpu -> {
            stage.machine().gup().unpin(cpu, pinned, 1);
            return null;
        });
        final boolean used = stage.machine().memmap().isUsedAfterFree(stage.machine().memmap().page(pfn));
        stage.ends(used ? "The removal did not wait for the pin, and the unpin wrote to a struct page that was gone."
            : waited && removal.isAsleep() ? "The removal waits for more than the pin."
            : waited ? "The removal waited for the pin." : "The removal did not wait, and nothing was touched.");
    }
}
