/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import org.daxref.dax.DaxFile;
import org.daxref.design.RefcountDesign;
import org.daxref.mm.Errno;
import org.daxref.mm.Vma;
import org.daxref.page.PageCounter;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.WaitTable;

/**
 * What processes, drivers, truncates and waiters do in many scenarios, each as one step of a stage. The script says who
 * does it and names the action; an action that a test looks up is named once per script.
 *
 * <p>Thread contract: that of the stage.
 *
 * @param stage where they play
 */
record Cast(Stage stage) {
    void writes(final String who, final String action, final Vma vma, final long page) throws InterruptedException {
        faults(who, action, vma, page, true);
    }

    void reads(final String who, final String action, final Vma vma, final long page) throws InterruptedException {
        faults(who, action, vma, page, false);
    }

    private void faults(final String who, final String action, final Vma vma, final long page, final boolean write)
        throws InterruptedException {
        stage.does(who, action,
            cpu -> vma.ops().fault(cpu, vma, vma.start() + page, write) ? null : "something else is mapped there");
    }

    void unmaps(final String who, final String action, final DaxFile file, final Vma vma)
        throws InterruptedException {
        stage.does(who, action, cpu -> {
            file.munmap(cpu, vma);
            return null;
        });
    }

    /** {@code pin_user_pages_fast} for writing; returns what {@link #unpins} takes. */
    long[] pins(final String who, final String action, final Vma vma, final long first, final int pages)
        throws InterruptedException {
        return pins(who, action, vma, first, pages, true);
    }

    /** {@code pin_user_pages_fast} for reading; returns what {@link #unpins} takes. */
    long[] pinsForReading(final String who, final String action, final Vma vma, final long first, final int pages)
        throws InterruptedException {
        return pins(who, action, vma, first, pages, false);
    }

    private long[] pins(final String who, final String action, final Vma vma, final long first, final int pages,
                        final boolean write) throws InterruptedException {
        final long[] pinned = new long[pages];
        stage.does(who, action, cpu -> pages(stage.machine().gup()
            .pinFast(cpu, vma.table(), vma.start() + first, pages, write, pinned)));
        return pinned;
    }

    /** {@code pin_user_pages} of one page: under locks, and faulting in what is missing. */
    Actor pinsUnderLocks(final String who, final String action, final Vma vma, final long page, final boolean write)
        throws InterruptedException {
        return stage.starts(who, action, cpu -> {
            final int taken = stage.machine().gup()
                .pinSlow(cpu, vma.table(), vma.start() + page, 1, write, new long[1]);
            return taken < 0 ? error(-taken) : pages(taken);
        });
    }

    private static String error(final int number) {
        return switch (number) {
            case Errno.EINTR -> "-EINTR";
            case Errno.ENOMEM -> "-ENOMEM";
            case Errno.EFAULT -> "-EFAULT";
            default -> "error " + number;
        };
    }

    void unpins(final String who, final String action, final long[] pinned) throws InterruptedException {
        stage.does(who, action, cpu -> {
            stage.machine().gup().unpin(cpu, pinned, pinned.length);
            return null;
        });
    }

    /** {@code get_user_pages_fast} for writing; returns what {@link #puts} takes. */
    long[] gets(final String who, final String action, final Vma vma, final long first, final int pages)
        throws InterruptedException {
        final long[] got = new long[pages];
        stage.does(who, action, cpu -> pages(stage.machine().gup()
            .getFast(cpu, vma.table(), vma.start() + first, pages, true, got)));
        return got;
    }

    void puts(final String who, final String action, final long[] got) throws InterruptedException {
        stage.does(who, action, cpu -> {
            stage.machine().gup().put(cpu, got, got.length);
            return null;
        });
    }

    Actor truncates(final String who, final String action, final DaxFile file) throws InterruptedException {
        return stage.starts(who, action, cpu -> {
            file.truncate(cpu, 0);
            return null;
        });
    }

    /** {@code kill_dax} and {@code memunmap_pages}, mounted or not. */
    Actor unbinds(final String who, final String action) throws InterruptedException {
        return stage.starts(who, action, cpu -> {
            stage.machine().unbind(cpu, stage.pmem());
            return null;
        });
    }

    /** {@code get_dev_pagemap} without a walk; returns the CPU that {@link #letsGoOfPagemap} takes. */
    CpuSlot holdsPagemap(final String who, final String action, final long pfn) throws InterruptedException {
        final CpuSlot holder = stage.machine().attach();
        stage.does(who, action, cpu -> {
            stage.machine().epochs().enter(holder);
            final boolean held = stage.machine().pagemaps().get(holder, pfn);
            stage.machine().epochs().exit(holder);
            return held ? null : "none";
        });
        return holder;
    }

    void letsGoOfPagemap(final String who, final String action, final CpuSlot holder) throws InterruptedException {
        stage.does(who, action, cpu -> {
            stage.machine().epochs().enter(holder);
            stage.machine().pagemaps().put(holder);
            stage.machine().epochs().exit(holder);
            return null;
        });
    }

    /** Somebody who waits until a page has no user, as a layout break does once it has found the page busy. */
    Actor waitsUntilIdle(final String who, final String action, final long pfn) throws InterruptedException {
        final RefcountDesign design = stage.machine().design();
        final long head = head(pfn);
        return stage.starts(who, action, cpu -> {
            stage.machine().waits().waitVar(design.idleAddress(head), () -> design.isIdle(head), WaitTable.FOREVER);
            return null;
        });
    }

    /**
     * {@code folio_put}: drops a reference and looks whether it was the last. Where an idle page has a reference left,
     * that look sees nothing; where it has none, it is the one that every put takes.
     */
    void putsBare(final String who, final String action, final long pfn) throws InterruptedException {
        final RefcountDesign design = stage.machine().design();
        final PageCounter counter = stage.machine().counter();
        stage.does(who, action, cpu -> {
            if (design.idleCount() == 0) {
                design.put(cpu, head(pfn), 1);
            } else {
                counter.put(head(pfn), 1);
            }
            return null;
        });
    }

    int count(final long pfn) {
        return stage.machine().counter().count(head(pfn));
    }

    long head(final long pfn) {
        return stage.machine().memmap().head(stage.machine().memmap().page(pfn));
    }

    static String pages(final int taken) {
        return taken == 1 ? "1 page" : taken + " pages";
    }
}
