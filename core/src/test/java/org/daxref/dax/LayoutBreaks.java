/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import org.daxref.design.RefcountDesign;
import org.daxref.sync.CpuSlot;

/** The two steps of a layout break of one page, in the right order and in the wrong one (A8, scan-first). */
public final class LayoutBreaks {
    private LayoutBreaks() {
    }

    /**
     * As {@link LayoutBreak}: unmaps the page, then looks whether it is busy, then frees its block.
     *
     * @return whether the block is free now
     */
    public static boolean unmapFirst(final CpuSlot cpu, final FileSystem fileSystem, final DaxFile file,
                                     final RefcountDesign design, final long index) {
        file.unmap(cpu, index, 1);
        return !isBusy(design, file.pfn(index)) && free(fileSystem, file.pfn(index));
    }

    /** The same with the first two steps exchanged. */
    public static boolean scanFirst(final CpuSlot cpu, final FileSystem fileSystem, final DaxFile file,
                                    final RefcountDesign design, final long index) {
        if (isBusy(design, file.pfn(index))) {
            return false;
        }
        file.unmap(cpu, index, 1);
        return free(fileSystem, file.pfn(index));
    }

    /** The file gets a block back that was freed in the middle of it. */
    public static void takeBack(final FileSystem fileSystem) {
        fileSystem.allocateBlock();
    }

    private static boolean isBusy(final RefcountDesign design, final long pfn) {
        return design.busyPage(pfn, 0) != RefcountDesign.NOT_COUNTED;
    }

    private static boolean free(final FileSystem fileSystem, final long pfn) {
        fileSystem.free(pfn, 1);
        return true;
    }
}
