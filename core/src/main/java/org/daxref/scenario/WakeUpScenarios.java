/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import java.util.List;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystemType;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;

/** S9 to S17: who waits for a page to be idle, and who wakes him. */
final class WakeUpScenarios {
    private WakeUpScenarios() {
    }

    static List<Scenario> list() {
        return List.of(
            Scenario.ofAll("S9", "a truncate waits for a pin, and the last unpin must wake it",
                WakeUpScenarios::lastUnpin));
    }

    private static void lastUnpin(final Stage stage) throws InterruptedException {
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(8);
        final PageTable process = stage.process(0);
        final Vma vma = file.mmap(process, 0, 8, 0);
        final long[] pinned = new long[1];
        stage.watch("page", file.pfn(0));
        stage.does("process", "writes to the page", cpu -> file.fault(cpu, vma, 0, true) ? null : "not mapped");
        stage.does("driver", "pins it for DMA",
            cpu -> stage.machine().gup().pinFast(cpu, process, 0, 1, true, pinned) + " page");
        final Actor truncate = stage.starts("truncate", "cuts the file off", cpu -> {
            file.truncate(cpu, 0);
            return null;
        });
        stage.does("driver", "unpins it", cpu -> {
            stage.machine().gup().unpin(cpu, pinned, 1);
            return null;
        });
        stage.ends(truncate.isAsleep() ? "The page is idle and the truncate sleeps on: the wake-up is lost."
            : "The last unpin has woken the truncate.");
    }
}
