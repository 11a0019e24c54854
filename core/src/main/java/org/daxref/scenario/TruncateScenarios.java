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

/** S20 to S26: what a truncate sees and overlooks. */
final class TruncateScenarios {
    private TruncateScenarios() {
    }

    static List<Scenario> list() {
        return List.of(
            Scenario.ofAll("S20", "pinned, unmapped, truncated (hole H1)", TruncateScenarios::unmappedButPinned));
    }

    private static void unmappedButPinned(final Stage stage) throws InterruptedException {
        final FileSystem fileSystem = stage.mount(FileSystemType.EXT4);
        final DaxFile file = fileSystem.create(8);
        final PageTable process = stage.process(0);
        final Vma vma = file.mmap(process, 0, 8, 0);
        final long[] pinned = new long[1];
        final long block = file.pfn(0);
        stage.watch("page", block);
        stage.does("process", "writes to the page", cpu -> file.fault(cpu, vma, 0, true) ? null : "not mapped");
        stage.does("driver", "pins it for DMA",
            cpu -> stage.machine().gup().pinFast(cpu, process, 0, 1, true, pinned) + " page");
        stage.does("process", "unmaps the file", cpu -> {
            file.munmap(cpu, vma);
            return null;
        });
        final Actor truncate = stage.starts("truncate", "cuts the file off", cpu -> {
            file.truncate(cpu, 0);
            return null;
        });
        final boolean freed = fileSystem.isFree(block);
        stage.does("driver", "unpins it", cpu -> {
            stage.machine().gup().unpin(cpu, pinned, 1);
            return null;
        });
        stage.ends(freed ? "The block was free for others while a device could write to it."
            : truncate.isAsleep() ? "The truncate sleeps on." : "The block was not free before the pin was gone.");
    }
}
