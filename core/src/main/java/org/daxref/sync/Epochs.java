/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
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
 * <p><b>A section never waits.</b> Two that waited for each other's end would wait for ever. So {@link #synchronize}
 * and everything else here that may sleep refuses a thread one of whose CPUs is inside a section:
 * {@link WaitTable#waitVar}, {@link Mutex#lock}, {@link PercpuRwLock#lock}. A second {@link #enter}, which would turn
 * the sequence even, is refused as well. Callers leave a section in a {@code finally}
 * ({@code EpochsContractTest.shouldRefuseAGracePeriodInsideASection}, {@code shouldRefuseToEnterTwiceAndToLeaveTwice}).
 *
 * <p><b>Owners that die or stall.</b> A section that a dead thread left open is closed by the grace period that meets
 * it (see {@link CpuSlots}). A thread that lives may hold it up for ever; after 5 s a grace period says once in the log
 * whom it waits for, and waits on. An interrupt neither ends the wait nor makes it spin, and is pending afterwards
 * ({@code shouldEndAfterADeadOwnersSection}, {@code FencedEpochsTest.shouldSayWhomItWaitsFor},
 * {@code shouldNotSpinWhenInterrupted}).
 *
 * <p>Progress: enter and exit are wait-free; synchronize blocks for as long as the read sections that it found.
 */
public abstract class Epochs {
    private static final System.Logger LOG = System.getLogger(Epochs.class.getName());
    private static final int SPINS_BEFORE_PARK = 1000;
    private static final long PARK_NS = 20_000;
    private static final long STALL_NS = TimeUnit.SECONDS.toNanos(5);
    private static final int FRAMES = 8;

    private final Words words;
    private final CpuSlots cpus;
    private final long stallNs;

    /**
     * For implementations.
     *
     * @param words access to the device
     * @param cpus  whose read sections are waited for
     */
    protected Epochs(final Words words, final CpuSlots cpus) {
        this(words, cpus, STALL_NS);
    }

    /** Epochs that report a wait of so many nanoseconds. */
    Epochs(final Words words, final CpuSlots cpus, final long stallNs) {
        this.words = words;
        this.cpus = cpus;
        this.stallNs = stallNs;
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
     * @throws IllegalStateException if it is inside, or was given back
     */
    public final void enter(final CpuSlot cpu) {
        final long next = cpu.sequence() + 1;
        if ((next & 1) == 0) {
            throw cpu.misplaced();
        }
        cpu.setSequence(next);
        try {
            words.putLongOpaque(cpu.epochOffset(), next);
        } catch (final Throwable e) {
            exit(cpu);
            throw e;
        }
        readerBarrier();
    }

    /**
     * Leaves the read section, also if the memory of the device fails once: the section is whole.
     *
     * @param cpu the calling thread's CPU, inside a section
     * @throws IllegalStateException if it is not inside
     */
    public final void exit(final CpuSlot cpu) {
        final long next = cpu.sequence() + 1;
        if ((next & 1) != 0) {
            throw cpu.misplaced();
        }
        cpu.setSequence(next);
        try {
            words.putLongRelease(cpu.epochOffset(), next);
        } catch (final InternalError e) {
            words.putLongRelease(cpu.epochOffset(), next);
        }
    }

    /**
     * Waits until every read section that was open at the call has ended: {@code synchronize_rcu}. An interrupt stays
     * pending.
     *
     * @throws IllegalStateException if the calling thread is inside a section, which would wait for itself; or if the
     *                               barrier fails
     */
    public final void synchronize() {
        CpuSlots.requireOutside("waiting for a grace period");
        updaterBarrier();
        final int limit = cpus.limit();
        for (int i = 0; i < limit; i++) {
            final long offset = cpus.areaOffset(i) + CpuSlotDescriptor.EPOCH_OFFSET;
            final long found = words.getLongAcquire(offset);
            if ((found & 1) != 0) {
                awaitChange(i, offset, found, "is inside a read section");
            }
        }
    }

    CpuSlots cpus() {
        return cpus;
    }

    /** Waits until a word that one CPU writes differs from what was found in it, which says what the CPU does. */
    void awaitChange(final int cpu, final long offset, final long found, final String what) {
        for (int spins = 0; spins < SPINS_BEFORE_PARK; spins++) {
            if (words.getLongAcquire(offset) != found) {
                return;
            }
            Thread.onSpinWait();
        }
        boolean interrupted = false;
        try {
            final long begun = System.nanoTime();
            boolean reported = false;
            while (words.getLongAcquire(offset) == found) {
                cpus.reclaimIfDead(cpu);
                LockSupport.parkNanos(PARK_NS);
                interrupted |= Thread.interrupted();
                if (!reported && System.nanoTime() - begun > stallNs) {
                    reported = true;
                    report(cpu, what);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void report(final int cpu, final String what) {
        final Thread owner = cpus.owner(cpu);
        final StringBuilder text = new StringBuilder("waiting for a CPU that " + what + ": cpu=" + cpu + ", ms="
            + TimeUnit.NANOSECONDS.toMillis(stallNs));
        if (owner != null) {
            text.append(", thread=").append(owner.getName()).append(", state=").append(owner.getState());
            Arrays.stream(owner.getStackTrace()).limit(FRAMES).forEach(frame -> text.append("\n\tat ").append(frame));
        }
        LOG.log(System.Logger.Level.WARNING, text.toString());
    }

    /** Barrier A of the class comment. */
    abstract void readerBarrier();

    /** Barrier B of the class comment. */
    abstract void updaterBarrier();
}
