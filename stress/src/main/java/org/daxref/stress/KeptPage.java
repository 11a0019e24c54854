/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import static org.daxref.page.PageDescriptor.MAPCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;

import java.util.concurrent.ThreadLocalRandom;
import org.daxref.memory.Words;
import org.daxref.page.PageCounter;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.Epochs;

/**
 * A page that one entry maps, of a counter whose pins stay with the CPUs. The first word of the page's own data stands
 * for the entry: walks and zaps are reduced to the accesses that they race with.
 *
 * <p>One actor pins and unpins, the other zaps. Each notes whether it was told that it dropped the last reference.
 */
final class KeptPage {
    private static final int MAX_LATE_SPINS = 4;

    private final StartingLine line = new StartingLine();
    private final StressDevice device;
    private final PageCounter counter;
    private final Words words;
    private final Epochs epochs;
    private final long page;
    private final long head;
    private final long entry;
    private boolean pinned;
    private boolean walkWasLast;
    private boolean zapWasLast;

    KeptPage(final StressDevice device, final PageCounter counter) {
        this.device = device;
        this.counter = counter;
        words = device.words();
        epochs = device.machine().epochs();
        page = device.claim();
        head = device.descriptor(page);
        entry = device.geometry().dataOffset(device.pfn(page));
        words.putLongRelease(entry, PageTableEntry.PRESENT);
        words.putIntRelease(head + MAPCOUNT_OFFSET, 1);
        words.putIntRelease(head + REFCOUNT_OFFSET, counter.encode(1));
    }

    /** This page, striped by the calling thread if the counter does that. */
    KeptPage crowded() {
        device.crowd(counter, page);
        return this;
    }

    /** A walk: the entry, the pin, the entry again. Returns the pins that are held. */
    int walk() {
        final CpuSlot cpu = device.cpu();
        line.await();
        epochs.enter(cpu);
        if (words.getLongAcquire(entry) != PageTableEntry.NONE && counter.tryPin(cpu, head, 1)) {
            pinned = words.getLongVolatile(entry) != PageTableEntry.NONE;
            walkWasLast = !pinned && counter.unpin(cpu, head, 1) == 0;
        }
        epochs.exit(cpu);
        return pinned ? 1 : 0;
    }

    /** The entry goes, the pins come into the word, and the reference of the entry goes; true if it was the last. */
    boolean zap() {
        line.await();
        words.getAndSetLong(entry, PageTableEntry.NONE);
        words.getAndAddInt(head + MAPCOUNT_OFFSET, -1);
        final boolean gatheredLast = counter.gather(head);
        zapWasLast = counter.putProbablyLast(head, 1) == 0 || gatheredLast;
        return zapWasLast;
    }

    /** Leaves a pin with the CPU of the calling thread, and then zaps. */
    boolean pinAndZap() {
        pin(device.cpu());
        return zap();
    }

    /** Looks whether the page is pinned, which it is until the end of this call. */
    boolean looksPinned() {
        line.await();
        final boolean looksPinned = counter.maybeDmaPinned(head);
        Spin.times(ThreadLocalRandom.current().nextInt(MAX_LATE_SPINS));
        return looksPinned;
    }

    /** Drops a pin that any CPU may keep; true if it was the last reference. */
    boolean unpin() {
        return counter.unpin(device.cpu(), head, 1) == 0;
    }

    /** Pins twice, so that the second pin sees the first, and unpins while the other actor zaps. */
    boolean unpinOfCrowded() {
        final CpuSlot cpu = device.cpu();
        pin(cpu);
        pin(cpu);
        line.await();
        final boolean firstWasLast = unpin();
        return unpin() || firstWasLast;
    }

    private void pin(final CpuSlot cpu) {
        epochs.enter(cpu);
        counter.tryPin(cpu, head, 1);
        epochs.exit(cpu);
    }

    /** What the layout break compares with the mappings. */
    int countInWord() {
        return counter.countInWord(head);
    }

    int count() {
        return counter.count(head);
    }

    /** Drops the pin of the walk, if it holds one, and says how often anybody was told of the last reference. */
    int settle() {
        final int told = (walkWasLast ? 1 : 0) + (zapWasLast ? 1 : 0) + (pinned && unpin() ? 1 : 0);
        forget();
        return told;
    }

    /** Takes from the CPUs what a broken counter has left there. */
    void forget() {
        counter.forget(head, head);
    }
}
