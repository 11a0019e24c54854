/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import org.daxref.design.RefcountDesign;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;

/**
 * A device as file systems see it: {@code dax_device} of drivers/dax/super.c. One file system may hold it and is then
 * told when it goes.
 *
 * <p>Thread-safe.
 */
public final class DaxDevice {
    private final DevPagemaps pagemaps;
    private final RefcountDesign design;
    private final long pgmap;
    private volatile DaxHolder holder;
    private volatile boolean killed;

    /**
     * The device on a dev_pagemap.
     *
     * @param pagemaps the dev_pagemaps
     * @param design   whether removal notifies the holder
     * @param pgmap    handle of a living FS_DAX dev_pagemap
     */
    public DaxDevice(final DevPagemaps pagemaps, final RefcountDesign design, final long pgmap) {
        this.pagemaps = pagemaps;
        this.design = design;
        this.pgmap = pgmap;
    }

    /** Who is told when the device goes. */
    interface DaxHolder {
        /** It will go: {@code dax_holder_operations}. */
        void notifyFailure(CpuSlot cpu);

        /** Faults are refused already, and the disk goes as well: {@code del_gendisk}. */
        void diskGoes();
    }

    /**
     * The dev_pagemap under it.
     *
     * @return its handle
     */
    public long pgmap() {
        return pgmap;
    }

    /**
     * The pages that file systems may use.
     *
     * @return the first range of the dev_pagemap
     */
    public PfnRange blocks() {
        return pagemaps.ranges(pgmap).getFirst();
    }

    /**
     * Whether file systems may use the device: {@code dax_alive}.
     *
     * @return false after {@link #kill}
     */
    public boolean isAlive() {
        return !killed && pagemaps.isAlive(pgmap); // the handle may have gone to another device meanwhile
    }

    void hold(final DaxHolder newHolder) {
        holder = newHolder;
    }

    /**
     * Ends the use by file systems: {@code pmem_release_disk}. Where the era has it, the holder is told first; then
     * faults are refused, and those under way are waited for ({@code kill_dax}). At last the disk goes.
     *
     * @param cpu the calling thread's CPU, outside any read section
     */
    public void kill(final CpuSlot cpu) {
        final DaxHolder told = holder;
        if (told != null && design.notifiesHolder()) {
            told.notifyFailure(cpu);
        }
        killed = true;
        pagemaps.clearAlive(pgmap);
        holder = null;
        if (told != null) {
            told.diskGoes();
        }
    }
}
