/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import java.util.concurrent.atomic.AtomicBoolean;
import org.daxref.design.RefcountDesign;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;

/**
 * A device as file systems see it: {@code dax_device} of drivers/dax/super.c. One file system may hold it and is then
 * told when it goes.
 *
 * <p>Of two threads that remove it one is refused, by a compare-and-set, also when its dev_pagemap has gone to another
 * device meanwhile.
 *
 * <p>Thread-safe.
 */
public final class DaxDevice {
    private final DevPagemaps pagemaps;
    private final RefcountDesign design;
    private final long pgmap;
    private final PfnRange blocks;
    private final AtomicBoolean removing = new AtomicBoolean();
    private volatile DaxHolder holder;

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
        this.blocks = pagemaps.ranges(pgmap).getFirst();
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
     * @return its handle, that of this device also after the removal
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
        return blocks;
    }

    /**
     * Whether file systems may use the device: {@code dax_alive}.
     *
     * @return false after {@link #kill}
     */
    public boolean isAlive() {
        return pagemaps.isAlive(pgmap);
    }

    synchronized void hold(final DaxHolder newHolder) {
        if (holder != null) {
            throw new IllegalStateException("a file system holds the device already: pgmap=" + pgmap);
        }
        holder = newHolder;
    }

    synchronized void release(final DaxHolder old) {
        if (holder == old) {
            holder = null;
        }
    }

    /**
     * Ends the use by file systems: {@code pmem_release_disk}. Where the era has it, the holder is told first; then
     * faults are refused, and those under way are waited for ({@code kill_dax}). At last the disk goes.
     *
     * <p>If it fails in the middle, it may be called again, and begins anew.
     *
     * @param cpu the calling thread's CPU, outside any read section
     * @throws IllegalStateException if it is being removed already, or gone; nothing has changed then
     */
    public void kill(final CpuSlot cpu) {
        if (!removing.compareAndSet(false, true)) {
            throw new IllegalStateException("the device is being removed already: pgmap=" + pgmap);
        }
        try {
            pagemaps.requireLive(pgmap);
            tellAndClose(cpu);
        } catch (final Throwable e) {
            removing.set(false);
            throw e;
        }
    }

    /** After the removal of its pages has failed: if that had not begun, the device may be killed again. */
    public void mayBeKilledAgain() {
        removing.set(false);
    }

    private void tellAndClose(final CpuSlot cpu) {
        final DaxHolder told = holder;
        if (told != null && design.notifiesHolder()) {
            told.notifyFailure(cpu);
        }
        pagemaps.clearAlive(pgmap);
        if (told != null) {
            told.diskGoes();
        }
        holder = null;
    }
}
