/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import java.util.concurrent.locks.LockSupport;
import org.daxref.memory.Words;

/**
 * Read sections and grace periods: the counterpart of RCU, and of the interrupts-off walk of GUP-fast.
 *
 * <p><b>Theory.</b> Every CPU has a sequence number with one writer: even outside, odd inside a read section. A grace
 * period waits, for every CPU that it finds inside, until the number has <em>changed</em>. It does not wait for "even":
 * a CPU that leaves and enters again at once has passed a quiescent state, and waiting for a moment at which it is seen
 * outside could last for ever.
 *
 * <pre>
 *   reader                                grace period
 *   sequence := odd
 *   [A: barrier]                          unpublish (DEAD, NULL ...)
 *   read what is published                [B: barrier]
 *   ...                                   for each CPU: s = sequence; if odd, wait until sequence != s
 *   sequence := even  (release)           -> nobody still uses what was unpublished
 * </pre>
 *
 * <p>A reader stores its sequence and then loads what is published; a grace period stores and then loads the sequence.
 * Without barriers on both sides each could miss the other (a store buffer). B is always there. A comes in two forms,
 * chosen once:
 * <ul>
 *   <li>{@link FencedEpochs}: a full fence in every enter. This is what the Java memory model promises.</li>
 *   <li>{@link AsymmetricEpochs}: no fence in enter; B is {@code membarrier(2)}, which executes A on behalf of every
 *       reader. As cheap for the reader as the kernel's own.</li>
 * </ul>
 *
 * <p><b>Memory ordering.</b> The release in {@link #exit} pairs with the acquire of the changed sequence in
 * {@link #synchronize}: whatever the reader did inside happens before whatever follows the grace period. That is enough
 * to sum counters that were written with opaque order.
 *
 * <p>Progress: enter and exit are wait-free; synchronize blocks for as long as the read sections that it found.
 */
public abstract class Epochs {
    private static final int SPINS_BEFORE_PARK = 1000;
    private static final long PARK_NS = 20_000;

    private final Words words;
    private final CpuSlots cpus;

    /**
     * For implementations.
     *
     * @param words access to the device
     * @param cpus  whose read sections are waited for
     */
    protected Epochs(final Words words, final CpuSlots cpus) {
        this.words = words;
        this.cpus = cpus;
    }

    /**
     * The cheapest form that works here.
     *
     * @param words access to the device
     * @param cpus  whose read sections are waited for
     * @return the asymmetric form where {@code membarrier(2)} is available, the fenced form elsewhere
     */
    public static Epochs cheapest(final Words words, final CpuSlots cpus) {
        return Membarrier.isAvailable() ? new AsymmetricEpochs(words, cpus) : new FencedEpochs(words, cpus);
    }

    /**
     * Enters a read section. Sections do not nest.
     *
     * @param cpu the calling thread's CPU, outside any section
     */
    public final void enter(final CpuSlot cpu) {
        words.putLongOpaque(cpu.epochOffset(), cpu.nextSequence());
        readerBarrier();
    }

    /**
     * Leaves the read section.
     *
     * @param cpu the calling thread's CPU, inside a section
     */
    public final void exit(final CpuSlot cpu) {
        words.putLongRelease(cpu.epochOffset(), cpu.nextSequence());
    }

    /**
     * Waits until every read section that was open at the call has ended: {@code synchronize_rcu}. Must not be called
     * from inside a section, which would wait for itself.
     */
    public final void synchronize() {
        updaterBarrier();
        final int limit = cpus.limit();
        for (int i = 0; i < limit; i++) {
            final long offset = cpus.areaOffset(i) + CpuSlotDescriptor.EPOCH_OFFSET;
            final long found = words.getLongAcquire(offset);
            if ((found & 1) != 0) {
                awaitChange(offset, found);
            }
        }
    }

    CpuSlots cpus() {
        return cpus;
    }

    /** Waits until a word that one CPU writes differs from what was found in it. */
    void awaitChange(final long offset, final long found) {
        int spins = 0;
        while (words.getLongAcquire(offset) == found) {
            if (++spins < SPINS_BEFORE_PARK) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(PARK_NS);
            }
        }
    }

    /** Barrier A of the class comment. */
    abstract void readerBarrier();

    /** Barrier B of the class comment. */
    abstract void updaterBarrier();
}
